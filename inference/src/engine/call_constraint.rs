//! Holds the tool calls in an answer to the tools' schemas: the text before and between calls is free, and from the mark of
//! a call on, only its grammar may follow.

use std::sync::Arc;

use crate::grammar::Matcher;
use crate::text::Tokenizer;
use crate::{CallFormat, Grammar, PromptTool};

/// The beginning of an answer that is a call without a mark.
const NAME: &[u8] = b"{\"name\"";

/// Where an answer is, with regard to calls.
pub(super) struct CallConstraint {
    format: CallFormat,
    tools: Arc<[PromptTool]>,
    position: Position,
}

enum Position {
    /// Outside of calls, with the end of the text so far, in which the mark of a call may have begun.
    Text(Vec<u8>),
    /// In the beginning of a call, up to the arguments, with its bytes so far.
    Name(Matcher, Vec<u8>),
    /// In the arguments of a call, or in what follows them.
    Arguments(Matcher),
    /// No call is recognised any more.
    Free,
}

/// Whether an answer goes on after a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Advance {
    /// The answer goes on.
    Continue,
    /// The answer has ended with a call.
    End,
}

impl CallConstraint {
    /// The beginning of an answer; none without tools.
    pub(super) fn new(format: CallFormat, tools: Arc<[PromptTool]>) -> Option<Self> {
        (!tools.is_empty()).then(|| Self {
            format,
            tools,
            position: Position::Text(Vec::new()),
        })
    }

    /// Removes the tokens that cannot continue a call from the choice. Returns false if none is left.
    pub(super) fn mask(&mut self, tokenizer: &Tokenizer, logits: &mut [f32]) -> bool {
        match &mut self.position {
            Position::Name(matcher, _) | Position::Arguments(matcher) => {
                matcher.mask(tokenizer, logits)
            }
            Position::Text(_) | Position::Free => true,
        }
    }

    /// Goes on by the bytes of a token.
    pub(super) fn advance(&mut self, bytes: &[u8]) -> Advance {
        match &mut self.position {
            Position::Text(text) => {
                text.extend_from_slice(bytes);
                self.look_for_call();
            }
            Position::Name(matcher, text) => {
                // the mask has left only bytes that continue the call
                matcher.advance(bytes);
                text.extend_from_slice(bytes);
                if matcher.is_over() {
                    self.position = self.arguments_of_call();
                }
            }
            Position::Arguments(matcher) => {
                matcher.advance(bytes);
                if matcher.is_over() {
                    self.position = Position::Text(Vec::new());
                    if self.format == CallFormat::Object {
                        return Advance::End;
                    }
                }
            }
            Position::Free => {}
        }
        Advance::Continue
    }

    /// Enters a call if the text has come to one.
    fn look_for_call(&mut self) {
        let Position::Text(text) = &mut self.position else {
            return;
        };
        let begun = match self.format {
            CallFormat::Tagged => {
                let mark = CallFormat::OPEN.as_bytes();
                let mut parts = text.windows(mark.len());
                let Some(at) = parts.position(|part| part == mark) else {
                    let kept = text.len().min(mark.len() - 1);
                    text.drain(..text.len() - kept);
                    return;
                };
                text.split_off(at + mark.len())
            }
            CallFormat::Object => {
                let begun = text.trim_ascii_start();
                if begun.starts_with(NAME) {
                    begun.to_vec()
                } else if NAME.starts_with(begun) {
                    return;
                } else {
                    self.position = Position::Free;
                    return;
                }
            }
        };
        self.position = self.name_of_call(begun);
    }

    /// The beginning of a call of which some bytes are written; a text that continues otherwise is no call.
    fn name_of_call(&self, begun: Vec<u8>) -> Position {
        let texts: Vec<String> = self
            .tools
            .iter()
            .flat_map(|tool| self.beginnings(tool))
            .collect();
        let Ok(grammar) = Grammar::of_texts(&texts) else {
            return Position::Free;
        };
        let mut matcher = Matcher::new(grammar);
        if begun.is_empty() || matcher.advance(&begun) {
            Position::Name(matcher, begun)
        } else {
            Position::Free
        }
    }

