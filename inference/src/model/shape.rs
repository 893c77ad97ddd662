//! The dimensions of a transformer, as its GGUF file states them.

use super::gguf::Gguf;
use super::rope::Pairing;
use crate::LoadError;

/// How large each part of the model is.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    /// Transformer blocks.
    pub(crate) layers: usize,
    /// Width of the residual stream.
    pub(crate) hidden: usize,
    /// Width inside a feed-forward part.
    pub(crate) feed_forward: usize,
    /// Query heads.
    pub(crate) heads: usize,
    /// Key and value heads, each shared by several query heads.
    pub(crate) kv_heads: usize,
    /// Width of a head.
    pub(crate) head: usize,
    /// The longest text the model was trained for, in tokens.
    pub(crate) trained_context: usize,
    /// Base of the rotary frequencies.
    pub(crate) rope_base: f32,
    /// Which numbers of a head rotate together.
    pub(crate) pairing: Pairing,
    /// Keeps the norm from dividing by zero.
    pub(crate) norm_epsilon: f32,
}

impl Shape {
    /// Reads the dimensions and refuses what this crate does not run.
    pub(crate) fn read(file: &Gguf) -> Result<Self, LoadError> {
        let family = file.text("general.architecture")?;
        // llama's converter interleaves the halves of the query and key rows, qwen2's does not
        let pairing = match family {
            "llama" => Pairing::Neighbours,
            "qwen2" => Pairing::Halves,
            other => return Err(unsupported(format!("architecture {other}"))),
        };
        let key = |name: &str| format!("{family}.{name}");
        let number = |name: &str| file.number(&key(name));

        let hidden = number("embedding_length")?;
        let heads = number("attention.head_count")?;
        let kv_heads = number("attention.head_count_kv").unwrap_or(heads);
        if heads == 0 || kv_heads == 0 || !heads.is_multiple_of(kv_heads) {
            return Err(unsupported(format!(
                "{heads} heads over {kv_heads} key heads"
            )));
        }
        let head = number("attention.key_length").unwrap_or(hidden / heads);
        let rotated = number("rope.dimension_count").unwrap_or(head);
        if head == 0 || !head.is_multiple_of(2) || rotated != head {
            return Err(unsupported(format!(
                "{rotated} rotated numbers in a head of {head}"
            )));
        }
        Ok(Self {
            layers: number("block_count")?,
            hidden,
            feed_forward: number("feed_forward_length")?,
            heads,
            kv_heads,
            head,
            trained_context: number("context_length")?,
            rope_base: file.fraction(&key("rope.freq_base")).unwrap_or(10_000.0),
            pairing,
            norm_epsilon: file.fraction(&key("attention.layer_norm_rms_epsilon"))?,
        })
    }

    /// Width of all query heads together.
    pub(crate) fn query_width(&self) -> usize {
        self.heads * self.head
    }

    /// Width of all key heads together, and of all value heads.
    pub(crate) fn key_width(&self) -> usize {
        self.kv_heads * self.head
    }
}

fn unsupported(what: String) -> LoadError {
    LoadError::Unsupported(what)
}
