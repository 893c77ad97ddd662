//! An embedding model behind the API: sends texts in batches, and validates the returned vectors.

mod failure;
#[cfg(test)]
mod provider;
#[cfg(test)]
mod tests;
mod text;
mod wire;

use std::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    time::Duration,
};

use async_trait::async_trait;
use futures::{FutureExt, future::BoxFuture};
use reqwest::Client;
use tokio::sync::OnceCell;

use self::{
    failure::{AskFailure, of_a_search},
    text::{halves, is_divisible, is_ideograph},
};
use crate::{
    adapter::model_provider::{
        ApiRequest, Endpoint, EndpointOptions, KeyOwner, Meaning, Refusal, cut_off, malformed,
        silent,
    },
    domain::Usage,
    error::{Error, Result},
    outgoing::{BodyFailure, BodyLimits, OutgoingFailure, RetryPolicy, read_body},
    port::{Embedded, Embedder, ModelTimeouts, Purpose, Readiness},
};

/// The maximum number of texts per request, unless it is configured or a provider takes fewer.
const BATCH_TEXTS: usize = 96;
/// The maximum length of a text in tokens, unless it is configured or a provider takes less. A model's name does not
/// reveal its limit, the smaller models accept no more, and retrieval is worse with longer passages anyway.
const LONGEST_TEXT: usize = 512;
/// The minimum that a refusal teaches about the length of a text, in tokens.
const SHORTEST_LEARNT: usize = 64;
/// The maximum size of a response in bytes: a batch of vectors of 4096 dimensions takes about half of it.
const LARGEST_ANSWER: usize = 16 << 20;
/// The text that is embedded to find out the number of dimensions.
const PROBE: &str = "dimensions";
/// The ratio that estimates the tokens of texts in alphabets. It overestimates for most languages.
const CHARACTERS_PER_TOKEN: usize = 3;
/// The retries of a request; a job retries for longer.
const RETRY: RetryPolicy = RetryPolicy {
    retries: 2,
    first_pause: Duration::from_millis(300),
    longest_pause: Duration::from_secs(5),
    total: None,
};

/// An embedding model behind an OpenAI-compatible API.
pub struct OpenAiEmbedder {
    endpoint: Endpoint,
    options: OpenAiEmbedderOptions,
    /// Taken from the first response, unless it is configured.
    dimensions: OnceCell<usize>,
    /// The number of texts that the provider takes in one request, as far as it is known.
    largest_batch: AtomicUsize,
    /// The number of tokens that the provider takes in one text, as far as it is known.
    longest_text: AtomicUsize,
    /// Whether `encoding_format` is sent.
    sends_format: AtomicBool,
}

/// The address and the parameters of the model.
#[derive(Debug, Clone)]
pub struct OpenAiEmbedderOptions {
    /// The API.
    pub endpoint: EndpointOptions,
    /// The name of the model at the provider.
    pub model: String,
    /// The number of dimensions, if it is configured.
    pub dimensions: Option<usize>,
    /// The maximum number of texts of a request, if it is configured.
    pub batch: Option<usize>,
    /// The maximum number of tokens of a text, if it is configured.
    pub longest_text: Option<usize>,
    /// The price of a million tokens, in US dollars.
    pub price_per_million_usd: f64,
    /// The timeouts of a request.
    pub timeouts: ModelTimeouts,
}

/// Vectors, with the tokens that the provider counted for them.
struct Counted<T> {
    value: T,
    tokens: i64,
}

impl OpenAiEmbedder {
    /// Creates an embedder that uses `client`, which must have no timeout of its own and follow no redirects.
    pub fn new(client: Client, options: OpenAiEmbedderOptions) -> Self {
        Self {
            endpoint: Endpoint::new(client, options.endpoint.clone()),
            dimensions: OnceCell::new_with(options.dimensions),
            largest_batch: AtomicUsize::new(options.batch.unwrap_or(BATCH_TEXTS)),
            longest_text: AtomicUsize::new(options.longest_text.unwrap_or(LONGEST_TEXT)),
            sends_format: AtomicBool::new(true),
            options,
        }
    }

    /// Embeds all texts, in requests of as many texts as the provider takes. A refused request is halved; what helped is
    /// remembered.
    async fn embed_all(&self, texts: &[&str]) -> Result<Counted<Vec<Vec<f32>>>> {
        let mut vectors = Vec::with_capacity(texts.len());
        let mut tokens = 0;
        let usual = self.largest_batch.load(Ordering::Relaxed).max(1);
        let (mut most, mut largest, mut is_divided) = (usual, 0, false);
        let mut rest = texts;
        while !rest.is_empty() {
            let (batch, others) = rest.split_at(most.min(rest.len()));
            match (self.ask(batch).await, batch) {
                (Ok(embedded), _) => {
                    largest = largest.max(batch.len());
                    vectors.extend(embedded.value);
                    tokens += embedded.tokens;
                    rest = others;
                }
                (Err(refused), [_, _, ..]) if refused.may_be_too_large => {
                    most = batch.len().div_ceil(2);
                }
                (Err(refused), [text]) if refused.is_too_long && is_divisible(text) => {
                    let divided = self.embed_divided(text).await?;
                    vectors.push(divided.value);
                    tokens += divided.tokens;
                    rest = others;
                    // the batch was refused because of this text
                    (most, is_divided) = (usual, true);
                }
                (Err(refused), _) => return Err(refused.failure.into()),
            }
        }
        if most < usual && !is_divided {
            self.largest_batch
                .fetch_min(largest.max(1), Ordering::Relaxed);
        }
        Ok(Counted {
            value: vectors,
            tokens,
        })
    }

