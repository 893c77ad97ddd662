//! Wake-ups within one process: a bounded lane per queue.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use tokio::sync::{Notify, futures::Notified};

use crate::port::{JobQueue, Offer, Queue};

/// A lane holds at most so many offers; what does not fit is found in the tables.
const LONGEST: usize = 1_024;

/// Hands work to the takers of this process.
#[derive(Debug, Default, Clone)]
pub struct LocalJobQueue(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    lanes: Mutex<HashMap<Queue, VecDeque<Offer>>>,
    changed: Notify,
}

impl LocalJobQueue {
    /// How many offers of these queues wait for a taker.
    pub(in crate::adapter) fn held(&self, queues: &[Queue]) -> usize {
        let lanes = self.lanes();
        let held = queues.iter().filter_map(|queue| lanes.get(queue));
        held.map(VecDeque::len).sum()
    }

    /// The next offer of one of these queues, if there is one now.
    pub(in crate::adapter) fn take_now(&self, queues: &[Queue]) -> Option<Offer> {
        let mut lanes = self.lanes();
        queues
            .iter()
            .find_map(|queue| lanes.get_mut(queue)?.pop_front())
    }

    /// Waits for the next offer of any queue from now on, not only from when it is polled.
    pub(in crate::adapter) fn changed(&self) -> Notified<'_> {
        self.0.changed.notified()
    }

    fn lanes(&self) -> MutexGuard<'_, HashMap<Queue, VecDeque<Offer>>> {
        self.0.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl JobQueue for LocalJobQueue {
    fn offer(&self, offer: Offer) {
        let mut lanes = self.lanes();
        let lane = lanes.entry(offer.queue).or_default();
        if lane.len() < LONGEST {
            lane.push_back(offer);
        }
        drop(lanes);
        // all of them: the takers differ in what they take, and they are few
        self.0.changed.notify_waiters();
    }

    async fn take(&self, queues: &[Queue]) -> Offer {
        loop {
            // before the look, so that no offer falls in between
            let changed = self.changed();
            // nothing is awaited between taking an offer and handing it over: a dropped taker has taken nothing
            if let Some(offer) = self.take_now(queues) {
                return offer;
            }
            changed.await;
        }
    }
}
