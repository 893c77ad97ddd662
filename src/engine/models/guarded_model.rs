//! A model behind a circuit breaker: after several failures in a row it is not asked for a while, so that the next model
//! of the tier answers at once.

use std::sync::Arc;

use async_stream::stream;
use async_trait::async_trait;
use futures::StreamExt;

use crate::{
    error::{Error, Result},
    port::{ChatModel, ChatPrompt, CircuitState, Circuits, ModelEvent, ModelStream, Readiness},
};

/// A model behind a circuit breaker. Only outages count, which every caller would meet: a prompt that a filter refuses or
/// an account's own wrong key opens no circuit.
pub struct GuardedModel {
    breaker: ModelBreaker,
    model: Arc<dyn ChatModel>,
}

/// The circuit of one model.
#[derive(Clone)]
struct ModelBreaker {
    circuits: Arc<dyn Circuits>,
    name: Arc<str>,
}

/// What a request is for its circuit.
#[derive(Clone, Copy, PartialEq, Eq)]
enum RequestKind {
    Usual,
    /// The outcome decides whether the circuit closes.
    Trial,
}

impl GuardedModel {
    /// The model with the circuit of this name.
    pub fn new(name: &str, model: Arc<dyn ChatModel>, circuits: Arc<dyn Circuits>) -> Self {
        Self {
            breaker: ModelBreaker {
                circuits,
                name: name.into(),
            },
            model,
        }
    }
}

impl ModelBreaker {
    /// Admits a request; UNAVAILABLE while the circuit is open.
    async fn admit(&self) -> Result<RequestKind> {
        match self.circuits.state(&self.name) {
            CircuitState::Closed { .. } => Ok(RequestKind::Usual),
            CircuitState::HalfOpen { .. } if self.circuits.begin_trial(&self.name).await => {
                Ok(RequestKind::Trial)
            }
            CircuitState::HalfOpen { reason, .. } => Err(Error::unavailable(format!(
                "the model kept failing, and another request sees whether it is well again; try again later; the last \
                 failure: {reason}"
            ))),
            CircuitState::Open { left, reason } => {
                Err(Error::unavailable(open(left.as_secs(), &reason)))
            }
        }
    }

    async fn failed(&self, error: &Error, kind: RequestKind) {
        if error.is_outage() {
            self.circuits.fail(&self.name, error.message()).await;
        } else if kind == RequestKind::Trial {
            // the provider has answered
            self.circuits.pass_trial(&self.name).await;
        }
    }

    async fn finished(&self) {
        // most answers follow a success, which leaves nothing to record
        if self.circuits.state(&self.name) != (CircuitState::Closed { failures: 0 }) {
            self.circuits.succeed(&self.name).await;
        }
    }

    /// The stream, whose outcome is reported to the circuit.
    fn watch(&self, mut events: ModelStream, mut kind: RequestKind) -> ModelStream {
        let breaker = self.clone();
        let watched = stream! {
            while let Some(event) = events.next().await {
                match &event {
                    Err(error) => breaker.failed(error, kind).await,
                    Ok(ModelEvent::Finished { .. }) => breaker.finished().await,
                    Ok(_) if kind == RequestKind::Trial => {
                        kind = RequestKind::Usual;
                        breaker.circuits.pass_trial(&breaker.name).await;
                    }
                    Ok(_) => {}
                }
                yield event;
            }
        };
        watched.boxed()
    }
}

fn open(seconds: u64, reason: &str) -> String {
    format!(
        "the model kept failing and is asked again in {} s; the last failure: {reason}",
        seconds + 1
    )
}

#[async_trait]
impl ChatModel for GuardedModel {
    async fn stream(&self, prompt: ChatPrompt) -> Result<ModelStream> {
        let kind = self.breaker.admit().await?;
        match self.model.stream(prompt).await {
            Ok(events) => Ok(self.breaker.watch(events, kind)),
            Err(error) => {
                self.breaker.failed(&error, kind).await;
                Err(error)
            }
        }
    }

    fn count_tokens(&self, text: &str) -> usize {
        self.model.count_tokens(text)
    }

    fn context_tokens(&self) -> usize {
        self.model.context_tokens()
    }

    fn readiness(&self) -> Readiness {
        match self.breaker.circuits.state(&self.breaker.name) {
            CircuitState::Open { left, reason } => {
                Readiness::Missing(open(left.as_secs(), &reason))
            }
            CircuitState::Closed { .. } | CircuitState::HalfOpen { .. } => self.model.readiness(),
        }
    }

    fn calls_tools(&self) -> bool {
        self.model.calls_tools()
    }

    fn demo_quality(&self) -> bool {
        self.model.demo_quality()
    }
}
