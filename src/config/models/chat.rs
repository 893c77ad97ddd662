//! A chat model: on the CPU, or behind an OpenAI-compatible API.

use std::path::PathBuf;

use super::{EMBEDDED, Provider};
use crate::{
    config::reader::Section,
    domain::{Secret, excerpt},
};

/// The embedded model's maximum context, in tokens, for which its memory is laid out.
const EMBEDDED_CONTEXT: usize = 2_048;

/// A chat model: an entry of `models.chat`.
#[derive(Debug, Clone, PartialEq)]
pub enum ChatModelConfig {
    /// A model on the CPU, in this process.
    Embedded(EmbeddedModelConfig),
    /// A model behind an OpenAI-compatible API.
    OpenAi(OpenAiModelConfig),
}

/// A model on the CPU: `provider: embedded`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmbeddedModelConfig {
    /// `file`: a GGUF file, in `models.dir` unless the path is absolute. Default: the file that `troupe models fetch`
    /// downloads.
    pub file: PathBuf,
    /// `context_tokens`: the maximum of prompt and answer together, at most 2048. Default: 2048 tokens.
    pub context_tokens: usize,
    /// `conversations`: the number of concurrent answers. Default: 4.
    pub conversations: usize,
    /// `waiting`: the number of waiting calls from which further ones are refused. Default: 32.
    pub waiting: usize,
}

/// A model behind an OpenAI-compatible API: `provider: openai`.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenAiModelConfig {
    /// `base_url`: the API's URL. Default: `openai.base_url`, else OpenAI's own.
    pub base_url: String,
    /// The value of the variable that `api_key_env` names. Default: `openai.api_key`, if `base_url` is not given.
    pub api_key: Option<Secret>,
    /// `model`: the provider's name of the model. Default: the entry's own name.
    pub model: String,
    /// `context_tokens`: the maximum of prompt and answer together. Default: 32768 tokens.
    pub context_tokens: usize,
    /// `price_per_million_input_usd`: the price of a million prompt tokens, in US dollars. Default: 0.
    pub price_per_million_input_usd: f64,
    /// `price_per_million_output_usd`: the price of a million output tokens, in US dollars. Default: 0.
    pub price_per_million_output_usd: f64,
    /// `first_byte_seconds`: the timeout for the first byte of an answer. Default: 30 seconds.
    pub first_byte_seconds: u64,
    /// `idle_seconds`: the timeout between two chunks of an answer. Default: 60 seconds.
    pub idle_seconds: u64,
}

impl ChatModelConfig {
    /// The maximum number of tokens of prompt and answer together.
    pub fn context_tokens(&self) -> usize {
        match self {
            Self::Embedded(model) => model.context_tokens,
            Self::OpenAi(model) => model.context_tokens,
        }
    }

    /// The cost of `input` prompt tokens and `output` output tokens, in US dollars.
    #[expect(
        clippy::cast_precision_loss,
        reason = "no run comes near the 2^53 tokens that a double counts exactly"
    )]
    pub fn cost_usd(&self, input: u64, output: u64) -> f64 {
        match self {
            Self::Embedded(_) => 0.0,
            Self::OpenAi(model) => {
                (input as f64 * model.price_per_million_input_usd
                    + output as f64 * model.price_per_million_output_usd)
                    / 1_000_000.0
            }
        }
    }

    pub(super) fn read(
        entry: &mut Section<'_, '_>,
        name: &str,
        provider: &Provider,
    ) -> Option<Self> {
        let openai = entry.choice("provider", &[(EMBEDDED, false), ("openai", true)]);
        match openai {
            Some(true) => Some(Self::OpenAi(OpenAiModelConfig::read(entry, name, provider))),
            Some(false) => Some(Self::Embedded(EmbeddedModelConfig::read(entry))),
            None => {
                if !entry.is_given("provider") {
                    entry.problem("provider", "is missing, expected one of: embedded, openai");
                }
                entry.ignore_rest();
                None
            }
        }
    }
}

impl Default for EmbeddedModelConfig {
    fn default() -> Self {
        Self {
            file: PathBuf::from("SmolLM2-135M-Instruct.Q4_1.gguf"),
            context_tokens: EMBEDDED_CONTEXT,
            conversations: 4,
            waiting: 32,
        }
    }
}

impl EmbeddedModelConfig {
    pub(super) fn read(entry: &mut Section<'_, '_>) -> Self {
        let usual = Self::default();
        Self {
            file: entry.path("file").unwrap_or(usual.file),
            context_tokens: entry
                .number("context_tokens", 256..=EMBEDDED_CONTEXT)
                .unwrap_or(usual.context_tokens),
            conversations: entry
                .number("conversations", 1..=16)
                .unwrap_or(usual.conversations),
            waiting: entry.number("waiting", 0..=10_000).unwrap_or(usual.waiting),
        }
    }
}

impl OpenAiModelConfig {
    pub(super) fn new(model: &str, provider: &Provider) -> Self {
        Self {
            base_url: provider.address(),
            api_key: provider.api_key.clone(),
            model: model.to_owned(),
            context_tokens: 32_768,
            price_per_million_input_usd: 0.0,
            price_per_million_output_usd: 0.0,
            first_byte_seconds: 30,
            idle_seconds: 60,
        }
    }

    pub(super) fn read(entry: &mut Section<'_, '_>, name: &str, provider: &Provider) -> Self {
        let usual = Self::new(name, provider);
        let base_url = entry.web_address("base_url");
        let api_key = match entry.text("api_key_env") {
            Some(variable) => read_named_key(entry, &variable),
            // the provider's key is sent to the provider's address only
            None => usual.api_key.filter(|_| {
                base_url
                    .as_ref()
                    .is_none_or(|given| *given == usual.base_url)
            }),
        };
        Self {
            api_key,
            base_url: base_url.unwrap_or(usual.base_url),
            model: entry.text("model").unwrap_or(usual.model),
            context_tokens: entry
                .number("context_tokens", 256..=10_000_000)
                .unwrap_or(usual.context_tokens),
            price_per_million_input_usd: entry
                .number("price_per_million_input_usd", 0.0..=100_000.0)
                .unwrap_or(usual.price_per_million_input_usd),
            price_per_million_output_usd: entry
                .number("price_per_million_output_usd", 0.0..=100_000.0)
                .unwrap_or(usual.price_per_million_output_usd),
            first_byte_seconds: entry
                .number("first_byte_seconds", 1..=600)
                .unwrap_or(usual.first_byte_seconds),
            idle_seconds: entry
                .number("idle_seconds", 1..=600)
                .unwrap_or(usual.idle_seconds),
        }
    }
}

fn read_named_key(entry: &mut Section<'_, '_>, variable: &str) -> Option<Secret> {
    let key = entry.variable(variable).map(Secret::new);
    if key.is_none() {
        entry.problem(
            "api_key_env",
            &format!("names the variable {}, which is not set", excerpt(variable)),
        );
    }
    key
}
