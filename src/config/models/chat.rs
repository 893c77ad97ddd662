//! A chat model: on the CPU, or behind the API of a provider.

use std::path::PathBuf;

use super::{
    EMBEDDED, Providers, RemoteModelConfig,
    provider::{ANTHROPIC, OPENAI},
};
use crate::config::reader::Section;

/// The embedded model's maximum context, in tokens, for which its memory is laid out.
const EMBEDDED_CONTEXT: usize = 2_048;

/// A chat model: an entry of `models.chat`.
#[derive(Debug, Clone, PartialEq)]
pub enum ChatModelConfig {
    /// A model on the CPU, in this process.
    Embedded(EmbeddedModelConfig),
    /// A model behind an OpenAI-compatible API.
    OpenAi(RemoteModelConfig),
    /// A model behind Anthropic's Messages API.
    Anthropic(RemoteModelConfig),
}

/// The API of a model, by its provider.
#[derive(Clone, Copy)]
enum ModelProvider {
    Embedded,
    OpenAi,
    Anthropic,
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

impl ChatModelConfig {
    /// The maximum number of tokens of prompt and answer together.
    pub fn context_tokens(&self) -> usize {
        match self {
            Self::Embedded(model) => model.context_tokens,
            Self::OpenAi(model) | Self::Anthropic(model) => model.context_tokens,
        }
    }

    /// The settings of a model behind an API.
    pub fn remote(&self) -> Option<&RemoteModelConfig> {
        match self {
            Self::Embedded(_) => None,
            Self::OpenAi(model) | Self::Anthropic(model) => Some(model),
        }
    }

    pub(super) fn read(
        entry: &mut Section<'_, '_>,
        name: &str,
        providers: &Providers,
    ) -> Option<Self> {
        let choices = [
            (EMBEDDED, ModelProvider::Embedded),
            (OPENAI, ModelProvider::OpenAi),
            (ANTHROPIC, ModelProvider::Anthropic),
        ];
        match entry.choice("provider", &choices) {
            Some(ModelProvider::OpenAi) => {
                let model = RemoteModelConfig::read(entry, name, &providers.openai);
                Some(Self::OpenAi(model))
            }
            Some(ModelProvider::Anthropic) => {
                let model = RemoteModelConfig::read(entry, name, &providers.anthropic);
                Some(Self::Anthropic(model))
            }
            Some(ModelProvider::Embedded) => Some(Self::Embedded(EmbeddedModelConfig::read(entry))),
            None => {
                if !entry.is_given("provider") {
                    let sentence = "is missing, expected one of: embedded, openai, anthropic";
                    entry.problem("provider", sentence);
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
