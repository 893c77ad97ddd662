//! One schema with its references and `allOf` merged into it.

use serde_json::{Map, Value};

use super::super::reference::Located;

/// A schema of `anyOf` or `oneOf`.
pub(super) type Alternative<'s> = Located<'s>;

/// The keywords that count for models, of a schema and of everything that applies to the same value.
#[derive(Default)]
pub(super) struct FlatSchema<'s> {
    pub(super) title: Option<&'s str>,
    pub(super) description: Option<&'s str>,
    /// The types, without `null`.
    pub(super) types: Vec<&'s str>,
    /// Whether a type was declared, `null` included.
    pub(super) is_typed: bool,
    pub(super) properties: Vec<(&'s str, Located<'s>)>,
    pub(super) required: Vec<&'s str>,
    /// The schemas of a list's items; several for a tuple.
    pub(super) items: Vec<Located<'s>>,
    /// The schema of the properties that are not declared.
    pub(super) further: Option<&'s Value>,
    /// The alternatives without `null`, by keyword.
    pub(super) alternatives: Vec<(&'static str, Vec<Alternative<'s>>)>,
    /// The allowed values, of `enum` or `const`.
    pub(super) values: Option<Vec<&'s Value>>,
    /// `default`, bounds, `pattern` and the like, as they are.
    pub(super) plain: Map<String, Value>,
    /// What cannot be expressed.
    pub(super) notes: Vec<String>,
}

/// Keywords that are sent as they are, if their value is of the kind that providers take.
const PLAIN: [&str; 9] = [
    "format",
    "pattern",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "minimum",
    "maximum",
    "default",
];
/// The maximum length of a pattern that is sent, in bytes.
const LONGEST_PATTERN: usize = 500;

impl<'s> FlatSchema<'s> {
    /// Adds the own keywords of a schema; what is known already, from nearer to the value, is kept.
    pub(super) fn add(&mut self, fields: &'s Map<String, Value>, at: Located<'s>) {
        let inner = |schema: &'s Value| Located { schema, ..at };
        self.title = self.title.or_else(|| text(fields, "title"));
        self.description = self.description.or_else(|| text(fields, "description"));
        self.add_types(fields);
        for (name, schema) in object(fields, "properties") {
            if self.properties.iter().all(|(known, _)| *known != name) {
                self.properties.push((name, inner(schema)));
            }
        }
        for name in list(fields, "required").filter_map(Value::as_str) {
            if !self.required.contains(&name) {
                self.required.push(name);
            }
        }
        if self.items.is_empty() {
            let tuple = list(fields, "prefixItems").chain(list(fields, "items"));
            self.items.extend(tuple.map(inner));
            let single = fields.get("items").filter(|items| items.is_object());
            if self.items.is_empty() {
                self.items.extend(single.map(inner));
            }
        }
        let further = fields
            .get("additionalProperties")
            .filter(|rest| rest.as_object().is_some_and(|rest| !rest.is_empty()));
        self.further = self.further.or(further);
        for keyword in ["anyOf", "oneOf"] {
            self.add_alternatives(keyword, fields, at);
        }
        self.add_values(fields);
        self.add_plain(fields);
    }

    /// The schemas of all alternatives.
    pub(super) fn all_alternatives(&self) -> Vec<Alternative<'s>> {
        let several = self.alternatives.iter();
        several.flat_map(|(_, several)| several.clone()).collect()
    }

    fn add_types(&mut self, fields: &'s Map<String, Value>) {
        let named: Vec<&str> = match fields.get("type") {
            Some(Value::String(one)) => vec![one],
            Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        if self.is_typed || named.is_empty() {
            return;
        }
        self.is_typed = true;
        self.types = named.into_iter().filter(|one| *one != "null").collect();
    }

    fn add_alternatives(
        &mut self,
        keyword: &'static str,
        fields: &'s Map<String, Value>,
        at: Located<'s>,
    ) {
        let several: Vec<Alternative<'s>> = list(fields, keyword)
            .filter(|schema| !is_null(schema))
            .map(|schema| Located { schema, ..at })
            .collect();
        if !several.is_empty() {
            self.alternatives.push((keyword, several));
        }
    }

    fn add_values(&mut self, fields: &'s Map<String, Value>) {
        let values: Vec<&Value> = match (fields.get("const"), fields.get("enum")) {
            (Some(value), _) => vec![value],
            (None, Some(Value::Array(values))) => values.iter().collect(),
            (None, _) => return,
        };
        let values = values.into_iter().filter(|value| !value.is_null());
        self.values.get_or_insert_with(|| values.collect());
    }

    fn add_plain(&mut self, fields: &'s Map<String, Value>) {
        for keyword in PLAIN {
            let Some(value) = fields.get(keyword).filter(|value| is_taken(keyword, value)) else {
                continue;
            };
            self.plain.entry(keyword).or_insert_with(|| value.clone());
        }
        for (keyword, sign, bound, step) in [
            ("exclusiveMinimum", "more than", "minimum", 1),
            ("exclusiveMaximum", "less than", "maximum", -1),
        ] {
            let Some(limit) = fields.get(keyword).filter(|limit| limit.is_number()) else {
                continue;
            };
            let is_integer = fields.get("type").and_then(Value::as_str) == Some("integer");
            match limit.as_i64().and_then(|limit| limit.checked_add(step)) {
                Some(limit) if is_integer => {
                    self.plain
                        .entry(bound)
                        .or_insert_with(|| Value::from(limit));
                }
                _ => self.notes.push(format!("{sign} {limit}")),
            }
        }
    }
}

/// Whether providers take the keyword with this value.
fn is_taken(keyword: &str, value: &Value) -> bool {
    match keyword {
        // Gemini knows no other format of a text
        "format" => value.as_str() == Some("date-time"),
        "pattern" => value
            .as_str()
            .is_some_and(|text| text.len() <= LONGEST_PATTERN),
        "default" => matches!(value, Value::Bool(_) | Value::Number(_) | Value::String(_)),
        "minimum" | "maximum" => value.is_number(),
        _ => value.is_u64(),
    }
}

/// Whether a schema allows only `null`.
pub(super) fn is_null(schema: &Value) -> bool {
    schema.get("type").and_then(Value::as_str) == Some("null")
        || schema.get("const").is_some_and(Value::is_null)
        || schema
            .get("enum")
            .and_then(Value::as_array)
            .is_some_and(|values| !values.is_empty() && values.iter().all(Value::is_null))
}

fn text<'s>(fields: &'s Map<String, Value>, keyword: &str) -> Option<&'s str> {
    let text = fields.get(keyword).and_then(Value::as_str);
    text.filter(|text| !text.is_empty())
}

fn list<'s>(fields: &'s Map<String, Value>, keyword: &str) -> impl Iterator<Item = &'s Value> {
    let items = fields.get(keyword).and_then(Value::as_array);
    items.into_iter().flatten()
}

fn object<'s>(
    fields: &'s Map<String, Value>,
    keyword: &str,
) -> impl Iterator<Item = (&'s str, &'s Value)> {
    let fields = fields.get(keyword).and_then(Value::as_object);
    let fields = fields.into_iter().flatten();
    fields.map(|(name, schema)| (name.as_str(), schema))
}
