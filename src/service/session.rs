//! Sessions of end users: begun by the account's server, renewed by the browser, revoked.

use std::sync::Arc;

use chrono::TimeDelta;
use data_encoding::BASE64URL_NOPAD;
use rand::Rng;
use serde_json::json;

use super::{
    Access,
    access::{SESSION_MARK, hash},
    audit::audit_note,
    limits::AccountLimits,
    refuse,
    session_input::NewSession,
    tables::Tables,
};
use crate::{
    domain::{
        Actor, AgentId, ConsentChange, CredentialId, EndUser, EndUserId, EndUserSession, Operation,
        Page, PageRequest, Permission, Secret, Session, SessionId, SessionLimits, TokenRevocation,
    },
    error::{Error, Result},
    metrics::HttpMetrics,
    port::{Clock, SessionRenewal},
    store::{NotedConsent, SessionChoice, TenantStore},
};

/// The maximum length of a search text, in characters.
const LONGEST_SEARCH: usize = 120;

/// The sessions to revoke.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionRevocation {
    /// One session.
    One(SessionId),
    /// Every session of the end user whom the account names so.
    AllOf(String),
}

/// A session that was just begun, with its token, which is never shown again.
#[derive(Debug, Clone)]
pub struct MintedSession {
    /// The session.
    pub session: Session,
    /// The token in plain text.
    pub token: Secret,
}

/// Begins, renews and revokes sessions, and lists end users.
#[derive(Clone)]
pub struct SessionService {
    tables: Tables,
    access: Access,
    limits: AccountLimits,
    clock: Arc<dyn Clock>,
    metrics: Arc<HttpMetrics>,
}

impl SessionService {
    /// Counts each session that begins in `metrics`.
    pub(super) fn new(
        tables: &Tables,
        access: &Access,
        limits: &AccountLimits,
        clock: &Arc<dyn Clock>,
        metrics: &Arc<HttpMetrics>,
    ) -> Self {
        Self {
            tables: tables.clone(),
            access: access.clone(),
            limits: limits.clone(),
            clock: Arc::clone(clock),
            metrics: Arc::clone(metrics),
        }
    }

    /// Begins a session of an end user, whom the account may name for the first time. `NOT_FOUND` for an agent that the
    /// account does not have.
    pub async fn begin(&self, actor: &Actor, new: NewSession) -> Result<MintedSession> {
        let permission = actor.authorize(Operation::CreateSession)?;
        let store = self.tables.tenant(&permission);
        refuse(new.problems())?;
        check_agents(&store, new.agents.as_deref().unwrap_or_default()).await?;
        let clock = self.clock.as_ref();
        let (now, account) = (clock.now(), permission.account());
        let default_rate = self.limits.session_messages_per_minute();
        let rate = new.messages_per_minute.map(u32::try_from);
        let end_user = EndUser {
            id: EndUserId::new(clock),
            account,
            external_id: new.end_user,
            display_name: new.display_name,
            anonymous: false,
            created_at: now,
            last_seen_at: Some(now),
            training_consent_at: None,
        };
        let consent = new.training_consent.map(|is_given| NotedConsent {
            change: ConsentChange::of_input(is_given, now),
            note: audit_note(
                clock,
                &permission,
                end_user.id,
                json!({"trainingConsent": is_given}),
            ),
        });
        let session = Session {
            id: SessionId::new(clock),
            account,
            end_user: end_user.id,
            agents: new.agents,
            origins: new.origins,
            limits: SessionLimits {
                messages_per_minute: rate.transpose().ok().flatten().unwrap_or(default_rate),
                tokens: new.tokens,
            },
            created_at: now,
            expires_at: now + TimeDelta::seconds(new.expires_in_seconds),
            revoked_at: None,
            renewed_by: None,
        };
        let token = random_token();
        let begun = EndUserSession { session, end_user };
        let hash = hash(token.reveal());
        let begun = store.begin_session(begun, hash, consent).await?;
        self.metrics.session_started("key");
        Ok(MintedSession {
            session: begun.session,
            token,
        })
    }

    /// Puts the session of a new token in the place of the caller's: the connections and streams of the old one continue
    /// in the new one, in every process, and the old token is refused. `BAD_USER_INPUT` for a token that cannot be used,
    /// or that is of another end user.
    pub async fn renew(&self, actor: &Actor, token: &Secret) -> Result<Session> {
        let permission = actor.authorize(Operation::RenewSession)?;
        let (Some(old), Some(scope)) = (actor.session(), actor.end_user()) else {
            return Err(Error::forbidden(
                "renewSession is for sessions of end users: neither an API key nor an identity provider's token is renewed",
            ));
        };
        let new = self.access.session_actor(token.reveal()).await;
        let new = new.map_err(|error| Error::bad_input("input.token", error.message()))?;
        let (Some(id), Some(new_scope)) = (new.session(), new.end_user()) else {
            return Err(Error::internal("read the session of a token"));
        };
        if new.account() != actor.account() || new_scope.end_user != scope.end_user {
            return Err(Error::bad_input(
                "input.token",
                "is of another end user, expected a new session of the same one",
            ));
        }
        let store = self.tables.tenant(&permission);
        let mut last = old;
        while last != id {
            if store.renew_session(last, id).await? {
                let renewal = SessionRenewal { old: last, new: id };
                self.access.renew(actor.account(), renewal).await;
                break;
            }
            // the caller's socket moves to a new session a moment after the answer to the renewal before
            let found = store.sessions_by_ids(&[last]).await?.pop();
            let found = found.filter(|session| session.revoked_at.is_none());
            last = found
                .and_then(|session| session.renewed_by)
                .ok_or_else(|| Error::unauthenticated("the session was revoked"))?;
        }
        let session = store.sessions_by_ids(&[id]).await?.pop();
        session.ok_or_else(|| Error::not_found("session"))
    }

