//! A reader of one run: reads the logs until it has caught up, then the tail in memory.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use super::{
    logs::Logs,
    reader_position::ReaderPosition,
    tail::{Look, Reading},
};
use crate::{
    domain::{AccountId, RunEvent, RunId},
    error::Result,
    port::EventPosition,
};

/// The time to wait before the second read of an event that is neither in memory nor in a log: it is on the way between
/// the two.
const ON_ITS_WAY: Duration = Duration::from_millis(100);

/// Follows a run from its past events to its final event. It has no queue: a slow reader finds several events at its
/// next read.
pub struct RunEventReader {
    logs: Arc<Logs>,
    tail: Reading,
    /// The position of the last event that was read.
    position: EventPosition,
    /// The position while the reader waits for the next event, for others.
    waiting: Arc<ReaderPosition>,
    /// Events that were read and not returned yet.
    at_hand: VecDeque<Arc<RunEvent>>,
    has_read_all: bool,
}

impl RunEventReader {
    pub(super) fn new(
        logs: Arc<Logs>,
        tail: Reading,
        account: AccountId,
        run: RunId,
        after: i64,
    ) -> Self {
        Self {
            logs,
            tail,
            position: EventPosition {
                account,
                run,
                after,
            },
            waiting: Arc::default(),
            at_hand: VecDeque::new(),
            has_read_all: false,
        }
    }

    /// The same reader, which shows in `waiting` where it waits.
    #[must_use]
    pub fn shown_in(mut self, waiting: &Arc<ReaderPosition>) -> Self {
        self.waiting = Arc::clone(waiting);
        self
    }

    /// The sequence of the last event that was read, here or by another reader of the run.
    pub fn reached(&self) -> i64 {
        self.position.after
    }

    /// The next event; `None` after the final one. Cancel-safe: a dropped wait loses no event.
    pub async fn next(&mut self) -> Result<Option<Arc<RunEvent>>> {
        let mut looked = false;
        while self.at_hand.is_empty() && !self.has_read_all {
            match self.tail.look(self.position.after, &mut self.at_hand) {
                Look::Found => {}
                Look::Level => {
                    let _wait = self
                        .waiting
                        .wait(self.position.run, &mut self.position.after);
                    self.tail.changed().await;
                    continue;
                }
                Look::Behind => {
                    // boxed: rarely polled, and inline it would enlarge the future of every reader
                    Box::pin(self.read_logs(looked)).await?;
                    looked = true;
                }
            }
            if let Some(last) = self.at_hand.back() {
                self.position.after = last.sequence;
                self.has_read_all = last.body.is_final();
            }
        }
        Ok(self.at_hand.pop_front())
    }

    /// The next event, if it is in memory already and `is_wanted` accepts it.
    pub fn take_if(&mut self, is_wanted: impl FnOnce(&RunEvent) -> bool) -> Option<Arc<RunEvent>> {
        self.at_hand.pop_front_if(|event| is_wanted(event))
    }

    async fn read_logs(&mut self, again: bool) -> Result<()> {
        if again {
            let _ = tokio::time::timeout(ON_ITS_WAY, self.tail.changed()).await;
        }
        let events = self.logs.read(self.position).await?;
        if events.is_empty() {
            self.tail.begin_at(self.position.after);
        }
        self.at_hand = events.into();
        Ok(())
    }
}
