//! Writes schemas in the keywords that every provider takes.

use serde_json::{Map, Value, json};

use super::{
    super::reference::{Located, References, Target},
    flat::FlatSchema,
};

/// The maximum number of schemas that are read for one version.
const MOST_NODES: usize = 3_000;
/// The maximum number of references and `allOf` that are followed for one value.
const LONGEST_CHAIN: usize = 32;
/// The maximum length of a list of values that a description repeats, in bytes.
const LONGEST_LIST: usize = 400;

/// More schemas than are read for one version.
pub(super) struct TooLarge;

/// Writes the schemas of one document.
pub(super) struct SchemaWriter<'s> {
    document: &'s Value,
    references: References<'s>,
    depth: usize,
    read: usize,
}

impl<'s> SchemaWriter<'s> {
    /// A writer that follows the document at most `depth` levels deep.
    pub(super) fn new(document: &'s Value, depth: usize) -> Self {
        Self {
            document,
            references: References::of(document),
            depth,
            read: 0,
        }
    }

    pub(super) fn root(&self) -> Located<'s> {
        Located {
            schema: self.document,
            resource: self.document,
        }
    }

    /// Merges a schema, its references and its `allOf` into `flat`.
    pub(super) fn flatten(
        &mut self,
        at: Located<'s>,
        flat: &mut FlatSchema<'s>,
        chain: usize,
    ) -> Result<(), TooLarge> {
        self.read += 1;
        if self.read > MOST_NODES {
            return Err(TooLarge);
        }
        let at = at.entered();
        let Some(fields) = at.schema.as_object() else {
            return Ok(());
        };
        flat.add(fields, at);
        if chain >= LONGEST_CHAIN {
            return Ok(());
        }
        for part in fields
            .get("allOf")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            self.flatten(Located { schema: part, ..at }, flat, chain + 1)?;
        }
        let reference = fields.get("$ref").and_then(Value::as_str);
        if let Some(reference) = reference
            && let Target::Here(targets) = self.references.target(reference, at.resource)
            && let Some(target) = targets.first()
        {
            self.flatten(*target, flat, chain + 1)?;
        }
        Ok(())
    }

    /// The schema of a value inside the root.
    fn schema(&mut self, at: Located<'s>, depth: usize) -> Result<Value, TooLarge> {
        let mut flat = FlatSchema::default();
        self.flatten(at, &mut flat, 0)?;
        self.unwrap_single_alternative(&mut flat)?;
        let alternatives = flat.all_alternatives();
        if alternatives.is_empty() || flat.is_typed || !flat.properties.is_empty() {
            return self.single(&flat, depth);
        }
        let mut fields = Map::new();
        describe(&flat, &mut fields);
        if depth >= self.depth {
            return Ok(any(fields));
        }
        let mut written: Vec<Value> = Vec::new();
        for alternative in alternatives {
            let one = self.schema(alternative, depth + 1)?;
            if !written.contains(&one) {
                written.push(one);
            }
        }
        fields.insert("anyOf".to_owned(), Value::Array(written));
        Ok(Value::Object(fields))
    }

    /// Merges the one alternative of "this or null" into the schema.
    fn unwrap_single_alternative(&mut self, flat: &mut FlatSchema<'s>) -> Result<(), TooLarge> {
        for _ in 0..LONGEST_CHAIN {
            let [alternative] = flat.all_alternatives()[..] else {
                return Ok(());
            };
            flat.alternatives.clear();
            self.flatten(alternative, flat, 0)?;
        }
        Ok(())
    }

    /// A schema without alternatives, or with several types.
    fn single(&mut self, flat: &FlatSchema<'s>, depth: usize) -> Result<Value, TooLarge> {
        let mut fields = Map::new();
        describe(flat, &mut fields);
        match types(flat)[..] {
            [] => Ok(any(fields)),
            [kind] => {
                self.typed(kind, flat, &mut fields, depth)?;
                Ok(Value::Object(fields))
            }
            ref several => {
                let mut written = Vec::new();
                for kind in several {
                    let mut one = Map::new();
                    self.typed(kind, flat, &mut one, depth)?;
                    written.push(Value::Object(one));
                }
                fields.insert("anyOf".to_owned(), Value::Array(written));
                Ok(Value::Object(fields))
            }
        }
    }

    fn typed(
        &mut self,
        kind: &str,
        flat: &FlatSchema<'s>,
        fields: &mut Map<String, Value>,
        depth: usize,
    ) -> Result<(), TooLarge> {
        match kind {
            "object" => self.object(flat, fields, depth),
            "array" => self.array(flat, fields, depth),
            kind => {
                fields.insert("type".to_owned(), json!(kind));
                scalar(kind, flat, fields);
                Ok(())
            }
        }
    }

    /// Writes `type`, `properties` and `required` of an object.
    pub(super) fn object(
        &mut self,
        flat: &FlatSchema<'s>,
        fields: &mut Map<String, Value>,
        depth: usize,
    ) -> Result<(), TooLarge> {
        fields.insert("type".to_owned(), json!("object"));
        let mut properties = Map::new();
        let mut required = Vec::new();
        if depth < self.depth {
            for (name, property) in &flat.properties {
                // what is `false` may not be given
                if property.schema != &Value::Bool(false) {
                    let written = self.schema(*property, depth + 1)?;
                    properties.insert((*name).to_owned(), written);
                }
            }
            for name in &flat.required {
                properties.entry(*name).or_insert_with(|| any(Map::new()));
                required.push(*name);
            }
        }
        fields.insert("properties".to_owned(), Value::Object(properties));
        if !required.is_empty() {
            fields.insert("required".to_owned(), json!(required));
        }
        Ok(())
    }

    fn array(
        &mut self,
        flat: &FlatSchema<'s>,
        fields: &mut Map<String, Value>,
        depth: usize,
    ) -> Result<(), TooLarge> {
        fields.insert("type".to_owned(), json!("array"));
        for keyword in ["minItems", "maxItems"] {
            copy(keyword, flat, fields);
        }
        let mut items: Vec<Value> = Vec::new();
        if depth < self.depth {
            for item in &flat.items {
                let item = self.schema(*item, depth + 1)?;
                if !items.contains(&item) {
                    items.push(item);
                }
            }
        }
        let items = match items.len() {
            0 => any(Map::new()),
            1 => items.remove(0),
            _ => json!({"anyOf": items}),
        };
        fields.insert("items".to_owned(), items);
        Ok(())
    }
}

