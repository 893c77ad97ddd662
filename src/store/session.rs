//! Sessions of end users: an account's own, and any by its hash for authentication.

use chrono::{DateTime, TimeDelta, Utc};
use entity::{end_user, run, session};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QuerySelect,
    Value,
    sea_query::{Expr, Func},
};

use crate::{
    domain::{
        AccountId, AgentId, AuditNote, EndUserId, EndUserSession, Run, Session, SessionId,
        SessionLimits,
    },
    error::Result,
    store::{
        PlatformStore, TenantStore,
        connection::Transaction,
        end_user::{NotedConsent, end_user_of},
        row::{from_json, to_json},
    },
};

/// The time for which an expired session is kept.
const KEPT: TimeDelta = TimeDelta::days(7);
/// The maximum number of sessions in one query.
const AT_A_TIME: usize = 500;

/// The sessions to revoke.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionChoice {
    /// One session.
    One(SessionId),
    /// Every session of an end user.
    AllOf(EndUserId),
}

impl TenantStore {
    /// Begins a session of an end user, who is added when the account names the person for the first time; `hash` is
    /// the SHA-256 of the token, and `consent` changes the person's consent to exports. Returns the session with the
    /// stored end user. Sessions that expired a week ago are deleted.
    pub async fn begin_session(
        &self,
        new: EndUserSession,
        hash: [u8; 32],
        consent: Option<NotedConsent>,
    ) -> Result<EndUserSession> {
        let EndUserSession {
            mut session,
            end_user,
        } = new;
        let transaction = self.database.begin().await?;
        let mut end_user = self.put_end_user(&end_user, &transaction).await?;
        session.end_user = end_user.id;
        if end_user.anonymous {
            self.keep_unused(&end_user, session.expires_at, &transaction)
                .await?;
        }
        session::Entity::insert(session_row(&session, hash)?)
            .exec_without_returning(&*transaction)
            .await?;
        self.delete::<session::Entity>()
            .filter(session::Column::ExpiresAt.lt(session.created_at - KEPT))
            .exec(&*transaction)
            .await?;
        // the audit log is locked last in every transaction
        if let Some(consent) = consent {
            self.change_consent(&mut end_user, consent, &transaction)
                .await?;
        }
        transaction.commit().await?;
        Ok(EndUserSession { session, end_user })
    }

    /// The sessions with these ids that exist, in no particular order.
    pub async fn sessions_by_ids(&self, ids: &[SessionId]) -> Result<Vec<Session>> {
        self.rows::<session::Entity>()
            .filter(session::Column::Id.is_in(ids.iter().map(|id| id.uuid())))
            .all(self.database.primary())
            .await?
            .into_iter()
            .map(session_of)
            .collect()
    }

    /// Revokes the sessions that are still valid and, of a whole end user, the tokens that were issued before; writes an
    /// audit entry if that changes anything, and returns the ids of the sessions.
    pub async fn revoke_sessions(
        &self,
        choice: SessionChoice,
        note: AuditNote,
    ) -> Result<Vec<SessionId>> {
        let transaction = self.database.begin().await?;
        let ids = self.revoke_chosen(choice, note.at, &transaction).await?;
        if !ids.is_empty() || matches!(choice, SessionChoice::AllOf(_)) {
            self.note(vec![note], &transaction).await?;
        }
        transaction.commit().await?;
        Ok(ids)
    }

    /// Revokes the sessions that are still valid and, of a whole end user, the tokens that were issued before; returns
    /// the ids of the sessions.
    pub(super) async fn revoke_chosen(
        &self,
        choice: SessionChoice,
        at: DateTime<Utc>,
        transaction: &Transaction,
    ) -> Result<Vec<SessionId>> {
        let chosen = match choice {
            SessionChoice::One(id) => session::Column::Id.eq(id.uuid()),
            SessionChoice::AllOf(end_user) => session::Column::EndUserId.eq(end_user.uuid()),
        };
        let valid = Condition::all()
            .add(chosen)
            .add(session::Column::RevokedAt.is_null())
            .add(session::Column::RenewedBy.is_null())
            .add(session::Column::ExpiresAt.gt(at));
        let ids: Vec<SessionId> = self
            .rows::<session::Entity>()
            .filter(valid)
            .select_only()
            .column(session::Column::Id)
            .into_tuple()
            .all(&**transaction)
            .await?
            .into_iter()
            .map(SessionId::from_uuid)
            .collect();
        for some in ids.chunks(AT_A_TIME) {
            self.change::<session::Entity>()
                .filter(session::Column::Id.is_in(some.iter().map(|id| id.uuid())))
                .set(session::ActiveModel {
                    revoked_at: Set(Some(at)),
                    ..Default::default()
                })
                .exec(&**transaction)
                .await?;
        }
        if let SessionChoice::AllOf(end_user) = choice {
            self.revoke_tokens(end_user, at, transaction).await?;
        }
        Ok(ids)
    }

