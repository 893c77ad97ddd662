//! The model's vocabulary: text to tokens, and tokens to bytes.

use tokenizers::models::bpe::{BPE, Vocab};
use tokenizers::normalizers::NFC;
use tokenizers::pre_tokenizers::PreTokenizerWrapper;
use tokenizers::pre_tokenizers::byte_level::ByteLevel as BytePieces;
use tokenizers::pre_tokenizers::digits::Digits;
use tokenizers::pre_tokenizers::sequence::Sequence;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::{AddedToken, SplitDelimiterBehavior};

use super::byte_level::ByteLevel;
use super::template::{ChatTemplate, TemplateTokens};
use crate::model::Gguf;
use crate::{CallFormat, LoadError};

/// The values of `tokenizer.ggml.token_type`.
const CONTROL: usize = 3;
const USER_DEFINED: usize = 4;

/// The regular expression by which qwen2 and llama 3 split text into words; `{digits}` is the maximum number of digits
/// in a word.
const WORDS: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,{digits}}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

/// The vocabulary of one model.
pub(crate) struct Tokenizer {
    encoder: tokenizers::Tokenizer,
    tokens: Vec<Token>,
    /// The token before every prompt that does not begin with it.
    first: Option<u32>,
}

enum Token {
    /// The bytes of the token.
    Text(Vec<u8>),
    /// A special token of the chat format; as output it ends the answer.
    Control,
}

impl Tokenizer {
    /// Builds the tokenizer from the vocabulary in the file.
    pub(crate) fn load(file: &Gguf) -> Result<Self, LoadError> {
        let model = file.text("tokenizer.ggml.model")?;
        if model != "gpt2" {
            return Err(LoadError::Unsupported(format!("tokenizer {model}")));
        }
        let texts = file.texts("tokenizer.ggml.tokens")?;
        let types = file.numbers("tokenizer.ggml.token_type")?;
        let merges = file.texts("tokenizer.ggml.merges")?;
        let merges = merges.iter().filter_map(|pair| pair.split_once(' '));
        let merges = merges
            .map(|(left, right)| (left.to_owned(), right.to_owned()))
            .collect();
        let vocabulary: Vocab = texts.iter().cloned().zip(0..).collect();
        let bpe = BPE::builder().vocab_and_merges(vocabulary, merges).build();

        let mut encoder = tokenizers::Tokenizer::new(bpe.map_err(broken)?);
        let flavour = file.text("tokenizer.ggml.pre")?;
        encoder.with_pre_tokenizer(Some(Sequence::new(word_rules(flavour)?)));
        if flavour == "qwen2" {
            encoder.with_normalizer(Some(NFC)).map_err(broken)?;
        }
        let of_type = |wanted: usize| {
            let of_type = texts
                .iter()
                .zip(&types)
                .filter(move |(_, kind)| **kind == wanted);
            of_type.map(|(text, _)| text.clone())
        };
        let special = of_type(CONTROL).map(|text| AddedToken::from(text, true));
        encoder.add_special_tokens(special).map_err(broken)?;
        let whole =
            of_type(USER_DEFINED).map(|text| AddedToken::from(text, false).normalized(false));
        encoder.add_tokens(whole).map_err(broken)?;

        let alphabet = ByteLevel::new();
        let tokens = texts.iter().zip(types).map(|(text, kind)| match kind {
            // in some files, the marks of tool calls are special tokens; they are read all the same
            CONTROL if [CallFormat::OPEN, CallFormat::CLOSE].contains(&text.as_str()) => {
                Token::Text(text.as_bytes().to_vec())
            }
            CONTROL => Token::Control,
            USER_DEFINED => Token::Text(text.as_bytes().to_vec()),
            _ => Token::Text(alphabet.bytes(text)),
        });
        let bos = file.number("tokenizer.ggml.bos_token_id").ok();
        let first = bos.filter(|_| file.flag("tokenizer.ggml.add_bos_token"));
        Ok(Self {
            encoder,
            tokens: tokens.collect(),
            first: first.and_then(|bos| u32::try_from(bos).ok()),
        })
    }

