//! Small language models on the CPU: text in, text or vectors out; no network, no database, no
//! async runtime.
//!
//! An [`Engine`] owns one model and one thread. [`Engine::submit`] hands it a [`ChatPrompt`] and a
//! sink; the sink then receives [`Piece::Text`] as the words appear and one last piece that says
//! how it ended. Up to a handful of conversations advance together, one token each per step, and
//! prompts are read in chunks between those steps, so that nobody's stream stands still while
//! someone else's long prompt is read.
//!
//! An [`EmbeddingEngine`] owns a sentence model and a thread of its own:
//! [`EmbeddingEngine::submit`] takes texts and gives their vectors, questions before passages.
//!
//! The files, in the order of a prompt's way through them:
//!
//! - [`prompt`] what the caller asks; [`piece`] what the caller gets; [`error`] what can go wrong
//! - [`engine`] the queue, the owner thread and the conversations it advances
//! - [`text`] chat template, tokens, and bytes back to whole characters
//! - [`model`] the transformer: weights, attention, cache
//! - [`sampler`] from logits to the next token
//! - [`embedding`] the other engine, with a tokenizer and a transformer of its own kind

mod embedding;
mod engine;
mod error;
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
pub use piece::{Finish, Flow, Piece, Sink};
pub use prompt::{ChatPrompt, PromptMessage, Role, Sampling};
