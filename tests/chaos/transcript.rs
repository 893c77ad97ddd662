//! The state that a client derives from the events of a run, and the invariants of that state.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::text::JobRequest;

/// A question and its expected answer.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    /// The number of the question.
    pub(crate) seed: u64,
    /// The text of the question.
    pub(crate) text: String,
    /// The text of the expected answer.
    pub(crate) answer: String,
}

impl Question {
    /// What is asked and has to be answered.
    pub(crate) fn of(wish: JobRequest) -> Self {
        Self {
            seed: wish.seed,
            text: wish.question(),
            answer: wish.answer(),
        }
    }
}

/// The events read so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct Transcript {
    /// The run, once its first event has arrived.
    pub(crate) run: Option<String>,
    /// The conversation, once it is known.
    pub(crate) conversation: Option<String>,
    /// The cursor of the last event.
    pub(crate) cursor: Option<String>,
    /// The number of started attempts.
    pub(crate) attempts: usize,
    /// The time without events before each further attempt, by the server's timestamps.
    pub(crate) silences: Vec<Duration>,
    /// Whether the run succeeded and every check passed.
    pub(crate) is_whole: bool,
    attempt: i64,
    sequence: i64,
    at: Option<DateTime<Utc>>,
    text: String,
}

impl Transcript {
    /// Applies one event; returns the violated condition.
    pub(crate) fn take(&mut self, event: &Value, question: &Question) -> Result<(), String> {
        let kind = event["__typename"].as_str().unwrap_or_default();
        let run = event["runId"].as_str().map(str::to_owned);
        if self.run.is_some() && self.run != run {
            return Err(format!("an event of another run: {event}"));
        }
        self.run = run;
        let sequence = event["sequence"].as_i64().unwrap_or_default();
        if sequence <= self.sequence {
            return Err(format!(
                "sequence {sequence} after {}: {event}",
                self.sequence
            ));
        }
        self.sequence = sequence;
        self.cursor = event["cursor"].as_str().map(str::to_owned);
        let at = event["at"].as_str().and_then(|at| at.parse().ok());
        let before = std::mem::replace(&mut self.at, at);
        match kind {
            "RunStarted" => self.start(event, before),
            "MessageAdded" | "AgentSelected" | "ToolCallUpdated" | "RunProgress" => Ok(()),
            "TokenDelta" => self.delta(event, question),
            "RunSucceeded" => self.end(event, question),
            _ => Err(format!("the run did not end well: {event}")),
        }
    }

    fn start(&mut self, event: &Value, before: Option<DateTime<Utc>>) -> Result<(), String> {
        let attempt = event["attempt"].as_i64().unwrap_or_default();
        if attempt <= self.attempt {
            return Err(format!("attempt {attempt} after {}", self.attempt));
        }
        if let (Some(before), Some(at)) = (before, self.at)
            && self.attempts > 0
        {
            self.silences
                .push((at - before).to_std().unwrap_or_default());
        }
        // The text of an earlier attempt no longer counts.
        self.text.clear();
        let conversation = event["run"]["conversation"]["id"].as_str();
        self.conversation = conversation.map(str::to_owned);
        self.attempt = attempt;
        self.attempts += 1;
        Ok(())
    }

    fn delta(&mut self, event: &Value, question: &Question) -> Result<(), String> {
        let piece = event["text"].as_str().unwrap_or_default();
        let offset = event["offset"]
            .as_u64()
            .and_then(|offset| usize::try_from(offset).ok());
        let length = self.text.chars().count();
        if offset != Some(length) {
            return Err(format!("{length} code points so far, and then {event}"));
        }
        let rest = question.answer.get(self.text.len()..).unwrap_or_default();
        if piece.is_empty() || !rest.starts_with(piece) {
            return Err(format!(
                "not what the model said after {length} code points: {event}"
            ));
        }
        self.text.push_str(piece);
        Ok(())
    }

    fn end(&mut self, event: &Value, question: &Question) -> Result<(), String> {
        let kept = event["message"]["text"].as_str().unwrap_or_default();
        if self.text != question.answer {
            let (got, all) = (self.text.chars().count(), question.answer.chars().count());
            return Err(format!("ended with {got} of {all} code points shown"));
        }
        if kept != self.text {
            return Err("the stored message is not what was shown".to_owned());
        }
        self.is_whole = true;
        Ok(())
    }
}
