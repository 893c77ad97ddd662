//! Quotas: what an account may hold by its tier. Each is refused with its name, its limit and what is used, and holds however
//! many come at once, in however many processes.

mod ceiling;
mod documents;
mod rows;

use futures::future::join_all;

use crate::support::{Client, Reply, TestApp};

/// The reply was refused by a quota, with this sentence.
fn assert_refused(reply: &Reply, sentence: &str) {
    assert_eq!(reply.code(), "QUOTA_EXCEEDED", "{reply:?}");
    assert_eq!(reply.message(), sentence);
}

/// Asks the same of every client at the same time, `times` each; returns how many were done. All others were refused by a
/// quota with this sentence.
async fn done_of(
    clients: &[Client],
    times: usize,
    sentence: &str,
    ask: impl AsyncFn(&Client, String) -> Reply,
) -> usize {
    let calls = clients.iter().enumerate().flat_map(|(at, client)| {
        let ask = &ask;
        (0..times).map(move |number| ask(client, format!("{at}-{number}")))
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

/// A client of this one's key at another process.
fn at(app: &TestApp, url: &str, client: &Client) -> Client {
    assert_ne!(app.url, url);
    Client::new(url, Some(client.key()))
}
