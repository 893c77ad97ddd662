//! One encoder block: attention in which every token sees all others, then the feed-forward part.

use super::linear::Linear;
use super::norm::{Norm, gelu};
use super::settings::Settings;
use super::weights::Weights;
use crate::LoadError;
use crate::model::{View, add, float, multiply, scale, softmax};

/// The weights of one block.
pub(super) struct Layer {
    query: Linear,
    key: Linear,
    value: Linear,
    attended: Linear,
    attention_norm: Norm,
    up: Linear,
    down: Linear,
    feed_forward_norm: Norm,
    width: usize,
    heads: usize,
}

impl Layer {
    /// Reads the block at `index`.
    pub(super) fn load(
        file: &mut Weights,
        settings: &Settings,
        index: usize,
    ) -> Result<Self, LoadError> {
        let (width, inner) = (settings.hidden_size, settings.intermediate_size);
        let name = |part: &str| format!("encoder.layer.{index}.{part}");
        let mut square = |part: &str| Linear::load(file, &name(part), width, width);
        Ok(Self {
            query: square("attention.self.query")?,
            key: square("attention.self.key")?,
            value: square("attention.self.value")?,
            attended: square("attention.output.dense")?,
            attention_norm: Norm::load(file, &name("attention.output.LayerNorm"), settings)?,
            up: Linear::load(file, &name("intermediate.dense"), width, inner)?,
            down: Linear::load(file, &name("output.dense"), inner, width)?,
            feed_forward_norm: Norm::load(file, &name("output.LayerNorm"), settings)?,
            width,
            heads: settings.num_attention_heads,
        })
    }

    /// Applies the block to the rows of one text, in place.
    pub(super) fn apply(&self, stream: &mut [f32]) {
        let attended = self.attention(stream);
        add(stream, &self.attended.apply(&attended));
        self.attention_norm.apply(stream);

        let mut inner = self.up.apply(stream);
        gelu(&mut inner);
        add(stream, &self.down.apply(&inner));
        self.feed_forward_norm.apply(stream);
    }

    fn attention(&self, stream: &[f32]) -> Vec<f32> {
        let width = self.width;
        let (rows, head) = (stream.len() / width, width / self.heads);
        let queries = self.query.apply(stream);
        let keys = self.key.apply(stream);
        let values = self.value.apply(stream);
        let mut output = vec![0.0; stream.len()];
        let mut shares = vec![0.0; rows * rows];
        for index in 0..self.heads {
            let begin = index * head;
            let part = |whole| View::of(skip(whole, begin), rows, head, width);
            multiply(part(&queries), part(&keys).transposed(), &mut shares, rows);
            scale(&mut shares, float(head).sqrt().recip());
            shares.chunks_exact_mut(rows).for_each(softmax);
            let (_, output) = output.split_at_mut(begin);
            multiply(
                View::of(&shares, rows, rows, rows),
                part(&values),
                output,
                width,
            );
        }
        output
    }
}

fn skip(values: &[f32], count: usize) -> &[f32] {
    values.split_at(count).1
}
