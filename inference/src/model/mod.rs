//! The transformer: weights from GGUF, and one pass over the new tokens of some conversations.

mod attention;
mod cache;
mod gguf;
mod kernel;
mod layer;
mod matrix;
mod product;
mod rope;
mod shape;
mod simd;
#[cfg(test)]
mod tests;
mod tile;

pub(crate) use cache::Cache;
pub(crate) use gguf::Gguf;
use kernel::rms_norm;
pub(crate) use kernel::{add, dot, float, scale, softmax};
use layer::{Context, Layer};
use matrix::Matrix;
pub(crate) use product::{View, multiply};
use rope::{Rope, Rotation};
use shape::Shape;
pub(crate) use simd::{Kernel, run};

use crate::LoadError;

/// The weights of one model.
pub(crate) struct Model {
    shape: Shape,
    rope: Rope,
    embedding: Matrix,
    layers: Vec<Layer>,
    norm: Vec<f32>,
    /// The output weights; `None` for a model that uses its embedding for them.
    output: Option<Matrix>,
}

/// The new tokens of one conversation, with the cache of its earlier ones.
pub(crate) struct Segment<'a> {
    pub(crate) cache: &'a mut Cache,
    pub(crate) tokens: &'a [u32],
}

/// A token that the model has no embedding for.
#[derive(Debug, thiserror::Error)]
#[error("token {0} is outside the vocabulary")]
pub(crate) struct UnknownToken(u32);

impl Model {
    /// Reads all weights; `vocabulary` is the number of tokens of the tokenizer.
    pub(crate) fn load(file: &mut Gguf, vocabulary: usize) -> Result<Self, LoadError> {
        let shape = Shape::read(file)?;
        let layers = (0..shape.layers)
            .map(|index| Layer::load(file, &shape, index))
            .collect::<Result<_, _>>()?;
        let divisors = "rope_freqs.weight";
        let divisors = file
            .has_tensor(divisors)
            .then(|| file.vector(divisors, shape.head / 2));
        let divisors = divisors.transpose()?;
        let separate = file.has_tensor("output.weight");
        let output = separate.then(|| Matrix::load(file, "output", shape.hidden, vocabulary));
        Ok(Self {
            rope: Rope::new(
                shape.rope_base,
                shape.head,
                shape.pairing,
                divisors.as_deref(),
            ),
            embedding: Matrix::load(file, "token_embd", shape.hidden, vocabulary)?,
            layers,
            norm: file.vector("output_norm.weight", shape.hidden)?,
            output: output.transpose()?,
            shape,
        })
    }

    /// The maximum number of tokens that the model was trained for.
    pub(crate) fn trained_context(&self) -> usize {
        self.shape.trained_context
    }

    /// An empty cache for a new conversation.
    pub(crate) fn cache(&self) -> Cache {
        Cache::new(&self.shape)
    }

    /// Reads the new tokens of every segment into its cache, and returns one row per segment: the state after its last
    /// token. [`Model::logits`] turns these rows into scores.
    pub(crate) fn read(&self, segments: &mut [Segment<'_>]) -> Result<Vec<f32>, UnknownToken> {
        let mut stream = Vec::new();
        let mut rotations: Vec<Rotation> = Vec::new();
        for segment in segments.iter() {
            let start = segment.cache.tokens();
            rotations.extend(
                (start..)
                    .take(segment.tokens.len())
                    .map(|place| self.rope.at(place)),
            );
            for token in segment.tokens {
                let row = self.embedding.row(*token as usize);
                stream.extend(row.ok_or(UnknownToken(*token))?);
            }
        }
        let context = Context {
            shape: &self.shape,
            rope: &self.rope,
            rotations: &rotations,
        };
        for layer in &self.layers {
            layer.apply(&context, segments, &mut stream);
        }

        let mut last = Vec::with_capacity(segments.len() * self.shape.hidden);
        let mut rows = stream.chunks_exact(self.shape.hidden);
        for segment in segments {
            segment.cache.advance(segment.tokens.len());
            let row = segment
                .tokens
                .len()
                .checked_sub(1)
                .and_then(|before| rows.nth(before));
            last.extend_from_slice(row.unwrap_or_default());
        }
        Ok(last)
    }

    /// The score of every token of the vocabulary, for each row.
    pub(crate) fn logits(&self, rows: &[f32]) -> Vec<Vec<f32>> {
        let output = self.output.as_ref().unwrap_or(&self.embedding);
        let normed = rms_norm(rows, &self.norm, self.shape.norm_epsilon);
        let scores = output.apply(&normed);
        let rows = scores.chunks_exact(output.outputs());
        rows.map(<[f32]>::to_vec).collect()
    }
}
