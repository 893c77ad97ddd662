//! Erasures: the removal of everything that one end user left, and the evidence of it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use crate::domain::{AccountId, ErasureId};

/// The removal of everything that one end user left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erasure {
    /// The erasure's id.
    pub id: ErasureId,
    /// The account.
    pub account: AccountId,
    /// The account's own id of the person; none once the person's rows are removed.
    pub end_user: Option<String>,
    /// The one-way function of the account's own id that stays; see [`AuditKeys::fingerprints`].
    ///
    /// [`AuditKeys::fingerprints`]: crate::domain::AuditKeys::fingerprints
    pub fingerprint: [u8; 32],
    /// The number of removed rows by kind.
    pub removed: BTreeMap<String, u64>,
    /// The models and tool servers that were sent what the person wrote.
    pub sent_to: BTreeSet<String>,
    /// The time of the request.
    pub requested_at: DateTime<Utc>,
    /// The time from which on nothing of the person is left.
    pub finished_at: Option<DateTime<Utc>>,
}
