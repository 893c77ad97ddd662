//! Reads a body within limits of its size, its time, and the length and depth of its JSON. A body that is too large is
//! never read completely; [`super::lingering`] discards what its sender still sends after the refusal.

use std::sync::{Arc, atomic::Ordering};

use axum::{
    body::Body,
    http::{HeaderMap, header, request::Parts},
};
use futures::StreamExt;

use super::{HttpState, json, refusal::Refusal, usage::ConnectionUsage};
use crate::config::RequestLimits;

/// Reads the whole body, within the limits of its caller.
pub(crate) async fn read(
    state: &HttpState,
    parts: &Parts,
    body: Body,
    limits: &RequestLimits,
) -> Result<Vec<u8>, Refusal> {
    let (most, most_with_key) = (limits.body_bytes, state.config().body_bytes);
    let read = async {
        let announced = announced(&parts.headers);
        if announced.is_some_and(|announced| announced > most) {
            return Err(Refusal::too_large(most, most_with_key));
        }
        let mut chunks = body.into_data_stream();
        let mut bytes = Vec::new();
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|_| Refusal::malformed("the body ended before its end"))?;
            if bytes.len() + chunk.len() > most {
                return Err(Refusal::too_large(most, most_with_key));
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    };
    let limit = state.config().body_timeout();
    let Ok(bytes) = tokio::time::timeout(limit, read).await else {
        if let Some(usage) = parts.extensions.get::<Arc<ConnectionUsage>>() {
            usage.is_late.store(true, Ordering::Relaxed);
        }
        return Err(Refusal::too_slow());
    };
    let bytes = bytes?;
    json::check(&bytes, "the body", limits.json)?;
    Ok(bytes)
}

/// The size of the body as its head announces it.
pub(super) fn announced(headers: &HeaderMap) -> Option<usize> {
    headers
        .get(header::CONTENT_LENGTH)?
        .to_str()
        .ok()?
        .parse()
        .ok()
}