    /// Embeds a text that the provider refuses as too long: the mean of the vectors of its halves. Later documents are
    /// split into passages of the length that the provider takes.
    fn embed_divided<'a>(&'a self, text: &'a str) -> BoxFuture<'a, Result<Counted<Vec<f32>>>> {
        async move {
            let (start, end) = halves(text);
            let longest = self.count_tokens(start).max(self.count_tokens(end));
            let Counted { value, tokens } = self.embed_all(&[start, end]).await?;
            self.longest_text
                .fetch_min(longest.max(SHORTEST_LEARNT), Ordering::Relaxed);
            let value = wire::mean(&value).ok_or_else(|| {
                Error::unavailable(
                    "the embedding model's vectors of one text cancel each other out",
                )
            })?;
            Ok(Counted { value, tokens })
        }
        .boxed()
    }

    /// The use of the model for this number of tokens.
    fn usage(&self, tokens: i64) -> Usage {
        #[expect(
            clippy::cast_precision_loss,
            reason = "token counts are far below 2^52"
        )]
        let cost_usd = tokens as f64 * self.options.price_per_million_usd / 1_000_000.0;
        Usage {
            input_tokens: tokens,
            cost_usd,
            ..Usage::default()
        }
    }

    /// Embeds one batch.
    async fn ask(&self, texts: &[&str]) -> Result<Counted<Vec<Vec<f32>>>, AskFailure> {
        loop {
            let sends_format = self.sends_format.load(Ordering::Relaxed);
            let body = wire::Request {
                model: &self.options.model,
                input: texts,
                encoding_format: sends_format.then_some("float"),
            };
            let body = serde_json::to_vec(&body).map_err(|error| {
                OutgoingFailure::from(Error::internal("writing texts to embed").with_source(error))
            })?;
            let answer = match RETRY.run(|| self.ask_once(&body)).await? {
                Ok(answer) => answer,
                // a parameter that is refused is left out from then on
                Err(refusal)
                    if sends_format && refusal.words.position_of("encoding_format").is_some() =>
                {
                    self.sends_format.store(false, Ordering::Relaxed);
                    continue;
                }
                Err(refusal) => {
                    return Err(AskFailure::of(refusal, &self.endpoint.secrets(None)));
                }
            };
            let no_vectors =
                || malformed("the model's provider sent something that is no list of vectors");
            let answer: wire::Response =
                serde_json::from_slice(&answer).map_err(|error| no_vectors().with_source(error))?;
            let tokens = answer.tokens().unwrap_or_else(|| {
                let tokens: usize = texts.iter().map(|text| self.count_tokens(text)).sum();
                i64::try_from(tokens).unwrap_or(i64::MAX)
            });
            let vectors = answer.into_vectors(texts.len());
            let value = vectors.map_err(|cause| no_vectors().with_source(cause))?;
            return Ok(Counted { value, tokens });
        }
    }

    /// Sends one request. The inner error is a refusal that a retry does not change.
    async fn ask_once(&self, body: &[u8]) -> Result<Result<Vec<u8>, Refusal>, OutgoingFailure> {
        let ModelTimeouts { first_byte, idle } = self.options.timeouts;
        let request = ApiRequest {
            path: "embeddings",
            body,
            own_key: None,
        };
        let response = self.endpoint.post(request, first_byte).await?;
        if !response.status().is_success() {
            let refusal = Refusal::read(response).await;
            return match refusal.meaning() {
                Meaning::TooMany | Meaning::TooSlow | Meaning::ProviderProblem => {
                    Err(refusal.into_failure(&self.endpoint.secrets(None), KeyOwner::Operator))
                }
                _ => Ok(Err(refusal)),
            };
        }
        let limits = BodyLimits {
            bytes: LARGEST_ANSWER,
            idle,
        };
        match read_body(response, limits).await {
            Ok(body) => Ok(Ok(body)),
            Err(BodyFailure::TooLarge) => Err(malformed(
                "the model's provider sent far more than a list of vectors",
            )),
            Err(BodyFailure::Silent) => Err(silent()),
            Err(BodyFailure::Broken(error)) => Err(cut_off(error)),
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
            let embedded = self.embed_all(&[PROBE]).await.map_err(of_a_search)?;
            Ok(embedded.value.first().map_or(0, Vec::len))
        };
        self.dimensions.get_or_try_init(probe).await.copied()
    }

    // these models take no purpose
    async fn embed(&self, texts: &[String], purpose: Purpose) -> Result<Embedded> {
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let embedded = self.embed_all(&texts).await;
        let embedded = embedded.map_err(|error| match purpose {
            Purpose::Question => of_a_search(error),
            // a job waits as long as the provider asks
            Purpose::Passage => error,
        })?;
        let vectors = embedded.value;
        let Some(first) = vectors.first().map(Vec::len) else {
            return Ok(Embedded::default());
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
                ))
                .lasting())
            }
            None => Ok(Embedded {
                vectors,
                usage: self.usage(embedded.tokens),
            }),
        }
    }

    /// An estimate: in Chinese, Japanese and Korean, a character is a token.
    fn count_tokens(&self, text: &str) -> usize {
        let ideographs = text.chars().filter(|&c| is_ideograph(c)).count();
        let others = text.chars().count() - ideographs;
        ideographs + others.div_ceil(CHARACTERS_PER_TOKEN)
    }

    fn longest_text(&self) -> usize {
        self.longest_text.load(Ordering::Relaxed)
    }

    fn readiness(&self) -> Readiness {
        Readiness::Ready
    }
}
