//! Quotas. Each is checked in the transaction that adds to it, after its writes and before its audit entry, while the
//! transaction holds the lock on the account's row. So additions to one account follow each other, in all processes,
//! and two additions never share the last free unit. Agents, keys and servers are few and counted over an index;
//! documents and their bytes are counters in the account's row.

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

/// The change of an account's document counters; negative when documents go.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct DocumentGrowth {
    /// The number of documents.
    pub(super) documents: i64,
    /// The bytes of their contents.
    pub(super) bytes: i64,
    /// The document that starts to wait for its ingestion.
    pub(super) waiting: Option<Uuid>,
}

impl DocumentGrowth {
    /// The deletion of a document; nothing when the document was not counted.
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

    /// A document whose content gets this size; `row` is the document before the change, if it existed.
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
    /// `QUOTA_EXCEEDED` when the agent that the transaction has inserted exceeds the quota.
    pub(super) async fn check_agents(&self, transaction: &Transaction) -> Result<()> {
        let account = self.lock_account(transaction).await?;
        let agents = self.rows::<agent::Entity>().count(&**transaction).await?;
        self.tier_quotas(&account)
            .check(Resource::Agents, agents.saturating_sub(1), 1)
    }

    /// `QUOTA_EXCEEDED` when the key that the transaction has inserted exceeds the quota.
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

    /// `QUOTA_EXCEEDED` when one more server than `servers` exceeds the quota. The caller holds the lock on `account`.
    pub(super) fn check_servers(&self, account: &account::Model, servers: u64) -> Result<()> {
        self.tier_quotas(account)
            .check(Resource::McpServers, servers, 1)
    }

    /// `QUOTA_EXCEEDED` when the account has no room for the growth, checked without a lock, so that most refused
    /// contents are not written at all.
    pub(super) async fn foresee_growth(
        &self,
        growth: DocumentGrowth,
        transaction: &Transaction,
    ) -> Result<()> {
        let account = self.rows::<account::Entity>().one(&**transaction).await?;
        let account = account.ok_or_else(|| Error::not_found("account"))?;
        self.check_growth(&account, growth, transaction).await
    }

    /// Adds the growth of what the transaction has written to the counters. `QUOTA_EXCEEDED` when the account has no
    /// room for it.
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

    /// `QUOTA_EXCEEDED` when the document that the transaction has inserted is one more than the pricing tier allows the
    /// agent. The transaction holds the lock on the account's row, whose counter is enough where the whole account has
    /// no more documents than that.
    pub(super) async fn check_documents_of(
        &self,
        agent: AgentId,
        most: u64,
        transaction: &Transaction,
    ) -> Result<()> {
        let account = self.rows::<account::Entity>().one(&**transaction).await?;
        let all = account.map_or(0, |account| account.document_count);
        if u64::try_from(all).unwrap_or_default() <= most {
            return Ok(());
        }
        let documents = self
            .documents_of(agent)
            .filter(document::Column::ContentBytes.is_not_null())
            .count(&**transaction)
            .await?;
        if documents <= most {
            return Ok(());
        }
        Err(Error::quota_exceeded(
            format!(
                "documents: {} of {most} of this agent used, the most of its pricing tier; delete some, or choose a larger tier",
                documents.saturating_sub(1)
            ),
            None,
        ))
    }

    /// The change of the counters when an agent is deleted; the transaction holds the lock on the agent.
    pub(super) async fn growth_without_agent(
        &self,
        agent: AgentId,
        transaction: &Transaction,
    ) -> Result<DocumentGrowth> {
        // PostgreSQL's SUM of bigint is numeric
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

    /// Reads the account's row and locks it until the transaction ends. All writers of an account share this lock;
    /// foreign keys to the row do not wait for it.
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

    /// The number of other documents of the account that wait or are being ingested, counted up to `most`.
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

    fn tier_quotas(&self, account: &account::Model) -> TierQuotas {
        self.quotas.get().of(account.tier.into()).clone()
    }
}

/// The counter after a change; it never falls below zero.
fn after(count: i64, growth: i64) -> i64 {
    std::cmp::max(count.saturating_add(growth), 0)
}
