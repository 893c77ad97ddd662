//! Composes the models of `app.yaml` from their adapters.

use std::{collections::BTreeMap, path::Path, sync::Arc, time::Duration};

use reqwest::Client;
use tokio_util::task::TaskTracker;
use url::Url;

use super::outgoing::proxy_client;
use crate::{
    adapter::{
        anthropic::{self, AnthropicModel},
        embedded::{EmbeddedEmbedder, EmbeddedModel, EngineOptions},
        model_provider::{EndpointOptions, RemoteModelOptions},
        openai::{OpenAiEmbedder, OpenAiEmbedderOptions, OpenAiModel},
    },
    config::{
        ChatModelConfig, EmbeddingModelConfig, ModelEndpointConfig, ModelsConfig, RemoteModelConfig,
    },
    domain::{ModelProvider, Secret},
    engine::{CallLabels, GuardedModel, MeasuredModel, ModelEntry, Models, Price},
    error::Result,
    metrics::ModelMetrics,
    port::{ChatModel, Circuits, Embedder, ModelIdentity, ModelTimeouts, ServerAddress},
};

/// The timeouts of a request to an embedding model.
const EMBEDDING_TIMEOUTS: ModelTimeouts = ModelTimeouts {
    first_byte: Duration::from_secs(30),
    idle: Duration::from_secs(10),
};

/// The kinds of models in metrics.
const EMBEDDED: &str = "embedded";
const OPENAI: &str = "openai";
const ANTHROPIC: &str = "anthropic";

/// What models are made with.
#[derive(Clone)]
pub(crate) struct ModelParts {
    pub(crate) client: Client,
    pub(crate) tracker: TaskTracker,
    pub(crate) circuits: Arc<dyn Circuits>,
    pub(crate) metrics: Arc<ModelMetrics>,
}

/// Every configured model by its names. Models on the CPU are loaded in the background.
pub(crate) fn models(config: &ModelsConfig, parts: &ModelParts) -> Result<Models> {
    by_name(config, parts, |_, _| None).map(Models::new)
}

/// Every model of a changed configuration by its names. Those that are configured as before stay the same: a model on the
/// CPU is not loaded again, and one behind an API keeps its connections.
pub(crate) fn renewed(
    config: &ModelsConfig,
    before: &ModelsConfig,
    known: &BTreeMap<String, ModelEntry>,
    parts: &ModelParts,
) -> Result<BTreeMap<String, ModelEntry>> {
    by_name(config, parts, |name, model| {
        let is_same = before.chat.get(name) == Some(model);
        is_same.then(|| known.get(name).cloned()).flatten()
    })
}

/// Makes the models that `known` does not have.
fn by_name(
    config: &ModelsConfig,
    parts: &ModelParts,
    known: impl Fn(&str, &ChatModelConfig) -> Option<ModelEntry>,
) -> Result<BTreeMap<String, ModelEntry>> {
    let mut entries: BTreeMap<String, ModelEntry> = BTreeMap::new();
    for (name, model) in &config.chat {
        // a model on the CPU needs memory, so one without a reference is not loaded
        let named = name == &config.default || config.aliases.values().any(|key| key == name);
        if matches!(model, ChatModelConfig::Embedded(_)) && !named {
            continue;
        }
        let entry = match known(name, model) {
            Some(entry) => entry,
            None => entry_of(config, name, model, parts)?,
        };
        entries.insert(name.clone(), entry);
    }
    for name in config.names() {
        if let Some(entry) = config
            .resolve(name)
            .and_then(|(key, _)| entries.get(key))
            .cloned()
        {
            entries.insert(name.to_owned(), entry);
        }
    }
    Ok(entries)
}

/// A new client of a model, with its price.
fn entry_of(
    config: &ModelsConfig,
    name: &str,
    model: &ChatModelConfig,
    parts: &ModelParts,
) -> Result<ModelEntry> {
    Ok(match model {
        ChatModelConfig::Embedded(embedded) => {
            let limits = EngineOptions {
                context: embedded.context_tokens,
                batch: embedded.conversations,
                waiting: embedded.waiting,
                ..EngineOptions::default()
            };
            let model = EmbeddedModel::load(config.file(embedded), limits, &parts.tracker);
            ModelEntry {
                model: measured(name, EMBEDDED, Arc::new(model), parts),
                price: Price::default(),
                provider: None,
                identity: Arc::new(ModelIdentity {
                    provider: EMBEDDED,
                    model: file_name(&embedded.file),
                    server: None,
                }),
            }
        }
        ChatModelConfig::OpenAi(remote) => {
            let client = client_for(&parts.client, remote.proxy.as_ref())?;
            let model = OpenAiModel::new(&client, remote_options(name, remote));
            let model = Arc::new(model.counted(OPENAI, &parts.metrics));
            let model = measured(name, OPENAI, model, parts);
            guarded(name, remote, model, &parts.circuits, OPENAI)
        }
        ChatModelConfig::Anthropic(remote) => {
            let client = client_for(&parts.client, remote.proxy.as_ref())?;
            let model = AnthropicModel::new(&client, anthropic_options(name, remote));
            let model = Arc::new(model.counted(ANTHROPIC, &parts.metrics));
            let model = measured(name, ANTHROPIC, model, parts);
            guarded(name, remote, model, &parts.circuits, ANTHROPIC)
        }
    })
}

