//! Commits what all runs of this process have to say at a moment in one go, so that a token costs no round trip of its own.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, timeout_at},
};

use super::{archive::Archive, logs::Logs, tail::Tails};
use crate::{
    domain::EventBody,
    error::{Error, Kind, Result},
    port::Append,
};

/// At most this many appends go into one commit.
pub(super) const LARGEST_COMMIT: usize = 256;
/// Tokens that follow on others are committed no more often than this: what a commit costs is then shared by all the runs
/// that speak at the time, and nobody sees the difference. A run that speaks alone is slower than that and never waits.
const SHORTEST_PACE: Duration = Duration::from_millis(4);
/// Nor less often than this, however long a commit takes.
const LONGEST_PACE: Duration = Duration::from_millis(50);
/// In between, a commit may take one part in so many of the time: the busier the machine, the more goes into one.
const PARTS: u32 = 5;

/// What one run wants kept, and who waits for it.
pub(super) struct Pending {
    pub(super) append: Append,
    pub(super) done: oneshot::Sender<Result<()>>,
}

/// Commits until nobody is left who could append.
pub(super) async fn commit(
    logs: Arc<Logs>,
    tails: Arc<Tails>,
    archive: Option<Archive>,
    mut pending: mpsc::Receiver<Pending>,
) {
    let mut batch = Vec::with_capacity(LARGEST_COMMIT);
    let mut due = Instant::now();
    while pending.recv_many(&mut batch, LARGEST_COMMIT).await > 0 {
        gather(&mut batch, &mut pending, due).await;
        let began = Instant::now();
        let (appends, waiting): (Vec<Append>, Vec<_>) = batch
            .drain(..)
            .map(|pending| (pending.append, pending.done))
            .unzip();
        let outcomes = match logs.share(&appends).await {
            None => logs.keep(&appends).await,
            Some(outcomes) => settle(&logs, archive.as_ref(), &appends, outcomes).await,
        };
        for ((append, done), outcome) in appends.iter().zip(waiting).zip(outcomes) {
            if outcome.is_ok() {
                tails.publish(append.lease.run, &append.events);
            }
            // a run that no longer waits was aborted; what it appended is kept all the same
            let _ = done.send(outcome);
        }
        due = began + (began.elapsed() * PARTS).clamp(SHORTEST_PACE, LONGEST_PACE);
    }
}

/// Waits until the next commit is due, as long as nothing has come that is not to wait.
async fn gather(batch: &mut Vec<Pending>, pending: &mut mpsc::Receiver<Pending>, due: Instant) {
    let mut looked = 0;
    while batch.len() < LARGEST_COMMIT {
        let fresh = batch.get(looked..).unwrap_or_default();
        if fresh.iter().any(|pending| is_urgent(&pending.append)) {
            return;
        }
        looked = batch.len();
        let more = pending.recv_many(batch, LARGEST_COMMIT - looked);
        // at the end, too, what is there is committed
        if !matches!(timeout_at(due, more).await, Ok(1..)) {
            return;
        }
    }
}

/// Whether somebody waits for it: for anything but more text after the first.
fn is_urgent(append: &Append) -> bool {
    let follows =
        |body: &EventBody| matches!(body, EventBody::TokenDelta { offset, .. } if *offset > 0);
    !append.events.iter().all(|event| follows(&event.body))
}

/// What was shared is archived; what was not, because the shared log fell silent, is kept at once.
async fn settle(
    logs: &Logs,
    archive: Option<&Archive>,
    appends: &[Append],
    outcomes: Vec<Result<()>>,
) -> Vec<Result<()>> {
    let is_silent =
        |outcome: &Result<()>| matches!(outcome, Err(error) if *error.kind() == Kind::Unavailable);
    if outcomes.iter().all(is_silent) {
        return logs.keep(appends).await;
    }
    let mut settled = Vec::with_capacity(outcomes.len());
    for (append, outcome) in appends.iter().zip(outcomes) {
        let outcome = match outcome {
            Ok(()) => {
                if let Some(archive) = archive {
                    archive.take(append).await;
                }
                Ok(())
            }
            Err(error) => match error.kind() {
                Kind::Unavailable => keep(logs, append).await,
                // it was emptied: the kept log knows who the owner is
                Kind::NotFound => match keep(logs, append).await {
                    Ok(()) => logs.open_shared(&append.lease).await.map(drop).or(Ok(())),
                    refused => refused,
                },
                _ => Err(error),
            },
        };
        settled.push(outcome);
    }
    settled
}

async fn keep(logs: &Logs, append: &Append) -> Result<()> {
    let mut outcomes = logs.keep(std::slice::from_ref(append)).await;
    outcomes
        .pop()
        .unwrap_or_else(|| Err(Error::internal("keep events")))
}
