//! A model whose calls are counted, with their outcomes and the time to their first events.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Instant,
};

use async_trait::async_trait;
use futures::{Stream, StreamExt};

use crate::{
    error::Result,
    metrics::ModelMetrics,
    port::{ChatModel, ChatPrompt, ModelEvent, ModelStream, Readiness},
};

/// The outcome of a call that came to its end.
const SUCCEEDED: &str = "SUCCEEDED";
/// The outcome of a call whose caller did not wait for its end: the run was cancelled, or another process owns it.
const DROPPED: &str = "DROPPED";

/// A model whose calls are counted. It stands within the circuit breaker, which refuses calls that are never made.
pub struct MeasuredModel {
    model: Arc<dyn ChatModel>,
    labels: CallLabels,
    metrics: Arc<ModelMetrics>,
}

/// The labels of a model's calls.
#[derive(Debug, Clone)]
pub struct CallLabels {
    /// The name of the model in `app.yaml`.
    pub model: Arc<str>,
    /// The kind of the model: `embedded`, `openai` or `anthropic`.
    pub provider: &'static str,
}

impl MeasuredModel {
    /// The model with its counts in `metrics`.
    pub fn new(model: Arc<dyn ChatModel>, labels: CallLabels, metrics: Arc<ModelMetrics>) -> Self {
        Self {
            model,
            labels,
            metrics,
        }
    }
}

#[async_trait]
impl ChatModel for MeasuredModel {
    async fn stream(&self, prompt: ChatPrompt) -> Result<ModelStream> {
        let mut call = MeasuredCall {
            labels: self.labels.clone(),
            metrics: Arc::clone(&self.metrics),
            began: Instant::now(),
            has_events: false,
            outcome: DROPPED,
        };
        match self.model.stream(prompt).await {
            Ok(events) => Ok(MeasuredStream { events, call }.boxed()),
            Err(error) => {
                call.outcome = error.code().name();
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
        self.model.readiness()
    }

    fn calls_tools(&self) -> bool {
        self.model.calls_tools()
    }

    fn demo_quality(&self) -> bool {
        self.model.demo_quality()
    }
}

/// One call, which is counted when it is dropped.
struct MeasuredCall {
    labels: CallLabels,
    metrics: Arc<ModelMetrics>,
    began: Instant,
    has_events: bool,
    outcome: &'static str,
}

impl Drop for MeasuredCall {
    fn drop(&mut self) {
        let CallLabels { model, provider } = &self.labels;
        self.metrics.called(model, provider, self.outcome);
    }
}

/// The events of a call. For each one, two comparisons are made and nothing is counted.
struct MeasuredStream {
    events: ModelStream,
    call: MeasuredCall,
}

impl Stream for MeasuredStream {
    type Item = Result<ModelEvent>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let event = self.events.poll_next_unpin(context);
        let Poll::Ready(Some(arrived)) = &event else {
            return event;
        };
        let call = &mut self.call;
        match arrived {
            Ok(ModelEvent::Finished { .. }) => call.outcome = SUCCEEDED,
            Ok(_) => {}
            Err(error) => call.outcome = error.code().name(),
        }
        if !call.has_events {
            call.has_events = true;
            let provider = call.labels.provider;
            call.metrics.began_answer(provider, call.began.elapsed());
        }
        event
    }
}
