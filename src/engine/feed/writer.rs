//! Commits what all runs of this process have to say at a moment in one go, so that a token costs no round trip of its own.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use super::{archive::Archive, logs::Logs, tail::Tails};
use crate::{
    error::{Kind, Result},
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
    let mut settled = Vec::with_capacity(outcomes.len());
    for (append, outcome) in appends.iter().zip(outcomes) {
        let outcome = match outcome {
            Err(error) if *error.kind() == Kind::Unavailable => {
                let mut kept = logs.keep(std::slice::from_ref(append)).await;
                kept.pop().unwrap_or(Err(error))
            }
            outcome => {
                if let (Ok(()), Some(archive)) = (&outcome, archive) {
                    archive.take(append).await;
                }
                outcome
            }
        };
        settled.push(outcome);
    }
    settled
}
