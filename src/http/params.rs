//! The parameters of a GraphQL request, from a JSON body, a query string or a WebSocket message.

use async_graphql::Variables;
use serde_json::{Map, Value};

use super::{
    json,
    persisted::{self, Hash},
    refusal::Refusal,
};
use crate::config::JsonLimits;

/// The parameters of a GraphQL request.
#[derive(Debug, Default)]
pub(crate) struct Params {
    /// The document; may be missing with a persisted operation.
    pub(crate) query: Option<String>,
    /// The name of the document's operation to run.
    pub(crate) operation_name: Option<String>,
    pub(crate) variables: Variables,
    /// The protocol extensions, such as `persistedQuery`.
    pub(crate) extensions: Map<String, Value>,
    /// The id of a document that the server knows.
    pub(crate) document_id: Option<String>,
}

impl Params {
    /// Parses the body of a POST.
    pub(crate) fn from_body(body: &[u8]) -> Result<Self, Refusal> {
        if body.is_empty() {
            return Err(Refusal::malformed(
                "the body is empty, expected a JSON object with \"query\"",
            ));
        }
        // the error's text would repeat parts of the body
        let body = serde_json::from_slice(body).map_err(|error| {
            Refusal::malformed(format!(
                "the body is not JSON: line {}, column {}",
                error.line(),
                error.column()
            ))
        })?;
        Self::from_json(body)
    }

    /// Parses a JSON value: the body of a POST, or the payload of a `subscribe` message.
    pub(crate) fn from_json(value: Value) -> Result<Self, Refusal> {
        let mut fields = match value {
            Value::Object(fields) => fields,
            Value::Array(_) => {
                return Err(Refusal::malformed(
                    "batches are not supported, send one operation per request",
                ));
            }
            other => {
                return Err(Refusal::malformed(format!(
                    "the request is {}, expected an object with \"query\"",
                    kind_of(&other)
                )));
            }
        };
        let params = Self {
            query: text("query", fields.remove("query"))?,
            // some clients send an empty name when the document has one operation without a name
            operation_name: text("operationName", fields.remove("operationName"))?
                .filter(|name| !name.is_empty()),
            variables: Variables::from_json(Value::Object(object(
                "variables",
                fields.remove("variables"),
            )?)),
            extensions: object("extensions", fields.remove("extensions"))?,
            document_id: text("documentId", fields.remove("documentId"))?,
        };
        let is_named =
            params.document_id.is_some() || params.extensions.contains_key("persistedQuery");
        if params.query.is_none() && !is_named {
            return Err(Refusal::malformed(
                "query: is missing, expected a GraphQL document",
            ));
        }
        Ok(params)
    }

    /// The SHA-256 of the document, when the request names it: by the extension `persistedQuery`
    /// (<https://github.com/apollographql/apollo-link-persisted-queries#protocol>), or by `documentId`
    /// (<https://github.com/graphql/graphql-over-http/blob/main/spec/Appendix%20A%20--%20Persisted%20Documents.md>).
    pub(crate) fn hash(&self) -> Result<Option<Hash>, Refusal> {
        let by_extension = self.extensions.get("persistedQuery");
        let by_extension = by_extension.map(persisted::hash_of_extension).transpose()?;
        let by_id = self.document_id.as_deref();
        let by_id = by_id.map(persisted::hash_of_id).transpose()?;
        match (by_extension, by_id) {
            (Some(one), Some(other)) if one != other => Err(Refusal::input(
                "documentId",
                "names another document than the extension persistedQuery",
            )),
            (one, other) => Ok(one.or(other)),
        }
    }

    /// Parses a query string, in which `variables` and `extensions` are JSON.
    pub(crate) fn from_pairs(
        pairs: Vec<(String, String)>,
        limits: JsonLimits,
    ) -> Result<Self, Refusal> {
        let mut fields = Map::new();
        for (name, text) in pairs {
            let value = match name.as_str() {
                "variables" | "extensions" => {
                    json::check(text.as_bytes(), &name, limits)?;
                    serde_json::from_str(&text)
                        .map_err(|_| Refusal::malformed(format!("{name}: is not JSON")))?
                }
                "query" | "operationName" | "documentId" => Value::String(text),
                _ => continue,
            };
            fields.insert(name, value);
        }
        Self::from_json(Value::Object(fields))
    }
}

fn text(name: &str, value: Option<Value>) -> Result<Option<String>, Refusal> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(other) => Err(wrong(name, &other, "a string")),
    }
}

fn object(name: &str, value: Option<Value>) -> Result<Map<String, Value>, Refusal> {
    match value {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(fields)) => Ok(fields),
        Some(other) => Err(wrong(name, &other, "an object")),
    }
}

fn wrong(name: &str, given: &Value, expected: &str) -> Refusal {
    Refusal::malformed(format!(
        "{name}: is {}, expected {expected}",
        kind_of(given)
    ))
}

/// The kind of a JSON value in words.
pub(super) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
