//! Requests to the API: key and version, timeouts, retries and the size limit of responses. Every request here is safe
//! to repeat.

use std::{error::Error as StdError, time::Duration};

use reqwest::{
    Client, Method, Response, StatusCode,
    header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER},
};
use serde::de::DeserializeOwned;
use tokio::time::{Instant, timeout};

use super::{PineconeTimeouts, wire::ErrorBody};
use crate::error::{Error, Result};

/// The version of the API. Without it, Pinecone uses the oldest one.
const VERSION: &str = "2025-10";
/// The maximum number of attempts of a request.
const MOST_TRIES: u32 = 3;
/// The maximum size of a response in bytes: the counts of 100,000 namespaces, or 100 vectors of the maximum length.
const LARGEST_ANSWER: usize = 32 << 20;
/// The maximum length in bytes of Pinecone's error message in the log.
const LONGEST_CAUSE: usize = 500;

/// A client of the API with one key.
#[derive(Clone)]
pub(super) struct Api {
    pub(super) client: Client,
    pub(super) key: HeaderValue,
    pub(super) patience: PineconeTimeouts,
}

/// A failed request.
pub(super) struct PineconeFailure {
    error: Error,
    /// The status of the response, if there was one.
    status: Option<StatusCode>,
    repeatable: bool,
    retry_after: Option<Duration>,
}

impl From<PineconeFailure> for Error {
    fn from(failure: PineconeFailure) -> Self {
        failure.error
    }
}

impl From<Error> for PineconeFailure {
    fn from(error: Error) -> Self {
        Self::of(error)
    }
}

impl Api {
    /// Sends a request with a JSON `body`, none when it is empty. Retries until there is an answer, a retry cannot help
    /// or the timeout of the call has passed.
    pub(super) async fn ask(
        &self,
        method: Method,
        url: &str,
        body: &str,
    ) -> Result<Vec<u8>, PineconeFailure> {
        let end = Instant::now() + self.patience.call;
        let mut pause = self.patience.pause;
        for tried in 1.. {
            let left = end.saturating_duration_since(Instant::now());
            let patience = self.patience.request.min(left);
            let failure = match timeout(patience, self.ask_once(method.clone(), url, body)).await {
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(failure)) => failure,
                Err(_) => PineconeFailure::silent(),
            };
            let by_chance = pause.mul_f64(1.0 - rand::random::<f64>() / 2.0);
            let wait = failure.retry_after.unwrap_or(by_chance);
            let in_time = Instant::now() + wait < end;
            if tried >= MOST_TRIES || !failure.repeatable || !in_time {
                return Err(failure);
            }
            tokio::time::sleep(wait).await;
            pause *= 2;
        }
        Err(PineconeFailure::silent())
    }

    async fn ask_once(
        &self,
        method: Method,
        url: &str,
        body: &str,
    ) -> Result<Vec<u8>, PineconeFailure> {
        let mut request = self
            .client
            .request(method, url)
            .header("Api-Key", self.key.clone())
            .header("X-Pinecone-Api-Version", VERSION);
        if !body.is_empty() {
            let body = body.to_owned();
            request = request.header(CONTENT_TYPE, "application/json").body(body);
        }
        let response = request.send().await.map_err(PineconeFailure::unreachable)?;
        let (status, retry_after) = (response.status(), asked_pause(&response));
        let answer = read(response).await;
        if status.is_success() {
            return answer;
        }
        let answer = answer.unwrap_or_default();
        // the key is removed from the message, in case Pinecone repeats it
        let key = String::from_utf8_lossy(self.key.as_bytes());
        let cause = format!("{status}: {}", said(&answer).replace(&*key, "<key>"));
        Err(PineconeFailure {
            repeatable: is_passing(status),
            retry_after,
            ..PineconeFailure::refused(status, cause)
        })
    }
}

/// Parses a response as JSON. UNAVAILABLE when it is something else.
pub(super) fn parse<T: DeserializeOwned>(answer: &[u8]) -> Result<T, PineconeFailure> {
    serde_json::from_slice(answer).map_err(|error| {
        let message = "Pinecone answers something that is not its API; check its address";
        PineconeFailure::of(Error::unavailable(message).with_source(error))
    })
}

/// Whether the failure is temporary.
fn is_passing(status: StatusCode) -> bool {
    let asks_again = [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_MANY_REQUESTS];
    asks_again.contains(&status) || status.is_server_error()
}

async fn read(mut response: Response) -> Result<Vec<u8>, PineconeFailure> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(PineconeFailure::unreachable)?
    {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > LARGEST_ANSWER {
            let message = "Pinecone answers more than anybody asked for";
            return Err(PineconeFailure::of(Error::unavailable(message)));
        }
    }
    Ok(bytes)
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

/// The pause that a response asks for in its `Retry-After`, in seconds; the date form is ignored.
fn asked_pause(response: &Response) -> Option<Duration> {
    let value = response.headers().get(RETRY_AFTER)?.to_str().ok()?;
    let seconds = value.trim().parse::<f64>().ok()?;
    Duration::try_from_secs_f64(seconds).ok()
}

impl PineconeFailure {
    fn of(error: Error) -> Self {
        Self {
            error,
            status: None,
            repeatable: false,
            retry_after: None,
        }
    }

    /// The connection could not be made, or it broke.
    fn unreachable(error: reqwest::Error) -> Self {
        let error =
            Error::unavailable("Pinecone cannot be reached").with_source(error.without_url());
        Self {
            repeatable: true,
            ..Self::of(error)
        }
    }

    /// Pinecone sent nothing within the timeout.
    fn silent() -> Self {
        Self {
            repeatable: true,
            ..Self::of(Error::unavailable("Pinecone is silent for too long"))
        }
    }

    /// Pinecone returned an error status.
    fn refused(status: StatusCode, cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
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
            StatusCode::NOT_FOUND => {
                Error::unavailable("Pinecone does not know what was asked for")
            }
            _ if is_passing(status) => {
                Error::unavailable("Pinecone has a problem; try again later")
            }
            _ => Error::internal("asking Pinecone"),
        };
        Self {
            status: Some(status),
            ..Self::of(error.with_source(cause))
        }
    }

    /// Whether the requested thing does not exist.
    pub(super) fn is_not_found(&self) -> bool {
        self.status == Some(StatusCode::NOT_FOUND)
    }

    /// Whether the name is already in use.
    pub(super) fn is_taken(&self) -> bool {
        self.status == Some(StatusCode::CONFLICT)
    }

    /// Whether the index may have been deleted: it was not found, or its host does not answer.
    pub(super) fn may_be_gone(&self) -> bool {
        self.is_not_found() || (self.status.is_none() && self.repeatable)
    }
}

/// Converts a "not found" failure into `None`.
pub(super) fn there<T>(outcome: Result<T, PineconeFailure>) -> Result<Option<T>, PineconeFailure> {
    match outcome {
        Ok(answer) => Ok(Some(answer)),
        Err(failure) if failure.is_not_found() => Ok(None),
        Err(failure) => Err(failure),
    }
}
