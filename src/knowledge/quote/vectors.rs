//! Caches the vectors of sentences and words, because questions to one agent meet the same ones again.

use std::{collections::HashMap, sync::Arc};

use moka::sync::Cache;

use crate::{
    domain::AccountId,
    error::{Error, Result},
    knowledge::metered_embedder::{MeteredEmbedder, Payer},
    port::Purpose,
};

/// The maximum number of cached vectors: about 13 MiB with 384 dimensions.
const MOST_CACHED: u64 = 8_192;

/// The embedding model with a cache of vectors.
#[derive(Clone)]
pub(super) struct VectorCache {
    embedder: MeteredEmbedder,
    /// By the account that the text belongs to, `None` for this program's own phrases, and the text.
    vectors: Cache<(Option<AccountId>, String), Arc<[f32]>>,
}

impl VectorCache {
    pub(super) fn new(embedder: MeteredEmbedder) -> Self {
        Self {
            embedder,
            vectors: Cache::new(MOST_CACHED),
        }
    }

    /// The vectors of texts of an account, in the same order.
    pub(super) async fn of(
        &self,
        account: Option<AccountId>,
        texts: &[&str],
    ) -> Result<Vec<Arc<[f32]>>> {
        let mut known: HashMap<&str, Arc<[f32]>> = HashMap::new();
        let mut missing: Vec<String> = Vec::new();
        for text in texts {
            match self.vectors.get(&(account, (*text).to_owned())) {
                Some(vector) => drop(known.insert(text, vector)),
                None if missing.iter().any(|listed| listed == text) => {}
                None => missing.push((*text).to_owned()),
            }
        }
        let made = if missing.is_empty() {
            Vec::new()
        } else {
            let payer = account.map(|account| Payer {
                account,
                agent: None,
            });
            let embedded = self.embedder.embed(payer, &missing, Purpose::Question);
            embedded.await?
        };
        for (text, vector) in missing.iter().zip(made) {
            let vector: Arc<[f32]> = vector.into();
            let key = (account, text.clone());
            self.vectors.insert(key, Arc::clone(&vector));
            known.insert(text, vector);
        }
        let found = texts.iter().map(|text| known.get(text).map(Arc::clone));
        let found: Option<Vec<_>> = found.collect();
        found.ok_or_else(|| Error::internal("embed the sentences of passages"))
    }
}
