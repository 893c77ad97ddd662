//! The place of spans in a trace: their parent, and what they are about.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{OpenSpan, Traces};
use crate::{
    domain::{Agent, Run, SpanId, TraceId},
    port::{Clock, RunSpan, SpanDetails, SpanProcessor, SpanSubject, TraceSpan},
};

/// The place of the spans of an attempt, or of a reading outside of runs.
#[derive(Clone)]
pub(in crate::engine) struct TraceScope {
    processor: Arc<dyn SpanProcessor>,
    clock: Arc<dyn Clock>,
    trace: TraceId,
    /// The span of the attempt.
    parent: Option<SpanId>,
    subject: SpanSubject,
}

/// The end of a run, for its span.
pub(in crate::engine) struct RunEnd {
    pub(in crate::engine) at: DateTime<Utc>,
    pub(in crate::engine) status: &'static str,
    pub(in crate::engine) error: Option<&'static str>,
    pub(in crate::engine) details: RunSpan,
}

impl TraceScope {
    pub(super) fn of_attempt(traces: &Traces, run: &Run, attempt: i32) -> Self {
        let subject = SpanSubject {
            account: run.account,
            conversation: Some(run.conversation),
            run: Some(run.id),
            attempt: Some(attempt),
            agent: run.agent,
            agent_name: None,
        };
        Self {
            parent: Some(SpanId::of_attempt(run.id, attempt)),
            ..Self::without_parent(traces, run.trace_id(), subject)
        }
    }

    pub(super) fn without_parent(traces: &Traces, trace: TraceId, subject: SpanSubject) -> Self {
        Self {
            processor: Arc::clone(&traces.processor),
            clock: Arc::clone(&traces.clock),
            trace,
            parent: None,
            subject,
        }
    }

    /// The same scope for the agent that answers from now on.
    pub(in crate::engine) fn of_agent(mut self, agent: &Agent) -> Self {
        self.subject.agent = Some(agent.id);
        self.subject.agent_name = Some(agent.name.clone());
        self
    }

    /// Begins the span of an operation of the attempt.
    pub(in crate::engine) fn open(&self, details: SpanDetails) -> OpenSpan {
        let id = SpanId::from_number(rand::random());
        self.begin(id, self.parent, details)
    }

    /// Begins the span of the attempt itself.
    pub(in crate::engine) fn open_attempt(&self, run: &Run, attempt: i32) -> OpenSpan {
        let id = SpanId::of_attempt(run.id, attempt);
        self.begin(id, Some(SpanId::of_run(run.id)), SpanDetails::Attempt)
    }

    /// Ends the span of the whole run, which began with its message. The process that has recorded the end calls this.
    pub(in crate::engine) fn end_run(&self, run: &Run, end: RunEnd) {
        let subject = SpanSubject {
            attempt: None,
            ..self.subject.clone()
        };
        self.processor.on_end(&TraceSpan {
            trace: self.trace,
            id: SpanId::of_run(run.id),
            parent: None,
            subject,
            details: SpanDetails::Run(end.details),
            began: run.created_at,
            // the clock of the process that stored the message may be ahead
            ended: end.at.max(run.created_at),
            outcome: end.status,
            error: end.error,
        });
    }

    fn begin(&self, id: SpanId, parent: Option<SpanId>, details: SpanDetails) -> OpenSpan {
        let now = self.clock.now();
        let span = TraceSpan {
            trace: self.trace,
            id,
            parent,
            subject: self.subject.clone(),
            details,
            began: now,
            ended: now,
            outcome: OpenSpan::DROPPED,
            error: None,
        };
        OpenSpan::new(Arc::clone(&self.processor), span)
    }
}
