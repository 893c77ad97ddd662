//! End users and their sessions in the API.

use async_graphql::{Context, ID, InputObject, Object, OneofObject, SimpleObject};
use chrono::{DateTime, Utc};

use super::{
    agent::{Agent, agent_by_id},
    big_int::BigInt,
    connection::{ItemConnection, PageArgs, TotalCount, connect},
    context::ContextExt,
    conversation::{Conversation, conversation_list},
    conversation_input::{ConversationFilter, ConversationOrder},
    error::Result,
    usage::{DateRange, Usage},
};
use crate::{
    domain::{self, AgentId, Position, Secret, SessionId},
    error::Error,
    service::{MintedSession, NewSession, SessionRevocation},
};

/// The time to the expiry of a session whose input names none, in seconds.
const USUAL_SECONDS: i64 = 600;

/// A person who chats with the agents of an account.
pub(super) struct EndUser(pub(super) domain::EndUser);

impl From<domain::EndUser> for EndUser {
    fn from(end_user: domain::EndUser) -> Self {
        Self(end_user)
    }
}

/// A person who chats with the agents of an account.
#[Object]
impl EndUser {
    /// The id of the end user, `enduser_…`.
    pub(super) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// The account's own identifier for the person, unique within the account.
    async fn external_id(&self) -> &str {
        &self.0.external_id
    }

    /// The display name.
    async fn display_name(&self) -> Option<&str> {
        self.0.display_name.as_deref()
    }

    /// What the runs in the end user's conversations used in a period.
    async fn usage(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The period.")] range: DateRange,
    ) -> Result<Usage> {
        let usage = &ctx.services()?.usage;
        let used = usage.of_end_user(ctx.actor()?, &self.0, range.into());
        Ok(used.await?.into())
    }

    /// Whether the person came through a public agent, without a name; the identifier is then Troupe's.
    async fn anonymous(&self) -> bool {
        self.0.anonymous
    }

    /// Since when the person consents to the export of rated conversations for fine-tuning and evaluation; null without the
    /// consent.
    async fn training_consent_at(&self) -> Option<DateTime<Utc>> {
        self.0.training_consent_at
    }

    /// The conversations of the end user that are not archived, the last activity first.
    #[expect(clippy::too_many_arguments, reason = "the contract's arguments")]
    async fn conversations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Order. Default: UPDATED_AT DESC.")] order_by: Option<ConversationOrder>,
        #[graphql(desc = "The number of items from the start, 1 to 100. Default: 20.")]
        first: Option<i32>,
        #[graphql(desc = "Returns only the items after this cursor.")] after: Option<String>,
        #[graphql(desc = "The number of items from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Returns only the items before this cursor.")] before: Option<String>,
    ) -> Result<ItemConnection<Conversation>> {
        let args = PageArgs {
            first,
            after,
            last,
            before,
        };
        let filter = ConversationFilter::of_end_user(self.0.external_id.clone());
        conversation_list(ctx, Some(filter), order_by, args).await
    }

    /// The time at which the account first named the person.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// The time at which the last session began.
    async fn last_seen_at(&self) -> Option<DateTime<Utc>> {
        self.0.last_seen_at
    }
}

/// A short-lived permission for the browser of one end user. The server stores only a hash of its token.
pub(super) struct Session(pub(super) domain::Session);

/// A short-lived permission for the browser of one end user. The server stores only a hash of its token.
#[Object]
impl Session {
    /// The id of the session, `session_…`.
    pub(super) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// The end user.
    async fn end_user(&self, ctx: &Context<'_>) -> Result<EndUser> {
        let sessions = &ctx.services()?.sessions;
        let found = sessions.end_user(ctx.actor()?, self.0.end_user).await?;
        let found = found.ok_or_else(|| Error::not_found("end user"))?;
        Ok(EndUser(found))
    }

    /// The agents that the end user may talk to; null for every active agent.
    async fn agents(&self, ctx: &Context<'_>) -> Result<Option<Vec<Agent>>> {
        let Some(ids) = &self.0.agents else {
            return Ok(None);
        };
        let found = ids.iter().map(|id| agent_by_id(ctx, *id));
        let found = futures::future::try_join_all(found).await?;
        Ok(Some(found.into_iter().flatten().collect()))
    }

    /// The origins of the pages that may use the session; empty for every origin that the installation allows.
    async fn origins(&self) -> &[String] {
        &self.0.origins
    }

    /// What may be spent in the session.
    async fn limits(&self) -> SessionLimits {
        let limits = self.0.limits;
        SessionLimits {
            messages_per_minute: limits.messages_per_minute,
            tokens: limits.tokens.map(BigInt),
        }
    }

    /// The creation time.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// The time from which the session is no longer valid.
    async fn expires_at(&self) -> DateTime<Utc> {
        self.0.expires_at
    }

    /// The time of revocation.
    async fn revoked_at(&self) -> Option<DateTime<Utc>> {
        self.0.revoked_at
    }
}

