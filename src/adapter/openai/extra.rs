//! The members of an answer that are unknown here and go back to the provider.

use serde_json::{Map, Value, value::RawValue};

use crate::adapter::model_provider::without_nul;

/// The maximum total size in bytes of the members that are kept.
const LARGEST: usize = 256 * 1024;
/// The maximum depth at which the pieces of a member are joined.
const DEEPEST: usize = 4;

/// The members that are unknown here, joined from their pieces.
#[derive(Default)]
pub(super) struct ExtraMembers {
    members: Map<String, Value>,
    bytes: usize,
}

impl ExtraMembers {
    /// Takes all members.
    pub(super) fn take(&mut self) -> Map<String, Value> {
        std::mem::take(&mut self.members)
    }

    /// Keeps a member that is unknown here; the pieces of a text or of a list are joined.
    pub(super) fn keep(&mut self, name: &str, value: &RawValue) {
        self.bytes += value.get().len();
        if self.bytes > LARGEST {
            return;
        }
        let Ok(mut value) = serde_json::from_str::<Value>(value.get()) else {
            return;
        };
        without_nul(&mut value);
        match self.members.get_mut(name) {
            Some(kept) if !is_label(name) => join(kept, value, 0),
            Some(_) => {}
            None => {
                self.members.insert(name.to_owned(), value);
            }
        }
    }
}

/// Whether a member is the same in every piece.
fn is_label(name: &str) -> bool {
    matches!(name, "type" | "id" | "format" | "index")
}

/// Adds a later piece of a member to the earlier ones: texts and lists are continued, objects are merged, and other values
/// are replaced. An element of a list with the index of the last one continues it.
fn join(kept: &mut Value, piece: Value, depth: usize) {
    if depth > DEEPEST {
        return;
    }
    match (kept, piece) {
        (_, Value::Null) => {}
        (Value::String(kept), Value::String(piece)) => kept.push_str(&piece),
        (Value::Array(kept), Value::Array(pieces)) => {
            for piece in pieces {
                let index = piece.get("index").cloned().filter(|index| !index.is_null());
                match kept.last_mut() {
                    Some(last) if index.is_some() && last.get("index") == index.as_ref() => {
                        join(last, piece, depth + 1);
                    }
                    _ => kept.push(piece),
                }
            }
        }
        (Value::Object(kept), Value::Object(pieces)) => {
            for (name, piece) in pieces {
                match kept.get_mut(&name) {
                    Some(kept) if !is_label(&name) => join(kept, piece, depth + 1),
                    _ => {
                        kept.insert(name, piece);
                    }
                }
            }
        }
        (kept, piece) => *kept = piece,
    }
}
