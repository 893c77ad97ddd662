//! Erasures of end users: begun with the mark on the person's row, worked off conversation by conversation, and ended
//! with the removal of that row. Each step is one transaction that also counts what it removes, so that a repeated step
//! counts nothing twice.

mod conversation_step;
mod person_step;
mod records;
mod rows;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use entity::{conversation, end_user, erasure, run};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, SelectExt,
    sea_query::{Expr, LockType},
};
use uuid::Uuid;

pub(super) use self::rows::{ErasedRows, RowCounter, kind_of};
use crate::{
    domain::{
        AccountId, AuditNote, ConversationId, EndUserId, Erasure, ErasureId, JobKind, RunId,
        SessionId,
    },
    error::{Error, Result},
    store::{
        SessionChoice, TenantStore,
        connection::Transaction,
        job::JobRequest,
        row::{from_json, to_json},
        run::UNFINISHED,
    },
};

/// The result of [`TenantStore::begin_erasure`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ErasureStart {
    /// The erasure begins.
    Begun {
        /// The person.
        end_user: EndUserId,
        /// The sessions that it revoked.
        sessions: Vec<SessionId>,
    },
    /// The person is being erased, or was erased and has not come back.
    Known(Erasure),
    /// The account has never named the person.
    UnknownPerson,
}

impl TenantStore {
    /// Begins the erasure of the end user whom the account names so: revokes the sessions, refuses new ones and new
    /// messages, queues the job, and writes an audit entry.
    pub async fn begin_erasure(
        &self,
        id: ErasureId,
        external_id: &str,
        note: AuditNote,
    ) -> Result<ErasureStart> {
        let transaction = self.database.begin().await?;
        let Some(person) = self.lock_end_user(external_id, &transaction).await? else {
            transaction.roll_back().await?;
            let known = self.erasure_of(external_id).await?;
            return Ok(known.map_or(ErasureStart::UnknownPerson, ErasureStart::Known));
        };
        if let Some(running) = person.erasure_id {
            transaction.roll_back().await?;
            let known = self.erasure(ErasureId::from_uuid(running)).await?;
            let known = known.ok_or_else(|| Error::internal("find the erasure of an end user"))?;
            return Ok(ErasureStart::Known(known));
        }
        let new = self.new_erasure(id, external_id, note.at);
        erasure::Entity::insert(erasure_row(&new)?)
            .exec_without_returning(&*transaction)
            .await?;
        self.change::<end_user::Entity>()
            .filter(end_user::Column::Id.eq(person.id))
            .set(end_user::ActiveModel {
                erasure_id: Set(Some(id.uuid())),
                ..Default::default()
            })
            .exec(&*transaction)
            .await?;
        let end_user = EndUserId::from_uuid(person.id);
        let sessions = self
            .revoke_chosen(SessionChoice::AllOf(end_user), note.at, &transaction)
            .await?;
        let job = JobRequest::new(JobKind::EraseEndUser, id.uuid());
        self.want_job(job, note.at, &transaction).await?;
        self.note(vec![note], &transaction).await?;
        transaction.commit().await?;
        Ok(ErasureStart::Begun { end_user, sessions })
    }

    /// The erasure with this id.
    pub async fn erasure(&self, id: ErasureId) -> Result<Option<Erasure>> {
        self.rows::<erasure::Entity>()
            .filter(erasure::Column::Id.eq(id.uuid()))
            .one(self.database.primary())
            .await?
            .map(erasure_of)
            .transpose()
    }

    /// The latest erasure of the end user whom the account names so.
    pub async fn erasure_of(&self, external_id: &str) -> Result<Option<Erasure>> {
        let fingerprints = self.audit_keys.fingerprints(self.account, external_id);
        let fingerprints = fingerprints.into_iter().map(Vec::from);
        self.rows::<erasure::Entity>()
            .filter(erasure::Column::Fingerprint.is_in(fingerprints))
            .order_by_desc(erasure::Column::RequestedAt)
            .order_by_desc(erasure::Column::Id)
            .limit(1)
            .one(self.database.primary())
            .await?
            .map(erasure_of)
            .transpose()
    }

    /// Whether an end user is being erased.
    pub async fn is_in_erasure(&self, id: EndUserId) -> Result<bool> {
        Ok(self
            .rows::<end_user::Entity>()
            .filter(end_user::Column::Id.eq(id.uuid()))
            .filter(end_user::Column::ErasureId.is_not_null())
            .exists(self.database.primary())
            .await?)
    }

    /// At most `most` conversations of the end user whom the account names so.
    pub async fn conversations_of_person(
        &self,
        external_id: &str,
        most: u64,
    ) -> Result<Vec<ConversationId>> {
        let ids: Vec<Uuid> = self
            .rows::<conversation::Entity>()
            .filter(conversation::Column::EndUser.eq(external_id))
            .order_by_asc(conversation::Column::Id)
            .limit(most)
            .select_only()
            .column(conversation::Column::Id)
            .into_tuple()
            .all(self.database.primary())
            .await?;
        Ok(ids.into_iter().map(ConversationId::from_uuid).collect())
    }

    /// Waits for the messages that were being stored in the person's conversations when the erasure began: it takes the
    /// lock that each of them holds. Later messages see the mark and are refused.
    pub async fn await_senders(&self, external_id: &str) -> Result<()> {
        let writer = self.database.writer().await;
        self.change::<conversation::Entity>()
            .filter(conversation::Column::EndUser.eq(external_id))
            .col_expr(
                conversation::Column::UpdatedAt,
                Expr::col(conversation::Column::UpdatedAt),
            )
            .exec(&*writer)
            .await?;
        Ok(())
    }

