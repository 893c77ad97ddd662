//! Ids in arguments and answers: text with the prefix of their kind.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{
    domain::{Id, IdKind},
    error::{Kind, Result},
};

/// An id as text, e.g. `contact_01h455vb4pex5vsknk084sn02q`. Tables and journals have the id without its prefix.
#[derive(Clone, Copy)]
pub(super) struct Prefixed<I>(pub(super) I);

impl<K: IdKind> Prefixed<Id<K>> {
    /// Parses an id. The error is the problem without the path of the argument.
    pub(super) fn parse<E: de::Error>(text: &str) -> Result<Self, E> {
        Id::parse("", text).map(Self).map_err(|error| {
            let problem = match error.kind() {
                Kind::BadInput(problems) => problems.first(),
                _ => None,
            };
            E::custom(problem.map_or_else(|| error.message(), |problem| &problem.message))
        })
    }
}

impl<'de, K: IdKind> Deserialize<'de> for Prefixed<Id<K>> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?)
    }
}

impl<K: IdKind> Serialize for Prefixed<Id<K>> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<K: IdKind> JsonSchema for Prefixed<Id<K>> {
    fn schema_name() -> Cow<'static, str> {
        format!("{}_id", K::PREFIX).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        if generator.contract().is_serialize() {
            return json_schema!({"type": "string"});
        }
        let note = format!("Looks like {}_01h455vb4pex5vsknk084sn02q.", K::PREFIX);
        json_schema!({"type": "string", "maxLength": 100, "x-note": note})
    }
}
