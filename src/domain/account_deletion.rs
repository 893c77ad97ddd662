//! Deletions of accounts: the removal of everything of an account, and the evidence of it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use crate::domain::AccountId;

/// The removal of an account with everything that belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountDeletion {
    /// The account.
    pub account: AccountId,
    /// The number of removed rows by kind; none until they are counted, when nothing can be added any more.
    pub removed: Option<BTreeMap<String, u64>>,
    /// The models and tool servers that were sent what the account's end users wrote.
    pub sent_to: BTreeSet<String>,
    /// What could not be removed outside of the database, and why.
    pub remains: Vec<String>,
    /// The time of the request.
    pub requested_at: DateTime<Utc>,
    /// The time from which on nothing of the account is left.
    pub finished_at: Option<DateTime<Utc>>,
}
