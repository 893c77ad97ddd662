//! The origins of the pages that may talk to public agents, of all accounts, cached: a page's request asks no table.

use std::time::Duration;

use moka::future::Cache;

use super::access::cached;
use crate::{error::Result, store::Store};

/// The time for which it is cached whether an origin is listed. A process that missed the announcement of a change knows of
/// it after this time.
const CACHED: Duration = Duration::from_secs(5);
/// The maximum length of an origin to look up, in bytes.
const LONGEST_ORIGIN: usize = 300;

/// Tells which origins the public agents of any account list.
#[derive(Clone)]
pub struct PublicOrigins {
    store: Store,
    known: Cache<String, bool>,
}

impl PublicOrigins {
    /// The origins of the public agents in `store`.
    pub fn new(store: Store) -> Self {
        Self {
            store,
            known: cached(CACHED),
        }
    }

    /// Whether a public agent of any account lists this origin, if that is known without a look at the tables.
    pub async fn known(&self, origin: &str) -> Option<bool> {
        if origin.len() > LONGEST_ORIGIN {
            return Some(false);
        }
        self.known.get(origin).await
    }

    /// Whether a public agent of any account lists this origin, from the tables.
    pub async fn look_up(&self, origin: &str) -> Result<bool> {
        let is_listed = self.store.platform().is_public_origin(origin).await?;
        self.known.insert(origin.to_owned(), is_listed).await;
        Ok(is_listed)
    }

    /// Forgets what is cached. Call it after the change of an agent's origins is stored.
    pub fn forget(&self) {
        self.known.invalidate_all();
    }
}
