//! Turns texts into vectors whose closeness is closeness of meaning.

use async_trait::async_trait;

use super::Readiness;
use crate::error::Result;

/// What a text is embedded for; some models tell the two apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// It is to be found.
    Passage,
    /// It is what is looked for.
    Question,
}

/// An embedding model.
#[async_trait]
pub trait Embedder: Send + Sync {
    /// Names the model: vectors of two names cannot be compared.
    fn model(&self) -> &str;

    /// How many numbers its vectors have. Asks the model where only the model knows.
    async fn dimensions(&self) -> Result<usize>;

    /// The texts' vectors, in the same order, each of length 1. Any number of texts: what the model cannot take at once
    /// goes to it in parts. A text that is too long counts as far as the model reads. UNAVAILABLE when the model is
    /// busy or away, after retries where those may help; dropping it frees what it holds.
    async fn embed(&self, texts: &[String], purpose: Purpose) -> Result<Vec<Vec<f32>>>;

    /// About how many tokens a text has.
    fn count_tokens(&self, text: &str) -> usize;

    /// The tokens that one text may have.
    fn longest_text(&self) -> usize;

    /// Whether it could embed now.
    fn readiness(&self) -> Readiness;
}
