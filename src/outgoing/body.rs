//! Reads the body of a response up to a size, with a limit on its silence.

use std::time::Duration;

use reqwest::Response;

use crate::idle_timeout::IdleTimeout;

/// The limits of a response's body.
#[derive(Debug, Clone, Copy)]
pub struct BodyLimits {
    /// The maximum size in bytes, after decompression.
    pub bytes: usize,
    /// The maximum wait for the next bytes.
    pub idle: Duration,
}

/// Why a body was not read to its end.
#[derive(Debug)]
pub enum BodyFailure {
    /// The body exceeds the maximum size.
    TooLarge,
    /// No bytes arrived within the maximum wait.
    Silent,
    /// The connection broke. The URL was removed from the error, because it may contain a secret.
    Broken(reqwest::Error),
}

/// Reads the whole body.
pub async fn read_body(mut response: Response, limits: BodyLimits) -> Result<Vec<u8>, BodyFailure> {
    let announced = response.content_length().unwrap_or_default();
    if usize::try_from(announced).map_or(true, |announced| announced > limits.bytes) {
        return Err(BodyFailure::TooLarge);
    }
    let mut timeout = IdleTimeout::of(limits.idle);
    let mut body = Vec::new();
    loop {
        let chunk = timeout.with(response.chunk()).await;
        let chunk = chunk
            .ok_or(BodyFailure::Silent)?
            .map_err(|error| BodyFailure::Broken(error.without_url()))?;
        let Some(chunk) = chunk else {
            return Ok(body);
        };
        if chunk.len() > limits.bytes - body.len() {
            return Err(BodyFailure::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
}
