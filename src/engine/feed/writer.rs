//! Commits what all runs of this process have to say at a moment in one go, so that a token costs no round trip of its own.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use super::{archive::Archive, logs::Logs, tail::Tails};
use crate::{
    error::{Error, Kind, Result},
    port::Append,
};

/// At most this many appends go into one commit.
pub(super) const LARGEST_COMMIT: usize = 256;

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
    while pending.recv_many(&mut batch, LARGEST_COMMIT).await > 0 {
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
    }
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
