//! The context fields that a handoff carries, and the private values of settings and contexts.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{ContextItem, ContextItemKind, ContextPolicy, field_label};
use crate::domain::schema::property;

/// The keyword of a schema that marks a value as private.
const PRIVATE: &str = "x-private";

/// The contexts and schemas on both sides of a handoff.
#[derive(Debug, Clone)]
pub struct ContextTransfer<'a> {
    /// How much is carried.
    pub policy: ContextPolicy,
    /// The sender's context, an object.
    pub sender: &'a Value,
    /// The schema of the sender's context; none when the sender was deleted.
    pub sender_schema: Option<&'a Value>,
    /// The context that the receiver had when it last answered, an object.
    pub receiver: &'a Value,
    /// The schema of the receiver's context.
    pub receiver_schema: &'a Value,
    /// Why the receiver's schema refuses values of the sender, by the fields' names.
    pub refused: &'a BTreeMap<String, String>,
}

/// The context that the receiver works with, and what became of each field of the sender's context.
#[derive(Debug, Clone, PartialEq)]
pub struct CarriedContext {
    /// The receiver's context, an object.
    pub context: Value,
    /// The fields that were carried.
    pub carried: Vec<ContextItem>,
    /// The fields that were left behind.
    pub dropped: Vec<ContextItem>,
}

/// Carries the fields of the sender's context that the receiver's schema knows and that are not private.
pub fn carry_context(transfer: &ContextTransfer<'_>) -> CarriedContext {
    let mut context: Map<String, Value> =
        transfer.receiver.as_object().cloned().unwrap_or_default();
    let (mut carried, mut dropped) = (Vec::new(), Vec::new());
    for (name, value) in transfer.sender.as_object().into_iter().flatten() {
        let item =
            |why: &str| ContextItem::new(ContextItemKind::ContextField, field_label(name), why);
        if let Some(why) = reason_to_drop(transfer, name, value) {
            dropped.push(item(&why));
        } else {
            carried.push(item("the receiver's context has this field"));
            context.insert(name.clone(), value.clone());
        }
    }
    CarriedContext {
        context: Value::Object(context),
        carried,
        dropped,
    }
}

fn reason_to_drop(transfer: &ContextTransfer<'_>, name: &str, value: &Value) -> Option<String> {
    let declared = transfer
        .sender_schema
        .and_then(|root| Some((root, property(root, name)?)));
    let Some((root, declared)) = declared else {
        return Some("the sender's context does not declare it".to_owned());
    };
    if is_private(root, declared, value) {
        return Some("private".to_owned());
    }
    if transfer.policy == ContextPolicy::Isolated {
        return Some("the policy is ISOLATED".to_owned());
    }
    if property(transfer.receiver_schema, name).is_none() {
        return Some("the receiver's context has no such field".to_owned());
    }
    transfer.refused.get(name).cloned()
}

/// Whether a value contains something that its schema marks as private with `x-private: true`.
pub fn has_private(schema: &Value, value: &Value) -> bool {
    is_private(schema, schema, value)
}

/// As [`has_private`], for a part of the schema `root`. Where a keyword does not lead to a part of the value, such as
/// `anyOf` and `$ref`, a mark anywhere below it counts.
fn is_private(root: &Value, schema: &Value, value: &Value) -> bool {
    let Some(keywords) = schema.as_object().filter(|_| !value.is_null()) else {
        return false;
    };
    keywords
        .iter()
        .any(|(keyword, below)| match keyword.as_str() {
            PRIVATE => below.as_bool() == Some(true),
            "properties" => {
                let declared = below.as_object().into_iter().flatten();
                declared
                    .filter_map(|(name, schema)| Some((schema, value.get(name)?)))
                    .any(|(schema, value)| is_private(root, schema, value))
            }
            "items" => {
                let items = value.as_array().into_iter().flatten();
                items.into_iter().any(|item| is_private(root, below, item))
            }
            "$ref" => has_mark(root.get("$defs").unwrap_or(root)),
            "$defs" => false,
            _ => has_mark(below),
        })
}

/// Whether a schema contains the mark anywhere.
fn has_mark(schema: &Value) -> bool {
    match schema {
        Value::Object(keywords) => keywords.iter().any(|(keyword, below)| {
            (keyword == PRIVATE && below.as_bool() == Some(true)) || has_mark(below)
        }),
        Value::Array(items) => items.iter().any(has_mark),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::has_private;

    #[test]
    fn a_mark_counts_where_the_value_has_the_part() {
        let schema = json!({"type": "object", "properties": {
            "name": {"type": "string"},
            "health": {"type": "string", "x-private": true},
            "notes": {"type": "array", "items": {"type": "object", "properties": {"secret": {"x-private": true}}}},
            "any": {"anyOf": [{"type": "string"}, {"type": "object", "x-private": true}]},
            "elsewhere": {"$ref": "#/$defs/hidden"},
        }, "$defs": {"hidden": {"type": "string", "x-private": true}}});
        let is_private = |value| has_private(&schema, &value);
        assert!(!is_private(json!({})));
        assert!(!is_private(json!({"name": "Ann", "health": null})));
        assert!(is_private(json!({"health": "x"})));
        assert!(!is_private(json!({"notes": [{"open": 1}]})));
        assert!(is_private(json!({"notes": [{"open": 1}, {"secret": 2}]})));
        assert!(is_private(json!({"any": "text"})));
        assert!(is_private(json!({"elsewhere": "text"})));
    }
}
