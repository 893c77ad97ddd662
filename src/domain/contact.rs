//! Contacts: the people that an account does business with, and their activities.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domain::{ActivityId, ContactId, DealId, LeadId};

/// A person that an account does business with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// The contact's id.
    pub id: ContactId,
    /// The person's name.
    pub name: String,
    /// The mail address in lower case, unique in the account.
    pub email: Option<String>,
    /// The telephone number as it was given.
    pub phone: Option<String>,
    /// The company that the person works for.
    pub company: Option<String>,
    /// The person's job title.
    pub job_title: Option<String>,
    /// Free notes.
    pub notes: Option<String>,
    /// The time of creation.
    pub created_at: DateTime<Utc>,
    /// The time of the last change.
    pub updated_at: DateTime<Utc>,
}

/// A filter of contacts; all conditions that are set must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ContactFilter {
    /// A part of the name, the company or the mail address, case-insensitive.
    pub search: Option<String>,
    /// The complete mail address, case-insensitive.
    pub email: Option<String>,
}

/// An interaction with a contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activity {
    /// The activity's id.
    pub id: ActivityId,
    /// The contact of the interaction.
    pub contact: ContactId,
    /// The lead that the activity is about.
    pub lead: Option<LeadId>,
    /// The deal that the activity is about.
    pub deal: Option<DealId>,
    /// The kind of interaction.
    pub kind: ActivityKind,
    /// A description of what happened.
    pub text: String,
    /// The time of the interaction.
    pub happened_at: DateTime<Utc>,
    /// The time at which it was recorded.
    pub created_at: DateTime<Utc>,
}

/// The kind of an interaction with a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ActivityKind {
    /// A note.
    Note,
    /// A telephone call.
    Call,
    /// An email.
    Email,
    /// A meeting.
    Meeting,
    /// An open task.
    Task,
}
