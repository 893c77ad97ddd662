//! End users: the people who chat, and the sessions in which their browsers act.

use chrono::{DateTime, Utc};

use crate::domain::{AccountId, AgentId, EndUserId, SessionId};

/// A person who chats with the agents of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndUser {
    /// The end user's id.
    pub id: EndUserId,
    /// The account.
    pub account: AccountId,
    /// The account's own id of the person, unique within the account.
    pub external_id: String,
    /// The display name.
    pub display_name: Option<String>,
    /// Whether the person came through a public agent, without a name.
    pub anonymous: bool,
    /// The time at which the account first named the person.
    pub created_at: DateTime<Utc>,
    /// The time of the last session that began.
    pub last_seen_at: Option<DateTime<Utc>>,
    /// Since when the person consents to the export of rated conversations; none without the consent.
    pub training_consent_at: Option<DateTime<Utc>>,
}

/// A short-lived permission for the browser of one end user. Only the hash of its token is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The session's id.
    pub id: SessionId,
    /// The account.
    pub account: AccountId,
    /// The end user.
    pub end_user: EndUserId,
    /// The agents that the end user may talk to; none for every active agent.
    pub agents: Option<Vec<AgentId>>,
    /// The origins of the pages that may use the session; empty for every origin that the installation allows.
    pub origins: Vec<String>,
    /// What may be spent in the session.
    pub limits: SessionLimits,
    /// The time of creation.
    pub created_at: DateTime<Utc>,
    /// The time from which on the session is not valid any more.
    pub expires_at: DateTime<Utc>,
    /// The time of the revocation.
    pub revoked_at: Option<DateTime<Utc>>,
    /// The session that took the place of this one.
    pub renewed_by: Option<SessionId>,
}

/// What may be spent in a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionLimits {
    /// The rate of messages.
    pub messages_per_minute: u32,
    /// The maximum of input and output tokens of the runs that the session starts together.
    pub tokens: Option<i64>,
}

/// A session with its end user, as authentication needs them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndUserSession {
    /// The session.
    pub session: Session,
    /// The end user.
    pub end_user: EndUser,
}

impl EndUserSession {
    /// Whether the session can be used at this time: neither expired, nor revoked, nor renewed.
    pub fn is_valid_at(&self, now: DateTime<Utc>) -> bool {
        let session = &self.session;
        session.revoked_at.is_none() && session.renewed_by.is_none() && session.expires_at > now
    }
}

/// The rows of an account that one end user may see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndUserScope {
    /// The end user.
    pub end_user: EndUserId,
    /// The account's own id of the end user.
    pub external_id: String,
    /// The agents that the end user may talk to; none for every active agent.
    pub agents: Option<Vec<AgentId>>,
}

impl EndUserScope {
    /// Whether the end user may talk to this agent, if it is active.
    pub fn may_talk_to(&self, agent: AgentId) -> bool {
        let agents = self.agents.as_ref();
        agents.is_none_or(|agents| agents.contains(&agent))
    }
}
