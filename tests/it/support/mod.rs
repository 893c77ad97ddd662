//! The harness: a server of its own for each test, its clients, and the model that they talk to.

mod app;
mod client;
mod database;
mod embeddings;
mod mcp;
mod process;
mod server;
mod shapes;
mod tool_server;
mod upstream;

pub(crate) use app::{Account, TestApp, Worker};
pub(crate) use client::{Client, Reply, Stream};
pub(crate) use database::TestDatabase;
pub(crate) use embeddings::EMBEDDINGS;
pub(crate) use mcp::{PublicServer, RunningServer};
pub(crate) use process::Process;
pub(crate) use shapes::SHAPES;
pub(crate) use tool_server::{Call, ToolServer};
pub(crate) use upstream::{Script, Upstream};

use std::time::Duration;

/// Nothing here takes so long unless it is broken.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

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
