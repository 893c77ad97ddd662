//! Failures of an embedding model behind the API: what may help, and whose problem they are.

use crate::{
    adapter::model_provider::{KeyOwner, Meaning, Refusal},
    error::{Error, Kind},
    outgoing::OutgoingFailure,
};

/// A failed request.
pub(super) struct AskFailure {
    pub(super) failure: OutgoingFailure,
    /// Whether the provider may take fewer texts.
    pub(super) may_be_too_large: bool,
    /// Whether the provider may take a shorter text.
    pub(super) is_too_long: bool,
}

impl From<OutgoingFailure> for AskFailure {
    fn from(failure: OutgoingFailure) -> Self {
        Self {
            failure,
            may_be_too_large: false,
            is_too_long: false,
        }
    }
}

impl AskFailure {
    /// The failure of a request that the provider refuses for good, with its own words: the caller of a job has no log.
    pub(super) fn of(refusal: Refusal, secrets: &[&str]) -> Self {
        let status = refusal.status.as_u16();
        let meaning = refusal.meaning();
        let failure = refusal.into_failure(secrets, KeyOwner::Operator);
        let detail = failure.error().detail().map(str::to_owned);
        let message = match meaning {
            // the caller wrote no message that could be too long
            Meaning::TooLong => "the embedding model refuses a text as too long",
            Meaning::Filtered => "the content filter of the embedding model refuses a text",
            _ => failure.error().message(),
        };
        let why = detail.iter().fold(message.to_owned(), |message, detail| {
            format!("{message}: {detail}")
        });
        let error = Error::unavailable(why).with_detail(detail).lasting();
        let cause = failure.error().cause().unwrap_or_default();
        Self {
            failure: OutgoingFailure::permanent(error).with_source(cause),
            may_be_too_large: meaning == Meaning::TooLong
                || (meaning == Meaning::Refused && matches!(status, 400 | 422)),
            is_too_long: meaning == Meaning::TooLong,
        }
    }
}

/// The error of a search: its caller is not responsible for the number of requests.
pub(super) fn of_a_search(error: Error) -> Error {
    let Kind::RateLimited(after) = error.kind() else {
        return error;
    };
    let message = match after {
        Some(after) => format!("{}, in {} s", error.message(), after.as_secs()),
        None => error.message().to_owned(),
    };
    let limited = Error::unavailable(message);
    match error.cause() {
        Some(cause) => limited.with_source(cause),
        None => limited,
    }
}
