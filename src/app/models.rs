//! Composes the models of `app.yaml` from their adapters.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use reqwest::Client;
use tokio_util::task::TaskTracker;

use crate::{
    adapter::{
        embedded::{EmbeddedEmbedder, EmbeddedModel, EngineOptions},
        openai::{OpenAiEmbedder, OpenAiEmbedderOptions, OpenAiModel, OpenAiOptions},
    },
    config::{ChatModelConfig, EmbeddingModelConfig, ModelsConfig, OpenAiModelConfig},
    engine::{ModelEntry, Models, Price},
    port::{ChatModel, Embedder, ModelTimeouts},
};

/// The timeouts of a request to an embedding model.
const EMBEDDING_TIMEOUTS: ModelTimeouts = ModelTimeouts {
    first_byte: Duration::from_secs(30),
    idle: Duration::from_secs(10),
};

/// Every configured model by its names. Models on the CPU are loaded in the background.
pub(crate) fn models(config: &ModelsConfig, client: &Client, tracker: &TaskTracker) -> Models {
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
                    model: openai_model(openai, client),
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
    Models::new(entries)
}

/// The embedding model. On the CPU it is loaded in the background.
pub(crate) fn embedder(
    config: &ModelsConfig,
    client: &Client,
    tracker: &TaskTracker,
) -> Arc<dyn Embedder> {
    match &config.embedding {
        EmbeddingModelConfig::Embedded => {
            Arc::new(EmbeddedEmbedder::load(config.dir.clone(), tracker))
        }
        EmbeddingModelConfig::OpenAi {
            base_url,
            api_key,
            model,
            dimensions,
        } => Arc::new(OpenAiEmbedder::new(
            client.clone(),
            OpenAiEmbedderOptions {
                base_url: base_url.clone(),
                api_key: api_key.clone(),
                model: model.clone(),
                dimensions: *dimensions,
                timeouts: EMBEDDING_TIMEOUTS,
            },
        )),
    }
}

fn openai_model(config: &OpenAiModelConfig, client: &Client) -> Arc<dyn ChatModel> {
    let seconds = Duration::from_secs;
    Arc::new(OpenAiModel::new(
        client.clone(),
        OpenAiOptions {
            base_url: config.base_url.clone(),
            api_key: config.api_key.clone(),
            model: config.model.clone(),
            context_tokens: config.context_tokens,
            timeouts: ModelTimeouts {
                first_byte: seconds(config.first_byte_seconds),
                idle: seconds(config.idle_seconds),
            },
        },
    ))
}
