//! The task that exports spans in batches.

use std::{sync::Arc, time::Duration};

use opentelemetry_proto::tonic::trace::v1::Span;
use tokio::{
    sync::mpsc,
    time::{Instant, sleep, timeout_at},
};
use tokio_util::sync::CancellationToken;

use super::collector::Collector;
use crate::{error::Error, metrics::TraceMetrics, outgoing::OutgoingFailure};

/// The maximum number of spans of a request.
const LARGEST_BATCH: usize = 512;
/// How long a span waits for others. It is short, because a process that is killed loses the spans that wait.
const LONGEST_WAIT: Duration = Duration::from_secs(1);
/// The time in which the queued spans are exported after the last one was made.
const FAREWELL: Duration = Duration::from_secs(2);
/// The interval between two warnings about a collector that does not take spans.
const WARN_EVERY: Duration = Duration::from_mins(1);

/// Exports the spans of a process.
pub(super) struct SpanExport {
    pub(super) collector: Collector,
    pub(super) metrics: Arc<TraceMetrics>,
    pub(super) queued: mpsc::Receiver<Span>,
}

/// The failures since the last warning.
#[derive(Default)]
struct Failures {
    warned: Option<Instant>,
    spans: u64,
}

impl SpanExport {
    /// Exports until no span can come any more. After `ended`, only for a short time: a shutdown does not wait for a
    /// collector.
    pub(super) async fn run(self, ended: CancellationToken) {
        let late = async {
            ended.cancelled().await;
            sleep(FAREWELL).await;
        };
        tokio::select! {
            () = self.export_all() => {}
            () = late => tracing::warn!("the last spans were not exported in time"),
        }
    }

    async fn export_all(mut self) {
        let mut failures = Failures::default();
        let mut batch = Vec::new();
        while let Some(first) = self.queued.recv().await {
            batch.push(first);
            self.fill(&mut batch).await;
            self.export(std::mem::take(&mut batch), &mut failures).await;
        }
    }

    /// Adds the spans that come soon.
    async fn fill(&mut self, batch: &mut Vec<Span>) {
        let due = Instant::now() + LONGEST_WAIT;
        while batch.len() < LARGEST_BATCH {
            let room = LARGEST_BATCH - batch.len();
            match timeout_at(due, self.queued.recv_many(batch, room)).await {
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            }
        }
    }

    async fn export(&self, batch: Vec<Span>, failures: &mut Failures) {
        let spans = u64::try_from(batch.len()).unwrap_or(u64::MAX);
        match self.collector.export(batch).await {
            Ok(refused) => {
                let refused = refused.min(spans);
                self.metrics.exported(spans - refused);
                if refused > 0 {
                    self.metrics.failed(refused);
                    failures.add(refused, None);
                }
            }
            Err(failure) => {
                self.metrics.failed(spans);
                failures.add(spans, Some(&failure));
            }
        }
    }
}

impl Failures {
    /// Adds spans that were lost, and logs them unless a warning was logged in the last minute.
    fn add(&mut self, spans: u64, failure: Option<&OutgoingFailure>) {
        self.spans += spans;
        let now = Instant::now();
        if self.warned.is_some_and(|at| now - at < WARN_EVERY) {
            return;
        }
        self.warned = Some(now);
        let error = failure.map(OutgoingFailure::error);
        tracing::warn!(
            spans = std::mem::take(&mut self.spans),
            error = error.map_or("the collector has refused some spans", Error::message),
            cause = error.and_then(Error::cause),
            "exporting spans failed; they are lost"
        );
    }
}
