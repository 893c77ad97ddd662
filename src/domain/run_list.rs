//! Lists of runs: their filter.

use chrono::{DateTime, Utc};

use super::{AgentId, ConversationId, RunStatus};
use crate::error::{ErrorCode, Problem};

/// A filter of runs; all conditions that are set must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunFilter {
    /// Runs with one of these statuses.
    pub statuses: Option<Vec<RunStatus>>,
    /// Runs of this agent.
    pub agent: Option<AgentId>,
    /// Runs in conversations of this end user.
    pub end_user: Option<String>,
    /// Runs of this conversation.
    pub conversation: Option<ConversationId>,
    /// Runs that failed with this code.
    pub error_code: Option<ErrorCode>,
    /// Runs that were requested at this time or later.
    pub from: Option<DateTime<Utc>>,
    /// Runs that were requested before this time.
    pub to: Option<DateTime<Utc>>,
}

impl RunFilter {
    /// What is wrong with the filter.
    pub fn problems(&self) -> Vec<Problem> {
        let is_reversed = matches!((self.from, self.to), (Some(from), Some(to)) if to <= from);
        let problem = Problem::new("filter.to", "must be after filter.from");
        is_reversed.then_some(problem).into_iter().collect()
    }
}
