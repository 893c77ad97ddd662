//! An embedding model behind the API: sends texts in batches, and validates the returned vectors.

#[cfg(test)]
mod provider;
#[cfg(test)]
mod tests;
mod wire;

use async_trait::async_trait;
use reqwest::{Client, Response, StatusCode};
use tokio::sync::OnceCell;

use super::{CHARACTERS_PER_TOKEN, failure::ProviderFailure, repeat::repeat};
use crate::{
    domain::Secret,
    error::{Error, Kind, Result},
    port::{Embedder, ModelTimeouts, Purpose, Readiness},
};

/// The maximum number of texts per request.
const BATCH_TEXTS: usize = 96;
// even if every character were a token, a batch is below OpenAI's limit of 300,000 tokens
const _: () = assert!(BATCH_TEXTS * LONGEST_TEXT * CHARACTERS_PER_TOKEN <= 250_000);
/// The maximum length of a text in tokens. A model's name does not reveal its limit, the smaller models accept no more,
/// and retrieval is worse with longer passages anyway.
const LONGEST_TEXT: usize = 512;
/// The maximum size of a response in bytes: a batch of vectors of 4096 dimensions takes about half of it.
const LARGEST_ANSWER: usize = 16 << 20;
/// The text that is embedded to find out the number of dimensions.
const PROBE: &str = "dimensions";

/// An embedding model behind an OpenAI-compatible API.
pub struct OpenAiEmbedder {
    client: Client,
    options: OpenAiEmbedderOptions,
    /// Taken from the first response, unless it is configured.
    dimensions: OnceCell<usize>,
}

/// The address and the parameters of the model.
#[derive(Debug, Clone)]
pub struct OpenAiEmbedderOptions {
    /// The base URL up to and including the version, e.g. `https://api.openai.com/v1`.
    pub base_url: String,
    /// The key, if the API needs one.
    pub api_key: Option<Secret>,
    /// The name of the model at the provider.
    pub model: String,
    /// The number of dimensions, if it is configured.
    pub dimensions: Option<usize>,
    /// The timeouts of a request.
    pub timeouts: ModelTimeouts,
}

impl OpenAiEmbedder {
    /// Creates an embedder that uses `client`, which must have no timeout of its own.
    pub fn new(client: Client, options: OpenAiEmbedderOptions) -> Self {
        Self {
            client,
            dimensions: OnceCell::new_with(options.dimensions),
            options,
        }
    }

    /// Embeds one batch.
    async fn ask(&self, texts: Vec<&str>) -> Result<Vec<Vec<f32>>> {
        let body = wire::Request {
            model: &self.options.model,
            input: texts,
            encoding_format: "float",
        };
        let vectors = repeat(|| self.ask_once(&body)).await;
        vectors.map_err(|failure| unavailable(failure.into()))
    }

    async fn ask_once(&self, body: &wire::Request<'_>) -> Result<Vec<Vec<f32>>, ProviderFailure> {
        let base = self.options.base_url.trim_end_matches('/');
        let mut request = self.client.post(format!("{base}/embeddings")).json(body);
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
        let bytes = self.read(response).await?;
        let broken = || {
            ProviderFailure::broken(
                "the model's provider sent something that is no list of vectors",
            )
        };
        let answer: wire::Response =
            serde_json::from_slice(&bytes).map_err(|error| broken().with_source(error))?;
        let vectors = answer.into_vectors(body.input.len());
        vectors.map_err(|cause| broken().with_source(cause))
    }

    async fn read(&self, mut response: Response) -> Result<Vec<u8>, ProviderFailure> {
        let mut bytes = Vec::new();
        loop {
            let chunk = tokio::time::timeout(self.options.timeouts.idle, response.chunk()).await;
            let chunk = chunk.map_err(|_| ProviderFailure::silent())?;
            let Some(chunk) = chunk.map_err(ProviderFailure::cut_off)? else {
                return Ok(bytes);
            };
            if bytes.len() + chunk.len() > LARGEST_ANSWER {
                return Err(ProviderFailure::broken(
                    "the model's provider sent far more than a list of vectors",
                ));
            }
            bytes.extend_from_slice(&chunk);
        }
    }
}

#[async_trait]
impl Embedder for OpenAiEmbedder {
    fn model(&self) -> &str {
        &self.options.model
    }

    async fn dimensions(&self) -> Result<usize> {
        let probe = async || {
            let vectors = self.ask(vec![PROBE]).await?;
            Ok(vectors.first().map_or(0, Vec::len))
        };
        self.dimensions.get_or_try_init(probe).await.copied()
    }

    // these models take no purpose
    async fn embed(&self, texts: &[String], _purpose: Purpose) -> Result<Vec<Vec<f32>>> {
        let mut vectors = Vec::with_capacity(texts.len());
        for batch in texts.chunks(BATCH_TEXTS) {
            let batch = batch.iter().map(|text| read_part(text)).collect();
            vectors.extend(self.ask(batch).await?);
        }
        let Some(first) = vectors.first().map(Vec::len) else {
            return Ok(vectors);
        };
        let expected = *self.dimensions.get_or_init(async || first).await;
        match vectors.iter().find(|vector| vector.len() != expected) {
            Some(other) => {
                let found = other.len();
                tracing::error!(
                    expected,
                    found,
                    "the embedding model's vectors have another length than before or configured"
                );
                Err(Error::unavailable(format!(
                    "the embedding model gave a vector of {found} numbers, expected {expected}; the operator has to \
                     check models.embedding_dimensions"
                )))
            }
            None => Ok(vectors),
        }
    }

    fn count_tokens(&self, text: &str) -> usize {
        text.chars().count().div_ceil(CHARACTERS_PER_TOKEN)
    }

    fn longest_text(&self) -> usize {
        LONGEST_TEXT
    }

    fn readiness(&self) -> Readiness {
        Readiness::Ready
    }
}

/// The beginning of a text, at most as long as is sent. The API rejects a text that is too long for the model.
fn read_part(text: &str) -> &str {
    let end = text.char_indices().nth(LONGEST_TEXT * CHARACTERS_PER_TOKEN);
    end.and_then(|(end, _)| text.get(..end)).unwrap_or(text)
}

/// Converts a rejected input into UNAVAILABLE. The caller wrote no message that could be too long, and is not
/// responsible for the number of requests.
fn unavailable(error: Error) -> Error {
    let replaced = match error.kind() {
        Kind::BadInput(_) => Error::unavailable("the embedding model refuses a text as too long"),
        Kind::RateLimited(_) => Error::unavailable(error.message()),
        _ => return error,
    };
    match error.cause() {
        Some(cause) => replaced.with_source(cause),
        None => replaced,
    }
}
