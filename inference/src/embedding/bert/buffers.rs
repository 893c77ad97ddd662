//! What the layers of one text write between their steps: one allocation each for all layers.

use super::attention::Heads;

#[derive(Default)]
pub(super) struct Buffers {
    /// Queries, keys and values, side by side in every row.
    pub(super) joined: Vec<f32>,
    pub(super) attended: Vec<f32>,
    /// How much every row attends to every other in one head.
    pub(super) shares: Vec<f32>,
    /// The inner rows of the feed-forward part.
    pub(super) inner: Vec<f32>,
}

impl Buffers {
    /// Gives every buffer the size that a layer needs; the steps overwrite what is in them.
    pub(super) fn fit(&mut self, heads: Heads, inner: usize) {
        let Heads { rows, width, .. } = heads;
        self.joined.resize(rows * 3 * width, 0.0);
        self.attended.resize(rows * width, 0.0);
        self.shares.resize(rows * rows, 0.0);
        self.inner.resize(rows * inner, 0.0);
    }
}
