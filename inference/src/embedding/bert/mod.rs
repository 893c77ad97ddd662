//! The BERT encoder with mean pooling over its rows, as sentence models of this family use it.

mod attention;
mod buffers;
mod functions;
mod layer;
mod linear;
mod norm;
mod panels;
mod settings;
mod weights;
mod words;

use std::path::Path;

pub(super) use settings::Settings;

use self::{buffers::Buffers, layer::Layer, norm::Norm, weights::Weights, words::Words};
use crate::LoadError;
use crate::model::{add, dot, float, scale};

/// One model: the weights of its layers, and its file, from which the vocabulary is read.
pub(super) struct Bert {
    width: usize,
    words: Words,
    /// The position embeddings, each with the embedding of the only token type added.
    places: Vec<f32>,
    norm: Norm,
    layers: Vec<Layer>,
}

impl Bert {
    /// Reads the weights of the layers.
    pub(super) fn load(path: &Path, settings: &Settings) -> Result<Self, LoadError> {
        let file = Weights::open(path)?;
        let width = settings.hidden_size;
        let words = Words::find(
            &file,
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
        let norm = Norm::load(&file, "embeddings.LayerNorm", settings)?;
        let layers = (0..settings.num_hidden_layers)
            .map(|index| Layer::load(&file, settings, index))
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
        self.words.count()
    }

    /// The vector of a text, of length 1. The error is a text for a log: a token is unknown, there are no or too many
    /// tokens, the vector's length is zero or not a number, or the file cannot be read any more.
    pub(super) fn embed(&self, tokens: &[u32]) -> Result<Vec<f32>, String> {
        if tokens.is_empty() || tokens.len() > self.places() {
            return Err(format!(
                "the model takes no text of {} tokens",
                tokens.len()
            ));
        }
        let mut stream = self.words.rows(tokens)?;
        add(&mut stream, &self.places);
        self.norm.apply(&mut stream);
        let mut buffers = Buffers::default();
        for layer in &self.layers {
            layer.apply(&mut stream, &mut buffers);
        }

        // texts are not batched, so no row is padding and all of them count
        let mut vector = vec![0.0; self.width];
        for row in stream.chunks_exact(self.width) {
            add(&mut vector, row);
        }
        scale(&mut vector, float(tokens.len()).recip());
        let length = dot(&vector, &vector).sqrt();
        if !length.is_normal() {
            return Err("the model gave no usable vector".to_owned());
        }
        scale(&mut vector, length.recip());
        Ok(vector)
    }
}
