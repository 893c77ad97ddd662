//! Failures of requests to a provider: the message for the caller, and whether a retry can help.

use std::{error::Error as StdError, time::Duration};

use reqwest::{Response, StatusCode};

use super::{
    asked_pause,
    wire::{ErrorBody, ProviderError},
};
use crate::error::Error;

/// The maximum number of bytes that are read of an error response.
const LARGEST_REFUSAL: usize = 64 * 1024;

/// A failed request.
pub(super) struct ProviderFailure {
    error: Error,
    /// Whether a retry can help.
    pub(super) repeatable: bool,
    /// How long the provider asks to wait before a retry.
    pub(super) retry_after: Option<Duration>,
}

impl From<ProviderFailure> for Error {
    fn from(failure: ProviderFailure) -> Self {
        failure.error
    }
}

impl ProviderFailure {
    fn of(error: Error, repeatable: bool) -> Self {
        Self {
            error,
            repeatable,
            retry_after: None,
        }
    }

    /// The connection could not be made, or it broke.
    pub(super) fn unreachable(error: reqwest::Error) -> Self {
        // the URL may contain a secret
        Self::of(
            Error::unavailable("the model's provider cannot be reached")
                .with_source(error.without_url()),
            true,
        )
    }

    /// The provider sent nothing within the timeout.
    pub(super) fn silent() -> Self {
        Self::of(
            Error::unavailable("the model's provider is silent for too long"),
            false,
        )
    }

    /// The response is not what the API specifies.
    pub(super) fn broken(message: &str) -> Self {
        Self::of(Error::unavailable(message), false)
    }

    /// The connection ended in the middle of the response.
    pub(super) fn cut_off(error: reqwest::Error) -> Self {
        let message = "the model provider's answer broke off";
        Self::of(
            Error::unavailable(message).with_source(error.without_url()),
            true,
        )
    }

    pub(super) fn with_source(
        mut self,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        self.error = self.error.with_source(source);
        self
    }

    /// The provider reported an error in the middle of a stream.
    pub(super) fn reported(error: &ProviderError) -> Self {
        Self::broken("the model's provider reported an error").with_source(error.message.clone())
    }

    /// The provider returned a status other than 200.
    pub(super) async fn refused(response: Response) -> Self {
        let status = response.status();
        let retry_after = asked_pause(&response);
        let refusal = body(response).await.map(|refusal| refusal.error);
        let spent = refusal
            .as_ref()
            .is_some_and(|error| error.is("insufficient_quota"));
        let too_long = refusal
            .as_ref()
            .is_some_and(|error| error.is("context_length_exceeded"));
        let cause = refusal.map_or_else(
            || status.to_string(),
            |error| format!("{status}: {}", error.message),
        );
        let unavailable = |message: &str| (Error::unavailable(message), false);
        let (error, repeatable) = match status {
            _ if spent => {
                unavailable("the model provider's quota is spent; the operator has to raise it")
            }
            _ if too_long => {
                let message =
                    "is too long for the model together with the conversation; shorten it";
                (Error::bad_input("input.message", message), false)
            }
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                unavailable("the model's provider refuses our key; the operator has to check it")
            }
            StatusCode::NOT_FOUND => unavailable(
                "the model's provider does not know the model or the address; the operator has to check both",
            ),
            StatusCode::TOO_MANY_REQUESTS => {
                let message = "the model's provider is asked too often; try again later";
                (Error::rate_limited(message, retry_after), true)
            }
            StatusCode::REQUEST_TIMEOUT => {
                let message =
                    "the model's provider did not take the request in time; try again later";
                (Error::unavailable(message), true)
            }
            _ if status.is_server_error() => {
                let message = "the model's provider has a problem; try again later";
                (Error::unavailable(message), true)
            }
            _ => unavailable("the model's provider refuses the request"),
        };
        Self {
            error: error.with_source(cause),
            repeatable,
            retry_after,
        }
    }
}

/// Parses the seconds of a `Retry-After`; the date form is ignored.
pub(super) fn retry_after(value: &str) -> Option<Duration> {
    value
        .trim()
        .parse::<f64>()
        .ok()
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
}

async fn body(mut response: Response) -> Option<ErrorBody> {
    let mut bytes = Vec::new();
    while let Ok(Ok(Some(chunk))) =
        tokio::time::timeout(Duration::from_secs(5), response.chunk()).await
    {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > LARGEST_REFUSAL {
            return None;
        }
    }
    serde_json::from_slice(&bytes).ok()
}
