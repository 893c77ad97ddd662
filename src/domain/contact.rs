//! Contacts: the people that an account does business with, and what was done with them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::{ActivityId, ContactId, DealId, LeadId};

/// A person that an account does business with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// Its id.
    pub id: ContactId,
    /// The person's name.
    pub name: String,
    /// In lower case; at most one contact of the account has it.
    pub email: Option<String>,
    /// As it was given.
    pub phone: Option<String>,
    /// Where the person works.
    pub company: Option<String>,
    /// What the person does there.
    pub job_title: Option<String>,
    /// Anything else.
    pub notes: Option<String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

/// Which contacts are asked for; everything that is set must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ContactFilter {
    /// A part of the name, the company or the mail address, whatever its case.
    pub search: Option<String>,
    /// The whole mail address, whatever its case.
    pub email: Option<String>,
}

/// Something that was done with a contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activity {
    /// Its id.
    pub id: ActivityId,
    /// With whom.
    pub contact: ContactId,
    /// About which lead.
    pub lead: Option<LeadId>,
    /// About which deal.
    pub deal: Option<DealId>,
    /// What it was.
    pub kind: ActivityKind,
    /// What happened.
    pub text: String,
    /// When it happened.
    pub happened_at: DateTime<Utc>,
    /// When it was noted.
    pub created_at: DateTime<Utc>,
}

/// What was done with a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ActivityKind {
    /// Something worth remembering.
    Note,
    /// A telephone call.
    Call,
    /// A mail.
    Email,
    /// A meeting.
    Meeting,
    /// Something that is still to be done.
    Task,
}
