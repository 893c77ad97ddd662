//! Files in requests: `POST /documents` for a document of an agent, and GraphQL requests by the multipart specification
//! (<https://github.com/jaydenseric/graphql-multipart-request-spec>).
//!
//! Only callers who may ingest documents may send files, which is checked before the first byte of a file is read. Files are
//! read up to the size of the largest document (`incoming`), within a number of uploads at a time (`slots`), which is held
//! until the files have been stored.

mod document;
mod form;
mod graphql;
mod incoming;
mod slots;

use axum::http::{HeaderMap, header};

use self::slots::UploadSlot;
pub(super) use self::{document::ingest, graphql::params, slots::Uploads};
use super::{HttpState, negotiate::check_coding, refusal::Refusal};
use crate::domain::{Actor, Operation};

/// The path of documents.
pub(super) const PATH: &str = "/documents";
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
async fn admit(
    state: &HttpState,
    actor: Option<&Actor>,
    headers: &HeaderMap,
) -> Result<UploadSlot, Refusal> {
    let Some(actor) = actor else {
        return Err(Refusal::needs_key(
            "files are received with an API key only",
        ));
    };
    actor.authorize(Operation::IngestDocument)?;
    check_coding(headers)?;
    let patience = state.config().body_timeout();
    state.uploads().slot(actor.account(), patience).await
}
