//! Loads tool calls.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;

use super::{RunToolCallsKey, by_key};
use crate::{
    domain::{RunId, ToolCall, ToolCallId},
    graphql::error::{ApiError, Result},
    service::Relations,
};

impl Loader<ToolCallId> for Relations {
    type Value = ToolCall;
    type Error = ApiError;

    async fn load(&self, keys: &[ToolCallId]) -> Result<HashMap<ToolCallId, ToolCall>> {
        Ok(by_key(self.tool_calls(keys).await?, |call| call.id))
    }
}

impl Loader<RunToolCallsKey> for Relations {
    type Value = Vec<ToolCall>;
    type Error = ApiError;

    async fn load(
        &self,
        keys: &[RunToolCallsKey],
    ) -> Result<HashMap<RunToolCallsKey, Vec<ToolCall>>> {
        let runs: Vec<RunId> = keys.iter().map(|key| key.0).collect();
        let mut calls: HashMap<RunToolCallsKey, Vec<ToolCall>> = HashMap::new();
        for call in self.tool_calls_of(&runs).await? {
            calls
                .entry(RunToolCallsKey(call.run))
                .or_default()
                .push(call);
        }
        Ok(calls)
    }
}
