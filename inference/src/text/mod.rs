//! Conversion between text and tokens: the chat template, the tokenizer, and streams of whole characters.

mod byte_level;
mod python;
mod stop;
mod stream;
mod template;
mod tokenizer;
mod utf8;

pub(crate) use stream::TextStream;
pub(crate) use template::ChatTemplate;
pub(crate) use tokenizer::Tokenizer;
