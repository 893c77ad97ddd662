//! Reads a body that is neither too large nor too slow; what is too large is never read whole.

use std::time::Duration;

use axum::{
    body::Body,
    http::{HeaderMap, header},
};
use futures::StreamExt;

use super::error::Refusal;

/// Reads the whole body.
pub(crate) async fn read(
    headers: &HeaderMap,
    body: Body,
    most: usize,
    patience: Duration,
) -> Result<Vec<u8>, Refusal> {
    let announced = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok())
        .and_then(|length| length.parse::<usize>().ok());
    if announced.is_some_and(|announced| announced > most) {
        return Err(Refusal::too_large(most));
    }
    let read = async {
        let mut chunks = body.into_data_stream();
        let mut bytes = Vec::new();
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|_| Refusal::malformed("the body ended before its end"))?;
            if bytes.len() + chunk.len() > most {
                return Err(Refusal::too_large(most));
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    };
    tokio::time::timeout(patience, read)
        .await
        .unwrap_or_else(|_| Err(Refusal::too_slow()))
}
