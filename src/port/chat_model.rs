//! A model that answers: a prompt in, a stream of text out.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use futures::stream::BoxStream;

use crate::{
    domain::ToolText,
    error::{Error, Result},
};

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

    /// Whether it can be offered tools.
    fn calls_tools(&self) -> bool {
        false
    }

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
#[derive(Debug, Clone)]
pub struct ChatPrompt {
    /// Everything said so far, the system prompt first.
    pub messages: Vec<PromptMessage>,
    /// What it may call; none for a model that cannot.
    pub tools: Vec<OfferedTool>,
    /// Whether it may call one now; else it has to answer, and sees the tools only because it has called some before.
    pub may_call: bool,
    /// The answer has at most this many tokens.
    pub max_output_tokens: usize,
    /// 0 for the likeliest answer, up to 2.
    pub temperature: f64,
}

impl ChatPrompt {
    /// The tokens of its messages and tools, as the model counts them.
    pub fn count_tokens(&self, model: &dyn ChatModel) -> usize {
        let said = self
            .messages
            .iter()
            .map(|message| message.count_tokens(model));
        let offered = self.tools.iter().map(|tool| tool.count_tokens(model));
        said.chain(offered).sum()
    }
}

/// A message as the model sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PromptMessage {
    /// What the template says.
    System(String),
    /// What the person says.
    User(String),
    /// What the model itself said earlier.
    Assistant {
        /// Its text; may be empty beside calls.
        text: String,
        /// The tools that it called.
        calls: Vec<ModelCall>,
    },
    /// What a tool said.
    Tool {
        /// The call that it answers.
        reference: String,
        /// What it said.
        text: String,
    },
}

impl PromptMessage {
    /// Who says it.
    pub fn role(&self) -> PromptRole {
        match self {
            Self::System(_) => PromptRole::System,
            Self::User(_) => PromptRole::User,
            Self::Assistant { .. } => PromptRole::Assistant,
            Self::Tool { .. } => PromptRole::Tool,
        }
    }

    /// What is said.
    pub fn text(&self) -> &str {
        match self {
            Self::System(text)
            | Self::User(text)
            | Self::Assistant { text, .. }
            | Self::Tool { text, .. } => text,
        }
    }

    /// Its tokens, as the model counts them.
    pub fn count_tokens(&self, model: &dyn ChatModel) -> usize {
        let calls = match self {
            Self::Assistant { calls, .. } => calls.as_slice(),
            Self::System(_) | Self::User(_) | Self::Tool { .. } => &[],
        };
        let called = calls
            .iter()
            .map(|call| model.count_tokens(&call.name) + model.count_tokens(&call.arguments));
        model.count_tokens(self.text()) + called.sum::<usize>()
    }
}

/// A tool as a model is offered it.
#[derive(Debug, Clone)]
pub struct OfferedTool {
    /// Its name: at most 64 of `a-z`, `A-Z`, `0-9`, `_` and `-`, unique in the prompt.
    pub name: String,
    /// What it does, and its arguments.
    pub text: Arc<ToolText>,
}

impl OfferedTool {
    /// Its tokens, as the model counts them.
    pub fn count_tokens(&self, model: &dyn ChatModel) -> usize {
        model.count_tokens(&self.name)
            + model.count_tokens(&self.text.description)
            + model.count_tokens(self.text.input_schema.get())
    }
}

/// A model's wish that a tool be called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelCall {
    /// What the model calls it; never empty, unique in its answer.
    pub reference: String,
    /// The tool's name; not necessarily one that was offered.
    pub name: String,
    /// The arguments as the model wrote them: JSON, if it kept to what it was told.
    pub arguments: String,
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
    /// A tool that the model called.
    Tool,
}

impl PromptRole {
    /// The name that chat templates and providers use.
    pub fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
            Self::Tool => "tool",
        }
    }
}

/// A piece of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModelEvent {
    /// More text; never empty.
    Text(String),
    /// It wants a tool to be called; comes whole, after all the text before it.
    Call(ModelCall),
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
