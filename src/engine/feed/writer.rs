//! Commits the pending events of all runs of this process together, so that a token needs no round trip of its own.

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

/// The maximum number of appends in one commit.
pub(super) const LARGEST_COMMIT: usize = 256;
/// The minimum time between commits of further text: all runs that stream at the time share the cost of a commit, and
/// readers do not notice the delay. A single run is slower than this and never waits.
const SHORTEST_PACE: Duration = Duration::from_millis(4);
/// The maximum time from the start of a commit for which the next one is delayed.
const LONGEST_PACE: Duration = Duration::from_millis(50);
/// The time between the starts of two commits, in durations of the first one, within these bounds: when commits become
/// slower, they become fewer and larger.
const PARTS: u32 = 5;

/// One run's append, with the channel for its result.
pub(super) struct Pending {
    pub(super) append: Append,
    pub(super) done: oneshot::Sender<Result<()>>,
}

/// Commits until every sender is dropped.
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
            // a dropped receiver means an aborted run; its events are committed all the same
            let _ = done.send(outcome);
        }
        due = began + (began.elapsed() * PARTS).clamp(SHORTEST_PACE, LONGEST_PACE);
    }
}

/// Collects appends until the next commit is due or full, or until one of them is urgent.
async fn gather(batch: &mut Vec<Pending>, pending: &mut mpsc::Receiver<Pending>, due: Instant) {
    let mut looked = 0;
    while batch.len() < LARGEST_COMMIT {
        let fresh = batch.get(looked..).unwrap_or_default();
        if fresh.iter().any(|pending| is_urgent(&pending.append)) {
            return;
        }
        looked = batch.len();
        let more = pending.recv_many(batch, LARGEST_COMMIT - looked);
        // when the channel closes, the collected appends are committed too
        if !matches!(timeout_at(due, more).await, Ok(1..)) {
            return;
        }
    }
}

/// Whether the append must not wait: true for everything but reasoning, and text after the first.
fn is_urgent(append: &Append) -> bool {
    let may_wait = |body: &EventBody| match body {
        EventBody::TokenDelta { offset, .. } => *offset > 0,
        EventBody::ReasoningDelta { .. } => true,
        _ => false,
    };
    !append.events.iter().all(|event| may_wait(&event.body))
}

/// Archives the events that the stream log has accepted; appends the others, which it did not answer, to the durable
/// log at once.
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
                // the stream log was emptied: the durable log knows the owner
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
