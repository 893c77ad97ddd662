//! What an export of rated answers wrote and left out.

use std::collections::{BTreeMap, HashSet};

use serde_json::{Value, json};

use crate::{domain::ConversationId, redaction::RedactionCounts};

/// Why a rated answer is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LeftOut {
    /// The end user of the conversation does not consent, or is being erased.
    NoConsent,
    /// The answer was cut, cancelled or failed, or has no text.
    Incomplete,
    /// The answer is not on the selected line of its conversation.
    OtherLine,
    /// The question or the answer is private.
    Private,
}

impl LeftOut {
    /// The reason in words.
    pub fn reason(self) -> &'static str {
        match self {
            Self::NoConsent => "without the person's consent",
            Self::Incomplete => "cut or failed",
            Self::OtherLine => "not on the selected line",
            Self::Private => "private",
        }
    }

    /// The reason's name in the audit log.
    fn name(self) -> &'static str {
        match self {
            Self::NoConsent => "noConsent",
            Self::Incomplete => "incomplete",
            Self::OtherLine => "otherLine",
            Self::Private => "private",
        }
    }
}

/// What was written and left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrainingExportSummary {
    /// The number of answers, which is that of the lines.
    pub answers: u64,
    /// The conversations of the answers.
    pub conversations: HashSet<ConversationId>,
    /// The number of rated answers that were left out, by reason.
    pub left_out: BTreeMap<LeftOut, u64>,
    /// The number of private exchanges that were left out of the histories of answers.
    pub private_turns: u64,
    /// The number of replaced parts of texts.
    pub redactions: RedactionCounts,
}

impl TrainingExportSummary {
    /// The summary in sentences, for the person who gave the command.
    pub fn sentences(&self) -> Vec<String> {
        let left_out = self.left_out.iter();
        let left_out = left_out.map(|(reason, count)| (reason.reason(), *count));
        let redactions = self.redactions.iter();
        let redactions = redactions.map(|(kind, count)| (kind.name(), count));
        vec![
            format!(
                "written: {} answers, of {} conversations",
                self.answers,
                self.conversations.len()
            ),
            format!("answers left out: {}", listed(left_out)),
            format!(
                "private exchanges left out of histories: {}",
                self.private_turns
            ),
            format!("parts of texts redacted: {}", listed(redactions)),
        ]
    }

    /// The detail of the audit entry at the end.
    pub(super) fn audit_detail(&self) -> Value {
        let left_out = self.left_out.iter();
        let left_out: BTreeMap<_, _> = left_out
            .map(|(reason, count)| (reason.name(), *count))
            .collect();
        json!({
            "stage": "ENDED",
            "answers": self.answers,
            "conversations": self.conversations.len(),
            "leftOut": left_out,
            "redactions": self.redactions.total(),
        })
    }

    pub(super) fn write(&mut self, conversation: ConversationId) {
        self.answers += 1;
        self.conversations.insert(conversation);
    }

    pub(super) fn leave_out(&mut self, reason: LeftOut) {
        *self.left_out.entry(reason).or_default() += 1;
    }
}

/// Counts with what they are of; "0" without any.
fn listed<'a>(counts: impl Iterator<Item = (&'a str, u64)>) -> String {
    let counts: Vec<String> = counts
        .map(|(name, count)| format!("{count} {name}"))
        .collect();
    if counts.is_empty() {
        return "0".to_owned();
    }
    counts.join(", ")
}
