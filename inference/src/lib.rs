//! Small language models on the CPU: text in, text or vectors out; no network, no database, no
//! async runtime.
//!
//! An [`Engine`] owns one model and one thread. [`Engine::submit`] gives it a [`ChatPrompt`] and a sink; the sink then
//! receives [`Piece::Text`] as the text is generated and one last piece with the outcome. A few conversations advance
//! together, one token each per step, and prompts are read in chunks between those steps, so that a long prompt of one
//! caller does not stop the streams of other callers.
//!
//! An [`EmbeddingEngine`] owns a sentence model and a thread of its own: [`EmbeddingEngine::submit`] takes texts and
//! returns their vectors, questions before passages.
//!
//! The modules, in the order in which a prompt passes them:
//!
//! - [`prompt`] is the caller's input, [`piece`] the output, [`error`] the errors
//! - [`engine`] has the queue, the engine's thread and its active conversations
//! - [`text`] has the chat template, tokens, and the conversion of bytes to whole characters
//! - [`model`] is the transformer: weights, attention, cache
//! - [`grammar`] restricts the next token where an answer must be JSON of a schema
//! - [`sampler`] chooses the next token
//! - [`embedding`] is the embedding engine, with its own kind of tokenizer and transformer

mod embedding;
mod engine;
mod error;
mod grammar;
mod model;
mod piece;
mod prompt;
mod sampler;
mod text;
#[cfg(test)]
mod tiny;

pub use embedding::{EmbeddingEngine, EmbeddingOptions, EmbeddingSink, Urgency};
pub use engine::{Engine, EngineOptions, Ticket};
pub use error::{LoadError, SubmitError};
pub use grammar::{Grammar, GrammarError};
pub use piece::{Finish, Flow, Piece, Sink};
pub use prompt::{CallFormat, ChatPrompt, PromptCall, PromptMessage, PromptTool, Role, Sampling};
