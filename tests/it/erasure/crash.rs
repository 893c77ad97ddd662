//! A process that is killed in the middle of an erasure: the next one finishes it.

use serde_json::json;

use super::{
    counted_runs,
    dump::{dump_of, found_in},
    erase, erasure, finished, removed,
};
use crate::support::{Process, TestDatabase, Upstream, until};

/// A process counts as dead after three seconds.
const SHORT_LEASE: (&str, &str) = ("TROUPE_JOBS_LEASE_SECONDS", "3");
const CONVERSATIONS: u64 = 120;

#[tokio::test]
async fn an_erasure_survives_kills_and_counts_each_row_once() {
    let database = TestDatabase::create().await;
    let upstream = Upstream::start().await;
    let mut process = Process::start(&database, &upstream, &[SHORT_LEASE]).await;
    let found = process
        .owner
        .ok("{ agent(by: {slug: \"support\"}) { id } }", json!({}))
        .await;
    let agent = &found["agent"]["id"];
    let mut canaries = vec!["canary-person".to_owned()];
    for number in 0..CONVERSATIONS {
        let text = format!("canary-{number:04}");
        let input = json!({"message": text, "agentId": agent, "endUser": "canary-person"});
        crate::chat::send(&process.owner, input).await;
        canaries.push(text);
    }
    until("every message is answered", || async {
        counted_runs(&process.owner).await >= CONVERSATIONS
    })
    .await;
    assert_eq!(
        found_in(&dump_of(&database).await, &canaries).len(),
        canaries.len()
    );

    erase(&process.owner, "canary-person").await;
    let mut kills = 0;
    for least in [1, CONVERSATIONS / 3, 2 * CONVERSATIONS / 3] {
        let owner = process.owner.clone();
        until("some conversations are removed", || async {
            let seen = erasure(&owner, "canary-person").await;
            removed(&seen, "conversation") >= least || !seen["finishedAt"].is_null()
        })
        .await;
        kills += u32::from(erasure(&owner, "canary-person").await["finishedAt"].is_null());
        process.kill().await;
        process = Process::start(&database, &upstream, &[SHORT_LEASE]).await;
    }
    assert!(kills > 0, "no kill hit the erasure");
    let done = finished(&process.owner, "canary-person").await;
    assert_eq!(removed(&done, "conversation"), CONVERSATIONS, "{done}");
    assert_eq!(removed(&done, "message"), 2 * CONVERSATIONS, "{done}");
    assert_eq!(removed(&done, "endUser"), 1, "{done}");
    assert_eq!(
        found_in(&dump_of(&database).await, &canaries),
        Vec::<&str>::new()
    );
}
