//! Errors of loading a model and of submitting a prompt.

use std::path::PathBuf;

/// Why a model file could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file is missing or unreadable.
    #[error("cannot read the model file {}", path.display())]
    Open {
        /// The path of the file.
        path: PathBuf,
        /// The operating system's error.
        source: std::io::Error,
    },
    /// The file is damaged, or not GGUF at all.
    #[error("cannot read the GGUF file while {doing}")]
    Format {
        /// The step that failed.
        doing: String,
        /// The parser's error.
        source: candle_core::Error,
    },
    /// The weights are damaged, or not safetensors at all.
    #[error("cannot read the safetensors file")]
    Safetensors(#[source] serde_json::Error),
    /// The `config.json` beside the weights is damaged, or belongs to another kind of model.
    #[error("cannot read the model's config.json")]
    Settings(#[source] serde_json::Error),
    /// The file lacks a value that every model of its kind has.
    #[error("the GGUF file has no usable value {0}")]
    Missing(String),
    /// The file is valid, but contains a model that this crate does not support.
    #[error("unsupported model: {0}")]
    Unsupported(String),
    /// The vocabulary is not valid for a tokenizer.
    #[error("cannot build the tokenizer: {0}")]
    Tokenizer(String),
    /// The model's chat template does not render.
    #[error("cannot render the model's chat template")]
    Template(#[source] minijinja::Error),
    /// The engine's thread could not be started.
    #[error("cannot start the engine's thread")]
    Thread(#[source] std::io::Error),
}

/// Why a prompt was not accepted; nothing was queued and the sink will not be called.
#[derive(Debug, thiserror::Error)]
pub enum SubmitError {
    /// The queue is full; the caller may try again later.
    #[error("the engine is busy: {waiting} others are waiting")]
    Busy {
        /// The number of prompts, or of calls with texts, that are waiting.
        waiting: usize,
    },
    /// The rendered prompt leaves no room for an answer.
    #[error("the prompt has {tokens} tokens, the limit is {limit}")]
    PromptTooLong {
        /// The length of the rendered prompt.
        tokens: usize,
        /// The maximum number of tokens of a prompt.
        limit: usize,
    },
    /// A setting is outside its range.
    #[error("{0}")]
    BadSetting(&'static str),
    /// The model's chat template refused these messages.
    #[error("cannot render the chat prompt")]
    Template(#[source] minijinja::Error),
    /// The text could not be turned into tokens.
    #[error("cannot tokenise the prompt: {0}")]
    Tokenizer(String),
    /// The engine's thread has ended.
    #[error("the engine has stopped")]
    Stopped,
}
