//! A chat model behind the API of a provider.

use std::collections::BTreeMap;

use super::{
    Provider,
    provider::{ANTHROPIC, PROVIDER_NAMES},
};
use crate::{
    config::reader::Section,
    domain::{ModelParameters, Secret, SystemRole, TokenField, excerpt},
};

/// A model behind the API of a provider: `provider: openai` or `provider: anthropic`. The defaults of its address, key,
/// headers, proxy and timeout are those of the section of that name.
#[derive(Debug, Clone, PartialEq)]
pub struct RemoteModelConfig {
    /// `base_url`: the API's URL; its query is sent with each request. Default: that of the section, else the provider's
    /// own.
    pub base_url: String,
    /// The value of the variable that `api_key_env` names. Default: that of the section, if `base_url` is not given.
    pub api_key: Option<Secret>,
    /// `endpoints`: the endpoints by their names, instead of `base_url` and `api_key_env`. The one with the fewest
    /// outstanding requests is asked. Default: none.
    pub endpoints: BTreeMap<String, ModelEndpointConfig>,
    /// `api_key_header`: the header of the key. Default: `Authorization: Bearer`, `api-key` for a base URL with
    /// `/openai/deployments/`, `x-api-key` for Anthropic.
    pub api_key_header: Option<String>,
    /// `headers`: further headers of each request. Default: those of the section, if `base_url` is not given.
    pub headers: Vec<(String, Secret)>,
    /// `proxy`: the URL of a proxy. Default: that of the section; without one, the connection is direct.
    pub proxy: Option<Secret>,
    /// The name under which an account can store a key of its own: that of the section if the model is at its address,
    /// else the model's; none for a model with several endpoints.
    pub key_name: Option<String>,
    /// `model`: the provider's name of the model. Default: the entry's own name.
    pub model: String,
    /// What requests to the model may contain.
    pub takes: ModelParameters,
    /// `context_tokens`: the maximum of prompt and answer together. Default: 32768 tokens, 200000 for Anthropic.
    pub context_tokens: usize,
    /// `price_per_million_input_usd`: the price of a million prompt tokens, in US dollars. Default: 0.
    pub price_per_million_input_usd: f64,
    /// `price_per_million_cached_input_usd`: the price of a million prompt tokens that the provider read from its cache, in
    /// US dollars. Default: that of other prompt tokens.
    pub price_per_million_cached_input_usd: f64,
    /// `price_per_million_cache_write_usd`: the price of a million prompt tokens that the provider wrote to its cache, in
    /// US dollars. Default: that of other prompt tokens, for Anthropic 1.25 times as much.
    pub price_per_million_cache_write_usd: f64,
    /// `price_per_million_output_usd`: the price of a million output tokens, in US dollars. Default: 0.
    pub price_per_million_output_usd: f64,
    /// `first_byte_seconds`: the timeout for the first event of an answer: a local server may have to load the model.
    /// Default: that of the section, else 300 seconds, 30 for Anthropic.
    pub first_byte_seconds: u64,
    /// `idle_seconds`: the timeout between two chunks of an answer. Default: 60 seconds.
    pub idle_seconds: u64,
}

/// One of the endpoints of a model.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelEndpointConfig {
    /// `base_url`: the API's URL.
    pub base_url: String,
    /// The value of the variable that `api_key_env` names.
    pub api_key: Option<Secret>,
}

impl RemoteModelConfig {
    pub(super) fn new(model: &str, provider: &Provider) -> Self {
        Self {
            base_url: provider.address(),
            api_key: provider.api_key.clone(),
            endpoints: BTreeMap::new(),
            key_name: Some(provider.name.to_owned()),
            api_key_header: None,
            headers: provider.headers.clone(),
            proxy: provider.proxy.clone(),
            model: model.to_owned(),
            takes: ModelParameters::default(),
            context_tokens: provider.context_tokens,
            price_per_million_input_usd: 0.0,
            price_per_million_cached_input_usd: 0.0,
            price_per_million_cache_write_usd: 0.0,
            price_per_million_output_usd: 0.0,
            first_byte_seconds: provider.first_byte_seconds,
            idle_seconds: 60,
        }
    }

