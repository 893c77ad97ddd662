//! The keywords of a JSON Schema that contain subschemas, and the part of a value that each applies to.
//!
//! Source: JSON Schema 2020-12, "Core" § 10 and 11, and the applicators of drafts 4 to 2019-09 that later drafts
//! renamed.

use serde_json::{Map, Value};

/// The part of a value that a subschema applies to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Applies {
    /// The same value: `allOf`, `anyOf`, `oneOf`, `not`, `if` and the like.
    InPlace,
    /// One property by name, or one item by index: the next one has another subschema.
    ToOneChild,
    /// Every child that no other keyword of the group covers: `additionalProperties`, `items`.
    ToOtherChildren,
    /// Every matching child, in addition to other keywords: `patternProperties`, `contains`, `propertyNames`.
    ToAnyChild,
}

/// A schema inside another one.
pub(super) struct Subschema<'s> {
    /// The part of the value that the schema applies to.
    pub(super) applies: Applies,
    /// The schema: an object, or a boolean.
    pub(super) schema: &'s Value,
}

/// Every subschema of `schema` that applies to a part of the value. Definitions are left out: they apply where a
/// reference points to them.
pub(super) fn subschemas(schema: &Map<String, Value>) -> impl Iterator<Item = Subschema<'_>> {
    schema
        .iter()
        .flat_map(|(keyword, value)| match keyword.as_str() {
            "not" | "if" | "then" | "else" => one(Applies::InPlace, value),
            "allOf" | "anyOf" | "oneOf" => list(Applies::InPlace, value),
            // the values of `dependencies` may also be lists of names, which are no schemas
            "dependentSchemas" | "dependencies" => map(Applies::InPlace, value),
            "properties" => map(Applies::ToOneChild, value),
            "prefixItems" => list(Applies::ToOneChild, value),
            // before 2020-12, `items` could be a list of schemas
            "items" if value.is_array() => list(Applies::ToOneChild, value),
            "items" | "additionalProperties" | "additionalItems" => {
                one(Applies::ToOtherChildren, value)
            }
            "unevaluatedProperties" | "unevaluatedItems" | "contains" | "propertyNames" => {
                one(Applies::ToAnyChild, value)
            }
            "patternProperties" => map(Applies::ToAnyChild, value),
            _ => Vec::new(),
        })
}

/// The references in `schema` itself, each with its keyword.
pub(super) fn references(schema: &Map<String, Value>) -> impl Iterator<Item = (&str, &str)> {
    ["$ref", "$dynamicRef", "$recursiveRef"]
        .into_iter()
        .filter_map(|keyword| Some((keyword, schema.get(keyword)?.as_str()?)))
}

fn one(applies: Applies, value: &Value) -> Vec<Subschema<'_>> {
    schema(applies, value).into_iter().collect()
}

fn list(applies: Applies, value: &Value) -> Vec<Subschema<'_>> {
    let items = value.as_array().into_iter().flatten();
    items.filter_map(|item| schema(applies, item)).collect()
}

fn map(applies: Applies, value: &Value) -> Vec<Subschema<'_>> {
    let fields = value.as_object().into_iter().flat_map(Map::values);
    fields.filter_map(|field| schema(applies, field)).collect()
}

fn schema(applies: Applies, value: &Value) -> Option<Subschema<'_>> {
    (value.is_object() || value.is_boolean()).then_some(Subschema {
        applies,
        schema: value,
    })
}
