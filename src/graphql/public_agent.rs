//! Public agents and the sessions with them in the API.

use async_graphql::{ID, InputObject, SimpleObject};
use chrono::{DateTime, Utc};

use super::{
    agent::Agent,
    big_int::BigInt,
    error::Result,
    session::{EndUser, Session},
};
use crate::{
    domain::{self, AgentId, Secret},
    service::{PublicAccessInput, PublicSession},
};

/// The rate of messages of one person whose input names none.
const USUAL_RATE: i64 = 6;
/// The tokens of a session whose input names none.
const USUAL_TOKENS: i64 = 20_000;
/// The time to the expiry of a session whose input names none, in seconds.
const USUAL_SECONDS: i64 = 3_600;

/// The terms on which callers without credentials may talk to an agent.
#[derive(SimpleObject)]
pub(super) struct PublicAccess {
    /// The origins of the pages that may begin a session.
    origins: Vec<String>,
    /// The rate of messages of one person.
    messages_per_minute: u32,
    /// The maximum of input and output tokens of the runs of one session.
    tokens: BigInt,
    /// The time to the expiry of a session, in seconds.
    expires_in_seconds: i64,
    /// The time of the last change of these terms.
    updated_at: DateTime<Utc>,
}

impl From<domain::PublicAccess> for PublicAccess {
    fn from(access: domain::PublicAccess) -> Self {
        Self {
            origins: access.origins,
            messages_per_minute: access.messages_per_minute,
            tokens: BigInt(access.tokens),
            expires_in_seconds: access.expires_in_seconds,
            updated_at: access.updated_at,
        }
    }
}

/// The terms on which an agent is public.
#[derive(InputObject)]
pub(super) struct SetPublicAccessInput {
    /// The agent.
    agent_id: ID,
    /// The origins of the pages that may begin a session, exactly as browsers send them, such as `https://www.example.com`;
    /// 1 to 20. They are allowed for sessions with public agents also where the installation's setting
    /// `TROUPE_ALLOWED_ORIGINS` does not list them.
    origins: Vec<String>,
    /// The rate of messages of one person, 1 to 60.
    #[graphql(default_with = "Some(USUAL_RATE)")]
    messages_per_minute: Option<i64>,
    /// The maximum of input and output tokens of the runs of one session, 1 to 1,000,000.
    #[graphql(default_with = "Some(BigInt(USUAL_TOKENS))")]
    tokens: Option<BigInt>,
    /// The time to the expiry of a session in seconds, 60 to 86,400.
    #[graphql(default_with = "Some(USUAL_SECONDS)")]
    expires_in_seconds: Option<i64>,
}

impl SetPublicAccessInput {
    /// The terms that the input describes.
    pub(super) fn access(self) -> Result<PublicAccessInput> {
        Ok(PublicAccessInput {
            agent: AgentId::parse("input.agentId", &self.agent_id)?,
            origins: self.origins,
            messages_per_minute: self.messages_per_minute.unwrap_or(USUAL_RATE),
            tokens: self.tokens.map_or(USUAL_TOKENS, |tokens| tokens.0),
            expires_in_seconds: self.expires_in_seconds.unwrap_or(USUAL_SECONDS),
        })
    }
}

/// The result of `setPublicAccess`.
#[derive(SimpleObject)]
pub(super) struct SetPublicAccessPayload {
    /// The agent.
    pub(super) agent: Agent,
}

/// The agent whose public access ends.
#[derive(InputObject)]
pub(super) struct RevokePublicAccessInput {
    /// The agent.
    pub(super) agent_id: ID,
}

/// The result of `revokePublicAccess`.
#[derive(SimpleObject)]
pub(super) struct RevokePublicAccessPayload {
    /// The agent.
    pub(super) agent: Agent,
}

/// The public agent that a page wants to talk to.
#[derive(InputObject)]
pub(super) struct StartPublicSessionInput {
    /// The public agent.
    pub(super) agent_id: ID,
    /// The token of a valid session of an anonymous person with this agent, who gets a further session. Default: none, a new
    /// person.
    token: Option<String>,
}

impl StartPublicSessionInput {
    /// The token of the earlier session.
    pub(super) fn earlier(&self) -> Option<Secret> {
        self.token.as_deref().map(Secret::new)
    }
}

/// The result of `startPublicSession`.
#[derive(SimpleObject)]
pub(super) struct StartPublicSessionPayload {
    /// The session.
    session: Session,
    /// The token of the session, which the page sends like an API key. It is returned only here.
    token: String,
    /// The anonymous end user.
    end_user: EndUser,
}

impl From<PublicSession> for StartPublicSessionPayload {
    fn from(begun: PublicSession) -> Self {
        Self {
            session: Session(begun.minted.session),
            token: begun.minted.token.reveal().to_owned(),
            end_user: EndUser(begun.end_user),
        }
    }
}
