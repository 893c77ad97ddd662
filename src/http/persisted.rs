//! Automatic persisted queries: a client sends the hash of a document, and the document itself only when it is missing; and
//! registered operations, which an account may prescribe for its end users.
//!
//! The key of the cache is the SHA-256 of the text, computed here, so no client can store another text under a hash, and a client
//! that knows the hash knows the text. Therefore all accounts share one cache. It holds documents that passed the
//! guard, and no decision about permissions. Other processes write to it too, so the text from the cache is hashed
//! again, and the document is measured again at every use.

use std::{sync::Arc, time::Duration};

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{failure_log::FailureLog, refusal::Refusal, requester::Requester};
use crate::{
    domain::Actor,
    port::Cache,
    service::{OperationSet, OperationSets},
};

/// The time for which a document is cached; afterwards a client must send it again.
const REMEMBERED: Duration = Duration::from_hours(24 * 7);

/// The SHA-256 of a document.
pub(crate) type Hash = [u8; 32];

/// The documents that a request can name by their hash.
#[derive(Clone)]
pub(crate) struct Persisted {
    cache: Arc<dyn Cache>,
    operations: OperationSets,
    failures: Arc<FailureLog>,
}

impl Persisted {
    pub(crate) fn new(
        cache: Arc<dyn Cache>,
        operations: OperationSets,
        failures: Arc<FailureLog>,
    ) -> Self {
        Self {
            cache,
            operations,
            failures,
        }
    }

    /// The document of a request: its own, or the known one with the `named` hash. An end user whose account lets it execute
    /// registered operations only gets a registered one, or `FORBIDDEN`. Also returns the hash for [`Self::remember`] when
    /// the request has both the document and the hash.
    pub(crate) async fn document(
        &self,
        query: Option<String>,
        named: Option<Hash>,
        requester: &Requester,
    ) -> Result<(Arc<str>, Option<Hash>), Refusal> {
        let own = |query: &String| Hash::from(Sha256::digest(query));
        if let (Some(query), Some(named)) = (&query, named)
            && own(query) != named
        {
            return Err(Refusal::input(
                "extensions.persistedQuery.sha256Hash",
                "is not the SHA-256 of the query",
            ));
        }
        if let Some(actor) = requester.actor.as_ref()
            && actor.end_user().is_some()
        {
            let set = self.set(actor, requester).await?;
            if set.is_closed() {
                let hash = named.or_else(|| query.as_ref().map(own));
                let document = hash.and_then(|hash| set.document(&hash));
                let document = document.ok_or_else(Refusal::unregistered_operation)?;
                return Ok((document, None));
            }
        }
        match (query, named) {
            (Some(query), named) => Ok((query.into(), named)),
            (None, Some(hash)) => Ok((self.known(hash, requester).await?, None)),
            (None, None) => Err(Refusal::malformed(
                "query: is missing, expected a GraphQL document",
            )),
        }
    }

    /// The document with this hash that was cached, or that the caller's account has registered.
    async fn known(&self, hash: Hash, requester: &Requester) -> Result<Arc<str>, Refusal> {
        if let Some(document) = find(&*self.cache, hash).await {
            return Ok(document);
        }
        let registered = match &requester.actor {
            Some(actor) => self.set(actor, requester).await?.document(&hash),
            None => None,
        };
        registered.ok_or_else(Refusal::persisted_query_not_found)
    }

    async fn set(
        &self,
        actor: &Actor,
        requester: &Requester,
    ) -> Result<Arc<OperationSet>, Refusal> {
        let set = self.operations.of(actor).await;
        set.map_err(|error| Refusal::of(error, &requester.request_id, &self.failures))
    }

    /// Caches a document that passed the guard.
    pub(crate) async fn remember(&self, hash: Hash, document: Arc<str>) {
        let text = document.as_bytes().to_vec();
        self.cache.put(&key(hash), text, REMEMBERED).await;
    }
}

/// The cached document with this hash.
async fn find(cache: &dyn Cache, hash: Hash) -> Option<Arc<str>> {
    let text = cache.get(&key(hash)).await?;
    if hash != Hash::from(Sha256::digest(&text)) {
        return None;
    }
    String::from_utf8(text).ok().map(Arc::from)
}

fn key(hash: Hash) -> String {
    format!("query:{}", HEXLOWER.encode(&hash))
}

/// The SHA-256 that a `documentId` names: in hexadecimal, after `sha256:` or alone.
pub(super) fn hash_of_id(id: &str) -> Result<Hash, Refusal> {
    let hash = id.strip_prefix("sha256:").unwrap_or(id);
    hash_of_text(hash).ok_or_else(|| {
        Refusal::input(
            "documentId",
            "is not \"sha256:\" and a SHA-256 in hexadecimal",
        )
    })
}

fn hash_of_text(text: &str) -> Option<Hash> {
    let bytes = HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok()?;
    Hash::try_from(bytes).ok()
}

/// The SHA-256 that the extension `persistedQuery` names.
pub(super) fn hash_of_extension(extension: &Value) -> Result<Hash, Refusal> {
    if extension.get("version").and_then(Value::as_u64) != Some(1) {
        return Err(Refusal::input(
            "extensions.persistedQuery.version",
            "is not 1, the one that we know",
        ));
    }
    extension
        .get("sha256Hash")
        .and_then(Value::as_str)
        .and_then(hash_of_text)
        .ok_or_else(|| {
            Refusal::input(
                "extensions.persistedQuery.sha256Hash",
                "is not a SHA-256 in hexadecimal",
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapter::memory::LocalCache;

    #[tokio::test]
    async fn a_cached_text_that_does_not_match_its_hash_is_ignored() {
        let cache: Arc<dyn Cache> = Arc::new(LocalCache::new(1_000_000));
        let text = "{ __typename }";
        let hash = Hash::from(Sha256::digest(text));
        for wrong in ["{ other: __typename }", "", "{ __typename } "] {
            let wrong = wrong.as_bytes().to_vec();
            cache.put(&key(hash), wrong, REMEMBERED).await;
            assert_eq!(find(&*cache, hash).await, None);
        }
        let right = text.as_bytes().to_vec();
        cache.put(&key(hash), right, REMEMBERED).await;
        assert_eq!(find(&*cache, hash).await.as_deref(), Some(text));
    }
}
