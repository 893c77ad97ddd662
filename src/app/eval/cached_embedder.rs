//! An embedding model that embeds each text once: the accounts of an evaluation have the same documents.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;

use crate::{
    domain::Usage,
    error::{Error, Result},
    port::{Embedded, Embedder, Purpose, Readiness},
};

/// An embedding model with a cache, which is never emptied: it lives as long as an evaluation.
pub(super) struct CachedEmbedder {
    embedder: Arc<dyn Embedder>,
    passages: Mutex<HashMap<String, Vec<f32>>>,
}

impl CachedEmbedder {
    /// The embedding model with an empty cache.
    pub(super) fn around(embedder: Arc<dyn Embedder>) -> Arc<dyn Embedder> {
        Arc::new(Self {
            embedder,
            passages: Mutex::default(),
        })
    }

    fn cache(&self) -> MutexGuard<'_, HashMap<String, Vec<f32>>> {
        self.passages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Embedder for CachedEmbedder {
    fn model(&self) -> &str {
        self.embedder.model()
    }

    async fn dimensions(&self) -> Result<usize> {
        self.embedder.dimensions().await
    }

    async fn embed(&self, texts: &[String], purpose: Purpose) -> Result<Embedded> {
        if purpose == Purpose::Question {
            return self.embedder.embed(texts, purpose).await;
        }
        let is_new = |text: &&String| !self.cache().contains_key(*text);
        let new: Vec<String> = texts.iter().filter(is_new).cloned().collect();
        let mut usage = Usage::default();
        if !new.is_empty() {
            let embedded = self.embedder.embed(&new, purpose).await?;
            self.cache().extend(new.into_iter().zip(embedded.vectors));
            usage = embedded.usage;
        }
        let cache = self.cache();
        let vectors = texts.iter().map(|text| cache.get(text).cloned());
        let vectors: Option<Vec<_>> = vectors.collect();
        let vectors = vectors
            .ok_or_else(|| Error::unavailable("the embedding model returned too few vectors"))?;
        Ok(Embedded { vectors, usage })
    }

    fn count_tokens(&self, text: &str) -> usize {
        self.embedder.count_tokens(text)
    }

    fn longest_text(&self) -> usize {
        self.embedder.longest_text()
    }

    async fn prepare(&self) -> Result<()> {
        self.embedder.prepare().await
    }

    fn readiness(&self) -> Readiness {
        self.embedder.readiness()
    }
}