/// The types of a value, also where the schema leaves them to be inferred.
fn types<'s>(flat: &FlatSchema<'s>) -> Vec<&'s str> {
    if !flat.types.is_empty() {
        return flat.types.clone();
    }
    let has = |keyword: &str| flat.plain.contains_key(keyword);
    let inferred = if !flat.properties.is_empty() || flat.further.is_some() {
        "object"
    } else if !flat.items.is_empty() {
        "array"
    } else if let Some(values) = &flat.values {
        return types_of_values(values);
    } else if has("pattern") || has("minLength") || has("maxLength") || has("format") {
        "string"
    } else if has("minimum") || has("maximum") {
        "number"
    } else {
        return Vec::new();
    };
    vec![inferred]
}

fn types_of_values(values: &[&Value]) -> Vec<&'static str> {
    let mut types = Vec::new();
    for value in values {
        let kind = match value {
            Value::String(_) => "string",
            Value::Bool(_) => "boolean",
            Value::Number(number) if number.is_f64() => "number",
            Value::Number(_) => "integer",
            Value::Object(_) => "object",
            Value::Array(_) | Value::Null => "array",
        };
        if !types.contains(&kind) {
            types.push(kind);
        }
    }
    types
}

/// Writes the keywords of a text, number or boolean.
fn scalar(kind: &str, flat: &FlatSchema<'_>, fields: &mut Map<String, Value>) {
    let keywords: &[&str] = match kind {
        "string" => &["format", "pattern", "minLength", "maxLength"],
        "integer" | "number" => &["minimum", "maximum"],
        _ => &[],
    };
    for keyword in keywords {
        copy(keyword, flat, fields);
    }
    let fits = |value: &Value| match kind {
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        _ => value.is_number(),
    };
    if flat.plain.get("default").is_some_and(fits) {
        copy("default", flat, fields);
    }
    if kind == "string"
        && let Some(values) = &flat.values
    {
        // Gemini takes texts only, and no empty one
        let texts: Vec<&&Value> = values
            .iter()
            .filter(|value| value.as_str().is_some_and(|text| !text.is_empty()))
            .collect();
        if !texts.is_empty() {
            fields.insert("enum".to_owned(), json!(texts));
        }
    }
}

/// Writes the title and the description, with what the keywords cannot express.
fn describe(flat: &FlatSchema<'_>, fields: &mut Map<String, Value>) {
    if let Some(title) = flat.title {
        fields.insert("title".to_owned(), json!(title));
    }
    let mut notes = flat.notes.clone();
    let is_texts = |values: &[&Value]| values.iter().all(|value| value.is_string());
    if let Some(values) = flat.values.as_deref()
        && !is_texts(values)
    {
        notes.push(format!("one of {}", short(&json!(values))));
    }
    if let Some(further) = flat.further {
        notes.push(format!("each further entry is {}", short(further)));
    }
    let has_rules = flat.is_typed || !flat.properties.is_empty();
    for (_, rules) in flat.alternatives.iter().filter(|_| has_rules) {
        let rules: Vec<&Value> = rules.iter().map(|rule| rule.schema).collect();
        notes.push(format!("must match one of {}", short(&json!(rules))));
    }
    let notes = notes.join("; ");
    let text = match (flat.description, notes.is_empty()) {
        (Some(description), true) => description.to_owned(),
        (Some(description), false) => format!("{description} ({notes})"),
        (None, false) => notes,
        (None, true) => return,
    };
    fields.insert("description".to_owned(), json!(text));
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    if text.len() > LONGEST_LIST {
        return "what the tool allows".to_owned();
    }
    text
}

/// Adds the alternatives that stand for any value: a schema without a type is refused by Gemini.
fn any(mut fields: Map<String, Value>) -> Value {
    let kinds = json!([
        {"type": "string"},
        {"type": "number"},
        {"type": "boolean"},
        {"type": "object", "properties": {}},
        {"type": "array", "items": {"type": "string"}},
    ]);
    fields.insert("anyOf".to_owned(), kinds);
    Value::Object(fields)
}

fn copy(keyword: &str, flat: &FlatSchema<'_>, fields: &mut Map<String, Value>) {
    if let Some(value) = flat.plain.get(keyword) {
        fields.insert(keyword.to_owned(), value.clone());
    }
}
