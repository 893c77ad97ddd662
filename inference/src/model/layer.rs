//! One transformer block: attention, then the feed-forward part, each added to the residual stream.

use super::Segment;
use super::attention::{Group, attend};
use super::gguf::Gguf;
use super::kernel::{add, rms_norm, swiglu};
use super::matrix::Matrix;
use super::rope::{Rope, Rotation};
use super::shape::Shape;
use crate::LoadError;

/// The weights of one block.
pub(crate) struct Layer {
    index: usize,
    attention_norm: Vec<f32>,
    query: Matrix,
    key: Matrix,
    value: Matrix,
    attended: Matrix,
    feed_forward_norm: Vec<f32>,
    gate: Matrix,
    up: Matrix,
    down: Matrix,
}

impl Layer {
    /// Reads the block at `index`.
    pub(crate) fn load(file: &mut Gguf, shape: &Shape, index: usize) -> Result<Self, LoadError> {
        let name = |part: &str| format!("blk.{index}.{part}");
        let (hidden, inner) = (shape.hidden, shape.feed_forward);
        let (queries, keys) = (shape.query_width(), shape.key_width());
        Ok(Self {
            index,
            attention_norm: file.vector(&name("attn_norm.weight"), hidden)?,
            query: Matrix::load(file, &name("attn_q"), hidden, queries)?,
            key: Matrix::load(file, &name("attn_k"), hidden, keys)?,
            value: Matrix::load(file, &name("attn_v"), hidden, keys)?,
            attended: Matrix::load(file, &name("attn_output"), queries, hidden)?,
            feed_forward_norm: file.vector(&name("ffn_norm.weight"), hidden)?,
            gate: Matrix::load(file, &name("ffn_gate"), hidden, inner)?,
            up: Matrix::load(file, &name("ffn_up"), hidden, inner)?,
            down: Matrix::load(file, &name("ffn_down"), inner, hidden)?,
        })
    }

    /// Applies the block to the rows of all segments, in place.
    pub(crate) fn apply(
        &self,
        context: &Context<'_>,
        segments: &mut [Segment<'_>],
        stream: &mut [f32],
    ) {
        let epsilon = context.shape.norm_epsilon;
        let input = rms_norm(stream, &self.attention_norm, epsilon);
        let attended = self.attention(context, segments, &input);
        add(stream, &self.attended.apply(&attended));

        let input = rms_norm(stream, &self.feed_forward_norm, epsilon);
        let mut inner = self.gate.apply(&input);
        swiglu(&mut inner, &self.up.apply(&input));
        add(stream, &self.down.apply(&inner));
    }

    fn attention(
        &self,
        context: &Context<'_>,
        segments: &mut [Segment<'_>],
        input: &[f32],
    ) -> Vec<f32> {
        let shape = context.shape;
        let (query_width, key_width) = (shape.query_width(), shape.key_width());
        let mut queries = self.query.apply(input);
        let mut keys = self.key.apply(input);
        let values = self.value.apply(input);
        let rows = queries
            .chunks_exact_mut(query_width)
            .zip(keys.chunks_exact_mut(key_width));
        for ((query, key), rotation) in rows.zip(context.rotations) {
            context.rope.turn(query, rotation);
            context.rope.turn(key, rotation);
        }

        let mut output = vec![0.0; queries.len()];
        let (mut queries, mut keys, mut values) = (&*queries, &*keys, &*values);
        let mut unwritten = &mut *output;
        for segment in segments {
            let rows = segment.tokens.len();
            let segment_queries = take(&mut queries, rows * query_width);
            let segment_keys = take(&mut keys, rows * key_width);
            let segment_values = take(&mut values, rows * key_width);
            let (segment_output, rest) = unwritten.split_at_mut(rows * query_width);
            unwritten = rest;

            for (index, memory) in segment.cache.layer(self.index).iter_mut().enumerate() {
                let key_heads = segment_keys.chunks_exact(shape.head).skip(index);
                let value_heads = segment_values.chunks_exact(shape.head).skip(index);
                let heads = key_heads.zip(value_heads).step_by(shape.kv_heads);
                heads.for_each(|(key, value)| memory.push(key, value));

                let size = shape.heads / shape.kv_heads;
                let group = Group {
                    head: shape.head,
                    size,
                    index,
                };
                attend(group, memory, segment_queries, segment_output, query_width);
            }
        }
        output
    }
}

/// The values that all blocks share during one pass.
pub(crate) struct Context<'a> {
    pub(crate) shape: &'a Shape,
    pub(crate) rope: &'a Rope,
    /// One rotation per row.
    pub(crate) rotations: &'a [Rotation],
}

/// Splits off the first `length` numbers.
fn take<'a>(values: &mut &'a [f32], length: usize) -> &'a [f32] {
    let (taken, rest) = values.split_at(length);
    *values = rest;
    taken
}
