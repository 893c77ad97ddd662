//! Automatic persisted queries: a client sends the hash of a document, and the document itself only when it is missing.
//!
//! The key is the SHA-256 of the text, computed here, so no client can store another text under a hash, and a client
//! that knows the hash knows the text. Therefore all accounts share one cache. It holds documents that passed the
//! guard, and no decision about permissions. Other processes write to it too, so the text from the cache is hashed
//! again, and the document is measured again at every use.

use std::{sync::Arc, time::Duration};

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::refusal::Refusal;
use crate::port::Cache;

/// The time for which a document is cached; afterwards a client must send it again.
const REMEMBERED: Duration = Duration::from_hours(24 * 7);

/// The SHA-256 of a document.
pub(crate) type Hash = [u8; 32];

/// The cache of persisted documents.
#[derive(Clone)]
pub(crate) struct Persisted(Arc<dyn Cache>);

impl Persisted {
    pub(crate) fn new(cache: Arc<dyn Cache>) -> Self {
        Self(cache)
    }

    /// The document of a request: its own, or the cached one with its hash. Also returns the hash for
    /// [`Self::remember`] when the request has both the document and the hash.
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
            (None, Some(hash)) => match self.find(hash).await {
                Some(query) => Ok((query, None)),
                None => Err(Refusal::persisted_query_not_found()),
            },
            (None, None) => Err(Refusal::malformed(
                "query: is missing, expected a GraphQL document",
            )),
        }
    }

    /// Caches a document that passed the guard.
    pub(crate) async fn remember(&self, hash: Hash, document: Arc<str>) {
        let text = document.as_bytes().to_vec();
        self.0.put(&key(hash), text, REMEMBERED).await;
    }

    async fn find(&self, hash: Hash) -> Option<Arc<str>> {
        let text = self.0.get(&key(hash)).await?;
        if hash != Hash::from(Sha256::digest(&text)) {
            return None;
        }
        String::from_utf8(text).ok().map(Arc::from)
    }
}

fn key(hash: Hash) -> String {
    format!("query:{}", HEXLOWER.encode(&hash))
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
        .and_then(|text| HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok())
        .and_then(|bytes| Hash::try_from(bytes).ok())
        .ok_or_else(|| {
            Refusal::input(
                "extensions.persistedQuery.sha256Hash",
                "is not a SHA-256 in hexadecimal",
            )
        })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::adapter::memory::LocalCache;

    #[tokio::test]
    async fn a_cached_text_that_does_not_match_its_hash_is_ignored() {
        let cache = Arc::new(LocalCache::new(1_000_000));
        let persisted = Persisted::new(Arc::clone(&cache) as _);
        let text = "{ __typename }";
        let hash = Hash::from(Sha256::digest(text));
        let extension = json!({"version": 1, "sha256Hash": HEXLOWER.encode(&hash)});
        let asked = Map::from_iter([("persistedQuery".to_owned(), extension)]);
        for wrong in ["{ other: __typename }", "", "{ __typename } "] {
            let wrong = wrong.as_bytes().to_vec();
            cache.put(&key(hash), wrong, REMEMBERED).await;
            assert!(persisted.document(None, &asked).await.is_err());
        }
        persisted.remember(hash, text.into()).await;
        let Ok((found, _)) = persisted.document(None, &asked).await else {
            panic!("it was taught");
        };
        assert_eq!(&*found, text);
    }
}