    /// The chat template from the same file.
    pub(crate) fn chat_template(&self, file: &Gguf) -> Result<ChatTemplate, LoadError> {
        let token = |key: &str| {
            let id = file.number(key).ok().and_then(|id| u32::try_from(id).ok());
            id.and_then(|id| self.encoder.id_to_token(id))
                .unwrap_or_default()
        };
        let control = (0..)
            .zip(&self.tokens)
            .filter(|(_, token)| matches!(token, Token::Control));
        let special = control.filter_map(|(id, _)| self.encoder.id_to_token(id));
        let tokens = TemplateTokens {
            special: special.filter(|text| !text.is_empty()).collect(),
            bos: token("tokenizer.ggml.bos_token_id"),
            eos: token("tokenizer.ggml.eos_token_id"),
        };
        ChatTemplate::new(file.text("tokenizer.chat_template")?.to_owned(), tokens)
    }

    /// The size of the vocabulary.
    pub(crate) fn size(&self) -> usize {
        self.tokens.len()
    }

    /// The tokens of a text; special tokens written in it become themselves.
    pub(crate) fn encode(&self, text: &str) -> Result<Vec<u32>, String> {
        let encoding = self.encoder.encode_fast(text, false);
        Ok(encoding
            .map_err(|error| error.to_string())?
            .get_ids()
            .to_vec())
    }

    /// The tokens of a rendered prompt.
    pub(crate) fn encode_prompt(&self, text: &str) -> Result<Vec<u32>, String> {
        let mut tokens = self.encode(text)?;
        if let Some(first) = self.first
            && tokens.first() != Some(&first)
        {
            tokens.insert(0, first);
        }
        Ok(tokens)
    }

    /// The bytes of a token; `None` for a special token of the chat format.
    pub(crate) fn bytes(&self, token: u32) -> Option<&[u8]> {
        match self.tokens.get(token as usize)? {
            Token::Text(bytes) => Some(bytes),
            Token::Control => None,
        }
    }
}

/// The rules that split text before byte pairs are merged. The vocabulary works with any rules, but the model answers
/// badly with rules that it was not trained with, so an unknown name is refused.
fn word_rules(flavour: &str) -> Result<Vec<PreTokenizerWrapper>, LoadError> {
    let split = |digits: &str| {
        let words = SplitPattern::Regex(WORDS.replace("{digits}", digits));
        Split::new(words, SplitDelimiterBehavior::Isolated, false).map_err(broken)
    };
    Ok(match flavour {
        "smollm" => vec![
            Digits::new(true).into(),
            BytePieces::new(false, true, true).into(),
        ],
        "gpt-2" => vec![BytePieces::new(false, true, true).into()],
        "qwen2" => vec![
            split("1")?.into(),
            BytePieces::new(false, true, false).into(),
        ],
        "llama-bpe" => vec![
            split("3")?.into(),
            BytePieces::new(false, true, false).into(),
        ],
        other => return Err(LoadError::Unsupported(format!("tokenizer flavour {other}"))),
    })
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the shape that map_err wants"
)]
fn broken(error: tokenizers::Error) -> LoadError {
    LoadError::Tokenizer(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tiny::TinyModel;

    fn tokenizer() -> Tokenizer {
        Tokenizer::load(&Gguf::open(TinyModel::llama(1).path()).unwrap()).unwrap()
    }

    #[test]
    fn text_comes_back_from_its_tokens() {
        let tokenizer = tokenizer();
        let tokens = tokenizer.encode("Schöne Tür? 42!\n").unwrap();
        let bytes = tokens
            .iter()
            .flat_map(|token| tokenizer.bytes(*token).unwrap());
        let text = String::from_utf8(bytes.copied().collect()).unwrap();
        assert_eq!(text, "Schöne Tür? 42!\n");
    }

    #[test]
    fn marks_of_the_chat_format_are_one_token_and_write_nothing() {
        let tokenizer = tokenizer();
        let tokens = tokenizer.encode("<|im_end|>").unwrap();
        assert_eq!(tokens, [2]);
        assert_eq!(tokenizer.bytes(2), None);
    }
}
