//! The arguments of a tool that a message can give: the tool's schema with each value replaced by the parts of the message
//! that fit it.

use futures::{FutureExt, future::BoxFuture};
use serde_json::{Map, Value, json};

use super::message_words::{MessageWords, words_of_name};
use crate::{domain::ToolDefinition, error::Result, schema_checker::SchemaChecker};

/// The maximum depth of objects and lists.
const DEEPEST: usize = 3;
/// The maximum number of properties of an object.
const MOST_PROPERTIES: usize = 32;
/// The maximum number of values to choose from.
const MOST_VALUES: usize = 24;
/// The maximum length of a value, in bytes.
const LONGEST_VALUE: usize = 200;

/// The keywords that a schema of arguments may have; a tool with another one is not called.
const KNOWN: [&str; 30] = [
    "$schema",
    "additionalProperties",
    "const",
    "default",
    "deprecated",
    "description",
    "enum",
    "examples",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "format",
    "items",
    "maxItems",
    "maxLength",
    "maximum",
    "minItems",
    "minLength",
    "minimum",
    "multipleOf",
    "pattern",
    "properties",
    "readOnly",
    "required",
    "title",
    "type",
    "uniqueItems",
    "writeOnly",
    "$id",
    "$comment",
    "contentMediaType",
];
/// The names of properties that take words to search for.
const SEARCH_WORDS: [&str; 8] = [
    "query", "search", "q", "text", "keyword", "keywords", "term", "terms",
];
/// Words in a property's name or description by which its value is a number or a code.
const CODES: [&str; 8] = ["number", "id", "code", "sku", "isbn", "iban", "zip", "uuid"];

/// Finds what a message can give for the arguments of tools.
pub(super) struct ArgumentChoices<'a> {
    pub(super) schemas: &'a SchemaChecker,
    pub(super) words: &'a MessageWords<'a>,
}

/// A property of the arguments, or an element of one.
#[derive(Clone, Copy)]
struct Argument<'a> {
    name: &'a str,
    schema: &'a Value,
    is_required: bool,
    depth: usize,
    /// The words of the tool's name.
    about: &'a [String],
}

