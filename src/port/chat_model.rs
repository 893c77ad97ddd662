//! A model that answers: a prompt in, a stream of text out.

use std::time::Duration;

use async_trait::async_trait;
use futures::stream::BoxStream;

use crate::error::{Error, Result};

/// What a model streams; dropping it stops the model and lets its connection go.
pub type ModelStream = BoxStream<'static, Result<ModelEvent, Error>>;

/// A chat model.
#[async_trait]
pub trait ChatModel: Send + Sync {
    /// Starts an answer. Errors are `UNAVAILABLE`, `RATE_LIMITED` or `INTERNAL`, in words for the caller; the adapter has
    /// already repeated what is worth repeating.
    async fn stream(&self, prompt: ChatPrompt) -> Result<ModelStream>;

    /// The tokens of a text, or a careful guess where the model does not tell.
    fn count_tokens(&self, text: &str) -> usize;

    /// The tokens that prompt and answer may have together.
    fn context_tokens(&self) -> usize;

    /// Whether it could answer now.
    fn readiness(&self) -> Readiness;

    /// Whether its answers are a demonstration, not to be relied on.
    fn demo_quality(&self) -> bool {
        false
    }
}

/// Whether something outside is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Readiness {
    /// It is there.
    Ready,
    /// It is on its way; why.
    Starting(String),
    /// It is not there; why, and what to do.
    Missing(String),
}

/// What a model is asked.
#[derive(Debug, Clone, PartialEq)]
pub struct ChatPrompt {
    /// Everything said so far, the system prompt first.
    pub messages: Vec<PromptMessage>,
    /// The answer has at most this many tokens.
    pub max_output_tokens: usize,
    /// 0 for the likeliest answer, up to 2.
    pub temperature: f64,
}

impl ChatPrompt {
    /// The tokens of its messages, as the model counts them.
    pub fn count_tokens(&self, model: &dyn ChatModel) -> usize {
        self.messages
            .iter()
            .map(|message| model.count_tokens(&message.text))
            .sum()
    }
}

/// A message as the model sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromptMessage {
    /// Who says it.
    pub role: PromptRole,
    /// What is said.
    pub text: String,
}

/// Who says something to a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PromptRole {
    /// The template.
    System,
    /// The person.
    User,
    /// The model itself, earlier.
    Assistant,
}

impl PromptRole {
    /// The name that chat templates and providers use.
    pub fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
        }
    }
}

/// A piece of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModelEvent {
    /// More text; never empty.
    Text(String),
    /// What it took, in tokens; the last one counts.
    Usage {
        /// Tokens read.
        input: u64,
        /// Tokens written.
        output: u64,
    },
    /// The answer is whole; nothing comes after it.
    Finished(FinishReason),
}

/// Why an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FinishReason {
    /// The model was done.
    Stop,
    /// `max_output_tokens` or the context was reached.
    Length,
    /// The provider held the rest back.
    Filtered,
}

/// How long a model may take; a silent provider costs this and no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModelTimeouts {
    /// Until its first byte.
    pub first_byte: Duration,
    /// Between two pieces.
    pub idle: Duration,
}
