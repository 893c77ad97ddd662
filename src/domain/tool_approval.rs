//! Who approves a tool call, and the arguments in a form that this person can read.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::ToolPolicy;

/// The maximum number of arguments that are shown to an end user.
const MOST_ARGUMENTS: usize = 32;
/// The maximum number of characters of the arguments that are shown to an end user, with their names.
const LONGEST_ARGUMENTS: usize = 8_000;

/// Who may approve a call whose policy is [`ToolPolicy::Approve`].
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ToolApprover {
    /// The account's administrators.
    #[default]
    Staff,
    /// The end user of the conversation.
    EndUser,
}

/// The policy of a granted tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GrantPolicy {
    /// Whether its calls need approval.
    pub policy: ToolPolicy,
    /// Who approves them, if they do.
    pub approver: ToolApprover,
}

impl From<ToolPolicy> for GrantPolicy {
    fn from(policy: ToolPolicy) -> Self {
        Self {
            policy,
            approver: ToolApprover::Staff,
        }
    }
}

/// An argument of a tool call, as a person reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadableArgument {
    /// The name of the argument.
    pub name: String,
    /// The value: a text as it is, every other value as JSON.
    pub text: String,
}

/// The arguments as a person reads them, whole. None when they are not an object or too long: a person who approves sees all
/// of what is approved.
pub fn readable_arguments(arguments: &Value) -> Option<Vec<ReadableArgument>> {
    let arguments = arguments.as_object()?;
    if arguments.len() > MOST_ARGUMENTS {
        return None;
    }
    let mut left = LONGEST_ARGUMENTS;
    let mut readable = Vec::with_capacity(arguments.len());
    for (name, value) in arguments {
        let text = match value {
            Value::String(text) => visible(text),
            other => visible(&other.to_string()),
        };
        let name = visible(name);
        left = left.checked_sub(name.chars().count() + text.chars().count())?;
        readable.push(ReadableArgument { name, text });
    }
    Some(readable)
}

/// The text with the characters that would hide or reorder a part of it as escapes.
fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if is_hidden(c) {
            shown.extend(c.escape_unicode());
        } else {
            shown.push(c);
        }
    }
    shown
}

/// Whether a character is a control, has no width, or changes the direction of the text: Unicode Technical Report 36,
/// § 2.4 and Unicode Technical Standard 39, § 5.
fn is_hidden(c: char) -> bool {
    let is_plain_control = matches!(c, '\n' | '\t');
    let is_format = matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}');
    (c.is_control() && !is_plain_control) || is_format
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{LONGEST_ARGUMENTS, MOST_ARGUMENTS, readable_arguments};

    fn texts(arguments: &serde_json::Value) -> Option<Vec<(String, String)>> {
        let readable = readable_arguments(arguments)?.into_iter();
        Some(readable.map(|one| (one.name, one.text)).collect())
    }

    #[test]
    fn arguments_are_shown_whole_or_not_at_all() {
        let shown = texts(&json!({"amount": 12.5, "lines": [{"sku": "a"}], "to": "Ada\nBob"}));
        let pair = |name: &str, text: &str| (name.to_owned(), text.to_owned());
        assert_eq!(
            shown.unwrap(),
            [
                pair("amount", "12.5"),
                pair("lines", r#"[{"sku":"a"}]"#),
                pair("to", "Ada\nBob")
            ]
        );
        let of_length = |length: usize| json!({"a": "x".repeat(length)});
        assert!(texts(&of_length(LONGEST_ARGUMENTS - 1)).is_some());
        assert!(texts(&of_length(LONGEST_ARGUMENTS)).is_none());
        let of_count = |count: usize| -> serde_json::Value {
            (0..count)
                .map(|number| (number.to_string(), json!(1)))
                .collect::<serde_json::Map<_, _>>()
                .into()
        };
        assert!(texts(&of_count(MOST_ARGUMENTS)).is_some());
        assert!(texts(&of_count(MOST_ARGUMENTS + 1)).is_none());
        assert!(texts(&json!("no object")).is_none());
    }

    #[test]
    fn characters_that_hide_or_reorder_text_are_escaped() {
        let shown = texts(&json!({"to": "a\u{202e}b\u{0}c\u{200b}"})).unwrap();
        assert_eq!(shown[0].1, r"a\u{202e}b\u{0}c\u{200b}");
    }
}
