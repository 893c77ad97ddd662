//! The default providers, and the embedding model.

use super::EMBEDDED;
use crate::{
    config::reader::Section,
    domain::{Secret, excerpt},
};

/// The section of the OpenAI-compatible provider.
pub(super) const OPENAI: &str = "openai";
/// The section of Anthropic, or of a provider with a compatible API.
pub(super) const ANTHROPIC: &str = "anthropic";
/// The names of the providers.
pub(super) const PROVIDER_NAMES: [&str; 2] = [OPENAI, ANTHROPIC];

/// The maximum number of dimensions: the limit of PostgreSQL's `vector`.
const MOST_DIMENSIONS: usize = 16_000;

/// The defaults of a provider whose section does not set them.
struct ProviderDefaults {
    name: &'static str,
    /// The URL when only a key or a model is given.
    base_url: &'static str,
    /// The timeout for the first event of an answer.
    first_byte_seconds: u64,
    /// The context window of a model.
    context_tokens: usize,
}

const OPENAI_DEFAULTS: ProviderDefaults = ProviderDefaults {
    name: OPENAI,
    base_url: "https://api.openai.com/v1",
    // a local server may have to load the model first
    first_byte_seconds: 300,
    context_tokens: 32_768,
};

const ANTHROPIC_DEFAULTS: ProviderDefaults = ProviderDefaults {
    name: ANTHROPIC,
    base_url: "https://api.anthropic.com",
    first_byte_seconds: 30,
    context_tokens: 200_000,
};

/// A provider of models that do not name another address; section `openai` or `anthropic` of `app.yaml`.
pub(super) struct Provider {
    pub(super) name: &'static str,
    usual_url: &'static str,
    pub(super) context_tokens: usize,
    pub(super) base_url: Option<String>,
    /// Whether the environment gave the URL.
    pub(super) base_url_by_variable: bool,
    pub(super) api_key: Option<Secret>,
    /// Further headers of each request.
    pub(super) headers: Vec<(String, Secret)>,
    pub(super) proxy: Option<Secret>,
    /// The timeout for the first event of an answer.
    pub(super) first_byte_seconds: u64,
}

/// The embedding model.
#[derive(Debug, Clone, PartialEq)]
pub enum EmbeddingModelConfig {
    /// A model on the CPU, in this process.
    Embedded,
    /// A model behind the OpenAI-compatible API of section `openai`.
    OpenAi {
        /// The API's URL.
        base_url: String,
        /// The API's key.
        api_key: Option<Secret>,
        /// `openai.headers`: further headers of each request.
        headers: Vec<(String, Secret)>,
        /// `openai.proxy`: the URL of a proxy.
        proxy: Option<Secret>,
        /// The provider's name of the model.
        model: String,
        /// `TROUPE_EMBEDDING_BATCH` (`models.embedding_batch`): the maximum number of texts of a request. Default: 96, or
        /// what the provider takes.
        batch: Option<usize>,
        /// `TROUPE_EMBEDDING_TOKENS` (`models.embedding_tokens`): the maximum number of tokens of a text. Default: 512, or
        /// what the provider takes.
        longest_text: Option<usize>,
        /// `TROUPE_EMBEDDING_DIMENSIONS` (`models.embedding_dimensions`): the number of dimensions of its vectors.
        /// Default: determined by a call of the model.
        dimensions: Option<usize>,
        /// `TROUPE_MODELS_EMBEDDING_PRICE_PER_MILLION_USD` (`models.embedding_price_per_million_usd`): the price
        /// of a million tokens, in US dollars. Default: 0.
        price_per_million_usd: f64,
    },
}

impl Provider {
    pub(super) fn openai(section: &mut Section<'_, '_>) -> Self {
        Self::read(section, &OPENAI_DEFAULTS)
    }

    pub(super) fn anthropic(section: &mut Section<'_, '_>) -> Self {
        Self::read(section, &ANTHROPIC_DEFAULTS)
    }

    fn read(section: &mut Section<'_, '_>, defaults: &ProviderDefaults) -> Self {
        Self {
            name: defaults.name,
            usual_url: defaults.base_url,
            context_tokens: defaults.context_tokens,
            base_url: section.api_address("base_url"),
            base_url_by_variable: section.is_given_by_variable("base_url"),
            api_key: section.secret("api_key"),
            headers: section.headers("headers"),
            proxy: section.proxy("proxy"),
            first_byte_seconds: section
                .number("first_byte_seconds", 1..=3_600)
                .unwrap_or(defaults.first_byte_seconds),
        }
    }

    pub(super) fn is_given(&self) -> bool {
        self.base_url.is_some() || self.api_key.is_some()
    }

    pub(super) fn address(&self) -> String {
        self.base_url
            .clone()
            .unwrap_or_else(|| self.usual_url.to_owned())
    }
}

impl EmbeddingModelConfig {
    pub(super) fn read(section: &mut Section<'_, '_>, provider: &Provider) -> Self {
        let setting = ("embedding_dimensions", "TROUPE_EMBEDDING_DIMENSIONS");
        let dimensions = section.number(setting, 1..=MOST_DIMENSIONS);
        let batch = section.number(("embedding_batch", "TROUPE_EMBEDDING_BATCH"), 1..=2_048);
        let longest_text =
            section.number(("embedding_tokens", "TROUPE_EMBEDDING_TOKENS"), 64..=8_192);
        let price = section.number("embedding_price_per_million_usd", 0.0..=100_000.0);
        let model = section.text(("embedding", "TROUPE_EMBEDDING_MODEL"));
        let Some(model) = model.filter(|model| model != EMBEDDED) else {
            if dimensions.is_some() {
                let sentence = "belongs to a provider's model: name one in models.embedding, or remove it here";
                section.problem("embedding_dimensions", sentence);
            }
            return Self::Embedded;
        };
        if !provider.is_given() {
            section.problem("embedding", &needs_provider(&model));
        }
        Self::OpenAi {
            base_url: provider.address(),
            api_key: provider.api_key.clone(),
            headers: provider.headers.clone(),
            proxy: provider.proxy.clone(),
            model,
            batch,
            longest_text,
            dimensions,
            price_per_million_usd: price.unwrap_or_default(),
        }
    }
}

pub(super) fn needs_provider(model: &str) -> String {
    format!(
        "\"{}\" is no model of models.chat, and no provider is given that could have it; set TROUPE_OPENAI_BASE_URL \
         or TROUPE_OPENAI_API_KEY, or say embedded",
        excerpt(model)
    )
}
