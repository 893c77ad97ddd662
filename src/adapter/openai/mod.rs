//! Any OpenAI-compatible API: `POST {base}/chat/completions`, streamed as server-sent events, and `POST
//! {base}/embeddings`.
//!
//! Source of the message formats: the OpenAI API reference, "Create chat completion", "Chat completion chunk object"
//! and "Create embeddings". Providers differ from it in many ways; `docs/providers.md` lists those that are known. Answers
//! are therefore read leniently ([`chunk`]), and a request that is refused because of one of its parameters is sent once
//! more without it ([`RemoteModel`]).

mod calls;
mod chunk;
mod embeddings;
mod extra;
mod plain;
mod request;

use std::collections::BTreeSet;

pub use self::embeddings::{OpenAiEmbedder, OpenAiEmbedderOptions};
use self::{
    chunk::AnswerState,
    request::{Request, returned_members},
};
use super::model_provider::{ModelApi, RemoteModel, RequestProfile};
use crate::port::ChatPrompt;

/// A chat model behind an OpenAI-compatible API.
pub type OpenAiModel = RemoteModel<ChatCompletions>;

/// The operation `chat/completions`.
pub struct ChatCompletions;

impl ModelApi for ChatCompletions {
    type Answer = AnswerState;

    const PATH: &'static str = "chat/completions";

    fn body(
        model: &str,
        prompt: &ChatPrompt,
        profile: &RequestProfile,
    ) -> serde_json::Result<Vec<u8>> {
        serde_json::to_vec(&Request::new(model, prompt, profile))
    }

    fn returned_members(prompt: &ChatPrompt) -> BTreeSet<String> {
        returned_members(prompt)
    }
}
