//! Any OpenAI-compatible API: `POST {base}/chat/completions`, streamed as server-sent events, and `POST
//! {base}/embeddings`.
//!
//! Source of the message formats: the OpenAI API reference, "Create chat completion", "Chat completion chunk object"
//! and "Create embeddings". Providers differ from it in many ways; `docs/providers.md` lists those that are known. Answers
//! are therefore read leniently ([`chunk`]), and a request that is refused because of one of its parameters is sent once
//! more without it ([`profile`]).

mod body;
mod calls;
mod chunk;
mod embeddings;
mod endpoint;
mod events;
mod extra;
mod failure;
mod json;
mod plain;
mod profile;
mod refusal;
mod request;
mod stream;
mod text;
mod words;

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use async_trait::async_trait;
use reqwest::{Client, Response};
use tokio::time::Instant;

pub use self::{
    embeddings::{OpenAiEmbedder, OpenAiEmbedderOptions},
    endpoint::EndpointOptions,
};
use self::{
    endpoint::Endpoint,
    profile::{Part, RequestProfile},
    refusal::Refusal,
    request::{Request, returned_members},
    stream::ReaderOptions,
};
use crate::{
    domain::ModelParameters,
    error::{Error, Result},
    outgoing::{OutgoingFailure, RetryPolicy},
    port::{ChatModel, ChatPrompt, ModelStream, ModelTimeouts, Readiness},
};

/// The ratio that estimates token counts. It overestimates for most languages.
const CHARACTERS_PER_TOKEN: usize = 3;

/// The retries of a request. A provider that asks for a longer pause is not asked again: a user waits for the answer.
const RETRY: RetryPolicy = RetryPolicy {
    retries: 2,
    first_pause: Duration::from_millis(300),
    longest_pause: Duration::from_secs(15),
    total: None,
};

/// The pause before a local server that is still loading its model is asked again.
const WHILE_LOADING: Duration = Duration::from_secs(1);

/// A chat model behind an OpenAI-compatible API.
pub struct OpenAiModel {
    endpoint: Endpoint,
    options: OpenAiOptions,
    /// What the model takes: the settings, and what was learnt since the start of the process.
    profile: RwLock<Arc<RequestProfile>>,
}

/// The address and the parameters of the model.
#[derive(Debug, Clone)]
pub struct OpenAiOptions {
    /// The API.
    pub endpoint: EndpointOptions,
    /// The key of the model in `models.chat`.
    pub name: String,
    /// The name of the model at the provider.
    pub model: String,
    /// What the model takes.
    pub parameters: ModelParameters,
    /// The maximum number of tokens of prompt and answer together.
    pub context_tokens: usize,
    /// The timeouts of a request.
    pub timeouts: ModelTimeouts,
}

impl OpenAiModel {
    /// Creates a model that uses `client`, which must have no timeout of its own and follow no redirects.
    pub fn new(client: Client, options: OpenAiOptions) -> Self {
        Self {
            endpoint: Endpoint::new(client, options.endpoint.clone()),
            profile: RwLock::new(Arc::new(RequestProfile {
                parameters: options.parameters.clone(),
                ..RequestProfile::default()
            })),
            options,
        }
    }

    /// Sends the request and waits for the beginning of the answer.
    async fn begin(&self, prompt: &ChatPrompt) -> Result<ModelStream, OutgoingFailure> {
        let response = self.send(prompt).await?;
        let secrets = self.endpoint.secrets().into_iter().map(str::to_owned);
        let options = ReaderOptions {
            timeouts: self.options.timeouts,
            max_output_tokens: prompt.max_output_tokens,
            model: self.options.name.clone(),
            secrets: secrets.collect(),
        };
        stream::begin(response, options).await
    }

    /// Sends the request. When it is refused because of one of its parts, it is sent once more without that part; what
    /// helped is remembered.
    async fn send(&self, prompt: &ChatPrompt) -> Result<Response, OutgoingFailure> {
        let began = Instant::now();
        let first_byte = self.options.timeouts.first_byte;
        let mut profile = self.profile();
        let mut left_out: Vec<Part> = Vec::new();
        // a refused value says nothing about other values
        let mut is_lasting = true;
        loop {
            let body = Request::new(&self.options.model, prompt, &profile);
            let body = serde_json::to_vec(&body)
                .map_err(|error| Error::internal("writing a prompt").with_source(error))?;
            let response = self
                .endpoint
                .post("chat/completions", &body, first_byte)
                .await?;
            if response.status().is_success() {
                if !left_out.is_empty() && is_lasting {
                    self.remember(profile, &left_out);
                }
                return Ok(response);
            }
            let refusal = Refusal::read(response).await;
            if refusal.is_loading() {
                if began.elapsed() > first_byte {
                    return Err(failure::silent());
                }
                tokio::time::sleep(WHILE_LOADING).await;
                continue;
            }
            let refused = profile.refused_part(&refusal, &returned_members(prompt));
            match refused.filter(|part| !left_out.contains(part)) {
                Some(part) => {
                    is_lasting &= !refusal.words.is_about_a_value();
                    profile = Arc::new(profile.without(&part, &left_out));
                    left_out.push(part);
                }
                None => return Err(refusal.into_failure(&self.endpoint.secrets())),
            }
        }
    }

    fn profile(&self) -> Arc<RequestProfile> {
        let profile = self.profile.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&profile)
    }

    fn remember(&self, profile: Arc<RequestProfile>, left_out: &[Part]) {
        for part in left_out {
            let (model, setting) = (&self.options.name, part.setting());
            tracing::warn!(%model, ?part, setting, "the model's provider refuses a part of the request; it is left out from now on, and the setting of models.chat avoids the refusal");
        }
        *self.profile.write().unwrap_or_else(PoisonError::into_inner) = profile;
    }
}

#[async_trait]
impl ChatModel for OpenAiModel {
    async fn stream(&self, prompt: ChatPrompt) -> Result<ModelStream> {
        let stream = RETRY.run(|| self.begin(&prompt)).await;
        stream.map_err(Error::from)
    }

    fn count_tokens(&self, text: &str) -> usize {
        text.chars().count().div_ceil(CHARACTERS_PER_TOKEN)
    }

    fn context_tokens(&self) -> usize {
        self.options.context_tokens
    }

    fn readiness(&self) -> Readiness {
        Readiness::Ready
    }

    fn calls_tools(&self) -> bool {
        self.profile().parameters.tools
    }
}
