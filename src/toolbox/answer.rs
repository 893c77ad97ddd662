//! The parts of answers that several tools have: times and pages of lists.

use std::borrow::Cow;

use chrono::{DateTime, SecondsFormat, Utc};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer, ser::SerializeMap};

use crate::domain::{Id, IdKind, Page, Position};

/// A time in RFC 3339 with whole seconds.
#[derive(JsonSchema)]
#[schemars(description = "")]
pub(super) struct Rfc3339(DateTime<Utc>);

impl From<DateTime<Utc>> for Rfc3339 {
    fn from(at: DateTime<Utc>) -> Self {
        Self(at)
    }
}

impl Serialize for Rfc3339 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = self.0.to_rfc3339_opts(SecondsFormat::Secs, true);
        serializer.serialize_str(&text)
    }
}

/// An entry of a list that tools answer in pages.
pub(super) trait ListEntry {
    /// The name of the list in the answer. A cursor belongs to the list of this name.
    const LIST: &'static str;
}

/// A page of a list: the entries under [`ListEntry::LIST`], and the cursor of the next page, if there is one.
pub(super) struct ListAnswer<V> {
    entries: Vec<V>,
    next_cursor: Option<String>,
}

impl<V: ListEntry> ListAnswer<V> {
    /// The page of a list that is sorted by id.
    pub(super) fn new<T, K: IdKind>(
        page: Page<T>,
        id: impl Fn(&T) -> Id<K>,
        view: impl Fn(T) -> V,
    ) -> Self {
        let last = page.items.last().filter(|_| page.has_next);
        Self {
            next_cursor: last.map(|last| Position::of(id(last)).encode(V::LIST)),
            entries: page.items.into_iter().map(view).collect(),
        }
    }
}

impl<V: ListEntry + Serialize> Serialize for ListAnswer<V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_map(None)?;
        fields.serialize_entry(V::LIST, &self.entries)?;
        fields.serialize_entry("nextCursor", &self.next_cursor)?;
        fields.end()
    }
}

impl<V: ListEntry + JsonSchema> JsonSchema for ListAnswer<V> {
    fn schema_name() -> Cow<'static, str> {
        V::LIST.into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "properties": {
                V::LIST: generator.subschema_for::<Vec<V>>(),
                "nextCursor": {
                    "type": "string",
                    "description": "Give it as `after` to read on; there is no more without it.",
                },
            },
            "required": [V::LIST],
        })
    }
}