/// What may be spent in a session.
#[derive(SimpleObject)]
pub(super) struct SessionLimits {
    /// The rate of messages of the end user.
    messages_per_minute: u32,
    /// The maximum of input and output tokens of the runs that the session starts; null without a budget.
    tokens: Option<BigInt>,
}

/// A filter for end users.
#[derive(InputObject)]
pub(super) struct EndUserFilter {
    /// Matches a part of the identifier or the display name, ignoring case.
    search: Option<String>,
}

/// The end users of the caller's account as a connection.
pub(super) async fn end_user_list(
    ctx: &Context<'_>,
    filter: Option<EndUserFilter>,
    args: PageArgs,
) -> Result<ItemConnection<EndUser>> {
    let search = filter.and_then(|filter| filter.search);
    let actor = ctx.actor()?;
    let scope = format!("endUsers/{}", actor.account());
    let sessions = &ctx.services()?.sessions;
    let page = sessions
        .end_users(actor, search.as_deref(), &args.request(&scope)?)
        .await?;
    Ok(connect(
        page,
        &scope,
        TotalCount::EndUsers(search),
        |end_user| Position::of(end_user.id),
    ))
}

/// A new session of an end user.
#[derive(InputObject)]
pub(super) struct CreateSessionInput {
    /// The account's own identifier for the person, 1 to 120 characters.
    end_user: String,
    /// The display name of the person. Default: unchanged.
    display_name: Option<String>,
    /// The agents that the end user may talk to, at most 100. Default: every active agent.
    agent_ids: Option<Vec<ID>>,
    /// The origins of the pages that may use the session, such as `https://www.example.com`, at most 20. Default: every origin
    /// that the installation allows.
    origins: Option<Vec<String>>,
    /// The time to the expiry in seconds, 10 to 86,400.
    #[graphql(default_with = "Some(USUAL_SECONDS)")]
    expires_in_seconds: Option<i64>,
    /// The rate of messages of the end user, 1 to 1,000. Default: the installation's.
    messages_per_minute: Option<i64>,
    /// The maximum of input and output tokens of the runs that the session starts. Default: none.
    tokens: Option<BigInt>,
    /// Records (true) or withdraws (false) the person's consent to the export of rated conversations for fine-tuning and
    /// evaluation. It covers what was written before, too. Default: unchanged.
    training_consent: Option<bool>,
}

impl CreateSessionInput {
    /// The session that the input describes.
    pub(super) fn session(self) -> Result<NewSession> {
        let parse = |(index, id): (usize, &ID)| {
            AgentId::parse(&format!("input.agentIds[{index}]"), id.as_str())
        };
        let agents = self.agent_ids.map(|ids| {
            let ids = ids.iter().enumerate();
            ids.map(parse).collect::<crate::error::Result<Vec<_>>>()
        });
        Ok(NewSession {
            end_user: self.end_user,
            display_name: self.display_name,
            agents: agents.transpose()?,
            origins: self.origins.unwrap_or_default(),
            expires_in_seconds: self.expires_in_seconds.unwrap_or(USUAL_SECONDS),
            messages_per_minute: self.messages_per_minute,
            tokens: self.tokens.map(|tokens| tokens.0),
            training_consent: self.training_consent,
        })
    }
}

/// The result of `createSession`.
#[derive(SimpleObject)]
pub(super) struct CreateSessionPayload {
    /// The session.
    session: Session,
    /// The token of the session, which a browser sends like an API key. It is returned only here.
    token: String,
}

impl From<MintedSession> for CreateSessionPayload {
    fn from(minted: MintedSession) -> Self {
        Self {
            session: Session(minted.session),
            token: minted.token.reveal().to_owned(),
        }
    }
}

/// The session that takes the place of the caller's.
#[derive(InputObject)]
pub(super) struct RenewSessionInput {
    /// The token of a new session of the same end user.
    token: String,
}

impl RenewSessionInput {
    /// The token.
    pub(super) fn token(self) -> Secret {
        Secret::new(self.token)
    }
}

/// The result of `renewSession`.
#[derive(SimpleObject)]
pub(super) struct RenewSessionPayload {
    /// The new session. The sockets and streams of the old one continue in it.
    pub(super) session: Session,
}

/// The sessions to revoke.
#[derive(OneofObject)]
pub(super) enum RevokeSessionsInput {
    /// One session.
    SessionId(ID),
    /// All sessions of the end user with this identifier of the account's own.
    EndUser(String),
}

impl RevokeSessionsInput {
    /// The sessions that the input names.
    pub(super) fn revocation(self) -> Result<SessionRevocation> {
        Ok(match self {
            Self::SessionId(id) => {
                SessionRevocation::One(SessionId::parse("input.sessionId", &id)?)
            }
            Self::EndUser(name) => SessionRevocation::AllOf(name),
        })
    }
}

/// The result of `revokeSessions`.
#[derive(SimpleObject)]
pub(super) struct RevokeSessionsPayload {
    /// The number of sessions that were valid before.
    pub(super) revoked: usize,
}
