//! A process that is killed in the middle of a build: the next one builds the persona.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use serde_json::json;

use super::{article, built, expert, extracts, message, persona, texts};
use crate::support::{EMBEDDINGS, Process, Script, TestDatabase, Upstream, until};

/// A process counts as dead after three seconds.
const SHORT_LEASE: (&str, &str) = ("TROUPE_JOBS_LEASE_SECONDS", "3");
const TEXT: &str =
    "# Bells\n\nI believe that every bell has to ring. A bell of ours has a bronze clapper.";

#[tokio::test]
async fn a_build_survives_a_kill() {
    let database = TestDatabase::create().await;
    let upstream = Upstream::start().await;
    let hangs = Arc::new(AtomicBool::new(true));
    let is_held = Arc::clone(&hangs);
    upstream.extracts(move |_, asked| {
        let reads_bells = message(asked, 1).contains("bronze clapper");
        match (reads_bells, is_held.load(Ordering::SeqCst)) {
            (true, true) => Script::default().hang(),
            (true, false) => extracts(
                &json!([]),
                &json!([]),
                &json!([{"statement": "Clappers are of bronze.", "quote": "has a bronze clapper"}]),
            ),
            (false, _) => extracts(&json!([]), &json!([]), &json!([])),
        }
    });
    let settings = [EMBEDDINGS, SHORT_LEASE];
    let process = Process::start(&database, &upstream, &settings).await;
    let agent = expert(&process.owner).await;
    article(&process.owner, &agent, "Bells", TEXT).await;
    until("the model reads", async || {
        let asked = upstream.extracted();
        let mut asked = asked.iter();
        asked.any(|asked| message(asked, 1).contains("bronze clapper"))
    })
    .await;
    assert_eq!(persona(&process.owner, &agent).await["state"], "BUILDING");
    process.kill().await;
    hangs.store(false, Ordering::SeqCst);
    let process = Process::start(&database, &upstream, &settings).await;
    let built = built(&process.owner, &agent, |_| true).await;
    assert_eq!(texts(&built, "facts"), ["Clappers are of bronze."]);
    assert_eq!(built["version"], 1);
    drop(process);
    drop(database);
}