    /// The position at the beginning of the arguments of the tool that was named.
    fn arguments_of_call(&self) -> Position {
        let Position::Name(_, text) = &self.position else {
            return Position::Free;
        };
        let is_named = |tool: &&PromptTool| {
            let mut texts = self.beginnings(tool).into_iter();
            texts.any(|begin| begin.as_bytes() == text.as_slice())
        };
        let after = match self.format {
            CallFormat::Tagged => "}\n</tool_call>",
            CallFormat::Object => "}",
        };
        let tool = self.tools.iter().find(is_named);
        let grammar = tool.map(|tool| Grammar::of_arguments(" ", &tool.parameters, after));
        match grammar {
            Some(Ok(grammar)) => Position::Arguments(Matcher::new(grammar)),
            // each tool's schema was compiled before
            Some(Err(_)) | None => Position::Free,
        }
    }

    /// The ways in which a call of a tool begins after its mark.
    fn beginnings(&self, tool: &PromptTool) -> Vec<String> {
        let name = serde_json::Value::String(tool.name.clone());
        match self.format {
            CallFormat::Tagged => {
                let plain = format!("{{\"name\": {name}, \"arguments\":");
                vec![format!("\n{plain}"), plain]
            }
            CallFormat::Object => vec![format!("{{\"name\": {name}, \"parameters\":")],
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Advance, CallConstraint};
    use crate::model::Gguf;
    use crate::sampler::Random;
    use crate::text::Tokenizer;
    use crate::tiny::TinyModel;
    use crate::{CallFormat, PromptTool};

    fn constraint(format: CallFormat) -> CallConstraint {
        let tool = |name: &str, property: &str| {
            let properties = json!({property: {"enum": ["Ghent", "Antwerp"]}});
            let schema =
                json!({"type": "object", "properties": properties, "required": [property]});
            PromptTool::new(name.to_owned(), String::new(), schema).unwrap()
        };
        let tools = vec![tool("find", "city"), tool("find_all", "town")];
        CallConstraint::new(format, tools.into()).unwrap()
    }

    /// What random scores write after a text, until nothing holds them any more.
    fn call_after(format: CallFormat, begun: &str, seed: u64) -> String {
        let model = TinyModel::llama(1);
        let tokenizer = Tokenizer::load(&Gguf::open(model.path()).unwrap()).unwrap();
        let size = u32::try_from(tokenizer.size()).unwrap();
        let mut constraint = constraint(format);
        for byte in begun.bytes() {
            assert_eq!(constraint.advance(&[byte]), Advance::Continue);
        }
        let mut random = Random(seed);
        let mut text = Vec::new();
        for _ in 0..200 {
            let mut logits: Vec<f32> = (0..size).map(|_| random.share()).collect();
            assert!(constraint.mask(&tokenizer, &mut logits));
            if logits.iter().all(|logit| logit.is_finite()) {
                return String::from_utf8(text).unwrap();
            }
            let best = (0..size).max_by(|a, b| logits[*a as usize].total_cmp(&logits[*b as usize]));
            let bytes = tokenizer.bytes(best.unwrap()).unwrap();
            text.extend_from_slice(bytes);
            if constraint.advance(bytes) == Advance::End {
                return String::from_utf8(text).unwrap();
            }
        }
        panic!("no end: {}", String::from_utf8_lossy(&text));
    }

    fn is_call(call: &Value, arguments: &str) -> bool {
        let city = |property: &str| {
            let city = call[arguments][property].as_str();
            city == Some("Ghent") || city == Some("Antwerp")
        };
        match call["name"].as_str().unwrap() {
            "find" => city("city"),
            "find_all" => city("town"),
            _ => false,
        }
    }

    #[test]
    fn what_follows_the_mark_of_a_call_is_a_call_of_a_tool() {
        let mut names = std::collections::BTreeSet::new();
        for seed in 0..8 {
            let text = call_after(CallFormat::Tagged, "I look. <tool_call>", seed);
            let call = text
                .strip_suffix("\n</tool_call>")
                .unwrap_or_else(|| panic!("{text}"));
            let call: Value = serde_json::from_str(call).unwrap();
            assert!(is_call(&call, "arguments"), "{text}");
            names.insert(call["name"].to_string());
            let text = call_after(CallFormat::Object, "\n{\"name\"", seed);
            let call: Value = serde_json::from_str(&format!("{{\"name\"{text}")).unwrap();
            assert!(is_call(&call, "parameters"), "{text}");
        }
        assert_eq!(names.len(), 2);
    }

    #[test]
    fn other_text_is_free() {
        for (format, text) in [
            (CallFormat::Tagged, "a <tool_cal"),
            (CallFormat::Tagged, "{\"name\""),
            (CallFormat::Object, "Here: {"),
            (CallFormat::Object, "{\"price\""),
        ] {
            assert_eq!(call_after(format, text, 1), "", "{text}");
        }
    }
}
