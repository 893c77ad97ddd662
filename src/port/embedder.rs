//! Embeds texts: vectors of texts with similar meaning are close to each other.

use async_trait::async_trait;

use super::Readiness;
use crate::{domain::Usage, error::Result};

/// What a text is embedded for; some models treat the two differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A stored text that searches find.
    Passage,
    /// The text of a search.
    Question,
}

/// The vectors of texts, and what they cost.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Embedded {
    /// A vector for each text, in the order of the texts.
    pub vectors: Vec<Vec<f32>>,
    /// The input tokens that a provider counted, and their cost; zero for a model of this process.
    pub usage: Usage,
}

/// An embedding model.
#[async_trait]
pub trait Embedder: Send + Sync {
    /// The model's name. Vectors of models with different names cannot be compared.
    fn model(&self) -> &str;

    /// The number of dimensions of the model's vectors. Calls the model when it is not configured.
    async fn dimensions(&self) -> Result<usize>;

    /// The texts' vectors, each of length 1. Accepts any number of texts and splits them into
    /// batches for the model. A text that is too long is truncated. UNAVAILABLE when the model is busy or not
    /// reachable, after retries where those may help. Dropping the future releases its resources.
    async fn embed(&self, texts: &[String], purpose: Purpose) -> Result<Embedded>;

    /// An estimate of the number of tokens of a text.
    fn count_tokens(&self, text: &str) -> usize;

    /// The maximum number of tokens of one text.
    fn longest_text(&self) -> usize;

    /// Loads the model, if it is one of this process that is loaded only when it is needed.
    async fn prepare(&self) -> Result<()> {
        Ok(())
    }

    /// Whether the model can embed now, perhaps after it is loaded.
    fn readiness(&self) -> Readiness;
}
