//! Questions by POST, and what can become of them.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::node::Node;

/// A server that has not answered by then is hung.
const PATIENCE: Duration = Duration::from_mins(1);

/// What became of a request.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    /// Data without errors.
    Data(Value),
    /// An error with this code.
    Refused(String),
    /// No answer that is one, and why.
    None(String),
}

impl Answer {
    /// The data; else what came instead.
    pub(crate) fn data(self) -> Result<Value, String> {
        match self {
            Self::Data(data) => Ok(data),
            Self::Refused(error) => Err(error),
            Self::None(why) => Err(format!("no answer: {why}")),
        }
    }

    /// Whether it is the code of what is away for a while.
    pub(crate) fn is_unavailable(&self) -> bool {
        matches!(self, Self::Refused(error) if error.starts_with("UNAVAILABLE"))
    }
}

/// Asks.
#[derive(Clone)]
pub(crate) struct Api {
    http: reqwest::Client,
}

impl Api {
    /// One that opens a connection for every request, as many clients do.
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

    /// Asks one process, and says how long it took.
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

    /// Asks where nothing is broken.
    pub(crate) async fn ok(&self, node: &Node, key: &str, query: &str, variables: Value) -> Value {
        let (answer, _) = self.ask(node, key, query, variables).await;
        answer.data().unwrap_or_else(|why| panic!("{query}: {why}"))
    }
}

/// An error with its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
