//! Arguments that are `null` where a tool allows none: models send `null` for what they leave out.

use serde_json::{Map, Value};

use super::reference::{Located, References, Target};

/// The maximum number of references and alternatives that are followed to see whether `null` is allowed.
const LONGEST_CHAIN: usize = 32;
/// The maximum number of schemas that are looked at for one call.
const MOST_NODES: usize = 10_000;

/// The arguments without each optional property whose schema does not allow the `null` that is given.
pub fn without_excess_nulls(schema: &Value, arguments: Value) -> Value {
    if !has_null(&arguments) {
        return arguments;
    }
    let mut reader = NullReader {
        references: References::of(schema),
        left: MOST_NODES,
    };
    let root = Located {
        schema,
        resource: schema,
    };
    reader.cleaned(root, arguments)
}

struct NullReader<'s> {
    references: References<'s>,
    left: usize,
}

/// A property of the schemas that apply to an object.
struct Declared<'s> {
    schema: Located<'s>,
    is_required: bool,
}

impl<'s> NullReader<'s> {
    fn cleaned(&mut self, at: Located<'s>, value: Value) -> Value {
        match value {
            Value::Object(fields) => {
                let mut kept = Map::new();
                for (name, field) in fields {
                    let Some(declared) = self.declared(at, &name, 0) else {
                        kept.insert(name, field);
                        continue;
                    };
                    if field.is_null()
                        && !declared.is_required
                        && !self.allows_null(declared.schema, 0)
                    {
                        continue;
                    }
                    let field = self.cleaned(declared.schema, field);
                    kept.insert(name, field);
                }
                Value::Object(kept)
            }
            Value::Array(items) => match at.schema.get("items").filter(|items| items.is_object()) {
                Some(schema) => {
                    let at = Located { schema, ..at };
                    let items = items.into_iter().map(|item| self.cleaned(at, item));
                    Value::Array(items.collect())
                }
                None => Value::Array(items),
            },
            other => other,
        }
    }

    /// The declaration of a property, in the schema itself or in what it refers to.
    fn declared(&mut self, at: Located<'s>, name: &str, chain: usize) -> Option<Declared<'s>> {
        self.left = self.left.checked_sub(1)?;
        let at = at.entered();
        let fields = at.schema.as_object()?;
        if let Some(schema) = fields.get("properties").and_then(|all| all.get(name)) {
            let required = fields.get("required").and_then(Value::as_array);
            return Some(Declared {
                schema: Located { schema, ..at },
                is_required: required.is_some_and(|all| all.iter().any(|one| one == name)),
            });
        }
        if chain >= LONGEST_CHAIN {
            return None;
        }
        let inner = self.in_place(at, &["allOf", "anyOf", "oneOf"]);
        inner
            .into_iter()
            .find_map(|inner| self.declared(inner, name, chain + 1))
    }

    /// Whether a schema allows `null`; true where that is unknown.
    fn allows_null(&mut self, at: Located<'s>, chain: usize) -> bool {
        let Some(left) = self.left.checked_sub(1) else {
            return true;
        };
        self.left = left;
        let at = at.entered();
        let Some(fields) = at.schema.as_object() else {
            return at.schema != &Value::Bool(false);
        };
        let is_null = |value: &Value| value.as_str() == Some("null");
        let by_type = match fields.get("type") {
            Some(Value::Array(several)) => several.iter().any(is_null),
            Some(one) => is_null(one),
            None => true,
        };
        let by_value = match (fields.get("const"), fields.get("enum")) {
            (Some(value), _) => value.is_null(),
            (None, Some(Value::Array(values))) => values.iter().any(Value::is_null),
            (None, _) => true,
        };
        if !by_type || !by_value || chain >= LONGEST_CHAIN {
            return by_type && by_value;
        }
        for keyword in ["anyOf", "oneOf"] {
            let several = self.in_place(at, &[keyword]);
            let is_list = fields.get(keyword).is_some();
            if is_list
                && !several
                    .into_iter()
                    .any(|one| self.allows_null(one, chain + 1))
            {
                return false;
            }
        }
        self.in_place(at, &["allOf"])
            .into_iter()
            .all(|one| self.allows_null(one, chain + 1))
    }

    /// The schemas of these keywords, and with `allOf` also the targets of the reference.
    fn in_place(&self, at: Located<'s>, keywords: &[&str]) -> Vec<Located<'s>> {
        let lists = keywords
            .iter()
            .filter_map(|keyword| at.schema.get(*keyword)?.as_array());
        let mut found: Vec<Located<'s>> = lists
            .flatten()
            .map(|schema| Located { schema, ..at })
            .collect();
        let reference = at.schema.get("$ref").and_then(Value::as_str);
        if keywords.contains(&"allOf")
            && let Some(reference) = reference
            && let Target::Here(targets) = self.references.target(reference, at.resource)
        {
            found.extend(targets);
        }
        found
    }
}

fn has_null(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.iter().any(has_null),
        Value::Object(fields) => fields.values().any(has_null),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::without_excess_nulls;

    fn schema() -> Value {
        json!({
            "type": "object",
            "properties": {
                "name": {"type": "string"},
                "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
                "size": {"type": ["integer", "null"]},
                "kind": {"enum": ["a", "b"]},
                "who": {"$ref": "#/$defs/Who"},
                "any": {},
                "list": {"type": "array", "items": {"$ref": "#/$defs/Who"}}
            },
            "required": ["name"],
            "$defs": {"Who": {"type": "object", "properties": {"age": {"type": "integer"}}}}
        })
    }

    #[test]
    fn a_null_is_left_out_where_the_property_is_optional_and_does_not_allow_it() {
        for (given, expected) in [
            (json!({"name": null}), json!({"name": null})),
            (
                json!({"note": null, "size": null, "any": null}),
                json!({"note": null, "size": null, "any": null}),
            ),
            (json!({"kind": null, "who": null, "list": null}), json!({})),
            (json!({"who": {"age": null}}), json!({"who": {}})),
            (
                json!({"list": [{"age": null}, null]}),
                json!({"list": [{}, null]}),
            ),
            (json!({"unknown": null}), json!({"unknown": null})),
            (json!([null]), json!([null])),
        ] {
            assert_eq!(
                without_excess_nulls(&schema(), given.clone()),
                expected,
                "{given}"
            );
        }
    }

    #[test]
    fn a_schema_that_refers_to_itself_ends() {
        let schema = json!({
            "type": "object",
            "properties": {"a": {"$ref": "#/$defs/A"}},
            "$defs": {"A": {"anyOf": [{"$ref": "#/$defs/A"}, {"$ref": "#/$defs/A"}]}}
        });
        without_excess_nulls(&schema, json!({"a": null}));
    }
}
