//! Tickets: requests of customers for help.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domain::{CommentId, TicketId};

/// A customer's request for help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// The ticket's id.
    pub id: TicketId,
    /// The number in the account, from 1.
    pub number: i64,
    /// A summary in one line.
    pub subject: String,
    /// The full description of the problem.
    pub description: String,
    /// The urgency.
    pub priority: TicketPriority,
    /// The state of the ticket.
    pub state: TicketState,
    /// The name of the customer who needs help.
    pub requester: Option<String>,
    /// The customer's mail address, in lower case.
    pub requester_email: Option<String>,
    /// The person who works on the ticket.
    pub assignee: Option<String>,
    /// Labels for searching.
    pub tags: Vec<String>,
    /// A description of the solution.
    pub resolution: Option<String>,
    /// The time of the last resolution.
    pub resolved_at: Option<DateTime<Utc>>,
    /// The time of creation.
    pub created_at: DateTime<Utc>,
    /// The time of the last change.
    pub updated_at: DateTime<Utc>,
}

/// The urgency of a ticket.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TicketPriority {
    /// The request can wait.
    Low,
    /// The usual urgency.
    Normal,
    /// The problem keeps one person from working.
    High,
    /// The problem keeps many people from working.
    Urgent,
}

impl TicketPriority {
    /// The priority's name in texts.
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "LOW",
            Self::Normal => "NORMAL",
            Self::High => "HIGH",
            Self::Urgent => "URGENT",
        }
    }
}

/// The state of a ticket.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TicketState {
    /// Work has not begun.
    Open,
    /// A person works on the ticket.
    InProgress,
    /// The ticket waits for the customer's reply.
    Waiting,
    /// The problem is presumably solved.
    Resolved,
    /// The ticket is final.
    Closed,
}

impl TicketState {
    /// The states that may follow.
    pub fn next(self) -> &'static [Self] {
        match self {
            Self::Open => &[
                Self::InProgress,
                Self::Waiting,
                Self::Resolved,
                Self::Closed,
            ],
            Self::InProgress => &[Self::Open, Self::Waiting, Self::Resolved, Self::Closed],
            Self::Waiting => &[Self::Open, Self::InProgress, Self::Resolved, Self::Closed],
            // reopened when the customer reports that the problem is not solved
            Self::Resolved => &[Self::Open, Self::Closed],
            Self::Closed => &[],
        }
    }
}

/// A comment on a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// The comment's id.
    pub id: CommentId,
    /// The ticket that the comment belongs to.
    pub ticket: TicketId,
    /// The name of the author.
    pub author: String,
    /// The content of the comment.
    pub text: String,
    /// Whether the comment is hidden from the customer.
    pub internal: bool,
    /// The time of creation.
    pub created_at: DateTime<Utc>,
}

/// A filter of tickets; all conditions that are set must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TicketFilter {
    /// A part of the subject or the description, case-insensitive.
    pub search: Option<String>,
    /// Tickets in any of these states.
    pub states: Option<Vec<TicketState>>,
    /// Tickets with this priority.
    pub priority: Option<TicketPriority>,
    /// Tickets of the customer with this mail address, case-insensitive.
    pub requester_email: Option<String>,
    /// Tickets of this assignee, case-insensitive.
    pub assignee: Option<String>,
}
