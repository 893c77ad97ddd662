//! Quotas, checked in the transaction that adds to what is counted: after its writes and before its audit entry, while it
//! holds the account's row. Two additions to one account follow each other there, in every process, so that the last
//! place is given once. Agents, keys and servers are few and counted over an index; documents and their bytes are
//! counters of the account's row.

use chrono::{DateTime, Utc};
use entity::{account, agent, api_key, document};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, ExprTrait, PaginatorTrait, QueryFilter, QuerySelect,
    sea_query::{Expr, Func, LockType},
};
use uuid::Uuid;

use crate::{
    domain::{AgentId, Resource, TierQuotas},
    error::{Error, Result},
    store::{TenantStore, connection::Transaction},
};

/// What a change of documents adds to what the account holds; negative where it takes away.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct DocumentGrowth {
    /// Documents.
    pub(super) documents: i64,
    /// Bytes of their contents.
    pub(super) bytes: i64,
    /// The document that begins to wait.
    pub(super) waiting: Option<Uuid>,
}

impl DocumentGrowth {
    /// A counted document that goes.
    pub(super) fn without(row: &document::Model) -> Self {
        match row.content_bytes {
            Some(bytes) => Self {
                documents: -1,
                bytes: -bytes,
                waiting: None,
            },
            None => Self::default(),
        }
    }

    /// A document whose content gets this size; `row` is the document as it was, if it was there.
    pub(super) fn of_content(row: Option<&document::Model>, bytes: Option<i64>) -> Self {
        let counted = row.and_then(|row| row.content_bytes);
        Self {
            documents: i64::from(counted.is_none()),
            bytes: bytes.or(counted).unwrap_or(0) - counted.unwrap_or(0),
            waiting: None,
        }
    }
}

impl TenantStore {
    /// `QUOTA_EXCEEDED` when the agent that the transaction has inserted is one too many.
    pub(super) async fn check_agents(&self, transaction: &Transaction) -> Result<()> {
        let account = self.lock_account(transaction).await?;
        let agents = self.rows::<agent::Entity>().count(&**transaction).await?;
        self.tier_quotas(&account)
            .check(Resource::Agents, agents.saturating_sub(1), 1)
    }

    /// `QUOTA_EXCEEDED` when the key that the transaction has inserted is one too many.
    pub(super) async fn check_keys(
        &self,
        now: DateTime<Utc>,
        transaction: &Transaction,
    ) -> Result<()> {
        let account = self.lock_account(transaction).await?;
        let is_live = Condition::any()
            .add(api_key::Column::ExpiresAt.is_null())
            .add(api_key::Column::ExpiresAt.gt(now));
        let keys = self
            .rows::<api_key::Entity>()
            .filter(api_key::Column::RevokedAt.is_null())
            .filter(is_live)
            .count(&**transaction)
            .await?;
        self.tier_quotas(&account)
            .check(Resource::ApiKeys, keys.saturating_sub(1), 1)
    }

    /// `QUOTA_EXCEEDED` when one more server beside these is one too many. `account` is held already.
    pub(super) fn check_servers(&self, account: &account::Model, servers: u64) -> Result<()> {
        self.tier_quotas(account)
            .check(Resource::McpServers, servers, 1)
    }

    /// `QUOTA_EXCEEDED` when the account has no room for the growth, as far as can be seen without waiting for others: so
    /// that what is refused is not written before.
    pub(super) async fn foresee_growth(
        &self,
        growth: DocumentGrowth,
        transaction: &Transaction,
    ) -> Result<()> {
        let account = self.rows::<account::Entity>().one(&**transaction).await?;
        let account = account.ok_or_else(|| Error::not_found("account"))?;
        self.check_growth(&account, growth, transaction).await
    }

    /// Counts the growth of what the transaction has written. `QUOTA_EXCEEDED` when the account has no room for it.
    pub(super) async fn grow(
        &self,
        growth: DocumentGrowth,
        transaction: &Transaction,
    ) -> Result<()> {
        if growth == DocumentGrowth::default() {
            return Ok(());
        }
        let account = self.lock_account(transaction).await?;
        self.check_growth(&account, growth, transaction).await?;
        self.change::<account::Entity>()
            .set(account::ActiveModel {
                document_count: Set(after(account.document_count, growth.documents)),
                document_bytes: Set(after(account.document_bytes, growth.bytes)),
                ..Default::default()
            })
            .exec(&**transaction)
            .await?;
        Ok(())
    }

    /// What goes with an agent, which the transaction holds.
    pub(super) async fn growth_without_agent(
        &self,
        agent: AgentId,
        transaction: &Transaction,
    ) -> Result<DocumentGrowth> {
        // PostgreSQL adds bigints up to a numeric
        let bytes = Func::sum(Expr::col(document::Column::ContentBytes));
        let counted: Option<(i64, Option<i64>)> = self
            .documents_of(agent)
            .filter(document::Column::ContentBytes.is_not_null())
            .select_only()
            .column_as(document::Column::Id.count(), "documents")
            .column_as(Expr::from(bytes).cast_as("bigint"), "bytes")
            .into_tuple()
            .one(&**transaction)
            .await?;
        let (documents, bytes) = counted.unwrap_or_default();
        Ok(DocumentGrowth {
            documents: -documents,
            bytes: -bytes.unwrap_or_default(),
            waiting: None,
        })
    }

    /// The account's row, which all of the account's writers share: it is the transaction's until its end. Foreign keys to it
    /// do not wait.
    pub(in crate::store) async fn lock_account(
        &self,
        transaction: &Transaction,
    ) -> Result<account::Model> {
        let account = self
            .rows::<account::Entity>()
            .lock(LockType::NoKeyUpdate)
            .one(&**transaction)
            .await?;
        account.ok_or_else(|| Error::not_found("account"))
    }

    async fn check_growth(
        &self,
        account: &account::Model,
        growth: DocumentGrowth,
        transaction: &Transaction,
    ) -> Result<()> {
        let quotas = self.tier_quotas(account);
        let used = |count: i64| u64::try_from(count).unwrap_or_default();
        quotas.check(
            Resource::Documents,
            used(account.document_count),
            used(growth.documents),
        )?;
        quotas.check(
            Resource::DocumentBytes,
            used(account.document_bytes),
            used(growth.bytes),
        )?;
        let Some(document) = growth.waiting else {
            return Ok(());
        };
        let limit = quotas.limit(Resource::WaitingDocuments);
        let others = self.waiting_besides(document, limit, transaction).await?;
        quotas.check(Resource::WaitingDocuments, others, 1)
    }

    /// How many other documents of the account wait or are being read, counted up to `most`.
    async fn waiting_besides(
        &self,
        document: Uuid,
        most: u64,
        transaction: &Transaction,
    ) -> Result<u64> {
        use document::DocumentStatus::{Embedding, Pending};
        let others = self
            .rows::<document::Entity>()
            .filter(document::Column::Status.is_in([Pending, Embedding]))
            .filter(document::Column::Id.ne(document))
            .select_only()
            .column(document::Column::Id)
            .limit(most)
            .into_tuple::<Uuid>()
            .all(&**transaction)
            .await?;
        Ok(u64::try_from(others.len()).unwrap_or(u64::MAX))
    }

    fn tier_quotas(&self, account: &account::Model) -> &TierQuotas {
        self.quotas.of(account.tier.into())
    }
}

/// A counter never falls below zero: processes of an earlier version delete without counting.
fn after(count: i64, growth: i64) -> i64 {
    std::cmp::max(count.saturating_add(growth), 0)
}
