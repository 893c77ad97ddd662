//! One encoder block: attention, then the feed-forward part.

use super::attention::Heads;
use super::buffers::Buffers;
use super::linear::Linear;
use super::norm::{Norm, gelu};
use super::settings::Settings;
use super::weights::Weights;
use crate::LoadError;

/// The weights of one block.
pub(super) struct Layer {
    /// Queries, keys and values in one product.
    joined: Linear,
    attended: Linear,
    attention_norm: Norm,
    up: Linear,
    down: Linear,
    feed_forward_norm: Norm,
    width: usize,
    inner: usize,
    heads: usize,
}

impl Layer {
    /// Reads the block at `index`.
    pub(super) fn load(
        file: &Weights,
        settings: &Settings,
        index: usize,
    ) -> Result<Self, LoadError> {
        let (width, inner) = (settings.hidden_size, settings.intermediate_size);
        let name = |part: &str| format!("encoder.layer.{index}.{part}");
        let linear = |parts: &[&str], inputs, outputs| {
            let names: Vec<_> = parts.iter().map(|part| name(part)).collect();
            Linear::load(file, &names, inputs, outputs)
        };
        let joined = [
            "attention.self.query",
            "attention.self.key",
            "attention.self.value",
        ];
        Ok(Self {
            joined: linear(&joined, width, width)?,
            attended: linear(&["attention.output.dense"], width, width)?,
            attention_norm: Norm::load(file, &name("attention.output.LayerNorm"), settings)?,
            up: linear(&["intermediate.dense"], width, inner)?,
            down: linear(&["output.dense"], inner, width)?,
            feed_forward_norm: Norm::load(file, &name("output.LayerNorm"), settings)?,
            width,
            inner,
            heads: settings.num_attention_heads,
        })
    }

    /// Applies the block to the rows of one text, in place.
    pub(super) fn apply(&self, stream: &mut [f32], buffers: &mut Buffers) {
        let heads = Heads {
            rows: stream.len() / self.width,
            width: self.width,
            count: self.heads,
        };
        buffers.fit(heads, self.inner);
        self.joined.apply(stream, &mut buffers.joined);
        heads.attend(&buffers.joined, &mut buffers.attended, &mut buffers.shares);
        self.attended.add(&buffers.attended, stream);
        self.attention_norm.apply(stream);

        self.up.apply(stream, &mut buffers.inner);
        gelu(&mut buffers.inner);
        self.down.add(&buffers.inner, stream);
        self.feed_forward_norm.apply(stream);
    }
}
