//! A log in memory that fails on demand.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use tokio::time::sleep;

use crate::{
    domain::{AccountId, Lease, RunEvent, RunId},
    error::{Error, Kind, Result},
    port::{Append, EventPosition, RunLog},
};

/// The behaviour of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mood {
    Well,
    /// Does nothing and returns an error.
    Away,
    /// Performs the request, but its reply is lost.
    Mute,
}

/// A log in memory, with the fence that every log has.
pub(super) struct MoodyLog {
    pub(super) mood: Mutex<Mood>,
    pub(super) fences: Mutex<HashMap<RunId, i64>>,
    pub(super) events: Mutex<BTreeMap<i64, Arc<RunEvent>>>,
}

impl MoodyLog {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            mood: Mutex::new(Mood::Well),
            fences: Mutex::default(),
            events: Mutex::default(),
        })
    }

    fn answer<T>(&self, act: impl FnOnce() -> Result<T>) -> Result<T> {
        let mood = *self.mood.lock().unwrap();
        let unavailable = || Error::unavailable("the log is moody");
        match mood {
            Mood::Well => act(),
            Mood::Away => Err(unavailable()),
            Mood::Mute => act().and(Err(unavailable())),
        }
    }

    fn check(&self, run: RunId, epoch: i64) -> Result<()> {
        match self.fences.lock().unwrap().get(&run) {
            Some(known) if *known > epoch => Err(Error::conflict("taken over")),
            Some(_) => Ok(()),
            None => Err(Error::not_found("owner")),
        }
    }

    fn after(&self, after: i64, most: usize) -> Vec<Arc<RunEvent>> {
        let events = self.events.lock().unwrap();
        events
            .range(after + 1..)
            .take(most)
            .map(|(_, event)| Arc::clone(event))
            .collect()
    }
}

#[async_trait]
impl RunLog for MoodyLog {
    async fn open(&self, lease: &Lease) -> Result<i64> {
        self.answer(|| {
            match self.check(lease.run, lease.epoch) {
                Err(error) if *error.kind() == Kind::Conflict => return Err(error),
                _ => {}
            }
            self.fences.lock().unwrap().insert(lease.run, lease.epoch);
            let last = self.events.lock().unwrap().keys().last().copied();
            Ok(last.unwrap_or(0))
        })
    }

    async fn append(&self, batch: &[Append]) -> Vec<Result<()>> {
        let append = |append: &Append| {
            self.answer(|| {
                self.check(append.lease.run, append.lease.epoch)?;
                let mut events = self.events.lock().unwrap();
                for event in &append.events {
                    let kept = events
                        .entry(event.sequence)
                        .or_insert_with(|| Arc::clone(event));
                    assert_eq!(kept, event, "an event was changed");
                }
                Ok(())
            })
        };
        batch.iter().map(append).collect()
    }

    async fn read(&self, position: EventPosition, most: usize) -> Result<Vec<Arc<RunEvent>>> {
        self.answer(|| Ok(self.after(position.after, most)))
    }

    async fn last_sequence(&self, _: AccountId, _: RunId) -> Result<i64> {
        self.answer(|| {
            Ok(self
                .events
                .lock()
                .unwrap()
                .keys()
                .last()
                .copied()
                .unwrap_or(0))
        })
    }

    async fn forget(&self, _: AccountId, _: &[RunId]) -> Result<()> {
        self.answer(|| {
            self.events.lock().unwrap().clear();
            Ok(())
        })
    }

    async fn news(
        &self,
        positions: &[EventPosition],
        patience: Duration,
    ) -> Result<Vec<Arc<RunEvent>>> {
        for _ in 0..patience.as_millis().div_ceil(20).max(1) {
            let after = positions.first().map_or(0, |position| position.after);
            let news = self.answer(|| Ok(self.after(after, 100)))?;
            if !news.is_empty() {
                return Ok(news);
            }
            sleep(Duration::from_millis(20)).await;
        }
        Ok(Vec::new())
    }
}
