//! The two logs as one: the stream log (`shared`) while it answers, the durable log (`kept`) for everything that the
//! stream log lacks.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use crate::{
    domain::{AccountId, EventBody, Lease, RunEvent, RunId},
    error::{Error, Kind, Result},
    port::{Append, EventPosition, RunLog},
};

/// The time for which a failed stream log is not tried again, so that not every token waits for it.
const PAUSE: Duration = Duration::from_millis(500);
/// The number of sequences that a new attempt skips when the stream log has lost the events of the run, for example
/// after a flush. It is larger than the number of events that can have been lost, i.e. that the durable log does not
/// have yet.
const FORGOTTEN: i64 = 100_000;
/// The maximum number of events, or of rows with events, in one read.
const LARGEST_READ: usize = 512;

/// The durable log and, in an installation with several processes, the stream log.
pub(super) struct Logs {
    kept: Arc<dyn RunLog>,
    shared: Option<Shared>,
}

struct Shared {
    log: Arc<dyn RunLog>,
    /// The time of the last failed request; `None` when the last request succeeded.
    away: Mutex<Option<Instant>>,
}

impl Shared {
    /// The log, unless a request failed within [`PAUSE`].
    fn there(&self) -> Option<&dyn RunLog> {
        let away = self.away.lock().unwrap_or_else(PoisonError::into_inner);
        away.is_none_or(|since| since.elapsed() >= PAUSE)
            .then_some(&*self.log)
    }

    /// Records whether the log answered. Any result but UNAVAILABLE is an answer.
    fn note<T>(&self, outcome: &Result<T>) {
        let silent = matches!(outcome, Err(error) if *error.kind() == Kind::Unavailable);
        let mut away = self.away.lock().unwrap_or_else(PoisonError::into_inner);
        match (silent, away.is_some()) {
            (true, false) => tracing::warn!(
                "the shared log does not answer; events go to the tables, readers elsewhere wait longer for them"
            ),
            (false, true) => tracing::info!("the shared log answers again"),
            _ => {}
        }
        *away = silent.then(Instant::now);
    }
}

impl Logs {
    pub(super) fn new(kept: Arc<dyn RunLog>, shared: Option<Arc<dyn RunLog>>) -> Self {
        Self {
            kept,
            shared: shared.map(|log| Shared {
                log,
                away: Mutex::default(),
            }),
        }
    }

    pub(super) fn has_shared(&self) -> bool {
        self.shared.is_some()
    }

    pub(super) fn is_whole(&self) -> bool {
        self.shared
            .as_ref()
            .is_none_or(|shared| shared.there().is_some())
    }

    /// Opens the run in both logs, since either may have the last event. The first owner has no predecessor, so it
    /// continues without the stream log's answer.
    pub(super) async fn open(&self, lease: &Lease) -> Result<i64> {
        let first = lease.epoch <= 1;
        let shared = match self.open_shared(lease).await {
            Err(error) if first && *error.kind() == Kind::Unavailable => None,
            opened => opened?,
        };
        if first {
            return Ok(0);
        }
        let kept = self.kept.open(lease).await?;
        Ok(match shared {
            // readers may have cursors of events that are lost now: no new event may get such a sequence
            Some(0) => kept + FORGOTTEN,
            shared => kept.max(shared.unwrap_or_default()),
        })
    }

    /// Registers the owner in the stream log, if there is one.
    pub(super) async fn open_shared(&self, lease: &Lease) -> Result<Option<i64>> {
        let Some(shared) = &self.shared else {
            return Ok(None);
        };
        let opened = shared.there().ok_or_else(away)?.open(lease).await;
        shared.note(&opened);
        opened.map(Some)
    }

    /// The sequence of the last event; `None` when the stream log does not answer, because the durable log may be
    /// behind it.
    pub(super) async fn last_sequence(
        &self,
        account: AccountId,
        run: RunId,
    ) -> Result<Option<i64>> {
        let shared = match &self.shared {
            Some(shared) => {
                let Some(there) = shared.there() else {
                    return Ok(None);
                };
                let last = there.last_sequence(account, run).await;
                shared.note(&last);
                match last {
                    Err(error) if *error.kind() == Kind::Unavailable => return Ok(None),
                    last => last?,
                }
            }
            None => 0,
        };
        Ok(Some(
            shared.max(self.kept.last_sequence(account, run).await?),
        ))
    }

    /// Appends to the stream log; `None`, with nothing sent, when there is no stream log or it is away.
    pub(super) async fn share(&self, batch: &[Append]) -> Option<Vec<Result<()>>> {
        let shared = self.shared.as_ref()?;
        let outcomes = shared.there()?.append(batch).await;
        // one connection carries the whole batch: the log is away for all of its appends or for none
        for outcome in &outcomes {
            shared.note(outcome);
        }
        Some(outcomes)
    }

