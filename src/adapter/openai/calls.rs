//! Puts the calls of tools together that an answer's stream bears in pieces.

use super::{failure::Failure, wire::CallPiece};
use crate::port::ModelCall;

/// An answer asks for at most this many calls; more is a model out of its mind.
const MOST_CALLS: usize = 128;
/// The arguments of an answer's calls have at most this many bytes altogether.
const LONGEST_ARGUMENTS: usize = 1 << 20;

/// The calls of an answer so far.
#[derive(Default)]
pub(super) struct Calls {
    /// Each with the index that its pieces bear.
    calls: Vec<(usize, ModelCall)>,
    bytes: usize,
}

impl Calls {
    /// Takes a piece. One without an index belongs to the last call, or begins one if it bears an id: so some providers
    /// send them.
    pub(super) fn take(&mut self, piece: CallPiece) -> Result<(), Failure> {
        let begins = piece.id.as_deref().is_some_and(|id| !id.is_empty());
        let last = self.calls.last().map(|(index, _)| *index);
        let index = match (piece.index, last) {
            (Some(index), _) => index,
            (None, Some(last)) => last + usize::from(begins),
            (None, None) => 0,
        };
        if !self.calls.iter().any(|(known, _)| *known == index) {
            if self.calls.len() == MOST_CALLS {
                return Err(Failure::broken(
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
        // a name comes whole, and some providers repeat it
        if let Some(name) = function.name.filter(|name| !name.is_empty()) {
            call.name = name;
        }
        if let Some(arguments) = function.arguments {
            self.bytes += arguments.len();
            if self.bytes > LONGEST_ARGUMENTS {
                return Err(Failure::broken(
                    "the model wrote arguments of over a mebibyte",
                ));
            }
            call.arguments.push_str(&arguments);
        }
        Ok(())
    }

    /// The next call, in the order in which they began; each with a reference of its own.
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
