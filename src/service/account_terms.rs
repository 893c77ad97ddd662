//! What authentication needs to know of an account: its tier, and whether it is suspended.

use std::time::Duration;

use moka::future::Cache;

use super::access::cached;
use crate::{
    domain::{AccountId, AccountTier},
    error::Result,
    store::Store,
};

/// The terms on which an account may be used now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct AccountTerms {
    pub(super) tier: AccountTier,
    pub(super) is_suspended: bool,
}

/// The terms of accounts, each cached for a few seconds.
#[derive(Clone)]
pub(super) struct AccountTermsCache {
    store: Store,
    known: Cache<AccountId, AccountTerms>,
}

impl AccountTermsCache {
    /// A cache that keeps the terms of an account for this time.
    pub(super) fn new(store: Store, time_to_live: Duration) -> Self {
        Self {
            store,
            known: cached(time_to_live),
        }
    }

    /// The terms of an account. `NOT_FOUND` when it does not exist.
    pub(super) async fn of(&self, account: AccountId) -> Result<AccountTerms> {
        match self.known.get(&account).await {
            Some(known) => Ok(known),
            None => self.read(account).await,
        }
    }

    /// The terms of an account as they are stored now.
    pub(super) async fn read(&self, id: AccountId) -> Result<AccountTerms> {
        let account = self.store.tenant(id).account().await?;
        let terms = AccountTerms {
            tier: account.tier,
            is_suspended: account.suspended_at.is_some(),
        };
        self.known.insert(id, terms).await;
        Ok(terms)
    }
}
