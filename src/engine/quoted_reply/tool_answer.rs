//! The answer of a tool as a text: its values verbatim, with the names of their fields.

use std::fmt::Write;

use serde_json::{Map, Value};

use crate::{
    domain::{ToolCall, ToolCallStatus, excerpt},
    engine::step_journal::StepJournal,
};

/// The maximum number of elements of a list that are shown.
const MOST_ELEMENTS: usize = 5;
/// The maximum number of fields of an object that are shown.
const MOST_FIELDS: usize = 16;
/// The maximum length of one value, in characters.
const LONGEST_VALUE: usize = 300;
/// The maximum length of the text, in characters.
const LONGEST: usize = 2_000;

/// What the calls of this agent have answered; none when none of them has an answer with a value.
pub(super) fn tool_answers(journal: &StepJournal) -> Option<String> {
    let answers: Vec<String> = journal.calls().filter_map(tool_answer).collect();
    (!answers.is_empty()).then(|| cut(&answers.join("\n\n"), LONGEST))
}

fn tool_answer(call: &ToolCall) -> Option<String> {
    let answer = call.answer.as_deref()?;
    if call.status != ToolCallStatus::Succeeded {
        return None;
    }
    let lines = match serde_json::from_str::<Value>(answer) {
        Ok(Value::Object(fields)) => lines_of(&fields),
        Ok(Value::Array(elements)) => elements_of("", &elements),
        Ok(value) => vec![shown(&value)?],
        Err(_) => vec![cut(answer.trim(), LONGEST)],
    };
    let lines: Vec<String> = lines.into_iter().filter(|line| !line.is_empty()).collect();
    (!lines.is_empty()).then(|| format!("{} answered:\n{}", excerpt(&call.tool), lines.join("\n")))
}

/// The fields of an answer: its own values in one line, and a line for each object in it.
fn lines_of(fields: &Map<String, Value>) -> Vec<String> {
    let mut lines = Vec::new();
    let own = values_of(fields);
    if !own.is_empty() {
        lines.push(format!("- {own}"));
    }
    for (name, value) in fields {
        match value {
            Value::Object(inner) => {
                let inner = values_of(inner);
                if !inner.is_empty() {
                    lines.push(format!("- {}: {inner}", words(name)));
                }
            }
            Value::Array(elements) if elements.iter().any(Value::is_object) => {
                lines.extend(elements_of(&words(name), elements));
            }
            _ => {}
        }
    }
    lines
}

/// A line for each element of a list.
fn elements_of(name: &str, elements: &[Value]) -> Vec<String> {
    let text = |element: &Value| match element {
        Value::Object(fields) => Some(values_of(fields)).filter(|text| !text.is_empty()),
        value => shown(value),
    };
    let texts = elements.iter().filter_map(text);
    let line = |text: String| match name {
        "" => format!("- {text}"),
        name => format!("- {name}: {text}"),
    };
    let mut lines: Vec<String> = texts.take(MOST_ELEMENTS).map(line).collect();
    if elements.len() > MOST_ELEMENTS {
        lines.push("- and others".to_owned());
    }
    lines
}

/// The values of an object that are no objects, with their names.
fn values_of(fields: &Map<String, Value>) -> String {
    let mut text = String::new();
    let values = fields.iter().filter(|(name, _)| !is_technical(name));
    let values = values.filter_map(|(name, value)| Some((name, shown(value)?)));
    for (name, value) in values.take(MOST_FIELDS) {
        let separator = if text.is_empty() { "" } else { "; " };
        // writing to a string cannot fail
        let _ = write!(text, "{separator}{}: {value}", words(name));
    }
    text
}

/// Whether a field says nothing to a person: ids and the place in a list.
fn is_technical(name: &str) -> bool {
    name == "id" || name.ends_with("Id") || name.ends_with("_id") || name == "nextCursor"
}

/// A value that is no object, in one line; none for an empty one.
fn shown(value: &Value) -> Option<String> {
    let text = match value {
        Value::Null | Value::Object(_) => return None,
        Value::String(text) => text.split_whitespace().collect::<Vec<_>>().join(" "),
        Value::Array(elements) => {
            let shown = elements.iter().filter_map(shown).take(MOST_ELEMENTS);
            shown.collect::<Vec<_>>().join(", ")
        }
        Value::Bool(_) | Value::Number(_) => value.to_string(),
    };
    (!text.is_empty()).then(|| cut(&text, LONGEST_VALUE))
}

/// A name such as `requesterEmail` as words.
fn words(name: &str) -> String {
    let mut text = String::new();
    for character in name.chars().take(LONGEST_VALUE) {
        if character.is_uppercase() && !text.is_empty() && !text.ends_with(' ') {
            text.push(' ');
        }
        match character {
            '_' | '-' => text.push(' '),
            _ => text.extend(character.to_lowercase()),
        }
    }
    text
}

/// The beginning of a text, with a mark when there is more.
fn cut(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        None => text.to_owned(),
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
    }
}
