//! Deletions of accounts in the API.

use async_graphql::{ID, InputObject, SimpleObject};
use chrono::{DateTime, Utc};

use super::erasure::ErasedKind;
use crate::domain;

/// The account to delete.
#[derive(InputObject)]
pub(super) struct DeleteAccountInput {
    /// The id of the account.
    pub(super) id: ID,
    /// The name of the account, as a confirmation: a deletion cannot be undone.
    pub(super) name: String,
}

/// The result of `deleteAccount`.
#[derive(SimpleObject)]
pub(super) struct DeleteAccountPayload {
    /// The id of the account.
    pub(super) deleted_id: ID,
    /// The deletion, which runs in the background; `accountDeletion` shows its progress.
    pub(super) deletion: AccountDeletion,
}

/// The removal of an account with everything that belongs to it.
#[derive(SimpleObject)]
pub(super) struct AccountDeletion {
    /// The id of the account, which leads to nothing any more.
    account_id: ID,
    /// The number of rows by kind that the account had when its last run had ended; null before.
    removed: Option<Vec<ErasedKind>>,
    /// The models and tool servers that were sent texts of the account. They may have kept them: ask them to erase them.
    sent_to: Vec<String>,
    /// What could not be removed outside of the database, such as the vectors in a store that refuses the account's key,
    /// and why.
    remains: Vec<String>,
    /// The time of the request.
    requested_at: DateTime<Utc>,
    /// The time from which on nothing of the account is left; null while the deletion runs.
    finished_at: Option<DateTime<Utc>>,
}

impl From<domain::AccountDeletion> for AccountDeletion {
    fn from(deletion: domain::AccountDeletion) -> Self {
        let removed = deletion.removed.map(|removed| {
            let kinds = removed.into_iter();
            kinds
                .map(|(kind, count)| ErasedKind { kind, count })
                .collect()
        });
        Self {
            account_id: ID(deletion.account.to_string()),
            removed,
            sent_to: deletion.sent_to.into_iter().collect(),
            remains: deletion.remains,
            requested_at: deletion.requested_at,
            finished_at: deletion.finished_at,
        }
    }
}
