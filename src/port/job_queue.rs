//! Wake-ups for work. The truth about work is in the tables: an offer only says that a look there is worth it now.

use async_trait::async_trait;
use uuid::Uuid;

use crate::domain::AccountId;

/// The kinds of work, each with takers of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Queue {
    /// Runs that somebody waits for.
    Interactive,
    /// Runs that take their time.
    Deep,
    /// Everything else that is done in the background.
    Jobs,
}

impl Queue {
    /// Every queue.
    pub const ALL: [Self; 3] = [Self::Interactive, Self::Deep, Self::Jobs];

    /// Its name in keys and logs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Interactive => "interactive",
            Self::Deep => "deep",
            Self::Jobs => "jobs",
        }
    }
}

/// Work that is worth a look into the tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offer {
    /// The kind of work.
    pub queue: Queue,
    /// Whose it is.
    pub account: AccountId,
    /// A conversation, or a job.
    pub subject: Uuid,
}

/// Hands work to whoever is free, in any process.
#[async_trait]
pub trait JobQueue: Send + Sync {
    /// Offers work to whoever takes from its queue next. Never fails and never waits: what is lost is found by the next
    /// look into the tables.
    fn offer(&self, offer: Offer);

    /// The next offer of one of these queues, of an earlier one in the list first. Each goes to one taker, across all
    /// processes. A taker that is dropped leaves what was meant for it to the next one of its process. The lists that one
    /// process takes from are few, and share no queue, or offers may lie in it while it has no taker for them.
    async fn take(&self, queues: &[Queue]) -> Offer;
}