    /// Puts a session in the place of another one of the same end user. Returns false when the old one was revoked or
    /// renewed meanwhile.
    pub async fn renew_session(&self, old: SessionId, new: SessionId) -> Result<bool> {
        let writer = self.database.writer().await;
        let renewed = self
            .change::<session::Entity>()
            .filter(session::Column::Id.eq(old.uuid()))
            .filter(session::Column::RevokedAt.is_null())
            .filter(session::Column::RenewedBy.is_null())
            .set(session::ActiveModel {
                renewed_by: Set(Some(new.uuid())),
                ..Default::default()
            })
            .exec(&*writer)
            .await?;
        Ok(renewed.rows_affected > 0)
    }

    /// The input and output tokens of all runs that were started in a session.
    pub async fn tokens_of_session(&self, id: SessionId) -> Result<i64> {
        self.tokens_spent_in(id, self.database.primary()).await
    }

    /// The token budget of the session in which a run's message was sent; none without one.
    pub async fn session_budget_of(&self, run: &Run) -> Result<Option<i64>> {
        let Some(session) = run.session else {
            return Ok(None);
        };
        let tokens: Option<Option<i64>> = self
            .rows::<session::Entity>()
            .filter(session::Column::Id.eq(session.uuid()))
            .select_only()
            .column(session::Column::Tokens)
            .into_tuple()
            .one(self.database.primary())
            .await?;
        Ok(tokens.flatten())
    }

    /// As [`Self::tokens_of_session`], over a connection.
    pub(super) async fn tokens_spent_in(
        &self,
        id: SessionId,
        connection: &impl ConnectionTrait,
    ) -> Result<i64> {
        let tokens = Expr::col(run::Column::InputTokens).add(Expr::col(run::Column::OutputTokens));
        // PostgreSQL's SUM of bigint is numeric
        let sum = Expr::from(Func::sum(tokens)).cast_as("bigint");
        let spent: Option<Option<i64>> = self
            .rows::<run::Entity>()
            .filter(run::Column::SessionId.eq(id.uuid()))
            .select_only()
            .column_as(sum, "tokens")
            .into_tuple()
            .one(connection)
            .await?;
        Ok(spent.flatten().unwrap_or_default())
    }
}

impl PlatformStore {
    /// The session with this hash and its end user, of any account, also when it is revoked or expired.
    pub async fn session_by_hash(&self, hash: &[u8; 32]) -> Result<Option<EndUserSession>> {
        let found = session::Column::Hash.eq(Value::from(hash.to_vec()));
        Ok(self.sessions(found).await?.pop())
    }

    /// These sessions and their end users, of any account.
    pub async fn sessions_among(&self, ids: &[SessionId]) -> Result<Vec<EndUserSession>> {
        let mut sessions = Vec::new();
        for some in ids.chunks(AT_A_TIME) {
            let found = session::Column::Id.is_in(some.iter().map(|id| id.uuid()));
            sessions.extend(self.sessions(found).await?);
        }
        Ok(sessions)
    }

    async fn sessions(&self, condition: Expr) -> Result<Vec<EndUserSession>> {
        Self::rows::<session::Entity>()
            .filter(condition)
            .find_also_related(end_user::Entity)
            .all(self.database.primary())
            .await?
            .into_iter()
            .filter_map(|(session, end_user)| Some((session, end_user?)))
            .map(|(session, end_user)| {
                Ok(EndUserSession {
                    session: session_of(session)?,
                    end_user: end_user_of(end_user),
                })
            })
            .collect()
    }
}

fn session_row(session: &Session, hash: [u8; 32]) -> Result<session::ActiveModel> {
    let agents = session.agents.as_ref();
    let limits = session.limits;
    Ok(session::ActiveModel {
        id: Set(session.id.uuid()),
        account_id: Set(session.account.uuid()),
        end_user_id: Set(session.end_user.uuid()),
        hash: Set(hash.to_vec()),
        agents: Set(agents
            .map(|agents| to_json("sessions.agents", agents))
            .transpose()?),
        origins: Set(to_json("sessions.origins", &session.origins)?),
        messages_per_minute: Set(i32::try_from(limits.messages_per_minute).unwrap_or(i32::MAX)),
        tokens: Set(limits.tokens),
        created_at: Set(session.created_at),
        expires_at: Set(session.expires_at),
        revoked_at: Set(session.revoked_at),
        renewed_by: Set(session.renewed_by.map(SessionId::uuid)),
    })
}

fn session_of(row: session::Model) -> Result<Session> {
    let agents: Option<Vec<AgentId>> = row
        .agents
        .map(|agents| from_json("sessions.agents", agents))
        .transpose()?;
    Ok(Session {
        id: SessionId::from_uuid(row.id),
        account: AccountId::from_uuid(row.account_id),
        end_user: EndUserId::from_uuid(row.end_user_id),
        agents,
        origins: from_json("sessions.origins", row.origins)?,
        limits: SessionLimits {
            messages_per_minute: u32::try_from(row.messages_per_minute).unwrap_or(1),
            tokens: row.tokens,
        },
        created_at: row.created_at,
        expires_at: row.expires_at,
        revoked_at: row.revoked_at,
        renewed_by: row.renewed_by.map(SessionId::from_uuid),
    })
}
