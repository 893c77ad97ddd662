//! A selection compiled for the pieces of a text: the JSON text that all pieces of one kind share, and the positions of
//! the values.
//!
//! The input is what the executor would run: validated, with `@skip` and `@include` already applied. The rules are
//! those of the executor: fields appear in the order of the document, and of several fields with one response key the
//! first stays.

use std::{
    collections::HashMap,
    io::{self, Write},
};

use async_graphql::{
    Name, Positioned,
    parser::types::{Field, FragmentDefinition, Selection as Selected, SelectionSet},
};

use crate::domain::{EventBody, RunEvent};

/// The fragments of a document by name.
type Fragments = HashMap<Name, Positioned<FragmentDefinition>>;

const INTERFACE: &str = "RunEvent";
/// The types of all events: a fragment on another type than the piece's own selects nothing of it.
pub(super) const TYPES: [&str; 12] = [
    "MessageAdded",
    "RunStarted",
    "AgentSelected",
    "KnowledgeRetrieved",
    "ReasoningDelta",
    "TokenDelta",
    "ToolCallUpdated",
    "HandedOff",
    "RunProgress",
    "RunSucceeded",
    "RunFailed",
    "RunCancelled",
];
/// The maximum number of fields and fragment uses to visit; nested fragments can multiply the work.
const MOST: usize = 512;

/// The kinds of pieces: their events bypass the executor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PieceKind {
    /// A piece of the answer.
    Token,
    /// A piece of the reasoning.
    Reasoning,
}

impl PieceKind {
    /// The kind of an event; none for an event that the executor handles.
    pub(super) fn of(event: &RunEvent) -> Option<Self> {
        match &event.body {
            EventBody::TokenDelta { .. } => Some(Self::Token),
            EventBody::ReasoningDelta { .. } => Some(Self::Reasoning),
            _ => None,
        }
    }

    fn type_name(self) -> &'static str {
        match self {
            Self::Token => "TokenDelta",
            Self::Reasoning => "ReasoningDelta",
        }
    }
}

/// A value that differs between pieces.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Value {
    RunId,
    Cursor,
    Sequence,
    At,
    Text,
    Offset,
    Utf16Offset,
}

impl Value {
    /// The usual length of the value in bytes; for [`Self::Text`], without the text itself.
    fn length(self) -> usize {
        match self {
            Self::RunId => 32,
            Self::Cursor => 34,
            Self::Sequence | Self::Offset | Self::Utf16Offset => 8,
            Self::At => 37,
            Self::Text => 10,
        }
    }
}

/// A field of the response.
#[derive(Debug, Clone, Copy)]
enum Slot {
    /// `__typename`.
    TypeName,
    /// A value of the event.
    Value(Value),
}

/// A compiled selection, shared by all pieces of one kind of a subscription.
#[derive(Debug, PartialEq)]
pub(super) struct Selection {
    /// The text that all pieces share, in one allocation: one token wakes many readers, and each reads its own
    /// selection.
    text: Box<str>,
    /// The values, each with its byte offset in the text.
    values: Box<[(usize, Value)]>,
    length: usize,
}

