//! A model whose calls are spans of a trace.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use async_trait::async_trait;
use futures::{Stream, StreamExt};

use super::NamedModel;
use crate::{
    engine::trace::{OpenSpan, TraceScope},
    error::Result,
    port::{
        ChatModel, ChatPrompt, ModelCallSpan, ModelEvent, ModelIdentity, ModelStream, Readiness,
        SpanDetails,
    },
};

/// The outcome of a call that came to its end.
const SUCCEEDED: &str = "SUCCEEDED";
/// The maximum number of characters of the name that a provider gives the model that answered.
const LONGEST_NAME: usize = 200;

/// The models, with their calls as spans of this scope; the same models without one.
pub(in crate::engine) fn traced(
    mut models: Vec<NamedModel>,
    scope: Option<&TraceScope>,
) -> Vec<NamedModel> {
    if let Some(scope) = scope {
        for model in &mut models {
            model.entry.model = Arc::new(TracedModel {
                model: Arc::clone(&model.entry.model),
                name: model.name.as_str().into(),
                identity: Arc::clone(&model.entry.identity),
                scope: scope.clone(),
            });
        }
    }
    models
}

/// A model for one turn. It stands outside of the circuit breaker: a refused call is a part of the run's story.
struct TracedModel {
    model: Arc<dyn ChatModel>,
    /// The name under which the pricing tier lists the model.
    name: Arc<str>,
    identity: Arc<ModelIdentity>,
    scope: TraceScope,
}

#[async_trait]
impl ChatModel for TracedModel {
    async fn stream(&self, prompt: ChatPrompt) -> Result<ModelStream> {
        let details = ModelCallSpan {
            name: Arc::clone(&self.name),
            identity: Arc::clone(&self.identity),
            max_tokens: prompt.max_output_tokens,
            temperature: prompt.temperature,
            is_json: prompt.output.is_some(),
            ..ModelCallSpan::default()
        };
        let span = self.scope.open(SpanDetails::ModelCall(details.clone()));
        let mut call = TracedCall { span, details };
        match self.model.stream(prompt).await {
            Ok(events) => Ok(TracedStream { events, call }.boxed()),
            Err(error) => {
                call.span.failed(error.code().name());
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

/// One call, whose span ends when it is dropped.
struct TracedCall {
    span: OpenSpan,
    details: ModelCallSpan,
}

impl Drop for TracedCall {
    fn drop(&mut self) {
        let details = std::mem::take(&mut self.details);
        self.span.describe(SpanDetails::ModelCall(details));
    }
}

/// The events of a call. For each one, two comparisons are made; none of its text is kept.
struct TracedStream {
    events: ModelStream,
    call: TracedCall,
}

impl TracedCall {
    fn note(&mut self, event: &Result<ModelEvent>) {
        match event {
            Ok(ModelEvent::Text(_) | ModelEvent::Reasoning(_)) => {}
            Ok(ModelEvent::Call(_)) => self.details.has_calls = true,
            Ok(ModelEvent::Usage(tokens)) => self.details.tokens.update(*tokens),
            Ok(ModelEvent::Finished {
                reason,
                answered_by,
                ..
            }) => {
                self.details.finish_reason = Some(*reason);
                let name = answered_by.as_ref();
                self.details.answered_by =
                    name.map(|name| name.chars().take(LONGEST_NAME).collect());
                self.span.succeeded(SUCCEEDED);
            }
            Err(error) => self.span.failed(error.code().name()),
        }
        if self.details.first_event.is_none() {
            self.details.first_event = Some(self.span.elapsed());
        }
    }
}

impl Stream for TracedStream {
    type Item = Result<ModelEvent>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let event = self.events.poll_next_unpin(context);
        if let Poll::Ready(Some(arrived)) = &event {
            self.call.note(arrived);
        }
        event
    }
}