impl ArgumentChoices<'_> {
    /// The schema of the arguments that the message can give to a tool: an object of `const`, `enum`, `boolean`, objects
    /// and lists, all of whose properties are required. None when a required argument is missing from the message, or
    /// when the tool's schema has keywords that are not known here.
    pub(super) async fn of_tool(&self, tool: &ToolDefinition) -> Result<Option<Value>> {
        let about = words_of_name(&tool.name);
        let root = Argument {
            name: "",
            schema: &tool.input_schema,
            is_required: true,
            depth: 0,
            about: &about,
        };
        self.of_argument(root).await
    }

    fn of_argument<'b>(&'b self, argument: Argument<'b>) -> BoxFuture<'b, Result<Option<Value>>> {
        async move {
            let Some(fields) = argument.schema.as_object() else {
                return Ok(None);
            };
            if argument.depth > DEEPEST || fields.keys().any(|key| !KNOWN.contains(&key.as_str())) {
                return Ok(None);
            }
            if fields.contains_key("const") {
                let only = json!({"const": fields.get("const")});
                return Ok(argument.is_required.then_some(only));
            }
            if let Some(values) = fields.get("enum").and_then(Value::as_array) {
                return Ok(self.named_values(values));
            }
            match single_type(fields) {
                Some("object") => self.of_object(argument).await,
                Some("array") => self.of_list(argument).await,
                Some("string") => self.fitting(argument, self.texts(argument)).await,
                Some("integer" | "number") => {
                    let numbers = self.words.numbers().into_iter().map(Value::Number);
                    self.fitting(argument, numbers.collect()).await
                }
                Some("boolean") => Ok(argument.is_required.then(|| json!({"type": "boolean"}))),
                _ => Ok(None),
            }
        }
        .boxed()
    }

    async fn of_object(&self, object: Argument<'_>) -> Result<Option<Value>> {
        let nothing = Map::new();
        let properties = object.schema.get("properties").and_then(Value::as_object);
        let properties = properties.unwrap_or(&nothing);
        let required = object.schema.get("required").and_then(Value::as_array);
        let required: Vec<&str> = required
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        if properties.len() > MOST_PROPERTIES
            || required.iter().any(|name| !properties.contains_key(*name))
        {
            return Ok(None);
        }
        let mut chosen = Map::new();
        for (name, schema) in properties {
            let is_required = required.contains(&name.as_str());
            let argument = Argument {
                name,
                schema,
                is_required,
                depth: object.depth + 1,
                about: object.about,
            };
            if !is_required && !self.is_meant(argument, &required) {
                continue;
            }
            match self.of_argument(argument).await? {
                Some(choices) => drop(chosen.insert(name.clone(), choices)),
                None if is_required => return Ok(None),
                None => {}
            }
        }
        let names: Vec<String> = chosen.keys().cloned().collect();
        let is_empty = names.is_empty() && object.depth > 0 && !object.is_required;
        Ok((!is_empty).then(|| json!({"type": "object", "properties": chosen, "required": names})))
    }

    /// Whether the message gives an optional argument: it names it, or the argument is what a tool without required
    /// arguments searches by. A value of a list, or of a format such as an address, names itself.
    fn is_meant(&self, argument: Argument<'_>, required: &[&str]) -> bool {
        let schema = argument.schema;
        let names_itself =
            |schema: &Value| schema.get("enum").is_some() || schema.get("format").is_some();
        if names_itself(schema) || schema.get("items").is_some_and(names_itself) {
            return true;
        }
        if SEARCH_WORDS.contains(&argument.name) {
            return required.is_empty();
        }
        let words = words_of_name(argument.name);
        words
            .iter()
            .any(|word| self.words.have(word) && !argument.about.contains(word))
    }

    async fn of_list(&self, list: Argument<'_>) -> Result<Option<Value>> {
        let Some(items) = list.schema.get("items") else {
            return Ok(None);
        };
        let element = Argument {
            schema: items,
            depth: list.depth + 1,
            ..list
        };
        let Some(choices) = self.of_argument(element).await? else {
            return Ok(None);
        };
        // of several values that the message names, all are meant
        let values = match choices.get("enum").and_then(Value::as_array) {
            Some(values) => values.clone(),
            None => match super::only_value(&choices) {
                Some(value) => vec![value],
                None => return Ok(None),
            },
        };
        self.fitting(list, vec![Value::Array(values)]).await
    }

    /// The values of an `enum` that the message names.
    fn named_values(&self, values: &[Value]) -> Option<Value> {
        let named = values
            .iter()
            .filter(|value| value.as_str().is_some_and(|text| self.words.have_all(text)));
        let named: Vec<&Value> = named.take(MOST_VALUES).collect();
        (!named.is_empty()).then(|| json!({"enum": named}))
    }

    /// The texts of the message that a string may be.
    fn texts(&self, argument: Argument<'_>) -> Vec<Value> {
        let text_of = |keyword: &str| argument.schema.get(keyword).and_then(Value::as_str);
        let description = text_of("description").unwrap_or_default();
        let mut about: Vec<String> = argument.about.to_vec();
        about.extend(words_of_name(argument.name));
        let described = description
            .split(|c: char| !c.is_alphanumeric())
            .map(str::to_lowercase);
        let words: Vec<String> = words_of_name(argument.name)
            .into_iter()
            .chain(described)
            .collect();
        let is_code = words.iter().any(|word| CODES.contains(&word.as_str()));
        let texts = if let Some(format) = text_of("format") {
            self.words.of_format(format)
        } else if SEARCH_WORDS.contains(&argument.name) || !is_code {
            let quoted = self.words.quoted();
            let names = self.words.names(&about);
            let found = if quoted.is_empty() { names } else { quoted };
            if found.is_empty() {
                self.words.subjects(&about)
            } else {
                found
            }
        } else {
            let mut codes = self.words.with_digits();
            if let Some(prefix) = prefix_of_example(description) {
                codes.retain(|code| code.starts_with(prefix));
            }
            codes
        };
        texts.into_iter().map(Value::String).collect()
    }

    /// The choice among the values that fit the schema of an argument.
    async fn fitting(&self, argument: Argument<'_>, values: Vec<Value>) -> Result<Option<Value>> {
        let mut fitting: Vec<Value> = Vec::new();
        for value in values {
            if fitting.len() == MOST_VALUES
                || fitting.contains(&value)
                || value.to_string().len() > LONGEST_VALUE
            {
                continue;
            }
            let problems = self.schemas.check(argument.schema, &value, "").await?;
            if problems.is_empty() {
                fitting.push(value);
            }
        }
        Ok((!fitting.is_empty()).then(|| json!({"enum": fitting})))
    }
}

/// Whether a schema of choices allows a value.
pub(super) fn allow(choices: &Value, value: &Value) -> bool {
    if let Some(only) = choices.get("const") {
        return only == value;
    }
    if let Some(values) = choices.get("enum").and_then(Value::as_array) {
        return values.contains(value);
    }
    match (choices.get("properties").and_then(Value::as_object), value) {
        (Some(properties), Value::Object(fields)) => {
            let fits = |(name, schema): (&String, &Value)| {
                fields.get(name).is_some_and(|value| allow(schema, value))
            };
            fields.len() == properties.len() && properties.iter().all(fits)
        }
        (None, Value::Bool(_)) => true,
        _ => false,
    }
}

/// The type of a schema, besides null.
fn single_type(fields: &Map<String, Value>) -> Option<&str> {
    match fields.get("type")? {
        Value::String(kind) => Some(kind),
        Value::Array(kinds) => {
            let mut kinds = kinds
                .iter()
                .filter_map(Value::as_str)
                .filter(|kind| *kind != "null");
            let first = kinds.next();
            first.filter(|_| kinds.next().is_none())
        }
        _ => None,
    }
}

/// The beginning of the ids that a description gives an example of, such as `contact_` of `contact_01h455vb4pex5v`.
fn prefix_of_example(description: &str) -> Option<&str> {
    let mut words = description.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let example =
        words.find(|word| word.contains('_') && word.contains(|c: char| c.is_ascii_digit()))?;
    let at = example.rfind('_')?;
    example.get(..=at)
}