impl Selection {
    /// Compiles the selection on a subscription's field for pieces of a kind; none when the selection needs the executor.
    pub(super) fn compile(root: &Field, fragments: &Fragments, kind: PieceKind) -> Option<Self> {
        let mut fields = Fields {
            kind,
            fragments,
            slots: Vec::new(),
            left: MOST,
        };
        fields.add(&root.selection_set.node)?;
        let key = root.response_key();
        // GraphQL names need no JSON escaping.
        let mut text = format!("{{\"data\":{{\"{}\":{{", key.node);
        let mut values = Vec::new();
        for (index, (key, slot)) in fields.slots.into_iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            text.extend([comma, "\"", key, "\":"]);
            match slot {
                Slot::TypeName => text.extend(["\"", kind.type_name(), "\""]),
                Slot::Value(value) => values.push((text.len(), value)),
            }
        }
        text.push_str("}}}");
        let length = values.iter().map(|(_, value): &(_, Value)| value.length());
        Some(Self {
            length: length.sum::<usize>() + text.len(),
            text: text.into(),
            values: values.into(),
        })
    }

    /// Appends the response for a piece.
    pub(super) fn write(&self, event: &RunEvent, to: &mut Vec<u8>) {
        let (text, offset, utf16_offset) = piece(event);
        let mut written = 0;
        for &(place, value) in &self.values {
            let before = self.text.get(written..place).unwrap_or_default();
            to.extend_from_slice(before.as_bytes());
            written = place;
            // Writing to a vector cannot fail.
            let _: io::Result<()> = match value {
                Value::RunId => write!(to, "\"{}\"", event.run),
                Value::Cursor => write!(to, "\"{}\"", event.cursor()),
                Value::Sequence => write!(to, "{}", event.sequence),
                Value::At => write!(to, "\"{}\"", event.at.to_rfc3339()),
                Value::Text => serde_json::to_writer(&mut *to, text).map_err(Into::into),
                Value::Offset => write!(to, "{offset}"),
                Value::Utf16Offset => write!(to, "{utf16_offset}"),
            };
        }
        let end = self.text.get(written..).unwrap_or_default();
        to.extend_from_slice(end.as_bytes());
    }

    /// The approximate length of the response, in bytes.
    pub(super) fn length(&self, event: &RunEvent) -> usize {
        self.length + piece(event).0.len()
    }
}

/// The text and the offsets of a piece. Callers pass no other events.
fn piece(event: &RunEvent) -> (&str, i64, i64) {
    match &event.body {
        EventBody::TokenDelta {
            text,
            offset,
            utf16_offset,
        } => (text, *offset, *utf16_offset),
        EventBody::ReasoningDelta { text } => (text, 0, 0),
        _ => ("", 0, 0),
    }
}

/// The fields of the response, collected in the order of the document.
struct Fields<'a> {
    kind: PieceKind,
    fragments: &'a Fragments,
    slots: Vec<(&'a str, Slot)>,
    left: usize,
}

impl<'a> Fields<'a> {
    /// Adds the fields that a selection set selects of a piece; none when it contains anything unsupported.
    fn add(&mut self, set: &'a SelectionSet) -> Option<()> {
        for selected in &set.items {
            self.left = self.left.checked_sub(1)?;
            // `@skip` and `@include` have been applied; other directives are unsupported.
            if !selected.node.directives().is_empty() {
                return None;
            }
            match &selected.node {
                Selected::Field(field) => self.add_field(&field.node)?,
                Selected::FragmentSpread(spread) => {
                    let fragment = self.fragments.get(&spread.node.fragment_name.node)?;
                    let on = fragment.node.type_condition.node.on.node.as_str();
                    self.add_fragment(Some(on), &fragment.node.selection_set.node)?;
                }
                Selected::InlineFragment(inline) => {
                    let on = inline.node.type_condition.as_ref();
                    let on = on.map(|condition| condition.node.on.node.as_str());
                    self.add_fragment(on, &inline.node.selection_set.node)?;
                }
            }
        }
        Some(())
    }

    fn add_fragment(&mut self, on: Option<&str>, set: &'a SelectionSet) -> Option<()> {
        match on {
            None | Some(INTERFACE) => self.add(set),
            Some(own) if own == self.kind.type_name() => self.add(set),
            Some(other) => TYPES.contains(&other).then_some(()),
        }
    }

    fn add_field(&mut self, field: &'a Field) -> Option<()> {
        if !field.arguments.is_empty() || !field.selection_set.node.items.is_empty() {
            return None;
        }
        let slot = match field.name.node.as_str() {
            "__typename" => Slot::TypeName,
            "runId" => Slot::Value(Value::RunId),
            "cursor" => Slot::Value(Value::Cursor),
            "sequence" => Slot::Value(Value::Sequence),
            "at" => Slot::Value(Value::At),
            "text" => Slot::Value(Value::Text),
            "offset" if self.kind == PieceKind::Token => Slot::Value(Value::Offset),
            "utf16Offset" if self.kind == PieceKind::Token => Slot::Value(Value::Utf16Offset),
            _ => return None,
        };
        let key = field.response_key().node.as_str();
        if !self.slots.iter().any(|(known, _)| *known == key) {
            self.slots.push((key, slot));
        }
        Some(())
    }
}
