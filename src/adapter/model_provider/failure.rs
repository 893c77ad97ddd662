//! The failures of requests to a provider that are no refusals.

use std::error::Error as StdError;

use super::{refusal::Refusal, words::ProviderWords};
use crate::{
    error::{Error, ErrorCode},
    outgoing::OutgoingFailure,
    port::ChatPrompt,
};

/// The owner of the key of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::adapter) enum KeyOwner {
    /// The operator: a refused key concerns every account.
    Operator,
    /// The account that asks: a refused key concerns nothing else.
    Account,
}

impl KeyOwner {
    /// The owner of the key that a prompt is sent with.
    pub(super) fn of(prompt: &ChatPrompt) -> Self {
        match prompt.api_key {
            Some(_) => Self::Account,
            None => Self::Operator,
        }
    }
}

/// The connection could not be made, or it broke.
pub(in crate::adapter) fn unreachable(error: reqwest::Error) -> OutgoingFailure {
    // the URL may contain a secret
    let error = error.without_url();
    if error.is_builder() {
        let message = "the request to the model's provider cannot be sent; the operator has to check its key and headers";
        return OutgoingFailure::permanent(Error::unavailable(message)).with_source(error);
    }
    OutgoingFailure::temporary(Error::unavailable("the model's provider cannot be reached"))
        .outage()
        .with_source(error)
}

/// The provider sent nothing within the timeout.
pub(in crate::adapter) fn silent() -> OutgoingFailure {
    let error = Error::unavailable("the model's provider is silent for too long");
    OutgoingFailure::permanent(error.with_code(ErrorCode::Timeout)).outage()
}

/// The response is not what the API specifies.
pub(in crate::adapter) fn malformed(message: &str) -> OutgoingFailure {
    OutgoingFailure::permanent(Error::unavailable(message)).outage()
}

/// The connection ended in the middle of the response.
pub(in crate::adapter) fn cut_off(
    source: impl Into<Box<dyn StdError + Send + Sync>>,
) -> OutgoingFailure {
    OutgoingFailure::temporary(Error::unavailable("the model provider's answer broke off"))
        .outage()
        .with_source(source)
}

/// The provider reported an error instead of an answer, or in the middle of one.
pub(in crate::adapter) fn reported(
    words: &ProviderWords,
    secrets: &[&str],
    key: KeyOwner,
) -> OutgoingFailure {
    if let Some(refusal) = Refusal::of_reported(words) {
        return refusal.into_failure(secrets, key);
    }
    let detail = words.detail(secrets);
    let cause = detail.clone().unwrap_or_else(|| "no reason".to_owned());
    OutgoingFailure::temporary(Error::unavailable(
        "the model's provider reported an error and broke off; try again later",
    ))
    .outage()
    .with_source(cause)
    .with_detail(detail)
}
