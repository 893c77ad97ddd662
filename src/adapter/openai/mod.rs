//! Any OpenAI-compatible API: `POST {base}/chat/completions`, streamed as server-sent events, and `POST
//! {base}/embeddings`.
//!
//! Source of the message formats: the OpenAI API reference, "Create chat completion", "Chat completion chunk object"
//! and "Create embeddings".

mod calls;
mod embeddings;
mod events;
mod failure;
mod repeat;
mod stream;
mod wire;

use std::time::Duration;

use async_trait::async_trait;
use futures::StreamExt;
use reqwest::{Client, Response, StatusCode, header};

pub use self::embeddings::{OpenAiEmbedder, OpenAiEmbedderOptions};
use self::{
    failure::{ProviderFailure, retry_after},
    repeat::repeat,
    wire::Request,
};
use crate::{
    domain::Secret,
    error::Result,
    port::{ChatModel, ChatPrompt, ModelStream, ModelTimeouts, Readiness},
};

/// The ratio that estimates token counts. It overestimates for most languages.
const CHARACTERS_PER_TOKEN: usize = 3;

/// A chat model behind an OpenAI-compatible API.
pub struct OpenAiModel {
    client: Client,
    options: OpenAiOptions,
}

/// The address and the parameters of the model.
#[derive(Debug, Clone)]
pub struct OpenAiOptions {
    /// The base URL up to and including the version, e.g. `https://api.openai.com/v1`.
    pub base_url: String,
    /// The key, if the API needs one.
    pub api_key: Option<Secret>,
    /// The name of the model at the provider.
    pub model: String,
    /// The maximum number of tokens of prompt and answer together.
    pub context_tokens: usize,
    /// The timeouts of a request.
    pub timeouts: ModelTimeouts,
}

impl OpenAiModel {
    /// Creates a model that uses `client`, which must have no timeout of its own.
    pub fn new(client: Client, options: OpenAiOptions) -> Self {
        Self { client, options }
    }

    /// Sends the request, retrying where that can help. There is no retry once the stream has started.
    async fn send(&self, prompt: &ChatPrompt) -> Result<Response, ProviderFailure> {
        let body = Request::new(&self.options.model, prompt);
        repeat(|| self.send_once(&body)).await
    }

    async fn send_once(&self, body: &Request<'_>) -> Result<Response, ProviderFailure> {
        let url = format!(
            "{}/chat/completions",
            self.options.base_url.trim_end_matches('/')
        );
        let mut request = self
            .client
            .post(url)
            .header(header::ACCEPT, "text/event-stream")
            .json(body);
        if let Some(key) = &self.options.api_key {
            request = request.bearer_auth(key.reveal());
        }
        let sent = tokio::time::timeout(self.options.timeouts.first_byte, request.send()).await;
        let response = sent
            .map_err(|_| ProviderFailure::silent())?
            .map_err(ProviderFailure::unreachable)?;
        if response.status() != StatusCode::OK {
            return Err(ProviderFailure::refused(response).await);
        }
        let is_stream = response
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok())
            .is_some_and(|kind| kind.starts_with("text/event-stream"));
        if is_stream {
            Ok(response)
        } else {
            Err(ProviderFailure::broken(
                "the model's provider answered something that is not an event stream; check its base URL",
            ))
        }
    }
}

#[async_trait]
impl ChatModel for OpenAiModel {
    async fn stream(&self, prompt: ChatPrompt) -> Result<ModelStream> {
        let response = self.send(&prompt).await?;
        Ok(stream::read(response, self.options.timeouts.idle).boxed())
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
        true
    }
}

/// The pause that a response asks for before a retry, in its `Retry-After` header.
fn asked_pause(response: &Response) -> Option<Duration> {
    response
        .headers()
        .get(header::RETRY_AFTER)
        .and_then(|value| value.to_str().ok())
        .and_then(retry_after)
}
