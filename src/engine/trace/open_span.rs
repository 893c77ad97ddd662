//! A span whose operation goes on. It ends when it is dropped, so that an operation that is given up has a span too.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use crate::port::{SpanDetails, SpanProcessor, TraceSpan};

/// A span whose operation goes on.
pub(in crate::engine) struct OpenSpan {
    processor: Arc<dyn SpanProcessor>,
    began: Instant,
    span: TraceSpan,
}

impl OpenSpan {
    /// The outcome of an operation whose caller did not wait for its end: the run was cancelled, or another process owns
    /// it.
    pub(in crate::engine) const DROPPED: &'static str = "DROPPED";

    pub(super) fn new(processor: Arc<dyn SpanProcessor>, span: TraceSpan) -> Self {
        Self {
            processor,
            began: Instant::now(),
            span,
        }
    }

    /// The time since the begin of the operation.
    pub(in crate::engine) fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// Replaces what is special to the operation by what is known of it now.
    pub(in crate::engine) fn describe(&mut self, details: SpanDetails) {
        self.span.details = details;
    }

    /// Notes how the operation has ended.
    pub(in crate::engine) fn succeeded(&mut self, outcome: &'static str) {
        self.span.outcome = outcome;
    }

    /// Notes the error that the operation has ended in, by its class.
    pub(in crate::engine) fn failed(&mut self, error: &'static str) {
        self.span.outcome = error;
        self.span.error = Some(error);
    }
}

impl Drop for OpenSpan {
    fn drop(&mut self) {
        // by the monotonic clock: that of the wall may be set meanwhile
        self.span.ended = self.span.began + self.began.elapsed();
        self.processor.on_end(&self.span);
    }
}
