//! Files in requests: `POST /documents` for a document of an agent, and GraphQL requests by the multipart specification
//! (<https://github.com/jaydenseric/graphql-multipart-request-spec>).
//!
//! Only callers who may ingest documents may send files, which is checked before the first byte of a file is read. A file is
//! read up to the size of the largest document, within a number of uploads at a time; a sender who sends nothing for the
//! time of a body is refused.

mod document;
mod form;
mod graphql;

use std::time::Duration;

use axum::http::{HeaderMap, header};
use tokio::sync::{Semaphore, SemaphorePermit};

pub(super) use self::{document::ingest, graphql::params};
use super::{HttpState, refusal::Refusal};
use crate::domain::{Actor, Operation};

/// The path of documents.
pub(super) const PATH: &str = "/documents";
/// The maximum number of uploads that a process receives at a time: each may hold the largest document in memory.
const MOST_UPLOADS: usize = 4;

/// Bounds the uploads of a process.
pub(super) struct Uploads {
    slots: Semaphore,
    /// The maximum size of the files of a request, in bytes.
    largest: usize,
}

impl Uploads {
    /// No uploads yet; the files of a request may have `largest` bytes together.
    pub(super) fn new(largest: usize) -> Self {
        Self {
            slots: Semaphore::new(MOST_UPLOADS),
            largest,
        }
    }

    /// Waits for a slot as long as for a body.
    async fn take(&self, patience: Duration) -> Result<SemaphorePermit<'_>, Refusal> {
        let slot = tokio::time::timeout(patience, self.slots.acquire()).await;
        let slot = slot.ok().and_then(Result::ok);
        slot.ok_or_else(|| Refusal::busy("other files are being received; try again"))
    }
}

/// Whether a request is a form with files.
pub(super) fn is_form(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE);
    let content_type = content_type.and_then(|value| value.to_str().ok());
    content_type.is_some_and(|value| {
        let kind = value.split(';').next().unwrap_or_default().trim();
        kind.eq_ignore_ascii_case(form::MEDIA_TYPE)
    })
}

/// A slot for the files of a caller who may ingest documents.
async fn admit<'s>(
    state: &'s HttpState,
    actor: Option<&Actor>,
) -> Result<SemaphorePermit<'s>, Refusal> {
    let Some(actor) = actor else {
        return Err(Refusal::needs_key(
            "files are received with an API key only",
        ));
    };
    actor.authorize(Operation::IngestDocument)?;
    state.uploads().take(state.config().body_timeout()).await
}
