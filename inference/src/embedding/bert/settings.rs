//! The dimensions of a model, as its `config.json` states them.

use std::path::Path;

use serde::Deserialize;

use crate::LoadError;

/// The fields of the file that a forward pass needs, under their names there.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(in crate::embedding) struct Settings {
    model_type: String,
    hidden_act: String,
    #[serde(default = "usual_positions")]
    position_embedding_type: String,
    pub(super) hidden_size: usize,
    pub(super) intermediate_size: usize,
    pub(super) num_attention_heads: usize,
    pub(super) num_hidden_layers: usize,
    pub(super) max_position_embeddings: usize,
    pub(super) type_vocab_size: usize,
    pub(super) vocab_size: usize,
    pub(super) layer_norm_eps: f32,
}

impl Settings {
    /// Reads the file; returns an error for a model that this crate does not support.
    pub(in crate::embedding) fn read(path: &Path) -> Result<Self, LoadError> {
        let bytes = std::fs::read(path).map_err(|source| LoadError::Open {
            path: path.to_owned(),
            source,
        })?;
        let settings: Self = serde_json::from_slice(&bytes).map_err(LoadError::Settings)?;
        for (name, found, expected) in [
            ("model_type", &settings.model_type, "bert"),
            ("hidden_act", &settings.hidden_act, "gelu"),
            (
                "position_embedding_type",
                &settings.position_embedding_type,
                "absolute",
            ),
        ] {
            if found != expected {
                return Err(LoadError::Unsupported(format!("{name} {found}")));
            }
        }
        let Self {
            hidden_size: width,
            num_attention_heads: heads,
            ..
        } = settings;
        if width == 0 || heads == 0 || !width.is_multiple_of(heads) {
            return Err(LoadError::Unsupported(format!(
                "{heads} heads over a width of {width}"
            )));
        }
        Ok(settings)
    }
}

fn usual_positions() -> String {
    "absolute".to_owned()
}
