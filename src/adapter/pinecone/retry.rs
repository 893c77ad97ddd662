//! One call of the API: its key and version, how long it may take, how often it is repeated, and how large its answer may
//! be. Everything that is asked here may be asked twice.

use std::{error::Error as StdError, time::Duration};

use reqwest::{
    Client, Method, Response, StatusCode,
    header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER},
};
use serde::de::DeserializeOwned;
use tokio::time::{Instant, timeout};

use super::{PineconePatience, wire::Refusal};
use crate::error::{Error, Result};

/// The version of the API; without it, the oldest one would answer.
const VERSION: &str = "2025-10";
/// A call is tried so often.
const MOST_TRIES: u32 = 3;
/// An answer is read this far: the counts of a hundred thousand namespaces, or a hundred vectors of the greatest length.
const LARGEST_ANSWER: usize = 32 << 20;
/// Pinecone's own words go this far into the log.
const LONGEST_CAUSE: usize = 500;

/// The API as one key may use it.
#[derive(Clone)]
pub(super) struct Api {
    pub(super) client: Client,
    pub(super) key: HeaderValue,
    pub(super) patience: PineconePatience,
}

/// A call that failed.
pub(super) struct Failure {
    error: Error,
    /// What was answered, if anything was.
    status: Option<StatusCode>,
    repeatable: bool,
    retry_after: Option<Duration>,
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        failure.error
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::of(error)
    }
}

impl Api {
    /// Asks until there is an answer, or until asking again is no use or takes too long. A method, an address and a JSON
    /// body, which is none where it is empty.
    pub(super) async fn ask(
        &self,
        method: Method,
        url: &str,
        body: &str,
    ) -> Result<Vec<u8>, Failure> {
        let end = Instant::now() + self.patience.call;
        let mut pause = self.patience.pause;
        for tried in 1.. {
            let left = end.saturating_duration_since(Instant::now());
            let patience = self.patience.request.min(left);
            let failure = match timeout(patience, self.ask_once(method.clone(), url, body)).await {
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(failure)) => failure,
                Err(_) => Failure::silent(),
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
        Err(Failure::silent())
    }

    async fn ask_once(&self, method: Method, url: &str, body: &str) -> Result<Vec<u8>, Failure> {
        let mut request = self
            .client
            .request(method, url)
            .header("Api-Key", self.key.clone())
            .header("X-Pinecone-Api-Version", VERSION);
        if !body.is_empty() {
            let body = body.to_owned();
            request = request.header(CONTENT_TYPE, "application/json").body(body);
        }
        let response = request.send().await.map_err(Failure::unreachable)?;
        let (status, retry_after) = (response.status(), asked_pause(&response));
        let answer = read(response).await;
        if status.is_success() {
            return answer;
        }
        let answer = answer.unwrap_or_default();
        // whatever is said, the key is not repeated
        let key = String::from_utf8_lossy(self.key.as_bytes());
        let cause = format!("{status}: {}", said(&answer).replace(&*key, "<key>"));
        Err(Failure {
            repeatable: is_passing(status),
            retry_after,
            ..Failure::refused(status, cause)
        })
    }
}

/// The answer as what it should be.
pub(super) fn parse<T: DeserializeOwned>(answer: &[u8]) -> Result<T, Failure> {
    serde_json::from_slice(answer).map_err(|error| {
        let message = "Pinecone answers something that is not its API; check its address";
        Failure::of(Error::unavailable(message).because(error))
    })
}

/// Whether it may be otherwise in a moment.
fn is_passing(status: StatusCode) -> bool {
    let asks_again = [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_MANY_REQUESTS];
    asks_again.contains(&status) || status.is_server_error()
}

async fn read(mut response: Response) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(Failure::unreachable)? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > LARGEST_ANSWER {
            let message = "Pinecone answers more than anybody asked for";
            return Err(Failure::of(Error::unavailable(message)));
        }
    }
    Ok(bytes)
}

/// The words of a refusal.
fn said(answer: &[u8]) -> String {
    let refusal = serde_json::from_slice::<Refusal>(answer);
    let said = refusal.map_or_else(
        |_| String::from_utf8_lossy(answer).into_owned(),
        Refusal::message,
    );
    said.chars().take(LONGEST_CAUSE).collect()
}

/// The seconds of a `Retry-After`; the form with a date is not worth a parser here.
fn asked_pause(response: &Response) -> Option<Duration> {
    let value = response.headers().get(RETRY_AFTER)?.to_str().ok()?;
    let seconds = value.trim().parse::<f64>().ok()?;
    Duration::try_from_secs_f64(seconds).ok()
}

impl Failure {
    fn of(error: Error) -> Self {
        Self {
            error,
            status: None,
            repeatable: false,
            retry_after: None,
        }
    }

    /// No connection, or none that holds.
    fn unreachable(error: reqwest::Error) -> Self {
        let error = Error::unavailable("Pinecone cannot be reached").because(error.without_url());
        Self {
            repeatable: true,
            ..Self::of(error)
        }
    }

    /// A connection, and nothing comes.
    fn silent() -> Self {
        Self {
            repeatable: true,
            ..Self::of(Error::unavailable("Pinecone is silent for too long"))
        }
    }

    /// A status other than a good one.
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
            ..Self::of(error.because(cause))
        }
    }

    /// What was asked for is not there.
    pub(super) fn is_not_found(&self) -> bool {
        self.status == Some(StatusCode::NOT_FOUND)
    }

    /// Something of that name is there already.
    pub(super) fn is_taken(&self) -> bool {
        self.status == Some(StatusCode::CONFLICT)
    }

    /// Whether it looks as if whoever was asked is no longer there.
    pub(super) fn may_be_gone(&self) -> bool {
        self.is_not_found() || (self.status.is_none() && self.repeatable)
    }
}

/// What is not there is none, and no failure.
pub(super) fn there<T>(outcome: Result<T, Failure>) -> Result<Option<T>, Failure> {
    match outcome {
        Ok(answer) => Ok(Some(answer)),
        Err(failure) if failure.is_not_found() => Ok(None),
        Err(failure) => Err(failure),
    }
}
