//! Erasures and exports of end users in the API.

use async_graphql::{InputObject, SimpleObject};
use chrono::{DateTime, Utc};

use crate::{domain, service};

/// The end user to erase.
#[derive(InputObject)]
pub(super) struct EraseEndUserInput {
    /// The account's own identifier for the person.
    pub(super) end_user: String,
}

/// The result of `eraseEndUser`.
#[derive(SimpleObject)]
pub(super) struct EraseEndUserPayload {
    /// The erasure, which runs in the background; `erasure` shows its progress.
    pub(super) erasure: Erasure,
}

/// The removal of everything that one end user left.
#[derive(SimpleObject)]
pub(super) struct Erasure {
    /// The account's own identifier for the person, as the request named it. It is not stored after the erasure.
    end_user: String,
    /// The number of removed rows by kind, so far.
    removed: Vec<ErasedKind>,
    /// The models and tool servers that were sent what this person wrote. They may have kept it: ask them to erase it.
    sent_to: Vec<String>,
    /// The time from which on nothing of the person is left; null while the erasure runs.
    finished_at: Option<DateTime<Utc>>,
}

impl Erasure {
    /// The erasure of the person whom the request named so.
    pub(super) fn of(end_user: String, erasure: domain::Erasure) -> Self {
        let removed = erasure.removed.into_iter();
        Self {
            end_user,
            removed: removed
                .map(|(kind, count)| ErasedKind { kind, count })
                .collect(),
            sent_to: erasure.sent_to.into_iter().collect(),
            finished_at: erasure.finished_at,
        }
    }
}

/// The number of rows of one kind that an erasure or the deletion of an account removed.
#[derive(SimpleObject)]
pub(super) struct ErasedKind {
    /// The kind, for example `message`. An erasure removes the content of an `auditEntry`; its place in the log stays.
    pub(super) kind: String,
    /// The number of rows.
    pub(super) count: u64,
}

/// The end user to export.
#[derive(InputObject)]
pub(super) struct ExportEndUserInput {
    /// The account's own identifier for the person.
    pub(super) end_user: String,
}

/// The result of `exportEndUser`.
#[derive(SimpleObject)]
pub(super) struct ExportEndUserPayload {
    /// The link to the export in JSON Lines, relative to the address of this API. It needs no key: each holder
    /// of the link can read the export until it expires.
    url: String,
    /// The time from which on the link leads to nothing.
    expires_at: DateTime<Utc>,
}

impl From<service::ExportLink> for ExportEndUserPayload {
    fn from(link: service::ExportLink) -> Self {
        Self {
            url: link.path,
            expires_at: link.expires_at,
        }
    }
}
