//! The `WordPiece` tokenizer of a sentence model, from its `tokenizer.json`.

use std::path::Path;

use crate::LoadError;

/// The maximum bytes of a text that are tokenized. A word of more than 100 characters becomes one token, so this is far
/// more than any model of this kind reads.
const LONGEST_BYTES: usize = 64 * 1024;

/// Splits texts into the tokens that the model was trained with.
pub(super) struct Tokenizer {
    encoder: tokenizers::Tokenizer,
    marks: usize,
}

impl Tokenizer {
    /// Reads the file, whose normalizer also folds case and accents where the model needs it; `vocabulary` is the
    /// number of tokens that the model has embeddings for.
    pub(super) fn load(path: &Path, vocabulary: usize) -> Result<Self, LoadError> {
        let bytes = std::fs::read(path).map_err(|source| LoadError::Open {
            path: path.to_owned(),
            source,
        })?;
        let broken = |error: tokenizers::Error| LoadError::Tokenizer(error.to_string());
        let mut encoder = tokenizers::Tokenizer::from_bytes(bytes).map_err(broken)?;
        // all-MiniLM-L6-v2's file pads every text to 128 tokens and truncates it there
        encoder.with_padding(None);
        encoder.with_truncation(None).map_err(broken)?;
        let known = encoder.get_vocab_size(true);
        if known > vocabulary {
            return Err(LoadError::Unsupported(format!(
                "{known} tokens for a model of {vocabulary}"
            )));
        }
        let marks = encoder.encode_fast("", true).map_err(broken)?.len();
        Ok(Self { encoder, marks })
    }

    /// The number of special tokens around a text.
    pub(super) fn marks(&self) -> usize {
        self.marks
    }

    /// The tokens of a text with the special tokens around it, at most `longest`.
    pub(super) fn encode(&self, text: &str, longest: usize) -> Result<Vec<u32>, String> {
        let text = text
            .get(..text.floor_char_boundary(LONGEST_BYTES))
            .unwrap_or(text);
        let encoding = self.encoder.encode_fast(text, true);
        let mut tokens = encoding
            .map_err(|error| error.to_string())?
            .get_ids()
            .to_vec();
        if tokens.len() > longest
            && let Some(last) = tokens.pop()
        {
            tokens.truncate(longest.saturating_sub(1));
            tokens.push(last);
        }
        Ok(tokens)
    }

    /// The number of tokens of the whole text, without the special tokens.
    pub(super) fn count(&self, text: &str) -> Result<usize, String> {
        let encoding = self.encoder.encode_fast(text, false);
        Ok(encoding.map_err(|error| error.to_string())?.len())
    }
}
