//! Sessions of people without a name: the one use case of callers without credentials.

use std::sync::Arc;

use chrono::TimeDelta;

use super::{Access, MintedSession, access::hash, limits::AccountLimits, session::random_token};
use crate::{
    domain::{
        AgentId, AnonymousCaller, EndUser, EndUserId, EndUserSession, Operation, PublicAccess,
        Secret, Session, SessionId,
    },
    error::{Error, Result},
    metrics::HttpMetrics,
    port::Clock,
    store::Store,
};

/// A session with its end user, just begun.
#[derive(Debug, Clone)]
pub struct PublicSession {
    /// The session with its token.
    pub minted: MintedSession,
    /// The end user.
    pub end_user: EndUser,
}

/// Begins sessions with public agents. It has the store itself: the agent decides which account the caller comes to.
#[derive(Clone)]
pub struct PublicSessionService {
    pub(super) store: Store,
    pub(super) access: Access,
    pub(super) limits: AccountLimits,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) metrics: Arc<HttpMetrics>,
}

impl PublicSessionService {
    /// Begins a session of a new anonymous end user with a public agent, for the page that asks; with the `earlier` token of
    /// a session that such a person has at the agent, a further session of the same person.
    ///
    /// `NOT_FOUND` for an agent that does not exist, is not public, or does not answer; `FORBIDDEN` for a page of another
    /// origin than the agent's; `RATE_LIMITED` when the address or the agent has too many; `BAD_USER_INPUT` for a token that
    /// cannot be used.
    pub async fn start(
        &self,
        caller: &AnonymousCaller,
        agent: AgentId,
        earlier: Option<&Secret>,
    ) -> Result<PublicSession> {
        caller.authorize(Operation::StartPublicSession)?;
        // before anything is looked up, so that no one tries out ids
        self.limits.count_public_session_of(caller.address).await?;
        let access = self.access_of(agent).await?;
        let origin = access.allowed_origin(caller.origin.as_deref());
        let origin = origin.ok_or_else(|| refused_origin(caller.origin.as_deref()))?;
        let end_user = match earlier {
            Some(token) => self.returning(token, &access).await?,
            None => self.new_end_user(&access),
        };
        self.limits
            .count_public_session_with(access.account, agent)
            .await?;
        let token = random_token();
        let session = EndUserSession {
            session: self.session(&access, origin, &end_user),
            end_user,
        };
        let store = self.store.tenant(access.account);
        let EndUserSession { session, end_user } = store
            .begin_session(session, hash(token.reveal()), None)
            .await?;
        self.metrics.session_started("public");
        Ok(PublicSession {
            minted: MintedSession { session, token },
            end_user,
        })
    }

    async fn access_of(&self, agent: AgentId) -> Result<PublicAccess> {
        let account = self.store.platform().account_of_public_agent(agent).await?;
        let not_found = || Error::not_found("agent");
        let account = account.ok_or_else(not_found)?;
        if self.access.is_suspended(account).await? {
            return Err(not_found());
        }
        let store = self.store.tenant(account);
        let access = store.public_access_of(&[agent]).await?.pop();
        access.ok_or_else(not_found)
    }

    /// The anonymous person of an earlier session with the same agent.
    async fn returning(&self, token: &Secret, access: &PublicAccess) -> Result<EndUser> {
        let wrong = |message: &str| Error::bad_input("input.token", message);
        let earlier = self.access.session_actor(token.reveal()).await;
        let earlier = earlier.map_err(|error| wrong(error.message()))?;
        let scope = earlier.end_user().filter(|scope| {
            let is_of_agent = scope.agents.as_deref() == Some([access.agent].as_slice());
            earlier.account() == access.account && is_of_agent
        });
        let unfit = "is not of a session with this public agent";
        let scope = scope.ok_or_else(|| wrong(unfit))?;
        let store = self.store.tenant(access.account);
        let end_user = store.end_users_by_ids(&[scope.end_user]).await?.pop();
        let end_user = end_user.filter(|end_user| end_user.anonymous);
        Ok(EndUser {
            last_seen_at: Some(self.clock.now()),
            ..end_user.ok_or_else(|| wrong(unfit))?
        })
    }

    fn new_end_user(&self, access: &PublicAccess) -> EndUser {
        let (id, now) = (EndUserId::new(self.clock.as_ref()), self.clock.now());
        EndUser {
            id,
            account: access.account,
            external_id: format!("anonymous-{}", id.uuid()),
            display_name: None,
            anonymous: true,
            created_at: now,
            last_seen_at: Some(now),
            training_consent_at: None,
        }
    }

    fn session(&self, access: &PublicAccess, origin: &str, end_user: &EndUser) -> Session {
        let now = self.clock.now();
        Session {
            id: SessionId::new(self.clock.as_ref()),
            account: access.account,
            end_user: end_user.id,
            agents: Some(vec![access.agent]),
            origins: vec![origin.to_owned()],
            limits: access.limits(),
            created_at: now,
            expires_at: now + TimeDelta::seconds(access.expires_in_seconds),
            revoked_at: None,
            renewed_by: None,
        }
    }
}

fn refused_origin(origin: Option<&str>) -> Error {
    Error::forbidden(match origin {
        Some(_) => {
            "the public agent is not for pages of this origin; its account's administrators list the origins"
        }
        None => {
            "the request has no Origin; a public agent is for the pages that its account's administrators list"
        }
    })
}
