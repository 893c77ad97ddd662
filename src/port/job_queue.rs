//! Wake-ups for work. The tables are the truth about work: an offer only hints that looking there is useful now.

use async_trait::async_trait;
use uuid::Uuid;

use crate::domain::AccountId;

/// A kind of work; each has its own consumers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Queue {
    /// Runs that a user is waiting for.
    Interactive,
    /// Runs in DEEP mode, which may take long.
    Deep,
    /// All other background work.
    Jobs,
}

impl Queue {
    /// Every queue.
    pub const ALL: [Self; 3] = [Self::Interactive, Self::Deep, Self::Jobs];

    /// The queue's name in keys and logs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Interactive => "interactive",
            Self::Deep => "deep",
            Self::Jobs => "jobs",
        }
    }
}

/// A hint that there is work in the tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offer {
    /// The kind of work.
    pub queue: Queue,
    /// The account that owns the work.
    pub account: AccountId,
    /// The id of a conversation, or of a job in [`Queue::Jobs`].
    pub subject: Uuid,
}

/// Distributes offers to free consumers in any process.
#[async_trait]
pub trait JobQueue: Send + Sync {
    /// Sends an offer to the next consumer of its queue. Never fails and never waits; the periodic look into the tables
    /// finds the work of a lost offer.
    fn offer(&self, offer: Offer);

    /// The next offer of one of these queues; earlier queues of the list have priority. Each offer goes to one consumer
    /// across all processes. When a consumer is dropped, its offer goes to the next consumer of the same process. A
    /// process must use few different lists, without common queues; otherwise offers may stay in the process while no
    /// consumer asks for them.
    async fn take(&self, queues: &[Queue]) -> Offer;
}
