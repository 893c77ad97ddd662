//! Canaries: another version of an agent's template answers a share of its conversations.

mod threshold;

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use self::threshold::{exceeds, percent};
use crate::domain::{AgentId, ConversationId, RunSums, TemplateId};

/// The share of first tokens that may come later than [`CanaryThresholds::max_first_token_ms`].
const LATE_FIRST_TOKENS: f64 = 0.05;

/// The trial of another version of an agent's template; an agent keeps its last one.
#[derive(Debug, Clone, PartialEq)]
pub struct Canary {
    /// The agent's version when the canary began.
    pub stable: TemplateId,
    /// The version that is tried.
    pub candidate: TemplateId,
    /// The share of conversations that the candidate answers: more than 0, at most 1.
    pub share: f64,
    /// When the candidate is rolled back by itself.
    pub thresholds: CanaryThresholds,
    /// Whether the candidate is still tried.
    pub state: CanaryState,
    /// Why it ended; none while it runs.
    pub reason: Option<String>,
    /// The first moment at which messages may be accepted for the candidate.
    pub since: DateTime<Utc>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
}

/// The figures at which a candidate is rolled back; an unset one is not checked.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct CanaryThresholds {
    /// The maximum share of runs that fail, 0 to 1.
    pub max_error_rate: Option<f64>,
    /// The minimum share of good ratings among the ratings, 0 to 1.
    pub min_satisfaction: Option<f64>,
    /// The time in milliseconds within which 95% of the first tokens must come.
    pub max_first_token_ms: Option<i64>,
}

/// Whether a candidate is still tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CanaryState {
    /// The candidate answers its share.
    Running,
    /// The candidate became the agent's version.
    Promoted,
    /// The agent kept its version.
    RolledBack,
}

/// The chat that a message belongs to: all conversations of an end user get the same version.
#[derive(Debug, Clone, Copy)]
pub struct CanarySubject<'a> {
    /// The conversation; it counts when there is no end user.
    pub conversation: ConversationId,
    /// The account's own id of the end user.
    pub end_user: Option<&'a str>,
}

impl Canary {
    /// Whether the candidate is still tried.
    pub fn is_running(&self) -> bool {
        self.state == CanaryState::Running
    }

    /// Whether the candidate answers a message that was accepted at a time. The answer never changes afterwards, so that
    /// each attempt of a run uses the same version, also when the canary ends in between.
    pub fn answers(
        &self,
        agent: AgentId,
        subject: CanarySubject<'_>,
        accepted_at: DateTime<Utc>,
    ) -> bool {
        self.since <= accepted_at
            && self.ended_at.is_none_or(|end| accepted_at < end)
            && self.place_of(agent, subject) < self.share
    }

    /// The place of a subject between 0 and 1. It depends on the agent and the candidate, not on the canary: who tried a
    /// version tries it again when another canary has a larger share.
    fn place_of(&self, agent: AgentId, subject: CanarySubject<'_>) -> f64 {
        let mut hash = Sha256::new();
        hash.update(agent.uuid());
        hash.update(self.candidate.uuid());
        match subject.end_user {
            Some(end_user) => hash.update(end_user),
            None => hash.update(subject.conversation.uuid()),
        }
        let [first, second, third, fourth, ..]: [u8; 32] = hash.finalize().into();
        f64::from(u32::from_be_bytes([first, second, third, fourth])) / (f64::from(u32::MAX) + 1.0)
    }

    /// Why the candidate must be rolled back, by the sums over its runs; none while its thresholds hold.
    pub fn violation(&self, sums: &RunSums) -> Option<String> {
        let CanaryThresholds {
            max_error_rate,
            min_satisfaction,
            max_first_token_ms,
        } = self.thresholds;
        if let Some(most) = max_error_rate.filter(|most| exceeds(sums.failed, sums.runs, *most)) {
            let (failed, runs) = (sums.failed, sums.runs);
            return Some(format!(
                "{failed} of {runs} runs failed, at most {} may",
                percent(most)
            ));
        }
        let ratings = sums.rated_up + sums.rated_down;
        let is_too_bad = |least: &f64| exceeds(sums.rated_down, ratings, 1.0 - least);
        if let Some(least) = min_satisfaction.filter(is_too_bad) {
            return Some(format!(
                "{} of {ratings} ratings are good, at least {} must be",
                sums.rated_up,
                percent(least)
            ));
        }
        let most = max_first_token_ms?;
        let (late, all) = (sums.first_token.above(most), sums.first_token.count());
        exceeds(late, all, LATE_FIRST_TOKENS).then(|| {
            format!(
                "{late} of {all} first tokens took longer than {most} ms, at most {} may",
                percent(LATE_FIRST_TOKENS)
            )
        })
    }
}

#[cfg(test)]
mod tests;
