//! Separates the tool calls in an answer of the embedded model from its text.
//!
//! A grammar holds what follows the mark of a call to the tools' schemas, except where a model writes the mark in a way of
//! its own: so a call is read in any spelling that has a name and arguments.

use inference::CallFormat;
use serde_json::{Map, Value};

use crate::{
    domain::{CallExtra, ModelCall},
    port::ModelEvent,
};

/// The maximum number of calls of one answer.
const MOST_CALLS: usize = 16;

/// The reader of one answer.
pub(super) struct CallReader {
    format: CallFormat,
    /// The text that may be a part of a call.
    held: String,
    is_in_call: bool,
    /// Whether the answer is a text, in a format whose answers are a text or a call.
    is_text: bool,
    /// The number of calls so far.
    calls: usize,
}

impl CallReader {
    pub(super) fn new(format: CallFormat) -> Self {
        Self {
            format,
            held: String::new(),
            is_in_call: false,
            is_text: false,
            calls: 0,
        }
    }

    /// Reads more of the text; returns what is known to be text, and the calls that are complete.
    pub(super) fn push(&mut self, text: &str) -> Vec<ModelEvent> {
        self.held.push_str(text);
        let begun = self.held.trim_start();
        match self.format {
            CallFormat::Tagged => self.read_tagged(),
            // the whole answer is the call
            CallFormat::Object if !self.is_text && (begun.is_empty() || begun.starts_with('{')) => {
                Vec::new()
            }
            CallFormat::Object => {
                self.is_text = true;
                text_event(std::mem::take(&mut self.held))
            }
        }
    }

    /// The end of the answer: a call without its last mark is complete if its object is.
    pub(super) fn finish(&mut self) -> Vec<ModelEvent> {
        let held = std::mem::take(&mut self.held);
        if self.is_text || (self.format == CallFormat::Tagged && !self.is_in_call) {
            return text_event(held);
        }
        match self.call(&held) {
            Some(call) => vec![call],
            None if self.is_in_call => Vec::new(),
            None => text_event(held),
        }
    }

    fn read_tagged(&mut self) -> Vec<ModelEvent> {
        let mut events = Vec::new();
        loop {
            let mark = if self.is_in_call {
                CallFormat::CLOSE
            } else {
                CallFormat::OPEN
            };
            let Some((before, after)) = self.held.split_once(mark) else {
                break;
            };
            let (before, after) = (before.to_owned(), after.to_owned());
            self.held = after;
            if self.is_in_call {
                events.extend(self.call(&before));
            } else {
                events.extend(text_event(before.trim_end_matches('\n').to_owned()));
            }
            self.is_in_call = !self.is_in_call;
        }
        if !self.is_in_call {
            let kept = self.held.split_off(end_of_text(&self.held));
            events.extend(text_event(std::mem::replace(&mut self.held, kept)));
        }
        events
    }

    /// The call in a text: its first object, with a name and arguments under one of their usual names.
    fn call(&mut self, text: &str) -> Option<ModelEvent> {
        let (_, object) = text.split_at_checked(text.find('{')?)?;
        let mut objects = serde_json::Deserializer::from_str(object).into_iter();
        let object: Map<String, Value> = objects.next()?.ok()?;
        let function = object.get("function").and_then(Value::as_object);
        let object = function.unwrap_or(&object);
        let name = object.get("name")?.as_str()?.to_owned();
        let arguments = ["arguments", "parameters", "args"];
        let arguments = arguments.iter().find_map(|key| object.get(*key));
        let arguments = match arguments {
            None | Some(Value::Null) => "{}".to_owned(),
            Some(Value::String(text)) => text.clone(),
            Some(value) => value.to_string(),
        };
        self.calls += 1;
        (self.calls <= MOST_CALLS).then(|| {
            ModelEvent::Call(ModelCall {
                reference: format!("call_{}", self.calls),
                name,
                arguments,
                extra: CallExtra::default(),
            })
        })
    }
}

/// A text between calls; the line breaks around calls are none.
fn text_event(text: String) -> Vec<ModelEvent> {
    if text.is_empty() || text.trim_matches('\n').is_empty() {
        return Vec::new();
    }
    vec![ModelEvent::Text(text)]
}

/// The length of a text without the end that may be the beginning of a call's mark, or the line breaks before one.
fn end_of_text(text: &str) -> usize {
    let mark = CallFormat::OPEN;
    let begun = (1..mark.len()).rev().find(|length| {
        let begin = mark.get(..*length);
        begin.is_some_and(|begin| text.ends_with(begin))
    });
    let without = text.len() - begun.unwrap_or(0);
    let without = text.get(..without).unwrap_or(text);
    without.trim_end_matches('\n').len()
}

#[cfg(test)]
mod tests {
    use inference::CallFormat;

    use super::CallReader;
    use crate::port::ModelEvent;

    /// The text of an answer and its calls as `name(arguments)`, when it arrives in pieces of this many characters.
    fn read(format: CallFormat, answer: &str, size: usize) -> (String, Vec<String>) {
        let mut reader = CallReader::new(format);
        let characters: Vec<char> = answer.chars().collect();
        let pieces = characters.chunks(size).map(String::from_iter);
        let mut events: Vec<ModelEvent> = pieces.flat_map(|piece| reader.push(&piece)).collect();
        events.extend(reader.finish());
        let (mut text, mut calls) = (String::new(), Vec::new());
        for event in events {
            match event {
                ModelEvent::Text(more) => text.push_str(&more),
                ModelEvent::Call(call) => calls.push(format!("{}({})", call.name, call.arguments)),
                other => panic!("{other:?}"),
            }
        }
        (text, calls)
    }

    #[test]
    fn calls_are_separated_from_the_text_however_it_is_cut() {
        for (format, answer, text, calls) in [
            (CallFormat::Tagged, "1 < 2\n<tool", "1 < 2\n<tool", vec![]),
            (
                CallFormat::Tagged,
                "I look.\n<tool_call>\n{\"name\": \"a\", \"arguments\": {\"b\": 1}}\n</tool_call>\n<tool_call>{\"name\": \"c\"}</tool_call>",
                "I look.",
                vec!["a({\"b\":1})", "c({})"],
            ),
            (
                CallFormat::Tagged,
                "<tool_call>```json\n{\"function\": {\"name\": \"a\", \"parameters\": \"{}\"}}```",
                "",
                vec!["a({})"],
            ),
            (
                CallFormat::Tagged,
                "<tool_call>{\"name\": \"a\", \"argu",
                "",
                vec![],
            ),
            (
                CallFormat::Object,
                " {\"name\": \"a\", \"parameters\": {\"b\": [1]}}",
                "",
                vec!["a({\"b\":[1]})"],
            ),
            (
                CallFormat::Object,
                "{\"price\": 3}",
                "{\"price\": 3}",
                vec![],
            ),
            (
                CallFormat::Object,
                "No: {\"name\": \"a\"}",
                "No: {\"name\": \"a\"}",
                vec![],
            ),
        ] {
            for size in [1, 3, 1_000] {
                let (read_text, read_calls) = read(format, answer, size);
                assert_eq!(read_text, text, "{answer} by {size}");
                assert_eq!(read_calls, calls, "{answer} by {size}");
            }
        }
    }
}
