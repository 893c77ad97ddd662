//! Assembles the tool calls of an answer from the pieces in its stream.
//!
//! Providers do not agree on which pieces belong together. A new id begins a call and a known id continues one; a name
//! after arguments that are already whole begins a call, whatever the index says; the index helps only where it
//! distinguishes.

#[cfg(test)]
mod tests;

use serde_json::{Map, Value, value::RawValue};

use crate::{
    adapter::model_provider::{TextBuffer, count, each_member, first_byte, without_nul, word},
    domain::{CallExtra, ModelCall},
};

/// The maximum number of calls in an answer. A model that asks for more is malfunctioning.
const MOST_CALLS: usize = 128;
/// The maximum total size in bytes of the arguments and the unknown members of an answer's calls.
const LONGEST_CALLS: usize = 1 << 20;

/// The calls received so far.
#[derive(Default)]
pub(super) struct Calls {
    calls: Vec<PartialCall>,
    bytes: usize,
}

/// A call whose pieces are still arriving.
#[derive(Default)]
struct PartialCall {
    index: Option<u64>,
    id: String,
    name: String,
    arguments: String,
    /// Whether the name came once more after whole arguments: the next arguments belong to another call of this tool.
    is_named_again: bool,
    /// The part of the arguments that may end with half a character.
    tail: TextBuffer,
    extra: CallExtra,
}

/// A piece of a call.
#[derive(Default)]
struct Piece<'a> {
    index: Option<u64>,
    id: Option<String>,
    name: Option<String>,
    arguments: Option<&'a RawValue>,
    extra: CallExtra,
}

/// An answer with more calls than any model needs.
#[derive(Debug)]
pub(super) struct TooManyCalls;

impl Calls {
    /// Adds a piece: an element of `tool_calls`.
    pub(super) fn push(&mut self, raw: &RawValue) -> Result<(), TooManyCalls> {
        let piece = Piece::read(raw);
        let is_empty = piece.id.is_none() && piece.name.is_none() && !piece.has_arguments();
        if is_empty && self.calls.is_empty() {
            return Ok(());
        }
        let extras = piece.extra.call.len() + piece.extra.function.len();
        let size = if extras == 0 {
            piece.arguments.map_or(0, |raw| raw.get().len())
        } else {
            raw.get().len()
        };
        self.bytes += size;
        if self.bytes > LONGEST_CALLS {
            return Err(TooManyCalls);
        }
        if self.repeats_a_call(&piece) {
            return Ok(());
        }
        let position = match self.continued_by(&piece) {
            Some(position) => position,
            None if self.calls.len() == MOST_CALLS => return Err(TooManyCalls),
            None => {
                let named = |call: &&PartialCall| call.is_named_again && call.index == piece.index;
                let named = self.calls.iter().rfind(named);
                self.calls.push(PartialCall {
                    index: piece.index,
                    name: named.map(|call| call.name.clone()).unwrap_or_default(),
                    ..PartialCall::default()
                });
                self.calls.len() - 1
            }
        };
        if let Some(call) = self.calls.get_mut(position) {
            call.add(piece);
        }
        Ok(())
    }

    /// The calls in the order in which they started, each with a reference that is unique in the answer.
    pub(super) fn finish(&mut self) -> Vec<ModelCall> {
        let mut finished: Vec<ModelCall> = Vec::with_capacity(self.calls.len());
        for call in std::mem::take(&mut self.calls) {
            let mut call = call.finish();
            if call.name.is_empty() && call.arguments.trim().is_empty() {
                continue;
            }
            let is_taken = |reference: &str| finished.iter().any(|one| one.reference == reference);
            if call.reference.is_empty() || is_taken(&call.reference) {
                let mut number = finished.len();
                while is_taken(&format!("call_{number}")) {
                    number += 1;
                }
                call.reference = format!("call_{number}");
            }
            finished.push(call);
        }
        finished
    }

