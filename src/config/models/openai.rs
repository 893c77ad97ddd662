//! A chat model behind an OpenAI-compatible API.

use super::Provider;
use crate::{
    config::reader::Section,
    domain::{ModelParameters, Secret, SystemRole, TokenField, excerpt},
};

/// A model behind an OpenAI-compatible API: `provider: openai`.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenAiModelConfig {
    /// `base_url`: the API's URL; its query is sent with each request. Default: `openai.base_url`, else OpenAI's own.
    pub base_url: String,
    /// The value of the variable that `api_key_env` names. Default: `openai.api_key`, if `base_url` is not given.
    pub api_key: Option<Secret>,
    /// `api_key_header`: the header of the key. Default: `Authorization: Bearer`, or `api-key` for a base URL with
    /// `/openai/deployments/`.
    pub api_key_header: Option<String>,
    /// `headers`: further headers of each request. Default: `openai.headers`, if `base_url` is not given.
    pub headers: Vec<(String, Secret)>,
    /// `proxy`: the URL of a proxy. Default: `openai.proxy`; without one, the connection is direct.
    pub proxy: Option<Secret>,
    /// `model`: the provider's name of the model. Default: the entry's own name.
    pub model: String,
    /// What requests to the model may contain.
    pub takes: ModelParameters,
    /// `context_tokens`: the maximum of prompt and answer together. Default: 32768 tokens.
    pub context_tokens: usize,
    /// `price_per_million_input_usd`: the price of a million prompt tokens, in US dollars. Default: 0.
    pub price_per_million_input_usd: f64,
    /// `price_per_million_output_usd`: the price of a million output tokens, in US dollars. Default: 0.
    pub price_per_million_output_usd: f64,
    /// `first_byte_seconds`: the timeout for the first event of an answer: a local server may have to load the model.
    /// Default: `openai.first_byte_seconds`, else 300 seconds.
    pub first_byte_seconds: u64,
    /// `idle_seconds`: the timeout between two chunks of an answer. Default: 60 seconds.
    pub idle_seconds: u64,
}

impl OpenAiModelConfig {
    pub(super) fn new(model: &str, provider: &Provider) -> Self {
        Self {
            base_url: provider.address(),
            api_key: provider.api_key.clone(),
            api_key_header: None,
            headers: provider.headers.clone(),
            proxy: provider.proxy.clone(),
            model: model.to_owned(),
            takes: ModelParameters::default(),
            context_tokens: 32_768,
            price_per_million_input_usd: 0.0,
            price_per_million_output_usd: 0.0,
            first_byte_seconds: provider.first_byte_seconds,
            idle_seconds: 60,
        }
    }

    pub(super) fn read(entry: &mut Section<'_, '_>, name: &str, provider: &Provider) -> Self {
        let usual = Self::new(name, provider);
        let base_url = entry.api_address("base_url");
        // the provider's secrets are sent to the provider's address only
        let is_provider = base_url
            .as_ref()
            .is_none_or(|given| *given == usual.base_url);
        let api_key = match entry.text("api_key_env") {
            Some(variable) => read_named_key(entry, &variable),
            None => usual.api_key.filter(|_| is_provider),
        };
        let mut headers = entry.headers("headers");
        if is_provider && headers.is_empty() {
            headers = usual.headers;
        }
        Self {
            api_key,
            api_key_header: entry.text("api_key_header"),
            headers,
            proxy: entry.proxy("proxy").or(usual.proxy),
            base_url: base_url.unwrap_or(usual.base_url),
            model: entry.text("model").unwrap_or(usual.model),
            takes: read_parameters(entry),
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
                .number("first_byte_seconds", 1..=3_600)
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

/// Reads what the model takes; a setting that is not given has its default.
fn read_parameters(entry: &mut Section<'_, '_>) -> ModelParameters {
    let usual = ModelParameters::default();
    let fields = [
        ("max_tokens", TokenField::MaxTokens),
        ("max_completion_tokens", TokenField::MaxCompletionTokens),
        ("none", TokenField::Neither),
    ];
    let roles = [("system", SystemRole::System), ("user", SystemRole::User)];
    ModelParameters {
        token_field: entry
            .choice("token_field", &fields)
            .unwrap_or(usual.token_field),
        temperature: entry.flag("temperature").unwrap_or(usual.temperature),
        stream_options: entry.flag("stream_options").unwrap_or(usual.stream_options),
        tools: entry.flag("tools").unwrap_or(usual.tools),
        tool_choice: entry.flag("tool_choice").unwrap_or(usual.tool_choice),
        parallel_tools: entry.flag("parallel_tools").unwrap_or(usual.parallel_tools),
        reasoning_effort: entry.text("reasoning_effort"),
        system_role: entry
            .choice("system_role", &roles)
            .unwrap_or(usual.system_role),
    }
}
