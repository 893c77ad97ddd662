//! Rows of an account, made by calls of the built-in tools: those of the demo account and of evaluations.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{
    domain::Actor,
    error::{Error, Result},
    service::{BuiltInCall, Services},
};

/// A call of a built-in tool that makes a row.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Record {
    /// The type of the server, for example `crm`.
    pub(super) server: String,
    pub(super) tool: String,
    /// The name by which later calls refer to the row.
    #[serde(rename = "as")]
    pub(super) name: Option<String>,
    pub(super) arguments: Map<String, Value>,
}

/// The ids of rows by the names of their records.
#[derive(Debug, Clone, Default)]
pub(super) struct RowIds(HashMap<String, Value>);

impl RowIds {
    /// Makes the rows in their order.
    pub(super) async fn make(
        services: &Services,
        owner: &Actor,
        records: &[Record],
    ) -> Result<Self> {
        let mut ids = Self::default();
        for record in records {
            let row = record.make(services, owner, &ids).await?;
            if let Some((name, id)) = record.name.clone().zip(row.get("id").cloned()) {
                ids.0.insert(name, id);
            }
        }
        Ok(ids)
    }

    /// The value with the ids of rows in place of their names: a text `$name` is the id of the row of this name.
    pub(super) fn resolve(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => {
                let named = text.strip_prefix('$').and_then(|name| self.0.get(name));
                named.unwrap_or(value).clone()
            }
            Value::Array(items) => items.iter().map(|item| self.resolve(item)).collect(),
            Value::Object(fields) => {
                let fields = fields.iter();
                let resolved = fields.map(|(name, field)| (name.clone(), self.resolve(field)));
                Value::Object(resolved.collect())
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        }
    }
}

impl Record {
    /// Makes the row, and returns it.
    async fn make(&self, services: &Services, owner: &Actor, ids: &RowIds) -> Result<Value> {
        let call = BuiltInCall {
            kind: self.server.clone(),
            tool: self.tool.clone(),
            arguments: ids.resolve(&Value::Object(self.arguments.clone())),
            agent: None,
            idempotency_key: None,
        };
        let answer = services.built_in_tools.call(owner, call).await?;
        let refused = match answer {
            Some(answer) if !answer.is_error => return Ok(answer.content),
            Some(answer) => answer.text,
            None => "there is no such tool".to_owned(),
        };
        let tool = &self.tool;
        Err(Error::internal(format!("make a row with {tool}")).with_source(refused))
    }
}
