//! Composes the models of `app.yaml` from their adapters.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use reqwest::Client;
use tokio_util::task::TaskTracker;

use super::outgoing::proxy_client;
use crate::{
    adapter::{
        embedded::{EmbeddedEmbedder, EmbeddedModel, EngineOptions},
        openai::{
            EndpointOptions, OpenAiEmbedder, OpenAiEmbedderOptions, OpenAiModel, OpenAiOptions,
        },
    },
    config::{ChatModelConfig, EmbeddingModelConfig, ModelsConfig, OpenAiModelConfig},
    domain::Secret,
    engine::{ModelEntry, Models, Price},
    error::Result,
    port::{ChatModel, Embedder, ModelTimeouts},
};

/// The timeouts of a request to an embedding model.
const EMBEDDING_TIMEOUTS: ModelTimeouts = ModelTimeouts {
    first_byte: Duration::from_secs(30),
    idle: Duration::from_secs(10),
};

/// Every configured model by its names. Models on the CPU are loaded in the background.
pub(crate) fn models(
    config: &ModelsConfig,
    client: &Client,
    tracker: &TaskTracker,
) -> Result<Models> {
    let mut entries: BTreeMap<String, ModelEntry> = BTreeMap::new();
    for (name, model) in &config.chat {
        // a model on the CPU needs memory, so one without a reference is not loaded
        let named = name == &config.default || config.aliases.values().any(|key| key == name);
        let entry = match model {
            ChatModelConfig::Embedded(_) if !named => continue,
            ChatModelConfig::Embedded(embedded) => {
                let limits = EngineOptions {
                    context: embedded.context_tokens,
                    batch: embedded.conversations,
                    waiting: embedded.waiting,
                    ..EngineOptions::default()
                };
                let model = EmbeddedModel::load(config.file(embedded), limits, tracker);
                ModelEntry {
                    model: Arc::new(model),
                    price: Price::default(),
                }
            }
            ChatModelConfig::OpenAi(openai) => {
                let price = Price {
                    input: openai.price_per_million_input_usd,
                    output: openai.price_per_million_output_usd,
                };
                ModelEntry {
                    model: openai_model(name, openai, client)?,
                    price,
                }
            }
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
    Ok(Models::new(entries))
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
                timeouts: EMBEDDING_TIMEOUTS,
            },
        ))),
    }
}

fn openai_model(
    name: &str,
    config: &OpenAiModelConfig,
    client: &Client,
) -> Result<Arc<dyn ChatModel>> {
    let seconds = Duration::from_secs;
    let options = OpenAiOptions {
        endpoint: EndpointOptions {
            base_url: config.base_url.clone(),
            api_key: config.api_key.clone(),
            api_key_header: config.api_key_header.clone(),
            headers: config.headers.clone(),
        },
        name: name.to_owned(),
        model: config.model.clone(),
        parameters: config.takes.clone(),
        context_tokens: config.context_tokens,
        timeouts: ModelTimeouts {
            first_byte: seconds(config.first_byte_seconds),
            idle: seconds(config.idle_seconds),
        },
    };
    let client = client_for(client, config.proxy.as_ref())?;
    Ok(Arc::new(OpenAiModel::new(client, options)))
}

/// The shared client, or one of its own for a proxy.
fn client_for(client: &Client, proxy: Option<&Secret>) -> Result<Client> {
    match proxy {
        Some(proxy) => proxy_client(proxy),
        None => Ok(client.clone()),
    }
}
