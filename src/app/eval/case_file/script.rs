//! What a scripted model replies.

use serde::Deserialize;
use serde_json::Value;

/// The reply to one request. Texts and arguments may refer to rows (`$name`) and to the newest result of a tool
/// (`$result.id`, and `${result.id}` inside a text).
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub(in crate::app::eval) struct ScriptedReply {
    /// Answers only requests whose messages contain this text, before the replies for any request.
    pub(in crate::app::eval) when: Option<String>,
    /// The text, before the calls.
    pub(in crate::app::eval) text: Option<String>,
    /// The tool calls.
    pub(in crate::app::eval) calls: Vec<ScriptedCall>,
    /// Answers only requests for a JSON object of the schema with this name, in any order among the other replies; the
    /// last such reply answers all further ones.
    pub(in crate::app::eval) extract: Option<String>,
    /// The JSON object for such a request.
    pub(in crate::app::eval) json: Option<Value>,
    /// The message of the error with which the model fails.
    pub(in crate::app::eval) error: Option<String>,
    /// Why the reply ended, when it is not complete.
    pub(in crate::app::eval) finish: Option<ScriptedFinish>,
}

/// A tool call of a scripted model.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(in crate::app::eval) struct ScriptedCall {
    /// The name of the tool as it is offered (`crm__create_lead`), or on its server (`create_lead`).
    pub(in crate::app::eval) tool: String,
    /// The arguments: an object, or any text.
    #[serde(default)]
    pub(in crate::app::eval) arguments: Value,
}

/// Why a reply of a scripted model is not complete.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(in crate::app::eval) enum ScriptedFinish {
    /// The output limit was reached.
    Length,
    /// The provider's content filter withheld the remaining text.
    ContentFilter,
}

impl ScriptedReply {
    /// Which fields contradict each other.
    pub(super) fn contradiction(&self) -> Option<&'static str> {
        let speaks = self.text.is_some() || !self.calls.is_empty();
        match (&self.extract, &self.json, &self.error) {
            (Some(_), None, None) => Some("has extract without json or error"),
            (None, Some(_), _) => Some("has json without extract, the name of the schema"),
            (Some(_), ..) if speaks => Some("answers with extract, and cannot have text or calls"),
            (None, None, None) if !speaks => {
                Some("is empty, expected text, calls, extract or error")
            }
            (_, _, Some(_)) if speaks || self.json.is_some() => {
                Some("fails with error, and cannot have text, calls or json")
            }
            _ => None,
        }
    }
}