    /// Deletes the events of runs in both logs. UNAVAILABLE when the stream log does not answer.
    pub(super) async fn forget(&self, account: AccountId, runs: &[RunId]) -> Result<()> {
        if let Some(shared) = &self.shared {
            let forgotten = shared.there().ok_or_else(away)?.forget(account, runs).await;
            shared.note(&forgotten);
            forgotten?;
        }
        self.kept.forget(account, runs).await
    }

    /// Appends to the durable log.
    pub(super) async fn keep(&self, batch: &[Append]) -> Vec<Result<()>> {
        self.kept.append(batch).await
    }

    /// The next events after a position, from the stream log, or from the durable log if the stream log does not have
    /// them. Empty when neither log has the next event.
    pub(super) async fn read(&self, position: EventPosition) -> Result<Vec<Arc<RunEvent>>> {
        if let Some(shared) = &self.shared
            && let Some(there) = shared.there()
        {
            let read = there.read(position, LARGEST_READ).await;
            shared.note(&read);
            if let Ok(events) = read {
                let next = next_ones(events, position.after);
                if !next.is_empty() {
                    return Ok(next);
                }
            }
        }
        let events = self.kept.read(position, LARGEST_READ).await?;
        Ok(next_ones(events, position.after))
    }

    /// The events that the stream log has after a position, even if the next event is missing.
    pub(super) async fn read_shared(&self, position: EventPosition) -> Result<Vec<Arc<RunEvent>>> {
        let shared = self.shared.as_ref().ok_or_else(away)?;
        let read = shared
            .there()
            .ok_or_else(away)?
            .read(position, LARGEST_READ)
            .await;
        shared.note(&read);
        read
    }

    /// Waits for new events in the stream log; never completes when there is no stream log.
    pub(super) async fn shared_news(
        &self,
        positions: &[EventPosition],
        limit: Duration,
    ) -> Result<Vec<Arc<RunEvent>>> {
        let Some(shared) = &self.shared else {
            return std::future::pending().await;
        };
        let news = shared
            .there()
            .ok_or_else(away)?
            .news(positions, limit)
            .await;
        shared.note(&news);
        news
    }

    /// The new events in the durable log, without waiting.
    pub(super) async fn kept_news(
        &self,
        positions: &[EventPosition],
    ) -> Result<Vec<Arc<RunEvent>>> {
        self.kept.news(positions, Duration::ZERO).await
    }
}

/// The leading events that follow `after` without a gap.
pub(super) fn next_ones(mut events: Vec<Arc<RunEvent>>, after: i64) -> Vec<Arc<RunEvent>> {
    events.retain(|event| event.sequence > after);
    let mut last = after;
    let whole = events
        .iter()
        .take_while(|event| follows(event, std::mem::replace(&mut last, event.sequence)))
        .count();
    events.truncate(whole);
    events
}

/// Whether no event is missing between `after` and this one. A new attempt depends on no earlier event.
pub(super) fn follows(event: &RunEvent, after: i64) -> bool {
    let is_new_attempt = matches!(event.body, EventBody::Started { attempt } if attempt > 1);
    event.sequence == after + 1 || is_new_attempt
}

fn away() -> Error {
    Error::unavailable("the log that the processes share does not answer; try again in a moment")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use chrono::{DateTime, Utc};

    use super::next_ones;
    use crate::domain::{EventBody, RunEvent, RunId};

    #[test]
    fn a_gap_ends_what_can_be_read_unless_a_new_attempt_begins_after_it() {
        let run = RunId::from_uuid(uuid::Uuid::now_v7());
        let event = |sequence, attempt| {
            let body = match attempt {
                Some(attempt) => EventBody::Started { attempt },
                None => EventBody::Progress {
                    stage: String::new(),
                },
            };
            Arc::new(RunEvent {
                run,
                sequence,
                at: DateTime::<Utc>::UNIX_EPOCH,
                body,
            })
        };
        let read = |events: &[(i64, Option<i32>)], after| -> Vec<i64> {
            let events = events
                .iter()
                .map(|(sequence, attempt)| event(*sequence, *attempt));
            let next = next_ones(events.collect(), after);
            next.iter().map(|event| event.sequence).collect()
        };
        assert_eq!(read(&[(1, None), (2, None), (4, None)], 0), [1, 2]);
        assert_eq!(read(&[(1, None), (2, None), (3, None)], 1), [2, 3]);
        assert!(read(&[(3, None)], 1).is_empty());
        assert!(read(&[(3, Some(1))], 1).is_empty());
        assert_eq!(read(&[(2, None), (9, Some(2)), (10, None)], 1), [2, 9, 10]);
    }
}
