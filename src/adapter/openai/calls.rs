//! Assembles the tool calls of an answer from the pieces in its stream.

use super::{failure::ProviderFailure, wire::CallPiece};
use crate::port::ModelCall;

/// The maximum number of calls in an answer. A model that asks for more is malfunctioning.
const MOST_CALLS: usize = 128;
/// The maximum total size in bytes of the arguments of an answer's calls.
const LONGEST_ARGUMENTS: usize = 1 << 20;

/// The calls received so far.
#[derive(Default)]
pub(super) struct Calls {
    /// Each call with the index that its pieces carry.
    calls: Vec<(usize, ModelCall)>,
    bytes: usize,
}

impl Calls {
    /// Adds a piece. Some providers send pieces without an index: such a piece starts a new call if it has an id, and
    /// otherwise belongs to the last call.
    pub(super) fn take(&mut self, piece: CallPiece) -> Result<(), ProviderFailure> {
        let begins = piece.id.as_deref().is_some_and(|id| !id.is_empty());
        let last = self.calls.last().map(|(index, _)| *index);
        let index = match (piece.index, last) {
            (Some(index), _) => index,
            (None, Some(last)) => last + usize::from(begins),
            (None, None) => 0,
        };
        if !self.calls.iter().any(|(known, _)| *known == index) {
            if self.calls.len() == MOST_CALLS {
                return Err(ProviderFailure::broken(
                    "the model asked for too many tool calls at once",
                ));
            }
            let call = ModelCall {
                reference: String::new(),
                name: String::new(),
                arguments: String::new(),
            };
            self.calls.push((index, call));
        }
        let Some((_, call)) = self.calls.iter_mut().find(|(known, _)| *known == index) else {
            return Ok(());
        };
        if let Some(id) = piece.id {
            call.reference = id;
        }
        let Some(function) = piece.function else {
            return Ok(());
        };
        // a name comes in one piece, and some providers repeat it
        if let Some(name) = function.name.filter(|name| !name.is_empty()) {
            call.name = name;
        }
        if let Some(arguments) = function.arguments {
            self.bytes += arguments.len();
            if self.bytes > LONGEST_ARGUMENTS {
                return Err(ProviderFailure::broken(
                    "the model wrote arguments of over a mebibyte",
                ));
            }
            call.arguments.push_str(&arguments);
        }
        Ok(())
    }

    /// Removes and returns the next call, in the order in which the calls started. Its reference is unique in the
    /// answer.
    pub(super) fn next(&mut self) -> Option<ModelCall> {
        if self.calls.is_empty() {
            return None;
        }
        let (index, mut call) = self.calls.remove(0);
        let is_taken = self
            .calls
            .iter()
            .any(|(_, other)| other.reference == call.reference);
        if call.reference.is_empty() || is_taken {
            call.reference = format!("call_{index}");
        }
        Some(call)
    }
}
