//! Quotas: what an account may hold by its tier. Each refusal has the quota's name, limit and usage, and a quota holds
//! under any number of concurrent requests in any number of processes.

mod ceiling;
mod documents;
mod pricing_tier;
pub(crate) mod reservations;
mod rows;

use futures::future::join_all;

use crate::support::{Client, Reply, TestApp};

/// Checks that the reply is a refusal of a quota with this message.
fn assert_refused(reply: &Reply, sentence: &str) {
    assert_eq!(reply.code(), "QUOTA_EXCEEDED", "{reply:?}");
    assert_eq!(reply.message(), sentence);
}

/// Sends the same request `times` times concurrently from every client; returns the number that succeeded. A quota
/// refused all others with this message.
async fn done_of(
    clients: &[Client],
    times: usize,
    sentence: &str,
    ask: impl AsyncFn(&Client, String) -> Reply,
) -> usize {
    let calls = clients.iter().enumerate().flat_map(|(at, client)| {
        let ask = &ask;
        (0..times).map(move |number| async move {
            loop {
                let reply = ask(client, format!("{at}-{number}")).await;
                // A database that is busy for a moment replies UNAVAILABLE, and the request is repeated.
                if reply.0.get("errors").is_none() || reply.code() != "UNAVAILABLE" {
                    return reply;
                }
            }
        })
    });
    let replies = join_all(calls).await;
    let (refused, done): (Vec<_>, Vec<_>) = replies
        .into_iter()
        .partition(|reply| reply.0.get("errors").is_some());
    for reply in &refused {
        assert_refused(reply, sentence);
    }
    done.len()
}

/// A client with the same key at another process.
fn at(app: &TestApp, url: &str, client: &Client) -> Client {
    assert_ne!(app.url, url);
    Client::new(url, Some(client.key()))
}
