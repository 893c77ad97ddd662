//! Exports spans to a collector of OpenTelemetry: OTLP over HTTP with protobuf
//! (<https://opentelemetry.io/docs/specs/otlp/#otlphttp>), with the names of a pinned version of the GenAI conventions.
//!
//! A span that has ended becomes a message at once, in [`conventions`], and waits in a bounded queue for [`export`]. What
//! makes spans never waits: without room in the queue, a span is dropped and counted.

mod attributes;
mod collector;
mod conventions;
mod export;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use opentelemetry_proto::tonic::trace::v1::Span;
use reqwest::Client;
use tokio::sync::mpsc;
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};

use self::{collector::Collector, export::SpanExport};
use crate::{
    domain::{GenAiConventions, Secret},
    error::Result,
    metrics::TraceMetrics,
    port::{SpanProcessor, TraceSpan},
};

/// The maximum number of spans that wait to be exported.
const LARGEST_QUEUE: usize = 4_096;

/// Where spans go, and how.
#[derive(Debug, Clone)]
pub struct OtlpOptions {
    /// The collector's URL without a trailing slash; `/v1/traces` is added.
    pub endpoint: String,
    /// Further headers of each request.
    pub headers: Vec<(String, Secret)>,
    /// The `service.name` of the process.
    pub service_name: String,
    /// The `service.instance.id` of the process.
    pub instance: String,
    /// The version of the conventions.
    pub conventions: GenAiConventions,
}

/// The spans of a process on their way to a collector.
pub struct OtlpSpanProcessor {
    queue: mpsc::Sender<Span>,
    conventions: GenAiConventions,
    metrics: Arc<TraceMetrics>,
    /// Reports the end of this processor to the task that exports.
    _end: DropGuard,
}

impl OtlpSpanProcessor {
    /// Starts the task that exports. It ends after this processor, with what is queued, or two seconds later.
    pub fn start(
        client: &Client,
        options: OtlpOptions,
        metrics: &Arc<TraceMetrics>,
        tracker: &TaskTracker,
    ) -> Result<Self> {
        let (queue, queued) = mpsc::channel(LARGEST_QUEUE);
        let ended = CancellationToken::new();
        let conventions = options.conventions;
        let export = SpanExport {
            collector: Collector::new(client, options)?,
            metrics: Arc::clone(metrics),
            queued,
        };
        tracker.spawn(export.run(ended.clone()));
        Ok(Self {
            queue,
            conventions,
            metrics: Arc::clone(metrics),
            _end: ended.drop_guard(),
        })
    }
}

impl SpanProcessor for OtlpSpanProcessor {
    fn on_end(&self, span: &TraceSpan) {
        match self.queue.try_reserve() {
            Ok(place) => place.send(conventions::message(span, self.conventions)),
            Err(_) => self.metrics.dropped(),
        }
    }
}
