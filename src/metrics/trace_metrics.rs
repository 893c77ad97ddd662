//! What is counted of the spans of traces.

use super::{Counters, MetricFamily};

/// The counts of spans in this process.
#[derive(Debug)]
pub struct TraceMetrics {
    spans: Counters<1>,
}

impl Default for TraceMetrics {
    fn default() -> Self {
        Self {
            spans: Counters::new(
                "troupe_trace_spans_total",
                "Spans of sampled traces that have ended: exported, failed (the collector did not take them), or dropped (the queue was full).",
                ["outcome"],
            )
            .starting_with([["exported"], ["failed"], ["dropped"]]),
        }
    }
}

impl TraceMetrics {
    /// The collector has taken this number of spans.
    pub fn exported(&self, spans: u64) {
        self.spans.add(["exported"], spans);
    }

    /// The collector has not taken this number of spans, and they are lost.
    pub fn failed(&self, spans: u64) {
        self.spans.add(["failed"], spans);
    }

    /// A span had no room in the queue.
    pub fn dropped(&self) {
        self.spans.count(["dropped"]);
    }

    pub(super) fn families(&self) -> Vec<MetricFamily> {
        vec![self.spans.family()]
    }
}
