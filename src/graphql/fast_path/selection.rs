//! A selection compiled for token events: the JSON text that all tokens share, and the positions of the values.
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

const TOKEN: &str = "TokenDelta";
const INTERFACE: &str = "RunEvent";
/// The types of the other events: a fragment on one of them selects nothing of a token.
pub(super) const OTHERS: [&str; 9] = [
    "RunStarted",
    "AgentSelected",
    "KnowledgeRetrieved",
    "ToolCallUpdated",
    "HandedOff",
    "RunProgress",
    "RunSucceeded",
    "RunFailed",
    "RunCancelled",
];
/// The maximum number of fields and fragment uses to visit; nested fragments can multiply the work.
const MOST: usize = 512;

/// A value that differs between tokens.
#[derive(Debug, Clone, Copy)]
enum Value {
    RunId,
    Cursor,
    Sequence,
    At,
    Text,
    Offset,
}

impl Value {
    /// The usual length of the value in bytes; for [`Self::Text`], without the text itself.
    fn length(self) -> usize {
        match self {
            Self::RunId => 32,
            Self::Cursor => 34,
            Self::Sequence | Self::Offset => 8,
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

/// A compiled selection, shared by all tokens of a subscription.
#[derive(Debug)]
pub(super) struct Selection {
    /// The text that all tokens share, in one allocation: one token wakes many readers, and each reads its own
    /// selection.
    text: Box<str>,
    /// The values, each with its byte offset in the text.
    values: Box<[(usize, Value)]>,
    length: usize,
}

impl Selection {
    /// Compiles the selection on a subscription's field; none when the selection needs the executor.
    pub(super) fn compile(root: &Field, fragments: &Fragments) -> Option<Self> {
        let mut fields = Fields {
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
                Slot::TypeName => text.extend(["\"", TOKEN, "\""]),
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

    /// Appends the response for a token.
    pub(super) fn write(&self, event: &RunEvent, to: &mut Vec<u8>) {
        let (text, offset) = token(event);
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
            };
        }
        let end = self.text.get(written..).unwrap_or_default();
        to.extend_from_slice(end.as_bytes());
    }

    /// The approximate length of the response, in bytes.
    pub(super) fn length(&self, event: &RunEvent) -> usize {
        self.length + token(event).0.len()
    }
}

/// The text and offset of a token event. Callers pass no other events.
fn token(event: &RunEvent) -> (&str, i64) {
    match &event.body {
        EventBody::TokenDelta { text, offset } => (text, *offset),
        _ => ("", 0),
    }
}

/// The fields of the response, collected in the order of the document.
struct Fields<'a> {
    fragments: &'a Fragments,
    slots: Vec<(&'a str, Slot)>,
    left: usize,
}

impl<'a> Fields<'a> {
    /// Adds the fields that a selection set selects of a token; none when it contains anything unsupported.
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
            None | Some(TOKEN | INTERFACE) => self.add(set),
            Some(other) => OTHERS.contains(&other).then_some(()),
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
            "offset" => Slot::Value(Value::Offset),
            _ => return None,
        };
        let key = field.response_key().node.as_str();
        if !self.slots.iter().any(|(known, _)| *known == key) {
            self.slots.push((key, slot));
        }
        Some(())
    }
}
