//! Tickets: what customers need help with, and how far that is.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::{CommentId, TicketId};

/// Something that a customer needs help with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// Its id.
    pub id: TicketId,
    /// Its number in the account, from 1.
    pub number: i64,
    /// What it is about, in a line.
    pub subject: String,
    /// What it is about.
    pub description: String,
    /// How urgent it is.
    pub priority: TicketPriority,
    /// How far it is.
    pub state: TicketState,
    /// Who needs help.
    pub requester: Option<String>,
    /// Their mail address, in lower case.
    pub requester_email: Option<String>,
    /// Who takes care of it.
    pub assignee: Option<String>,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// How it was resolved.
    pub resolution: Option<String>,
    /// When it was last resolved.
    pub resolved_at: Option<DateTime<Utc>>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

/// How urgent a ticket is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TicketPriority {
    /// It can wait.
    Low,
    /// As most.
    Normal,
    /// It keeps somebody from their work.
    High,
    /// It keeps many from their work.
    Urgent,
}

/// How far a ticket is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TicketState {
    /// Nobody has begun.
    Open,
    /// Somebody is at it.
    InProgress,
    /// The customer has to answer first.
    Waiting,
    /// It is solved, as far as we know.
    Resolved,
    /// Nothing more will happen.
    Closed,
}

impl TicketState {
    /// Where it can go from here.
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
            // the customer says that it is not solved after all
            Self::Resolved => &[Self::Open, Self::Closed],
            Self::Closed => &[],
        }
    }
}

/// Something that was said about a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// Its id.
    pub id: CommentId,
    /// The ticket.
    pub ticket: TicketId,
    /// Who said it.
    pub author: String,
    /// What was said.
    pub text: String,
    /// Whether the customer is not to see it.
    pub internal: bool,
    /// When it was said.
    pub created_at: DateTime<Utc>,
}

/// Which tickets are asked for; everything that is set must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TicketFilter {
    /// A part of the subject or the description, whatever its case.
    pub search: Option<String>,
    /// In one of these states.
    pub states: Option<Vec<TicketState>>,
    /// So urgent.
    pub priority: Option<TicketPriority>,
    /// Of whoever has this mail address, whatever its case.
    pub requester_email: Option<String>,
    /// That they take care of, whatever the case of their name.
    pub assignee: Option<String>,
}
