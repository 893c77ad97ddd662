//! The BERT encoder with mean pooling over its rows, as sentence models of this family use it.

mod layer;
mod linear;
mod norm;
mod settings;
mod weights;

use std::path::Path;

pub(super) use settings::Settings;

use self::{layer::Layer, norm::Norm, weights::Weights};
use crate::LoadError;
use crate::model::{add, dot, float, scale};

/// The weights of one model.
pub(super) struct Bert {
    width: usize,
    words: Vec<f32>,
    /// The position embeddings, each with the embedding of the only token type added.
    places: Vec<f32>,
    norm: Norm,
    layers: Vec<Layer>,
}

impl Bert {
    /// Reads all weights.
    pub(super) fn load(path: &Path, settings: &Settings) -> Result<Self, LoadError> {
        let mut file = Weights::open(path)?;
        let width = settings.hidden_size;
        let words = file.matrix(
            "embeddings.word_embeddings.weight",
            settings.vocab_size,
            width,
        )?;
        let mut places = file.matrix(
            "embeddings.position_embeddings.weight",
            settings.max_position_embeddings,
            width,
        )?;
        let kinds = file.matrix(
            "embeddings.token_type_embeddings.weight",
            settings.type_vocab_size,
            width,
        )?;
        // all texts have the first token type, so its embedding is added to the positions once
        for place in places.chunks_exact_mut(width) {
            add(place, &kinds);
        }
        let norm = Norm::load(&mut file, "embeddings.LayerNorm", settings)?;
        let layers = (0..settings.num_hidden_layers)
            .map(|index| Layer::load(&mut file, settings, index))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            width,
            words,
            places,
            norm,
            layers,
        })
    }

    /// The number of dimensions of a vector.
    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// The maximum number of tokens of a text.
    pub(super) fn places(&self) -> usize {
        self.places.len() / self.width
    }

    /// The size of the vocabulary.
    pub(super) fn vocabulary(&self) -> usize {
        self.words.len() / self.width
    }

    /// The vector of a text, of length 1; `None` when a token is unknown, when there are no or too many tokens, or when
    /// the vector's length is zero or not a number.
    pub(super) fn embed(&self, tokens: &[u32]) -> Option<Vec<f32>> {
        if tokens.is_empty() || tokens.len() > self.places() {
            return None;
        }
        let mut stream = Vec::with_capacity(tokens.len() * self.width);
        for token in tokens {
            let begin = (*token as usize).checked_mul(self.width)?;
            stream.extend_from_slice(self.words.get(begin..begin + self.width)?);
        }
        add(&mut stream, &self.places);
        self.norm.apply(&mut stream);
        for layer in &self.layers {
            layer.apply(&mut stream);
        }

        // texts are not batched, so no row is padding and all of them count
        let mut vector = vec![0.0; self.width];
        for row in stream.chunks_exact(self.width) {
            add(&mut vector, row);
        }
        scale(&mut vector, float(tokens.len()).recip());
        let length = dot(&vector, &vector).sqrt();
        if !length.is_normal() {
            return None;
        }
        scale(&mut vector, length.recip());
        Some(vector)
    }
}