/// The embedding model. On the CPU it is loaded in the background.
pub(crate) fn embedder(
    config: &ModelsConfig,
    client: &Client,
    tracker: &TaskTracker,
) -> Result<Arc<dyn Embedder>> {
    match &config.embedding {
        EmbeddingModelConfig::Embedded => Ok(Arc::new(EmbeddedEmbedder::load(
            config.dir.clone(),
            tracker,
        ))),
        EmbeddingModelConfig::OpenAi {
            base_url,
            api_key,
            headers,
            proxy,
            model,
            batch,
            longest_text,
            dimensions,
            price_per_million_usd,
        } => Ok(Arc::new(OpenAiEmbedder::new(
            client_for(client, proxy.as_ref())?,
            OpenAiEmbedderOptions {
                endpoint: EndpointOptions {
                    base_url: base_url.clone(),
                    api_key: api_key.clone(),
                    api_key_header: None,
                    headers: headers.clone(),
                },
                model: model.clone(),
                dimensions: *dimensions,
                batch: *batch,
                longest_text: *longest_text,
                price_per_million_usd: *price_per_million_usd,
                timeouts: EMBEDDING_TIMEOUTS,
            },
        ))),
    }
}

/// The model with the counts of its calls.
fn measured(
    name: &str,
    provider: &'static str,
    model: Arc<dyn ChatModel>,
    parts: &ModelParts,
) -> Arc<dyn ChatModel> {
    let labels = CallLabels {
        model: name.into(),
        provider,
    };
    let metrics = Arc::clone(&parts.metrics);
    Arc::new(MeasuredModel::new(model, labels, metrics))
}

/// The entry of a model behind an API, with its circuit breaker.
fn guarded(
    name: &str,
    config: &RemoteModelConfig,
    model: Arc<dyn ChatModel>,
    circuits: &Arc<dyn Circuits>,
    kind: &'static str,
) -> ModelEntry {
    let provider = config.key_name.as_ref().map(|name| ModelProvider {
        name: name.clone(),
        origin: origin_of(&config.base_url),
    });
    ModelEntry {
        model: Arc::new(GuardedModel::new(name, model, Arc::clone(circuits))),
        price: Price {
            input: config.price_per_million_input_usd,
            cached_input: config.price_per_million_cached_input_usd,
            cache_write: config.price_per_million_cache_write_usd,
            output: config.price_per_million_output_usd,
        },
        provider,
        identity: Arc::new(ModelIdentity {
            provider: kind,
            model: config.model.clone(),
            server: server_of(config),
        }),
    }
}

/// The server of a model; none for one with several endpoints.
fn server_of(config: &RemoteModelConfig) -> Option<ServerAddress> {
    if !config.endpoints.is_empty() {
        return None;
    }
    let url = Url::parse(&config.base_url).ok()?;
    Some(ServerAddress {
        host: url.host_str()?.to_owned(),
        port: url.port_or_known_default()?,
    })
}

/// The name of a model's file, without its folders.
fn file_name(file: &Path) -> String {
    let name = file.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

fn remote_options(name: &str, config: &RemoteModelConfig) -> RemoteModelOptions {
    let seconds = Duration::from_secs;
    let only = ModelEndpointConfig {
        base_url: config.base_url.clone(),
        api_key: config.api_key.clone(),
    };
    let endpoints = if config.endpoints.is_empty() {
        vec![&only]
    } else {
        config.endpoints.values().collect()
    };
    let options = |endpoint: &ModelEndpointConfig| EndpointOptions {
        base_url: endpoint.base_url.clone(),
        api_key: endpoint.api_key.clone(),
        api_key_header: config.api_key_header.clone(),
        headers: config.headers.clone(),
    };
    RemoteModelOptions {
        endpoints: endpoints.into_iter().map(options).collect(),
        name: name.to_owned(),
        model: config.model.clone(),
        parameters: config.takes.clone(),
        context_tokens: config.context_tokens,
        timeouts: ModelTimeouts {
            first_byte: seconds(config.first_byte_seconds),
            idle: seconds(config.idle_seconds),
        },
    }
}

/// As for any API, with the headers of Anthropic's.
fn anthropic_options(name: &str, config: &RemoteModelConfig) -> RemoteModelOptions {
    let mut options = remote_options(name, config);
    for endpoint in &mut options.endpoints {
        let header = endpoint.api_key_header.take();
        endpoint.api_key_header = header.or_else(|| Some(anthropic::KEY_HEADER.to_owned()));
        let is_version =
            |(name, _): &(String, Secret)| name.eq_ignore_ascii_case(anthropic::VERSION_HEADER);
        if !endpoint.headers.iter().any(is_version) {
            let version = Secret::new(anthropic::VERSION);
            let header = (anthropic::VERSION_HEADER.to_owned(), version);
            endpoint.headers.push(header);
        }
    }
    options
}

/// The origin of a base URL, e.g. `https://api.openai.com`.
fn origin_of(base_url: &str) -> String {
    Url::parse(base_url).map_or_else(
        |_| base_url.to_owned(),
        |url| url.origin().ascii_serialization(),
    )
}

/// The shared client, or one of its own for a proxy.
fn client_for(client: &Client, proxy: Option<&Secret>) -> Result<Client> {
    match proxy {
        Some(proxy) => proxy_client(proxy),
        None => Ok(client.clone()),
    }
}
