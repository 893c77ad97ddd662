//! Reads a body that is neither too large nor too slow; what is too large is never read whole.

use std::time::Duration;

use axum::{
    body::{Body, BodyDataStream},
    http::{HeaderMap, header},
};
use futures::StreamExt;

use super::{HttpState, refusal::Refusal};

/// How much of a refused body is thrown away, so that its sender gets to read why, and for how long.
const MOST_DISCARDED: usize = 16 * 1024 * 1024;
const LINGER: Duration = Duration::from_secs(2);

/// Reads the whole body.
pub(crate) async fn read(
    state: &HttpState,
    headers: &HeaderMap,
    body: Body,
) -> Result<Vec<u8>, Refusal> {
    let most = state.config().body_bytes;
    let mut chunks = body.into_data_stream();
    let read = async {
        let mut bytes = Vec::new();
        if announced(headers).is_some_and(|announced| announced > most) {
            return Err(Refusal::too_large(most));
        }
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|_| Refusal::malformed("the body ended before its end"))?;
            if bytes.len() + chunk.len() > most {
                return Err(Refusal::too_large(most));
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    };
    let patience = state.config().body_timeout();
    let bytes = tokio::time::timeout(patience, read)
        .await
        .unwrap_or_else(|_| Err(Refusal::too_slow()));
    if bytes.is_err() {
        state
            .tasks()
            .spawn(tokio::time::timeout(LINGER, discard(chunks)));
    }
    bytes
}

fn announced(headers: &HeaderMap) -> Option<usize> {
    headers
        .get(header::CONTENT_LENGTH)?
        .to_str()
        .ok()?
        .parse()
        .ok()
}

/// A connection that is closed with unread bytes takes the answer down with it.
async fn discard(mut chunks: BodyDataStream) {
    let mut left = MOST_DISCARDED;
    while let Some(Ok(chunk)) = chunks.next().await {
        match left.checked_sub(chunk.len()) {
            Some(less) => left = less,
            None => return,
        }
    }
}
