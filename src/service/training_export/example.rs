//! The lines of an export, in the form that their purpose needs.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{rating_name, turn::Turn};
use crate::{
    domain::RatedAnswer,
    error::{Error, Result},
};

/// What the lines of an export are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportPurpose {
    /// To train a model: a conversation in the form of chat fine-tuning.
    FineTuning,
    /// To compare agents: a question with its history, its answer and the rating.
    Evaluation,
}

impl ExportPurpose {
    /// The purpose's name on the command line and in the audit log.
    pub fn name(self) -> &'static str {
        match self {
            Self::FineTuning => "fine-tuning",
            Self::Evaluation => "evaluation",
        }
    }
}

/// Where a line comes from.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ExampleSource<'a> {
    /// The slug of the agent; none after the agent was deleted.
    pub(super) agent: Option<&'a str>,
    pub(super) template: Option<&'a str>,
    pub(super) version: Option<&'a str>,
    pub(super) model: Option<String>,
    pub(super) conversation: String,
    pub(super) message: String,
    pub(super) rated_at: DateTime<Utc>,
}

/// A rated answer with the turns before it, as they are written.
pub(super) struct Example<'a, R> {
    pub(super) source: ExampleSource<'a>,
    /// The turns before the last one, without those that are left out.
    pub(super) turns: Vec<Turn>,
    /// The question and the rated answer.
    pub(super) last: Turn,
    pub(super) rated: &'a RatedAnswer,
    /// Replaces the secrets of a text.
    pub(super) redact: R,
}

/// A message in the form of the APIs for chats.
#[derive(Serialize)]
struct ChatMessage {
    role: &'static str,
    content: String,
    /// 0 for an answer that no model is trained on; left out otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    weight: Option<u8>,
}

/// The rating of an answer.
#[derive(Serialize)]
struct GivenRating {
    rating: Option<&'static str>,
    comment: Option<String>,
}

#[derive(Serialize)]
struct FineTuningLine<'a> {
    messages: Vec<ChatMessage>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<FineTuningMetadata<'a>>,
}

#[derive(Serialize)]
struct FineTuningMetadata<'a> {
    rating: Option<&'static str>,
    #[serde(flatten)]
    source: &'a ExampleSource<'a>,
}

#[derive(Serialize)]
struct EvaluationLine<'a> {
    input: String,
    history: Vec<ChatMessage>,
    answer: String,
    #[serde(flatten)]
    rating: GivenRating,
    #[serde(flatten)]
    source: &'a ExampleSource<'a>,
}

impl<R: FnMut(&str) -> String> Example<'_, R> {
    /// The line for fine-tuning. Only the rated answer is trained on: those before it have the weight 0.
    pub(super) fn fine_tuning(&mut self, has_metadata: bool) -> Result<String> {
        let (question, answer) = (self.last.question().to_owned(), self.last.answer());
        let mut messages = self.history(Some(0));
        messages.push(self.message("user", &question, None));
        messages.push(self.message("assistant", &answer, None));
        let metadata = has_metadata.then_some(FineTuningMetadata {
            rating: self.score(),
            source: &self.source,
        });
        written(&FineTuningLine { messages, metadata })
    }

    /// The line for evaluation.
    pub(super) fn evaluation(&mut self) -> Result<String> {
        let (question, answer) = (self.last.question().to_owned(), self.last.answer());
        let history = self.history(None);
        let comment = self.rated.answer.rating.as_ref();
        let comment = comment.and_then(|rating| rating.comment.clone());
        let line = EvaluationLine {
            input: (self.redact)(&question),
            history,
            answer: (self.redact)(&answer),
            rating: GivenRating {
                rating: self.score(),
                comment: comment.map(|comment| (self.redact)(&comment)),
            },
            source: &self.source,
        };
        written(&line)
    }

    /// The messages of the turns before the last one; `weight` is that of the answers.
    fn history(&mut self, weight: Option<u8>) -> Vec<ChatMessage> {
        let turns = std::mem::take(&mut self.turns);
        let mut messages = Vec::with_capacity(2 * turns.len() + 2);
        for turn in &turns {
            messages.push(self.message("user", turn.question(), None));
            messages.push(self.message("assistant", &turn.answer(), weight));
        }
        messages
    }

    fn message(&mut self, role: &'static str, text: &str, weight: Option<u8>) -> ChatMessage {
        ChatMessage {
            role,
            content: (self.redact)(text),
            weight,
        }
    }

    fn score(&self) -> Option<&'static str> {
        let rating = self.rated.answer.rating.as_ref();
        rating.map(|rating| rating_name(rating.score))
    }
}

fn written(line: &impl Serialize) -> Result<String> {
    serde_json::to_string(line)
        .map_err(|cause| Error::internal("write a line of an export").with_source(cause))
}
