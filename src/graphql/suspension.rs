//! The suspension of accounts in the API.

use async_graphql::{ID, InputObject, SimpleObject};

use super::account::Account;

/// The account to suspend.
#[derive(InputObject)]
pub(super) struct SuspendAccountInput {
    /// The id of the account.
    pub(super) id: ID,
    /// The reason, for the audit log, at most 2,000 characters.
    pub(super) reason: Option<String>,
}

/// The result of `suspendAccount`.
#[derive(SimpleObject)]
pub(super) struct SuspendAccountPayload {
    /// The account after the change.
    pub(super) account: Account,
}

/// The account to resume.
#[derive(InputObject)]
pub(super) struct ResumeAccountInput {
    /// The id of the account.
    pub(super) id: ID,
}

/// The result of `resumeAccount`.
#[derive(SimpleObject)]
pub(super) struct ResumeAccountPayload {
    /// The account after the change.
    pub(super) account: Account,
}
