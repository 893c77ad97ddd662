//! Assembles the tool calls of an answer: each is a block of its own, whose arguments come as pieces of JSON.

use serde_json::value::RawValue;

use crate::{
    adapter::model_provider::{ChunkFailure, TextBuffer, each_member, first_byte, word},
    domain::{CallExtra, ModelCall},
};

/// The maximum number of calls in an answer. A model that asks for more is malfunctioning.
const MOST_CALLS: usize = 128;
/// The maximum total size in bytes of the arguments.
const LONGEST_ARGUMENTS: usize = 1 << 20;

/// The calls received so far.
#[derive(Default)]
pub(super) struct ToolUses {
    calls: Vec<ToolUse>,
    bytes: usize,
}

/// A call whose arguments are still arriving.
#[derive(Default)]
struct ToolUse {
    index: Option<u64>,
    id: String,
    name: String,
    /// The arguments in the start of the block, for servers that send no pieces.
    input: String,
    pieces: String,
    /// The part of the pieces that may end with half a character.
    tail: TextBuffer,
}

impl ToolUses {
    /// Begins a call; returns its place.
    pub(super) fn begin(
        &mut self,
        index: Option<u64>,
        block: &RawValue,
    ) -> Result<usize, ChunkFailure> {
        let mut call = ToolUse {
            index,
            ..ToolUse::default()
        };
        each_member(block.get(), |name, value| match name {
            "id" => call.id = word(value).unwrap_or_default(),
            "name" => call.name = word(value).unwrap_or_default(),
            "input" if first_byte(value) == b'{' => value.get().clone_into(&mut call.input),
            // an object as its text
            "input" => call.input = word(value).unwrap_or_default(),
            _ => {}
        });
        self.count(call.input.len())?;
        if self.calls.len() == MOST_CALLS {
            return Err(ChunkFailure::TooManyCalls);
        }
        self.calls.push(call);
        Ok(self.calls.len() - 1)
    }

    /// Adds a piece of the arguments to the call of an index, else to the last one.
    pub(super) fn add(&mut self, index: Option<u64>, piece: &RawValue) -> Result<(), ChunkFailure> {
        self.count(piece.get().len())?;
        let is_of_index = |call: &&mut ToolUse| index.is_none() || call.index == index;
        if let Some(call) = self.calls.iter_mut().rev().find(is_of_index) {
            call.tail.push(piece);
            call.pieces.push_str(&call.tail.take());
        }
        Ok(())
    }

    /// The calls in the order in which they began, each with a reference that is unique in the answer.
    pub(super) fn finish(&mut self) -> Vec<ModelCall> {
        let mut finished: Vec<ModelCall> = Vec::with_capacity(self.calls.len());
        for mut call in std::mem::take(&mut self.calls) {
            call.pieces.push_str(&call.tail.finish());
            let is_taken = |reference: &str| finished.iter().any(|one| one.reference == reference);
            let mut reference = call.id;
            let mut number = finished.len();
            while reference.is_empty() || is_taken(&reference) {
                reference = format!("toolu_{number}");
                number += 1;
            }
            let arguments = if call.pieces.trim().is_empty() {
                call.input
            } else {
                call.pieces
            };
            finished.push(ModelCall {
                reference,
                name: call.name,
                arguments,
                extra: CallExtra::default(),
            });
        }
        finished
    }

    fn count(&mut self, bytes: usize) -> Result<(), ChunkFailure> {
        self.bytes += bytes;
        if self.bytes > LONGEST_ARGUMENTS {
            return Err(ChunkFailure::TooManyCalls);
        }
        Ok(())
    }
}
