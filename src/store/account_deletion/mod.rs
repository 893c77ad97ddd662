//! Deletions of accounts: begun with a row that stays, worked off in steps that may be repeated, and ended with the removal
//! of the account's own row.

mod rows;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use entity::{account_deletion, agent, conversation, job};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::OnConflict,
};
use uuid::Uuid;

use self::rows::RowRemover;
use crate::{
    domain::{AccountDeletion, AccountId, AgentId, AuditNote, ConversationId, JobKind},
    error::{Error, Result},
    store::{
        PlatformStore, TenantStore,
        erasure::{ErasedRows, RowCounter},
        job::JobRequest,
        row::{from_json, to_json},
        scoped::visit_tables,
    },
};

impl TenantStore {
    /// Begins the deletion of another account, in the name of an operator whose own account this is: its job and its
    /// audit entry are of this account, and stay. A deletion that was begun already is not begun again.
    pub async fn begin_account_deletion(&self, of: AccountId, note: AuditNote) -> Result<()> {
        let transaction = self.database.begin().await?;
        let row = account_deletion::ActiveModel {
            account_id: Set(of.uuid()),
            removed: Set(None),
            sent_to: Set(to_json(
                "account_deletions.sent_to",
                &BTreeSet::<String>::new(),
            )?),
            remains: Set(to_json("account_deletions.remains", &Vec::<String>::new())?),
            requested_at: Set(note.at),
            finished_at: Set(None),
        };
        let once = OnConflict::column(account_deletion::Column::AccountId)
            .do_nothing()
            .to_owned();
        let begun = account_deletion::Entity::insert(row)
            .on_conflict(once)
            .exec_without_returning(&*transaction)
            .await?;
        if begun == 0 {
            return transaction.roll_back().await;
        }
        let job = JobRequest::new(JobKind::DeleteAccount, of.uuid());
        self.want_job(job, note.at, &transaction).await?;
        self.note(vec![note], &transaction).await?;
        transaction.commit().await
    }
}

impl PlatformStore {
    /// The deletion of an account; none when it was never requested.
    pub async fn account_deletion(&self, of: AccountId) -> Result<Option<AccountDeletion>> {
        Self::rows::<account_deletion::Entity>()
            .filter(account_deletion::Column::AccountId.eq(of.uuid()))
            .one(self.database.primary())
            .await?
            .map(deletion_of)
            .transpose()
    }

    /// Records that nothing of an account is left.
    pub async fn finish_account_deletion(
        &self,
        of: AccountId,
        remains: &[String],
        at: DateTime<Utc>,
    ) -> Result<()> {
        let writer = self.database.writer().await;
        Self::change::<account_deletion::Entity>()
            .filter(account_deletion::Column::AccountId.eq(of.uuid()))
            .set(account_deletion::ActiveModel {
                remains: Set(to_json("account_deletions.remains", &remains)?),
                finished_at: Set(Some(at)),
                ..Default::default()
            })
            .exec(&*writer)
            .await?;
        Ok(())
    }
}

/// The steps of the deletion of this account.
impl TenantStore {
    /// Records what there is to remove, and whom the texts of the account were sent to. To be called once, when nothing
    /// can be added any more.
    pub async fn count_for_deletion(&self) -> Result<()> {
        let transaction = self.database.begin().await?;
        let mut removed = BTreeMap::new();
        let mut counter = RowCounter {
            store: self,
            rows: ErasedRows::Account,
            transaction: &transaction,
            counts: &mut removed,
        };
        visit_tables(&mut counter).await?;
        let sent_to = self.recipients(None, &transaction).await?;
        PlatformStore::change::<account_deletion::Entity>()
            .filter(account_deletion::Column::AccountId.eq(self.account.uuid()))
            .set(account_deletion::ActiveModel {
                removed: Set(Some(to_json("account_deletions.removed", &removed)?)),
                sent_to: Set(to_json("account_deletions.sent_to", &sent_to)?),
                ..Default::default()
            })
            .exec(&*transaction)
            .await?;
        transaction.commit().await
    }

    /// At most `most` of the account's conversations.
    pub async fn some_conversations(&self, most: u64) -> Result<Vec<ConversationId>> {
        let ids: Vec<Uuid> = self
            .rows::<conversation::Entity>()
            .limit(most)
            .select_only()
            .column(conversation::Column::Id)
            .into_tuple()
            .all(self.database.primary())
            .await?;
        Ok(ids.into_iter().map(ConversationId::from_uuid).collect())
    }

    /// At most `most` of the account's agents.
    pub async fn some_agents(&self, most: u64) -> Result<Vec<AgentId>> {
        let ids: Vec<Uuid> = self
            .rows::<agent::Entity>()
            .limit(most)
            .select_only()
            .column(agent::Column::Id)
            .into_tuple()
            .all(self.database.primary())
            .await?;
        Ok(ids.into_iter().map(AgentId::from_uuid).collect())
    }

    /// Why vectors of the account are left in stores outside of the database: the errors of the jobs that gave up.
    /// `UNAVAILABLE` while such a job has not ended.
    pub async fn vectors_that_remain(&self) -> Result<Vec<String>> {
        let jobs: Vec<(job::JobStatus, Option<String>)> = self
            .rows::<job::Entity>()
            .filter(job::Column::Kind.eq(job::JobKind::RemoveVectors))
            .order_by_asc(job::Column::Id)
            .select_only()
            .column(job::Column::Status)
            .column(job::Column::Error)
            .into_tuple()
            .all(self.database.primary())
            .await?;
        if jobs
            .iter()
            .any(|(status, _)| *status != job::JobStatus::Parked)
        {
            return Err(Error::unavailable(
                "vectors of the account are being removed",
            ));
        }
        let remains = jobs.into_iter().map(|(_, error)| {
            let error = error.unwrap_or_default();
            format!("vectors in a store outside of the database: {error}")
        });
        Ok(remains.collect())
    }

    /// Removes the rows of every table, with the account's own row last. The account has no conversations and no agents
    /// any more: other rows refer to those.
    pub async fn remove_account(&self) -> Result<()> {
        visit_tables(&mut RowRemover { store: self }).await?;
        let writer = self.database.writer().await;
        self.delete::<entity::account::Entity>()
            .exec(&*writer)
            .await?;
        Ok(())
    }
}

fn deletion_of(row: account_deletion::Model) -> Result<AccountDeletion> {
    let removed = row
        .removed
        .map(|removed| from_json("account_deletions.removed", removed));
    Ok(AccountDeletion {
        account: AccountId::from_uuid(row.account_id),
        removed: removed.transpose()?,
        sent_to: from_json("account_deletions.sent_to", row.sent_to)?,
        remains: from_json("account_deletions.remains", row.remains)?,
        requested_at: row.requested_at,
        finished_at: row.finished_at,
    })
}