    pub(super) fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }

    /// The position of the call that a piece continues; `None` when the piece begins one.
    fn continued_by(&self, piece: &Piece<'_>) -> Option<usize> {
        let of_index = || {
            let is_of_index =
                |call: &PartialCall| piece.index.is_some() && call.index == piece.index;
            self.calls.iter().rposition(is_of_index)
        };
        let last = self.calls.len().checked_sub(1);
        if let Some(id) = &piece.id {
            let is_known = |call: &PartialCall| call.id == *id;
            let is_exact = |call: &PartialCall| is_known(call) && call.index == piece.index;
            let exact = self.calls.iter().rposition(is_exact);
            if let Some(known) = exact.or_else(|| self.calls.iter().rposition(is_known)) {
                return self.unless_begun(known, piece);
            }
            // the id arrives after the name, or a gateway invents one for each piece
            let open = if piece.index.is_some() {
                of_index()
            } else {
                last
            };
            return open.filter(|&open| {
                self.calls.get(open).is_some_and(|call| {
                    let has_begun = !call.arguments.is_empty();
                    let is_anonymous = call.id.is_empty()
                        && !has_begun
                        && self.unless_begun(open, piece).is_some();
                    let goes_on = piece.name.is_none() && !call.name.is_empty() && !call.is_whole();
                    is_anonymous || goes_on
                })
            });
        }
        let open = if piece.index.is_some() {
            of_index()
        } else {
            last
        };
        open.and_then(|open| self.unless_begun(open, piece))
    }

    /// Whether a piece is a whole call that arrived before: some providers repeat it at the end.
    fn repeats_a_call(&self, piece: &Piece<'_>) -> bool {
        let (Some(id), Some(name), Some(arguments)) = (&piece.id, &piece.name, piece.arguments)
        else {
            return false;
        };
        let mut whole = TextBuffer::default();
        whole.push(arguments);
        let whole = whole.finish();
        let is_same = |call: &PartialCall| {
            call.id == *id && call.name == *name && call.is_whole() && call.arguments == whole
        };
        self.calls.iter().any(is_same)
    }

    /// The position, unless the piece has a name that begins another call.
    fn unless_begun(&self, position: usize, piece: &Piece<'_>) -> Option<usize> {
        let call = self.calls.get(position)?;
        let Some(name) = &piece.name else {
            let begins = call.is_named_again && piece.id.is_none() && piece.has_arguments();
            return (!begins).then_some(position);
        };
        let is_another = !call.name.is_empty() && *name != call.name;
        // a name that is repeated at the end, without arguments, belongs to the same call
        let has_arguments = piece.has_arguments();
        let begins = is_another || (call.is_whole() && has_arguments);
        (!begins).then_some(position)
    }
}

impl<'a> Piece<'a> {
    fn has_arguments(&self) -> bool {
        let arguments = self.arguments;
        arguments.is_some_and(|raw| !matches!(raw.get(), "null" | "\"\""))
    }

    fn read(raw: &'a RawValue) -> Self {
        let mut piece = Self::default();
        let mut function = None;
        each_member(raw.get(), |name, value| match name {
            "index" => piece.index = count(value),
            "id" => piece.id = word(value),
            "type" => {}
            "function" => function = Some(value),
            // the legacy `function_call` has both at the top
            "name" => piece.name = word(value),
            "arguments" => piece.arguments = Some(value),
            _ => keep(&mut piece.extra.call, name, value),
        });
        if let Some(function) = function {
            each_member(function.get(), |name, value| match name {
                "name" => piece.name = word(value),
                "arguments" => piece.arguments = Some(value),
                _ => keep(&mut piece.extra.function, name, value),
            });
        }
        piece
    }
}

impl PartialCall {
    fn add(&mut self, piece: Piece<'_>) {
        let is_anonymous = piece.id.is_none();
        if let Some(id) = piece.id {
            self.id = id;
        }
        if let Some(name) = piece.name {
            self.is_named_again = is_anonymous && self.name == name && self.is_whole();
            self.name = name;
        }
        if let Some(arguments) = piece.arguments {
            match first_byte(arguments) {
                b'"' => {
                    self.tail.push(arguments);
                    self.arguments.push_str(&self.tail.take());
                }
                // an object instead of its text
                b'{' => arguments.get().clone_into(&mut self.arguments),
                _ => {}
            }
        }
        self.extra.call.extend(piece.extra.call);
        self.extra.function.extend(piece.extra.function);
    }

    /// Whether the arguments are a complete object.
    fn is_whole(&self) -> bool {
        let text = self.arguments.trim();
        text.starts_with('{') && text.ends_with('}') && each_member(text, |_, _| {})
    }

    fn finish(mut self) -> ModelCall {
        self.arguments.push_str(&self.tail.finish());
        // some models write the text of an object as a JSON string
        if self.arguments.trim_start().starts_with('"')
            && let Ok(inner) = serde_json::from_str::<String>(&self.arguments)
        {
            self.arguments = inner;
        }
        ModelCall {
            reference: self.id,
            name: self.name,
            arguments: self.arguments,
            extra: self.extra,
        }
    }
}

/// Keeps a member that is unknown here, as it came. A later piece with the same member replaces it.
fn keep(members: &mut Map<String, Value>, name: &str, value: &RawValue) {
    if let Ok(mut value) = serde_json::from_str::<Value>(value.get())
        && !value.is_null()
    {
        without_nul(&mut value);
        members.insert(name.to_owned(), value);
    }
}
