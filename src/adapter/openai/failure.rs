//! The failures of requests to a provider that are no refusals.

use std::error::Error as StdError;

use super::{refusal::Refusal, words::ProviderWords};
use crate::{error::Error, outgoing::OutgoingFailure};

/// The connection could not be made, or it broke.
pub(super) fn unreachable(error: reqwest::Error) -> OutgoingFailure {
    // the URL may contain a secret
    let error = error.without_url();
    if error.is_builder() {
        let message = "the request to the model's provider cannot be sent; the operator has to check its key and headers";
        return OutgoingFailure::permanent(Error::unavailable(message)).with_source(error);
    }
    OutgoingFailure::temporary(Error::unavailable("the model's provider cannot be reached"))
        .with_source(error)
}

/// The provider sent nothing within the timeout.
pub(super) fn silent() -> OutgoingFailure {
    OutgoingFailure::permanent(Error::unavailable(
        "the model's provider is silent for too long",
    ))
}

/// The response is not what the API specifies.
pub(super) fn malformed(message: &str) -> OutgoingFailure {
    OutgoingFailure::permanent(Error::unavailable(message))
}

/// The connection ended in the middle of the response.
pub(super) fn cut_off(source: impl Into<Box<dyn StdError + Send + Sync>>) -> OutgoingFailure {
    OutgoingFailure::temporary(Error::unavailable("the model provider's answer broke off"))
        .with_source(source)
}

/// The provider reported an error instead of an answer, or in the middle of one.
pub(super) fn reported(words: &ProviderWords, secrets: &[&str]) -> OutgoingFailure {
    if let Some(refusal) = Refusal::of_reported(words) {
        return refusal.into_failure(secrets);
    }
    let detail = words.detail(secrets);
    let cause = detail.clone().unwrap_or_else(|| "no reason".to_owned());
    OutgoingFailure::temporary(Error::unavailable(
        "the model's provider reported an error and broke off; try again later",
    ))
    .with_source(cause)
    .with_detail(detail)
}
