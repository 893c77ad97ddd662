//! Automatic persisted queries: a client sends the hash of a document, and the document itself only when asked for it.
//!
//! The key is the SHA-256 of the text, computed here, so nobody can put another text behind a hash; and whoever knows the
//! hash knows the text. That is why all tenants share one cache. It holds documents that passed the guard, and no
//! decision about who may run them.

use std::sync::Arc;

use moka::future::Cache;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::refusal::Refusal;

/// The hash of a document.
pub(crate) type Hash = [u8; 32];

/// The documents that clients taught us.
#[derive(Debug, Clone)]
pub(crate) struct Persisted(Cache<Hash, Arc<str>>);

impl Persisted {
    /// Remembers at most so many bytes.
    pub(crate) fn new(bytes: u64) -> Self {
        let cache = Cache::builder()
            .max_capacity(bytes)
            .weigher(|_: &Hash, text: &Arc<str>| u32::try_from(text.len() + 96).unwrap_or(u32::MAX))
            .build();
        Self(cache)
    }

    /// The document of a request: its own, or the one that its hash stands for. With the hash under which to remember it.
    pub(crate) async fn document(
        &self,
        query: Option<String>,
        extensions: &Map<String, Value>,
    ) -> Result<(Arc<str>, Option<Hash>), Refusal> {
        let hash = extensions.get("persistedQuery").map(read).transpose()?;
        match (query, hash) {
            (Some(query), None) => Ok((query.into(), None)),
            (Some(query), Some(hash)) if hash == Hash::from(Sha256::digest(&query)) => {
                Ok((query.into(), Some(hash)))
            }
            (Some(_), Some(_)) => Err(Refusal::input(
                "extensions.persistedQuery.sha256Hash",
                "is not the SHA-256 of the query",
            )),
            (None, Some(hash)) => match self.0.get(&hash).await {
                Some(query) => Ok((query, None)),
                None => Err(Refusal::persisted_query_not_found()),
            },
            (None, None) => Err(Refusal::malformed(
                "query: is missing, expected a GraphQL document",
            )),
        }
    }

    /// Remembers a document that passed the guard.
    pub(crate) async fn remember(&self, hash: Hash, document: Arc<str>) {
        self.0.insert(hash, document).await;
    }
}

fn read(extension: &Value) -> Result<Hash, Refusal> {
    if extension.get("version").and_then(Value::as_u64) != Some(1) {
        return Err(Refusal::input(
            "extensions.persistedQuery.version",
            "is not 1, the one that we know",
        ));
    }
    extension
        .get("sha256Hash")
        .and_then(Value::as_str)
        .and_then(|text| {
            data_encoding::HEXLOWER_PERMISSIVE
                .decode(text.as_bytes())
                .ok()
        })
        .and_then(|bytes| Hash::try_from(bytes).ok())
        .ok_or_else(|| {
            Refusal::input(
                "extensions.persistedQuery.sha256Hash",
                "is not a SHA-256 in hexadecimal",
            )
        })
}
