//! The harness: a server for each test, its clients, and the model provider.

mod app;
mod client;
mod database;
mod embeddings;
mod mcp;
mod port;
mod process;
mod server;
mod shapes;
mod tool_server;
mod upstream;

pub(crate) use app::{Account, TestApp, Worker};
pub(crate) use client::{Client, Reply, Stream, with_message_id};
pub(crate) use database::TestDatabase;
pub(crate) use embeddings::{EMBEDDINGS, EmbeddingHabit};
pub(crate) use mcp::{PublicServer, RunningServer};
pub(crate) use port::ReservedPort;
pub(crate) use process::Process;
pub(crate) use shapes::SHAPES;
pub(crate) use tool_server::ToolServer;
pub(crate) use upstream::{Script, Upstream, unknown};

use std::time::Duration;

use chrono::{Datelike, TimeDelta};
use serde_json::json;
use troupe::port::{Clock, SystemClock};

/// The timeout of every wait; a passing test needs much less.
pub(crate) const PATIENCE: Duration = Duration::from_mins(2);

/// Usage is counted by calendar month (UTC): near the end of a month, waits for the next one, so that a test runs
/// within one month.
pub(crate) async fn within_one_month() {
    let is_late = || {
        let soon = SystemClock.now() + TimeDelta::minutes(5);
        soon.month() != SystemClock.now().month()
    };
    while is_late() {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// Waits until the condition holds; fails the test when it never does.
pub(crate) async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let waiting = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    assert!(
        tokio::time::timeout(PATIENCE, waiting).await.is_ok(),
        "never came true: {what}"
    );
}

/// The folder into which `troupe models fetch` writes the model when it runs in this repository, as `make test` does.
#[expect(
    clippy::disallowed_methods,
    reason = "a test reads where the models are"
)]
pub(crate) fn models() -> String {
    std::env::var("TROUPE_MODELS_DIR")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/data/models").to_owned())
}

/// Waits until all documents of an account are searchable, such as those of the demo account at its first start.
pub(crate) async fn until_read(client: &Client) {
    until("the documents are read", || async {
        let query = "{ agents { nodes { documents { nodes { status } } } } }";
        let found = client.ok(query, json!({})).await;
        let agents = found["agents"]["nodes"].as_array().unwrap().iter();
        let mut documents =
            agents.flat_map(|agent| agent["documents"]["nodes"].as_array().unwrap());
        documents.all(|document| document["status"] == "READY")
    })
    .await;
}
