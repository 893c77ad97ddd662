//! Wake-ups within one process: a bounded lane per queue.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use tokio::sync::{Notify, futures::Notified};

use crate::port::{JobQueue, Offer, Queue};

/// The maximum number of offers in a lane. Work whose offer is dropped is found in the database.
const LONGEST: usize = 1_024;

/// Delivers offers within this process.
#[derive(Debug, Default, Clone)]
pub struct LocalJobQueue(Arc<Lanes>);

#[derive(Debug, Default)]
struct Lanes {
    lanes: Mutex<HashMap<Queue, VecDeque<Offer>>>,
    changed: Notify,
}

impl LocalJobQueue {
    /// The number of waiting offers in these queues.
    pub(in crate::adapter) fn held(&self, queues: &[Queue]) -> usize {
        let lanes = self.lanes();
        let held = queues.iter().filter_map(|queue| lanes.get(queue));
        held.map(VecDeque::len).sum()
    }

    /// Removes and returns the next offer of these queues, if there is one now.
    pub(in crate::adapter) fn take_now(&self, queues: &[Queue]) -> Option<Offer> {
        let mut lanes = self.lanes();
        queues
            .iter()
            .find_map(|queue| lanes.get_mut(queue)?.pop_front())
    }

    /// Completes at the next offer of any queue. Offers count from this call on, not only from the first poll.
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
        // wakes all takers: they wait for different queues, and there are few of them
        self.0.changed.notify_waiters();
    }

    async fn take(&self, queues: &[Queue]) -> Offer {
        loop {
            // created before the check, so that no offer is missed in between
            let changed = self.changed();
            // no await between removing an offer and returning it: a dropped taker has removed nothing
            if let Some(offer) = self.take_now(queues) {
                return offer;
            }
            changed.await;
        }
    }
}
