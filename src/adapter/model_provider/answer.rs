//! An answer, as far as it was read from the events of any API.

use serde_json::{Map, Value};

use super::{
    text::{TextBuffer, ThinkTags},
    words::ProviderWords,
};
use crate::{
    domain::{FinishReason, ModelCall},
    port::TokenCounts,
};

/// Reads the events of one API, each leniently: takes what is needed and skips everything else.
pub(in crate::adapter) trait AnswerParser: Default + Send {
    /// Reads one event, or a whole answer that was not streamed. Returns false when it cannot be used at all.
    fn read(&mut self, json: &str) -> Result<bool, ChunkFailure>;

    /// The parts that were read so far.
    fn parts(&mut self) -> &mut AnswerParts;

    /// Whether no part of an answer was read.
    fn is_empty(&self) -> bool;

    /// The calls of the whole answer, and the members to be returned to the provider.
    fn finish(&mut self) -> (Vec<ModelCall>, Map<String, Value>);
}

/// The parts of an answer that every API has.
#[derive(Default)]
pub(in crate::adapter) struct AnswerParts {
    /// Text that was not taken yet.
    pub(in crate::adapter) text: TextBuffer,
    /// Reasoning that was not taken yet.
    pub(in crate::adapter) reasoning: TextBuffer,
    pub(super) tags: ThinkTags,
    pub(in crate::adapter) usage: Option<TokenCounts>,
    pub(in crate::adapter) end: Option<AnswerEnd>,
    /// The provider's name of the model that answers.
    pub(in crate::adapter) answered_by: Option<String>,
    /// The number of events with text.
    pub(in crate::adapter) text_events: usize,
    /// Whether no further event is expected.
    pub(in crate::adapter) is_over: bool,
}

/// How an answer ended, in the provider's word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::adapter) enum AnswerEnd {
    Finished(FinishReason),
    /// The word is no reason to call the answer finished.
    Unfinished(String),
}

/// Why an answer cannot go on.
#[derive(Debug)]
pub(in crate::adapter) enum ChunkFailure {
    /// The provider reported an error.
    Reported(ProviderWords),
    /// The model asks for more tool calls than any model needs.
    TooManyCalls,
}

impl AnswerParts {
    /// Whether the answer has a finish reason.
    pub(in crate::adapter) fn is_finished(&self) -> bool {
        matches!(self.end, Some(AnswerEnd::Finished(_)))
    }

    /// The failure for an error that the provider reports. Nothing that comes after the end can undo it.
    pub(in crate::adapter) fn report(&self, words: &str) -> Result<(), ChunkFailure> {
        let words = ProviderWords::of_json(words);
        if self.is_finished() || words.is_empty() {
            return Ok(());
        }
        Err(ChunkFailure::Reported(words))
    }
}
