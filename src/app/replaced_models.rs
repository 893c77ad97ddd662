//! Models that stand in for the configured ones.

use std::sync::Arc;

use crate::{engine::Models, port::Embedder};

/// The models that an evaluation has in place of the configured ones.
#[derive(Default)]
pub(crate) struct ReplacedModels {
    /// The chat models.
    pub(crate) chat: Option<Models>,
    /// What is put around the embedding model.
    pub(crate) embedder: Option<AroundEmbedder>,
}

/// Puts something around an embedding model.
type AroundEmbedder = fn(Arc<dyn Embedder>) -> Arc<dyn Embedder>;

impl ReplacedModels {
    /// The configured embedding model with what is put around it.
    pub(super) fn around(&self, configured: Arc<dyn Embedder>) -> Arc<dyn Embedder> {
        match self.embedder {
            Some(around) => around(configured),
            None => configured,
        }
    }
}
