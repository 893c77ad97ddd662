//! A chat model behind the API of a provider.

use std::{
    collections::BTreeSet,
    marker::PhantomData,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use async_trait::async_trait;
use futures::StreamExt;
use reqwest::{Client, Response};
use tokio::time::Instant;

use super::{
    answer::AnswerParser,
    endpoint::{ApiRequest, Endpoint, EndpointOptions},
    endpoint_pool::{EndpointPool, OutstandingRequest},
    failure::{self, KeyOwner},
    profile::{Part, RequestProfile},
    refusal::Refusal,
    stream::{self, CHARACTERS_PER_TOKEN, ReaderOptions},
};
use crate::{
    domain::ModelParameters,
    error::{Error, Result},
    metrics::ModelMetrics,
    outgoing::{OutgoingFailure, RetryPolicy},
    port::{ChatModel, ChatPrompt, ModelStream, ModelTimeouts, Readiness},
};

/// The retries of a request. A provider that asks for a longer pause is not asked again: a user waits for the answer.
const RETRY: RetryPolicy = RetryPolicy {
    retries: 2,
    first_pause: Duration::from_millis(300),
    longest_pause: Duration::from_secs(15),
    total: None,
};

/// The pause before a local server that is still loading its model is asked again.
const WHILE_LOADING: Duration = Duration::from_secs(1);

/// What is special to one API.
pub(in crate::adapter) trait ModelApi: Send + Sync + 'static {
    /// The parser of its events.
    type Answer: AnswerParser + 'static;

    /// The path of the operation below a base URL.
    const PATH: &'static str;

    /// The body of a request, with what the model takes.
    fn body(
        model: &str,
        prompt: &ChatPrompt,
        profile: &RequestProfile,
    ) -> serde_json::Result<Vec<u8>>;

    /// The names of the members of earlier answers that go back to the provider.
    fn returned_members(prompt: &ChatPrompt) -> BTreeSet<String>;
}

/// A chat model behind the API `A`.
#[expect(
    private_bounds,
    reason = "the APIs are those of this folder's neighbours"
)]
pub struct RemoteModel<A: ModelApi> {
    endpoints: EndpointPool,
    options: RemoteModelOptions,
    /// What the model takes: the settings, and what was learnt since the start of the process.
    profile: RwLock<Arc<RequestProfile>>,
    attempts: Option<AttemptCounts>,
    api: PhantomData<fn() -> A>,
}

/// Where the requests to a provider are counted.
struct AttemptCounts {
    provider: &'static str,
    metrics: Arc<ModelMetrics>,
}

/// The addresses and the parameters of a model.
#[derive(Debug, Clone)]
pub struct RemoteModelOptions {
    /// The API's endpoints, at least one.
    pub endpoints: Vec<EndpointOptions>,
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

#[expect(
    private_bounds,
    reason = "the APIs are those of this folder's neighbours"
)]
impl<A: ModelApi> RemoteModel<A> {
    /// Creates a model that uses `client`, which must have no timeout of its own and follow no redirects.
    pub fn new(client: &Client, mut options: RemoteModelOptions) -> Self {
        Self {
            endpoints: EndpointPool::new(client, std::mem::take(&mut options.endpoints)),
            profile: RwLock::new(Arc::new(RequestProfile {
                parameters: options.parameters.clone(),
                ..RequestProfile::default()
            })),
            options,
            attempts: None,
            api: PhantomData,
        }
    }

    /// The same model, whose requests are counted as those of this provider.
    #[must_use]
    pub fn counted(mut self, provider: &'static str, metrics: &Arc<ModelMetrics>) -> Self {
        let metrics = Arc::clone(metrics);
        self.attempts = Some(AttemptCounts { provider, metrics });
        self
    }

    /// Asks one endpoint after the other until one begins to answer. A failure that another endpoint would have too ends
    /// the search.
    async fn begin(&self, prompt: &ChatPrompt) -> Result<ModelStream, OutgoingFailure> {
        let mut tried: Vec<OutstandingRequest> = Vec::new();
        let mut failed = None;
        while let Some(request) = self.endpoints.choose(&tried) {
            let begun = self.begin_at(request.endpoint(), prompt).await;
            self.count(&begun);
            match begun {
                Ok(stream) => return Ok(counted(stream, request)),
                Err(failure) if failure.error().is_outage() => {
                    request.failed();
                    tried.push(request);
                    failed = Some(failure);
                }
                Err(failure) => return Err(failure),
            }
        }
        Err(failed.unwrap_or_else(|| Error::internal("asking a model without endpoints").into()))
    }

    /// Counts one request by its outcome.
    fn count(&self, begun: &Result<ModelStream, OutgoingFailure>) {
        if let Some(AttemptCounts { provider, metrics }) = &self.attempts {
            let outcome = match begun {
                Ok(_) => "SUCCEEDED",
                Err(failure) => failure.error().code().name(),
            };
            metrics.attempted(provider, outcome);
        }
    }

    /// Sends the request and waits for the beginning of the answer.
    async fn begin_at(
        &self,
        endpoint: &Endpoint,
        prompt: &ChatPrompt,
    ) -> Result<ModelStream, OutgoingFailure> {
        let response = self.send(endpoint, prompt).await?;
        let secrets = endpoint.secrets(prompt.api_key.as_ref());
        let options = ReaderOptions {
            timeouts: self.options.timeouts,
            max_output_tokens: prompt.max_output_tokens,
            model: self.options.name.clone(),
            secrets: secrets.into_iter().map(str::to_owned).collect(),
            key: KeyOwner::of(prompt),
        };
        stream::begin::<A::Answer>(response, options).await
    }

    /// Sends the request. When it is refused because of one of its parts, it is sent once more without that part; what
    /// helped is remembered.
    async fn send(
        &self,
        endpoint: &Endpoint,
        prompt: &ChatPrompt,
    ) -> Result<Response, OutgoingFailure> {
        let began = Instant::now();
        let first_byte = self.options.timeouts.first_byte;
        let mut profile = self.profile();
        let mut left_out: Vec<Part> = Vec::new();
        // a refused value says nothing about other values
        let mut is_lasting = true;
        loop {
            let body = A::body(&self.options.model, prompt, &profile)
                .map_err(|error| Error::internal("writing a prompt").with_source(error))?;
            let request = ApiRequest {
                path: A::PATH,
                body: &body,
                own_key: prompt.api_key.as_ref(),
            };
            let response = endpoint.post(request, first_byte).await?;
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
            let refused = profile.refused_part(&refusal, &A::returned_members(prompt));
            let Some(part) = refused.filter(|part| !left_out.contains(part)) else {
                let secrets = endpoint.secrets(prompt.api_key.as_ref());
                return Err(refusal.into_failure(&secrets, KeyOwner::of(prompt)));
            };
            is_lasting &= !refusal.words.is_about_a_value();
            profile = Arc::new(profile.without(&part, &left_out));
            left_out.push(part);
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

/// The stream, whose request counts as outstanding until it is dropped.
fn counted(stream: ModelStream, request: OutstandingRequest) -> ModelStream {
    let watched = stream.inspect(move |event| {
        if event.is_err() {
            request.failed();
        }
    });
    watched.boxed()
}

#[async_trait]
impl<A: ModelApi> ChatModel for RemoteModel<A> {
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
