//! The JSON of the API, as far as it is used.

use serde::{Deserialize, Serialize};

use crate::port::ChatPrompt;

/// What is sent.
#[derive(Serialize)]
pub(super) struct Request<'a> {
    model: &'a str,
    messages: Vec<Message<'a>>,
    max_tokens: usize,
    temperature: f64,
    stream: bool,
    stream_options: StreamOptions,
}

#[derive(Serialize)]
struct Message<'a> {
    role: &'static str,
    content: &'a str,
}

#[derive(Serialize)]
struct StreamOptions {
    include_usage: bool,
}

impl<'a> Request<'a> {
    pub(super) fn new(model: &'a str, prompt: &'a ChatPrompt) -> Self {
        Self {
            model,
            messages: prompt
                .messages
                .iter()
                .map(|message| Message {
                    role: message.role.name(),
                    content: &message.text,
                })
                .collect(),
            max_tokens: prompt.max_output_tokens,
            temperature: prompt.temperature,
            stream: true,
            stream_options: StreamOptions {
                include_usage: true,
            },
        }
    }
}

/// One event of the stream.
#[derive(Deserialize)]
pub(super) struct Chunk {
    #[serde(default)]
    pub(super) choices: Vec<Choice>,
    pub(super) usage: Option<Usage>,
    pub(super) error: Option<ProviderError>,
}

#[derive(Deserialize)]
pub(super) struct Choice {
    pub(super) delta: Option<Delta>,
    pub(super) finish_reason: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Delta {
    pub(super) content: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Usage {
    #[serde(default)]
    pub(super) prompt_tokens: u64,
    #[serde(default)]
    pub(super) completion_tokens: u64,
}

/// The body of a refusal.
#[derive(Deserialize)]
pub(super) struct Refusal {
    pub(super) error: ProviderError,
}

/// What the provider says went wrong; for the log, since it may quote what it was sent.
#[derive(Deserialize)]
pub(super) struct ProviderError {
    #[serde(default)]
    pub(super) message: String,
    #[serde(rename = "type", default)]
    pub(super) kind: Option<String>,
    #[serde(default)]
    pub(super) code: Option<serde_json::Value>,
}

impl ProviderError {
    /// One of the names that a provider gives to a failure.
    pub(super) fn is(&self, name: &str) -> bool {
        self.kind.as_deref() == Some(name)
            || self.code.as_ref().and_then(serde_json::Value::as_str) == Some(name)
    }
}
