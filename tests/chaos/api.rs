//! GraphQL requests by POST, and their outcomes.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::node::Node;

/// The timeout of a request; a server that has not answered by then is hung.
const PATIENCE: Duration = Duration::from_mins(1);

/// The outcome of a request.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    Data(Value),
    /// An error with this code.
    Refused(String),
    /// No valid response, with the reason.
    None(String),
}

impl Answer {
    /// The data, or a description of the other outcome.
    pub(crate) fn data(self) -> Result<Value, String> {
        match self {
            Self::Data(data) => Ok(data),
            Self::Refused(error) => Err(error),
            Self::None(why) => Err(format!("no answer: {why}")),
        }
    }

    /// Whether the error code means a temporary outage.
    pub(crate) fn is_unavailable(&self) -> bool {
        matches!(self, Self::Refused(error) if error.starts_with("UNAVAILABLE"))
    }
}

/// A client of the GraphQL API.
#[derive(Clone)]
pub(crate) struct Api {
    http: reqwest::Client,
}

impl Api {
    /// A client that opens a connection for every request, as many clients do.
    pub(crate) fn new() -> Self {
        let http = reqwest::Client::builder()
            .no_proxy()
            .pool_max_idle_per_host(0)
            .timeout(PATIENCE)
            .build();
        Self {
            http: http.unwrap(),
        }
    }

    /// Sends a request to one process; returns the outcome and its duration.
    pub(crate) async fn ask(
        &self,
        node: &Node,
        key: &str,
        query: &str,
        variables: Value,
    ) -> (Answer, Duration) {
        let began = Instant::now();
        let answer = self.answer(node, key, query, variables).await;
        (
            answer.unwrap_or_else(|error| Answer::None(chain(&error))),
            began.elapsed(),
        )
    }

    async fn answer(
        &self,
        node: &Node,
        key: &str,
        query: &str,
        variables: Value,
    ) -> reqwest::Result<Answer> {
        let url = node.url.as_deref().unwrap_or_default();
        let body = json!({"query": query, "variables": variables});
        let request = self
            .http
            .post(format!("{url}/graphql"))
            .bearer_auth(key)
            .json(&body);
        let mut reply: Value = request.send().await?.json().await?;
        let Some(error) = reply["errors"].get(0) else {
            return Ok(Answer::Data(reply["data"].take()));
        };
        let code = error["extensions"]["code"].as_str().unwrap_or("no code");
        Ok(Answer::Refused(format!("{code}: {}", error["message"])))
    }

    /// Sends a request that must succeed.
    pub(crate) async fn ok(&self, node: &Node, key: &str, query: &str, variables: Value) -> Value {
        let (answer, _) = self.ask(node, key, query, variables).await;
        answer.data().unwrap_or_else(|why| panic!("{query}: {why}"))
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
