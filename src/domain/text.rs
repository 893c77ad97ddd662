//! The first checks of texts and JSON values from clients.

use serde_json::Value;

use crate::error::Problem;

/// The maximum length of a name, in characters.
const LONGEST_NAME: usize = 120;
/// The maximum length of a document's title, in characters: file systems allow no longer names.
const LONGEST_FILE_NAME: usize = 255;
/// The maximum size of a serialized JSON value, in bytes.
const LARGEST_JSON: usize = 64 * 1024;
/// The maximum nesting depth of a JSON value.
pub(super) const DEEPEST_JSON: usize = 32;
/// The maximum length of an input's excerpt in an error, in characters.
const LONGEST_EXCERPT: usize = 64;

/// Checks a name: one line, not blank, at most 120 characters.
pub fn check_name(path: &str, name: &str) -> Option<Problem> {
    check_line(path, name, LONGEST_NAME)
}

/// Checks a document's title, which may be the name of a file: one line, not blank, at most 255 characters.
pub fn check_title(path: &str, title: &str) -> Option<Problem> {
    check_line(path, title, LONGEST_FILE_NAME)
}

fn check_line(path: &str, line: &str, longest: usize) -> Option<Problem> {
    if line.contains(['\n', '\r', '\t']) {
        return Some(Problem::new(
            path,
            "has a line break or a tab, expected one line",
        ));
    }
    check_text(path, line, longest)
}

/// Checks a text: not blank, at most `longest` characters, no invisible characters that change how it reads.
pub fn check_text(path: &str, text: &str, longest: usize) -> Option<Problem> {
    if text.trim().is_empty() {
        return Some(Problem::new(
            path,
            "is blank, expected at least one character",
        ));
    }
    let characters = text.chars().count();
    if characters > longest {
        return Some(Problem::new(
            path,
            format!("{characters} characters, at most {longest}"),
        ));
    }
    forbidden_character(text).map(|found| {
        Problem::new(
            path,
            format!(
                "has the character U+{:04X}, which is not allowed; remove it",
                u32::from(found)
            ),
        )
    })
}

/// Checks a JSON value: it must be an object; its depth, size, strings and keys are limited.
pub fn check_json(path: &str, value: &Value) -> Vec<Problem> {
    if !value.is_object() {
        return vec![Problem::new(
            path,
            format!("is {}, expected an object", kind_of(value)),
        )];
    }
    if deeper_than(value, DEEPEST_JSON) {
        return vec![Problem::new(
            path,
            format!("nests over {DEEPEST_JSON} levels deep"),
        )];
    }
    let bytes = value.to_string().len();
    if bytes > LARGEST_JSON {
        return vec![Problem::new(
            path,
            format!("{bytes} bytes, at most {LARGEST_JSON}"),
        )];
    }
    let mut problems = Vec::new();
    check_strings(path, value, &mut problems);
    problems
}

/// The start of an input, safe to repeat in an error.
pub(crate) fn excerpt(text: &str) -> String {
    let mut shown: String = text
        .chars()
        .filter(|c| !c.is_control() && !is_bidi(*c))
        .take(LONGEST_EXCERPT)
        .collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

/// The name that was probably meant, if one is similar enough.
pub(crate) fn nearest<'n>(
    given: &str,
    names: impl IntoIterator<Item = &'n str>,
) -> Option<&'n str> {
    let given = given.to_lowercase();
    // a longer text is no typo of a name, and would be slow to compare
    if given.len() > LONGEST_NAME {
        return None;
    }
    let most = (given.len() / 4).clamp(1, 3);
    names
        .into_iter()
        .map(|name| (strsim::osa_distance(&given, &name.to_lowercase()), name))
        .filter(|(distance, _)| *distance <= most)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

fn check_strings(path: &str, value: &Value, problems: &mut Vec<Problem>) {
    match value {
        Value::String(text) => {
            if let Some(found) = forbidden_character(text) {
                problems.push(Problem::new(
                    path,
                    format!(
                        "has the character U+{:04X}, which is not allowed; remove it",
                        u32::from(found)
                    ),
                ));
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                check_strings(&format!("{path}[{index}]"), item, problems);
            }
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                let path = format!("{path}.{}", excerpt(name));
                if forbidden_character(name).is_some() {
                    problems.push(Problem::new(
                        &path,
                        "the key has a control character; remove it",
                    ));
                }
                check_strings(&path, field, problems);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn forbidden_character(text: &str) -> Option<char> {
    text.chars()
        .find(|c| is_bidi(*c) || (c.is_control() && !matches!(c, '\n' | '\r' | '\t')))
}

/// Whether `c` controls the text direction: such a character makes a text read differently from its content.
fn is_bidi(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

fn deeper_than(value: &Value, levels: usize) -> bool {
    match value {
        Value::Array(items) => {
            levels == 0 || items.iter().any(|item| deeper_than(item, levels - 1))
        }
        Value::Object(fields) => {
            levels == 0 || fields.values().any(|field| deeper_than(field, levels - 1))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