    /// At most `most` unfinished runs of the end user whom the account names so, newest first.
    pub async fn unfinished_runs_of_person(
        &self,
        external_id: &str,
        most: u64,
    ) -> Result<Vec<RunId>> {
        let conversations = self
            .rows::<conversation::Entity>()
            .filter(conversation::Column::EndUser.eq(external_id))
            .select_only()
            .column(conversation::Column::Id)
            .into_query();
        let ids: Vec<Uuid> = self
            .rows::<run::Entity>()
            .filter(run::Column::ConversationId.in_subquery(conversations))
            .filter(run::Column::Status.is_in(UNFINISHED))
            .order_by_desc(run::Column::Id)
            .limit(most)
            .select_only()
            .column(run::Column::Id)
            .into_tuple()
            .all(self.database.primary())
            .await?;
        Ok(ids.into_iter().map(RunId::from_uuid).collect())
    }

    /// Records that nothing of the person is left, and writes an audit entry. Does nothing when that is recorded.
    pub async fn finish_erasure(
        &self,
        id: ErasureId,
        at: DateTime<Utc>,
        note: AuditNote,
    ) -> Result<()> {
        let transaction = self.database.begin().await?;
        let finished = self
            .change::<erasure::Entity>()
            .filter(erasure::Column::Id.eq(id.uuid()))
            .filter(erasure::Column::FinishedAt.is_null())
            .set(erasure::ActiveModel {
                finished_at: Set(Some(at)),
                ..Default::default()
            })
            .exec(&*transaction)
            .await?;
        if finished.rows_affected == 0 {
            return transaction.roll_back().await;
        }
        self.note(vec![note], &transaction).await?;
        transaction.commit().await
    }

    fn new_erasure(&self, id: ErasureId, external_id: &str, at: DateTime<Utc>) -> Erasure {
        let fingerprints = self.audit_keys.fingerprints(self.account, external_id);
        Erasure {
            id,
            account: self.account,
            end_user: Some(external_id.to_owned()),
            fingerprint: fingerprints.first().copied().unwrap_or_default(),
            removed: BTreeMap::new(),
            sent_to: BTreeSet::new(),
            requested_at: at,
            finished_at: None,
        }
    }

    /// The row of an end user, locked against the beginning of an erasure and against new messages.
    async fn lock_end_user(
        &self,
        external_id: &str,
        transaction: &Transaction,
    ) -> Result<Option<end_user::Model>> {
        Ok(self
            .rows::<end_user::Entity>()
            .filter(end_user::Column::ExternalId.eq(external_id))
            .lock(LockType::NoKeyUpdate)
            .one(&**transaction)
            .await?)
    }

    /// An erasure whose rows are not all removed, locked against another process that works on it. `CONFLICT` when
    /// there is none.
    async fn lock_erasure(&self, id: ErasureId, transaction: &Transaction) -> Result<Erasure> {
        let row = self
            .rows::<erasure::Entity>()
            .filter(erasure::Column::Id.eq(id.uuid()))
            .filter(erasure::Column::EndUser.is_not_null())
            .lock(LockType::NoKeyUpdate)
            .one(&**transaction)
            .await?;
        let row = row.ok_or_else(|| Error::conflict("the erasure was continued elsewhere"))?;
        erasure_of(row)
    }

    /// Writes what an erasure has removed so far, and whom the texts were sent to.
    async fn keep_progress(&self, erasure: &Erasure, transaction: &Transaction) -> Result<()> {
        self.change::<erasure::Entity>()
            .filter(erasure::Column::Id.eq(erasure.id.uuid()))
            .set(erasure::ActiveModel {
                end_user: Set(erasure.end_user.clone()),
                removed: Set(to_json("erasures.removed", &erasure.removed)?),
                sent_to: Set(to_json("erasures.sent_to", &erasure.sent_to)?),
                ..Default::default()
            })
            .exec(&**transaction)
            .await?;
        Ok(())
    }
}

fn erasure_row(erasure: &Erasure) -> Result<erasure::ActiveModel> {
    Ok(erasure::ActiveModel {
        id: Set(erasure.id.uuid()),
        account_id: Set(erasure.account.uuid()),
        end_user: Set(erasure.end_user.clone()),
        fingerprint: Set(erasure.fingerprint.to_vec()),
        removed: Set(to_json("erasures.removed", &erasure.removed)?),
        sent_to: Set(to_json("erasures.sent_to", &erasure.sent_to)?),
        requested_at: Set(erasure.requested_at),
        finished_at: Set(erasure.finished_at),
    })
}

fn erasure_of(row: erasure::Model) -> Result<Erasure> {
    let fingerprint = <[u8; 32]>::try_from(row.fingerprint)
        .map_err(|_| Error::internal("read the fingerprint of an erasure"))?;
    Ok(Erasure {
        id: ErasureId::from_uuid(row.id),
        account: AccountId::from_uuid(row.account_id),
        end_user: row.end_user,
        fingerprint,
        removed: from_json("erasures.removed", row.removed)?,
        sent_to: from_json("erasures.sent_to", row.sent_to)?,
        requested_at: row.requested_at,
        finished_at: row.finished_at,
    })
}
