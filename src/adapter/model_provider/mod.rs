//! What the APIs of model providers have in common: endpoints and the balance between them, requests that leave out what
//! a model refuses, the meaning of refusals, and the reader of streamed answers.
//!
//! An API is an implementation of [`ModelApi`]: the body of a request, and a parser of its events. [`RemoteModel`] is the
//! chat model over it.

mod answer;
mod body;
mod endpoint;
mod endpoint_pool;
mod events;
mod failure;
mod json;
mod profile;
mod refusal;
mod remote_model;
mod stream;
mod text;
mod words;

pub use endpoint::EndpointOptions;
pub use remote_model::{RemoteModel, RemoteModelOptions};

pub(in crate::adapter) use answer::{AnswerEnd, AnswerParser, AnswerParts, ChunkFailure};
pub(in crate::adapter) use endpoint::{ApiRequest, Endpoint};
pub(in crate::adapter) use failure::{KeyOwner, cut_off, malformed, silent};
pub(in crate::adapter) use json::{
    count, each_element, each_member, first_byte, is_nothing, is_null, without_nul, word,
};
pub(in crate::adapter) use profile::RequestProfile;
pub(in crate::adapter) use refusal::{Meaning, Refusal};
pub(in crate::adapter) use remote_model::ModelApi;
pub(in crate::adapter) use text::TextBuffer;

/// The content of a tool's result without a text: some providers refuse an empty content.
pub(in crate::adapter) const NO_CONTENT: &str = "(no content)";
