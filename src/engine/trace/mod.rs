//! The spans of runs: a root for the run, a span for each attempt below it, and below that the calls of models and tools.
//!
//! Spans are made where an operation ends, and not by entering and leaving them: a token costs nothing but the comparisons
//! of [`super::models::traced`], and nothing at all while traces are off. The ids of the root and of the attempts are
//! derived from the run, so that a run that is taken over continues in the same tree.

mod open_span;
mod scope;

use std::sync::Arc;

use uuid::Uuid;

pub(super) use self::{
    open_span::OpenSpan,
    scope::{RunEnd, TraceScope},
};
use crate::{
    domain::{Agent, Run, TraceId},
    port::{Clock, SpanProcessor, SpanSubject},
};

/// Where the spans of a share of the traces go. None exists while traces are off.
#[derive(Clone)]
pub struct Traces {
    processor: Arc<dyn SpanProcessor>,
    clock: Arc<dyn Clock>,
    share: f64,
}

impl Traces {
    /// The traces of this share of the runs, from 0 to 1.
    pub fn new(processor: Arc<dyn SpanProcessor>, clock: Arc<dyn Clock>, share: f64) -> Self {
        Self {
            processor,
            clock,
            share,
        }
    }

    /// The scope of an attempt at a run; none if its trace is not sampled.
    pub(super) fn of_attempt(&self, run: &Run, attempt: i32) -> Option<TraceScope> {
        let trace = run.trace_id();
        trace
            .is_within(self.share)
            .then(|| TraceScope::of_attempt(self, run, attempt))
    }

    /// The scope of model calls outside of runs for an agent: a trace of its own, without a root.
    pub(super) fn of_reading(&self, agent: &Agent) -> Option<TraceScope> {
        let trace = TraceId::from_uuid(Uuid::now_v7());
        let subject = SpanSubject {
            account: agent.account,
            conversation: None,
            run: None,
            attempt: None,
            agent: Some(agent.id),
            agent_name: Some(agent.name.clone()),
        };
        trace
            .is_within(self.share)
            .then(|| TraceScope::without_parent(self, trace, subject))
    }
}
