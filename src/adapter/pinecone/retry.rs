//! Requests to the API: key and version, timeouts, retries and the size limit of responses. Every request here is safe
//! to repeat.

use std::{error::Error as StdError, time::Duration};

use reqwest::{
    Client, Method, StatusCode,
    header::{CONTENT_TYPE, HeaderValue},
};
use serde::de::DeserializeOwned;
use tokio::time::timeout;

use super::{PineconeTimeouts, wire::ErrorBody};
use crate::{
    error::{Error, Result},
    outgoing::{BodyFailure, BodyLimits, OutgoingFailure, RetryPolicy, read_body, retry_after},
};

/// The version of the API. Without it, Pinecone uses the oldest one.
const VERSION: &str = "2026-04";
/// The maximum number of retries of a request.
const MOST_RETRIES: usize = 2;
/// The maximum pause between two attempts that are not asked for by Pinecone.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// The maximum size of a response in bytes: the counts of 100,000 namespaces, or 100 vectors of the maximum length.
const LARGEST_ANSWER: usize = 32 << 20;
/// The maximum length in bytes of Pinecone's error message in the log.
const LONGEST_CAUSE: usize = 500;

/// A client of the API with one key.
#[derive(Clone)]
pub(super) struct Api {
    pub(super) client: Client,
    pub(super) key: HeaderValue,
    pub(super) timeouts: PineconeTimeouts,
}

impl Api {
    /// Sends a request with a JSON `body`, none when it is empty. Retries until there is an answer, a retry cannot help
    /// or the timeout of the call has passed.
    pub(super) async fn ask(
        &self,
        method: Method,
        url: &str,
        body: &str,
    ) -> Result<Vec<u8>, OutgoingFailure> {
        let PineconeTimeouts {
            request,
            call,
            pause,
            ..
        } = self.timeouts;
        let policy = RetryPolicy {
            retries: MOST_RETRIES,
            first_pause: pause,
            longest_pause: LONGEST_PAUSE,
            total: Some(call),
        };
        let asked = policy.run(|| async {
            let asked = self.ask_once(method.clone(), url, body);
            timeout(request, asked).await.map_err(|_| silent())?
        });
        timeout(call, asked).await.map_err(|_| silent())?
    }

    async fn ask_once(
        &self,
        method: Method,
        url: &str,
        body: &str,
    ) -> Result<Vec<u8>, OutgoingFailure> {
        let mut request = self
            .client
            .request(method, url)
            .header("Api-Key", self.key.clone())
            .header("X-Pinecone-Api-Version", VERSION);
        if !body.is_empty() {
            let body = body.to_owned();
            request = request.header(CONTENT_TYPE, "application/json").body(body);
        }
        let response = request.send().await.map_err(unreachable)?;
        let (status, pause) = (response.status(), retry_after(response.headers()));
        let limits = BodyLimits {
            bytes: LARGEST_ANSWER,
            idle: self.timeouts.request,
        };
        let answer = read_body(response, limits).await;
        if status.is_success() {
            return answer.map_err(unread);
        }
        let answer = answer.unwrap_or_default();
        // the key is removed from the message, in case Pinecone repeats it
        let key = String::from_utf8_lossy(self.key.as_bytes());
        let cause = format!("{status}: {}", said(&answer).replace(&*key, "<key>"));
        Err(refused(status, cause).with_retry_after(pause))
    }
}

/// Parses a response as JSON. UNAVAILABLE when it is something else.
pub(super) fn parse<T: DeserializeOwned>(answer: &[u8]) -> Result<T, OutgoingFailure> {
    serde_json::from_slice(answer).map_err(|error| {
        let message = "Pinecone answers something that is not its API; check its address";
        OutgoingFailure::permanent(Error::unavailable(message).with_source(error))
    })
}

/// Whether the failure is temporary.
fn is_passing(status: StatusCode) -> bool {
    let asks_again = [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_MANY_REQUESTS];
    asks_again.contains(&status) || status.is_server_error()
}

/// The message of an error response.
fn said(answer: &[u8]) -> String {
    let refusal = serde_json::from_slice::<ErrorBody>(answer);
    let said = refusal.map_or_else(
        |_| String::from_utf8_lossy(answer).into_owned(),
        ErrorBody::message,
    );
    said.chars().take(LONGEST_CAUSE).collect()
}

/// The connection could not be made, or it broke.
fn unreachable(error: reqwest::Error) -> OutgoingFailure {
    OutgoingFailure::temporary(Error::unavailable("Pinecone cannot be reached"))
        .with_source(error.without_url())
}

/// Pinecone sent nothing within the timeout.
fn silent() -> OutgoingFailure {
    OutgoingFailure::temporary(Error::unavailable("Pinecone is silent for too long"))
}

/// The body of a successful response could not be read.
fn unread(failure: BodyFailure) -> OutgoingFailure {
    match failure {
        BodyFailure::TooLarge => OutgoingFailure::permanent(Error::unavailable(
            "Pinecone answers more than anybody asked for",
        )),
        BodyFailure::Silent => silent(),
        BodyFailure::Broken(error) => unreachable(error),
    }
}

/// Pinecone returned an error status.
fn refused(
    status: StatusCode,
    cause: impl Into<Box<dyn StdError + Send + Sync>>,
) -> OutgoingFailure {
    let error = match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Error::unavailable(
            "Pinecone refuses the key, or what it was asked for with it; check the key and its project's limits",
        ),
        StatusCode::PAYMENT_REQUIRED => {
            Error::unavailable("the Pinecone project's quota is spent; raise it")
        }
        StatusCode::TOO_MANY_REQUESTS => {
            Error::unavailable("Pinecone is asked too often; try again later")
        }
        StatusCode::NOT_FOUND => Error::unavailable("Pinecone does not know what was asked for"),
        _ if is_passing(status) => Error::unavailable("Pinecone has a problem; try again later"),
        _ => Error::internal("asking Pinecone"),
    };
    let failure = if is_passing(status) {
        OutgoingFailure::temporary(error)
    } else {
        OutgoingFailure::permanent(error)
    };
    failure.with_status(status).with_source(cause)
}

/// Whether the requested thing does not exist.
pub(super) fn is_not_found(failure: &OutgoingFailure) -> bool {
    failure.status == Some(StatusCode::NOT_FOUND)
}

/// Whether the name is already in use.
pub(super) fn is_taken(failure: &OutgoingFailure) -> bool {
    failure.status == Some(StatusCode::CONFLICT)
}

/// Whether the index may have been deleted: it was not found, or its host does not answer.
pub(super) fn may_be_gone(failure: &OutgoingFailure) -> bool {
    is_not_found(failure) || (failure.status.is_none() && failure.is_temporary)
}

/// Converts a "not found" failure into `None`.
pub(super) fn there<T>(outcome: Result<T, OutgoingFailure>) -> Result<Option<T>, OutgoingFailure> {
    match outcome {
        Ok(answer) => Ok(Some(answer)),
        Err(failure) if is_not_found(&failure) => Ok(None),
        Err(failure) => Err(failure),
    }
}
