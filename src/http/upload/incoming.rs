//! A body with files as it comes in: bounded in its size and in its pace.

use std::{
    fmt,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use async_stream::try_stream;
use axum::{
    body::{Body, Bytes},
    http::request::Parts,
};
use futures::{Stream, StreamExt};
use tokio::time::{Instant, timeout_at};

use super::super::{HttpState, body::announced, refusal::Refusal, usage::ConnectionUsage};

/// The slowest pace of a sender, in bytes per second: a slower one would keep its slot from others.
const SLOWEST: usize = 32 * 1024;

/// Why no more of a body is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BodyEnd {
    /// It has more than this number of bytes.
    TooLarge(usize),
    TooSlow,
    /// The sender has gone.
    Broken,
}

impl fmt::Display for BodyEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no more of the body is read")
    }
}

impl std::error::Error for BodyEnd {}

impl From<BodyEnd> for Refusal {
    fn from(end: BodyEnd) -> Self {
        match end {
            BodyEnd::TooLarge(most) => Self::too_large(most, most),
            BodyEnd::TooSlow => Self::too_slow(),
            BodyEnd::Broken => Self::malformed("the body ended before its end"),
        }
    }
}

/// The body, of at most `most` bytes. It ends with an error when nothing comes for the time of a body, or when it comes at
/// less than the slowest pace.
pub(super) fn incoming(
    state: &HttpState,
    parts: &Parts,
    body: Body,
    most: usize,
) -> Result<impl Stream<Item = Result<Bytes, BodyEnd>> + Send + use<>, Refusal> {
    if announced(&parts.headers).is_some_and(|announced| announced > most) {
        return Err(BodyEnd::TooLarge(most).into());
    }
    let patience = state.config().body_timeout();
    let usage = parts.extensions.get::<Arc<ConnectionUsage>>().cloned();
    let began = Instant::now();
    let mut chunks = body.into_data_stream();
    Ok(try_stream! {
        let mut received = 0;
        loop {
            let deadline = (Instant::now() + patience).min(began + patience + time_for(received));
            let Ok(chunk) = timeout_at(deadline, chunks.next()).await else {
                if let Some(usage) = &usage {
                    usage.is_late.store(true, Ordering::Relaxed);
                }
                Err(BodyEnd::TooSlow)?;
                return;
            };
            let Some(chunk) = chunk else {
                return;
            };
            let chunk = chunk.map_err(|_| BodyEnd::Broken)?;
            received += chunk.len();
            if received > most {
                Err(BodyEnd::TooLarge(most))?;
            }
            yield chunk;
        }
    })
}

/// The longest time in which this number of bytes may come.
fn time_for(bytes: usize) -> Duration {
    Duration::from_secs(u64::try_from(bytes / SLOWEST).unwrap_or(u64::MAX))
}