    /// Revokes one session, or all of an end user, at once; their connections are closed. Tokens of identity providers that
    /// were issued to the end user before are refused as well. Returns the number of sessions that there were.
    pub async fn revoke(&self, actor: &Actor, which: SessionRevocation) -> Result<usize> {
        let permission = actor.authorize(Operation::RevokeSessions)?;
        let store = self.tables.tenant(&permission);
        let (choice, subject) = match which {
            SessionRevocation::One(id) => {
                if store.sessions_by_ids(&[id]).await?.is_empty() {
                    return Err(Error::not_found("session"));
                }
                (SessionChoice::One(id), id.to_string())
            }
            SessionRevocation::AllOf(name) => {
                let end_user = store.end_user(&name).await?;
                let end_user = end_user.ok_or_else(|| Error::not_found("end user"))?;
                let id = end_user.id;
                (SessionChoice::AllOf(id), id.to_string())
            }
        };
        let note = audit_note(self.clock.as_ref(), &permission, subject, json!({}));
        let valid_from = note.at;
        let revoked = store.revoke_sessions(choice, note).await?;
        if let SessionChoice::AllOf(end_user) = choice {
            let revocation = TokenRevocation::OfEndUser {
                end_user,
                valid_from,
            };
            self.access
                .revoke_tokens(permission.account(), revocation)
                .await;
        }
        for id in &revoked {
            let credential = CredentialId::Session(*id);
            self.access.revoke(permission.account(), credential).await;
        }
        Ok(revoked.len())
    }

    /// The caller's session; none for the holder of a key or of an identity provider's token.
    pub async fn own(&self, actor: &Actor) -> Result<Option<Session>> {
        let permission = actor.authorize(Operation::Viewer)?;
        let Some(session) = actor.session() else {
            return Ok(None);
        };
        let store = self.tables.tenant(&permission);
        Ok(store.sessions_by_ids(&[session]).await?.pop())
    }

    /// The session with that id.
    pub async fn get(&self, actor: &Actor, id: SessionId) -> Result<Option<Session>> {
        let permission = may_see(actor)?;
        let store = self.tables.tenant(&permission);
        Ok(store.sessions_by_ids(&[id]).await?.pop())
    }

    /// The end user with that id.
    pub async fn end_user(&self, actor: &Actor, id: EndUserId) -> Result<Option<EndUser>> {
        let permission = may_see(actor)?;
        let store = self.tables.tenant(&permission);
        Ok(store.end_users_by_ids(&[id]).await?.pop())
    }

    /// The end user whom the account names so.
    pub async fn end_user_named(&self, actor: &Actor, name: &str) -> Result<Option<EndUser>> {
        let permission = may_see(actor)?;
        self.tables.tenant(&permission).end_user(name).await
    }

    /// The end users of the account, the newest first; with `search` only those whose id or name contains it.
    pub async fn end_users(
        &self,
        actor: &Actor,
        search: Option<&str>,
        page: &PageRequest,
    ) -> Result<Page<EndUser>> {
        let permission = actor.authorize(Operation::EndUsers)?;
        if let Some(search) = search
            && search.chars().count() > LONGEST_SEARCH
        {
            return Err(Error::bad_input(
                "filter.search",
                format!("is too long, at most {LONGEST_SEARCH} characters"),
            ));
        }
        let store = self.tables.tenant(&permission);
        store.end_users(search, page).await
    }

    /// The total number of end users in [`Self::end_users`].
    pub async fn count_end_users(&self, actor: &Actor, search: Option<&str>) -> Result<u64> {
        let permission = actor.authorize(Operation::EndUsers)?;
        self.tables
            .tenant(&permission)
            .count_end_users(search)
            .await
    }
}

/// The permission to see end users and sessions: an administrator's, or an end user's, who sees its own.
fn may_see(actor: &Actor) -> Result<Permission> {
    match actor.end_user() {
        Some(_) => actor.authorize(Operation::Viewer),
        None => actor.authorize(Operation::EndUser),
    }
}

async fn check_agents(store: &TenantStore, agents: &[AgentId]) -> Result<()> {
    let found = store.agents_by_ids(agents).await?;
    let is_missing = |id: &AgentId| found.iter().all(|agent| agent.id != *id);
    if agents.iter().any(is_missing) {
        return Err(Error::not_found("agent"));
    }
    Ok(())
}

/// 256 random bits in base64, after the mark by which people and scanners recognize a token.
pub(super) fn random_token() -> Secret {
    let mut bits = [0_u8; 32];
    rand::rng().fill_bytes(&mut bits);
    Secret::new(format!("{SESSION_MARK}{}", BASE64URL_NOPAD.encode(&bits)))
}
