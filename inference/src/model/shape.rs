//! The dimensions of a transformer, from its GGUF file.

use super::gguf::Gguf;
use super::rope::Pairing;
use crate::LoadError;

#[derive(Debug, Clone)]
pub(crate) struct Shape {
    /// The number of transformer blocks.
    pub(crate) layers: usize,
    /// The width of the residual stream.
    pub(crate) hidden: usize,
    /// The inner width of a feed-forward part.
    pub(crate) feed_forward: usize,
    /// The number of query heads.
    pub(crate) heads: usize,
    /// The number of key and value heads, each shared by several query heads.
    pub(crate) kv_heads: usize,
    /// The width of a head.
    pub(crate) head: usize,
    /// The maximum number of tokens that the model was trained for.
    pub(crate) trained_context: usize,
    /// The base of the rotary frequencies.
    pub(crate) rope_base: f32,
    /// The pairs of numbers of a head that rotate together.
    pub(crate) pairing: Pairing,
    /// Prevents a division by zero in the norm.
    pub(crate) norm_epsilon: f32,
}

impl Shape {
    /// Reads the dimensions; returns an error for a model that this crate does not support.
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

    /// The width of all query heads together.
    pub(crate) fn query_width(&self) -> usize {
        self.heads * self.head
    }

    /// The width of all key heads together, which is also that of all value heads.
    pub(crate) fn key_width(&self) -> usize {
        self.kv_heads * self.head
    }
}

fn unsupported(what: String) -> LoadError {
    LoadError::Unsupported(what)
}
