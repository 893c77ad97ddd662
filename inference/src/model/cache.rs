//! The key-value cache of a conversation.

use super::shape::Shape;

/// Memory is reserved for this many tokens at a time.
const STEP: usize = 128;

/// The keys and values of one conversation, for all layers.
pub(crate) struct Cache {
    layers: Vec<Vec<HeadCache>>,
    tokens: usize,
}

/// The keys and values of one head in one layer, token after token.
#[derive(Clone)]
pub(crate) struct HeadCache {
    pub(crate) keys: Vec<f32>,
    pub(crate) values: Vec<f32>,
}

impl Cache {
    /// Makes an empty cache; it allocates no memory for tokens until they are read.
    pub(crate) fn new(shape: &Shape) -> Self {
        let head = HeadCache {
            keys: Vec::new(),
            values: Vec::new(),
        };
        Self {
            layers: vec![vec![head; shape.kv_heads]; shape.layers],
            tokens: 0,
        }
    }

    /// The number of tokens that all layers have read.
    pub(crate) fn tokens(&self) -> usize {
        self.tokens
    }

    /// Counts tokens once every layer has read them.
    pub(crate) fn advance(&mut self, tokens: usize) {
        self.tokens += tokens;
    }

    /// The heads of one layer.
    pub(crate) fn layer(&mut self, index: usize) -> &mut [HeadCache] {
        self.layers
            .get_mut(index)
            .map_or(&mut [], Vec::as_mut_slice)
    }
}

impl HeadCache {
    /// Appends one token's key and value.
    pub(crate) fn push(&mut self, key: &[f32], value: &[f32]) {
        for (memory, new) in [(&mut self.keys, key), (&mut self.values, value)] {
            if memory.capacity() - memory.len() < new.len() {
                memory.reserve_exact(STEP * new.len());
            }
            memory.extend_from_slice(new);
        }
    }
}
