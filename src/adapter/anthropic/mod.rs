//! Anthropic's Messages API, and servers that are compatible with it: `POST {base}/v1/messages`, streamed as server-sent
//! events.
//!
//! Source of the message formats: Anthropic's API reference, "Messages", "Streaming messages", "Extended thinking" and
//! "Errors", version 2023-06-01. Each known habit is a file in `tests/upstreams/anthropic`.

mod blocks;
mod message;
mod request;
mod tool_use;

use std::collections::BTreeSet;

use self::{blocks::LAYOUT, message::MessageState, request::Request};
use super::model_provider::{ModelApi, RemoteModel, RequestProfile};
use crate::port::{ChatPrompt, PromptMessage};

/// The header with the version of the API.
pub const VERSION_HEADER: &str = "anthropic-version";
/// The version of the API.
pub const VERSION: &str = "2023-06-01";
/// The header of the key.
pub const KEY_HEADER: &str = "x-api-key";

/// A chat model behind the Messages API.
pub type AnthropicModel = RemoteModel<Messages>;

/// The operation `messages`.
pub struct Messages;

impl ModelApi for Messages {
    type Answer = MessageState;

    const PATH: &'static str = "v1/messages";

    fn body(
        model: &str,
        prompt: &ChatPrompt,
        profile: &RequestProfile,
    ) -> serde_json::Result<Vec<u8>> {
        serde_json::to_vec(&Request::new(model, prompt, profile))
    }

    fn returned_members(prompt: &ChatPrompt) -> BTreeSet<String> {
        let is_returned = prompt.messages.iter().any(|message| match message {
            PromptMessage::Assistant { extra, .. } => extra.contains_key(LAYOUT),
            PromptMessage::System(_) | PromptMessage::User(_) | PromptMessage::Tool { .. } => false,
        });
        is_returned.then(|| LAYOUT.to_owned()).into_iter().collect()
    }
}