    pub(super) fn read(entry: &mut Section<'_, '_>, name: &str, provider: &Provider) -> Self {
        let usual = Self::new(name, provider);
        let base_url = entry.api_address("base_url");
        let endpoints = read_endpoints(entry);
        if !endpoints.is_empty() && base_url.is_some() {
            entry.problem("endpoints", "is given beside base_url; give one of them");
        }
        // the provider's secrets are sent to the provider's address only
        let is_at_provider = base_url
            .as_ref()
            .is_none_or(|given| *given == usual.base_url);
        let is_provider = is_at_provider && endpoints.is_empty();
        if !is_provider && PROVIDER_NAMES.contains(&name) {
            let sentence =
                "has the name of a provider and another address; call the model something else";
            entry.problem("", sentence);
        }
        let key_name = match (endpoints.is_empty(), is_provider) {
            (false, _) => None,
            (true, true) => usual.key_name,
            (true, false) => Some(name.to_owned()),
        };
        let api_key = match entry.text("api_key_env") {
            Some(variable) => read_named_key(entry, &variable),
            None => usual.api_key.filter(|_| is_provider),
        };
        let mut headers = entry.headers("headers");
        if is_provider && headers.is_empty() {
            headers = usual.headers;
        }
        let price =
            |entry: &mut Section<'_, '_>, name: &'static str| entry.number(name, 0.0..=100_000.0);
        let input_price = price(entry, "price_per_million_input_usd").unwrap_or_default();
        let cached_price = price(entry, "price_per_million_cached_input_usd");
        let write_price = price(entry, "price_per_million_cache_write_usd");
        Self {
            api_key,
            api_key_header: entry.text("api_key_header"),
            headers,
            proxy: entry.proxy("proxy").or(usual.proxy),
            base_url: base_url.unwrap_or(usual.base_url),
            model: entry.text("model").unwrap_or(usual.model),
            endpoints,
            key_name,
            takes: read_parameters(entry, provider),
            context_tokens: entry
                .number("context_tokens", 256..=10_000_000)
                .unwrap_or(usual.context_tokens),
            price_per_million_input_usd: input_price,
            price_per_million_cached_input_usd: cached_price.unwrap_or(input_price),
            price_per_million_cache_write_usd: write_price
                .unwrap_or_else(|| input_price * cache_write_factor(provider)),
            price_per_million_output_usd: price(entry, "price_per_million_output_usd")
                .unwrap_or_default(),
            first_byte_seconds: entry
                .number("first_byte_seconds", 1..=3_600)
                .unwrap_or(usual.first_byte_seconds),
            idle_seconds: entry
                .number("idle_seconds", 1..=600)
                .unwrap_or(usual.idle_seconds),
        }
    }
}

/// The usual price of writing to a provider's cache, as a multiple of the price of other prompt tokens. Anthropic's is that
/// of its cache of five minutes: <https://docs.claude.com/en/docs/build-with-claude/prompt-caching#pricing>.
fn cache_write_factor(provider: &Provider) -> f64 {
    if provider.name == ANTHROPIC {
        1.25
    } else {
        1.0
    }
}

fn read_endpoints(entry: &mut Section<'_, '_>) -> BTreeMap<String, ModelEndpointConfig> {
    entry.each("endpoints", |_, endpoint| {
        let base_url = endpoint.api_address("base_url");
        if !endpoint.is_given("base_url") {
            endpoint.problem("base_url", "is missing");
        }
        let key = endpoint.text("api_key_env");
        let api_key = key.and_then(|variable| read_named_key(endpoint, &variable));
        Some(ModelEndpointConfig {
            base_url: base_url?,
            api_key,
        })
    })
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
fn read_parameters(entry: &mut Section<'_, '_>, provider: &Provider) -> ModelParameters {
    let usual = ModelParameters::default();
    let common = ModelParameters {
        temperature: entry.flag("temperature").unwrap_or(usual.temperature),
        tools: entry.flag("tools").unwrap_or(usual.tools),
        tool_choice: entry.flag("tool_choice").unwrap_or(usual.tool_choice),
        parallel_tools: entry.flag("parallel_tools").unwrap_or(usual.parallel_tools),
        structured_output: entry
            .flag("structured_output")
            .unwrap_or(usual.structured_output),
        reasoning_effort: entry.text("reasoning_effort"),
        ..usual
    };
    let thinking_tokens = entry.number("thinking_tokens", 1_024..=100_000);
    if provider.name == ANTHROPIC {
        return ModelParameters {
            // the API has one field, which is always sent
            token_field: TokenField::Neither,
            stream_options: false,
            thinking_tokens,
            ..common
        };
    }
    if thinking_tokens.is_some() {
        entry.problem(
            "thinking_tokens",
            "is for models of anthropic; see reasoning_effort",
        );
    }
    let fields = [
        ("max_tokens", TokenField::MaxTokens),
        ("max_completion_tokens", TokenField::MaxCompletionTokens),
        ("none", TokenField::Neither),
    ];
    let roles = [("system", SystemRole::System), ("user", SystemRole::User)];
    ModelParameters {
        token_field: entry
            .choice("token_field", &fields)
            .unwrap_or(common.token_field),
        stream_options: entry
            .flag("stream_options")
            .unwrap_or(common.stream_options),
        system_role: entry
            .choice("system_role", &roles)
            .unwrap_or(common.system_role),
        ..common
    }
}
