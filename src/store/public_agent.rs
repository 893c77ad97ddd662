//! Public agents: an account's own, and any by its id or a page's origin for callers without credentials.

use std::collections::HashMap;

use entity::{agent, public_agent, public_origin};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use uuid::Uuid;

use crate::{
    domain::{AccountId, AgentId, AuditNote, PublicAccess},
    error::Result,
    store::{PlatformStore, TenantStore, connection::Transaction},
};

impl TenantStore {
    /// The public access of these agents, in no particular order; agents without one are missing.
    pub async fn public_access_of(&self, agents: &[AgentId]) -> Result<Vec<PublicAccess>> {
        let ids: Vec<Uuid> = agents.iter().map(|agent| agent.uuid()).collect();
        let database = self.database.primary();
        let rows = self
            .rows::<public_agent::Entity>()
            .filter(public_agent::Column::AgentId.is_in(ids.iter().copied()))
            .all(database)
            .await?;
        let listed = self
            .rows::<public_origin::Entity>()
            .filter(public_origin::Column::AgentId.is_in(ids))
            .order_by_asc(public_origin::Column::Id)
            .all(database)
            .await?;
        let mut origins: HashMap<Uuid, Vec<String>> = HashMap::new();
        for row in listed {
            origins.entry(row.agent_id).or_default().push(row.origin);
        }
        let access = rows.into_iter().map(|row| {
            let origins = origins.remove(&row.agent_id).unwrap_or_default();
            access_of(&row, origins)
        });
        Ok(access.collect())
    }

    /// Makes an agent public, or replaces the terms on which it is, and writes an audit entry. CONFLICT when the agent was
    /// deleted meanwhile.
    pub async fn put_public_access(&self, access: &PublicAccess, note: AuditNote) -> Result<()> {
        let transaction = self.database.begin().await?;
        // one writer of an agent's access at a time
        self.lock_account(&transaction).await?;
        self.delete_public_rows(access.agent, &transaction).await?;
        public_agent::Entity::insert(access_row(access))
            .exec_without_returning(&*transaction)
            .await?;
        let origins = access.origins.iter();
        let origins = origins.map(|origin| public_origin::ActiveModel {
            id: Set(Uuid::now_v7()),
            account_id: Set(self.account.uuid()),
            agent_id: Set(access.agent.uuid()),
            origin: Set(origin.clone()),
        });
        public_origin::Entity::insert_many(origins)
            .exec_without_returning(&*transaction)
            .await?;
        self.note(vec![note], &transaction).await?;
        transaction.commit().await
    }

    /// Ends the public access of an agent and writes an audit entry; returns false when the agent is not public.
    pub async fn delete_public_access(&self, agent: AgentId, note: AuditNote) -> Result<bool> {
        let transaction = self.database.begin().await?;
        if !self.delete_public_rows(agent, &transaction).await? {
            transaction.roll_back().await?;
            return Ok(false);
        }
        self.note(vec![note], &transaction).await?;
        transaction.commit().await?;
        Ok(true)
    }

    async fn delete_public_rows(&self, agent: AgentId, transaction: &Transaction) -> Result<bool> {
        self.delete::<public_origin::Entity>()
            .filter(public_origin::Column::AgentId.eq(agent.uuid()))
            .exec(&**transaction)
            .await?;
        let deleted = self
            .delete::<public_agent::Entity>()
            .filter(public_agent::Column::AgentId.eq(agent.uuid()))
            .exec(&**transaction)
            .await?;
        Ok(deleted.rows_affected > 0)
    }
}

impl PlatformStore {
    /// The account of an agent that is public and active, of any account.
    pub async fn account_of_public_agent(&self, agent: AgentId) -> Result<Option<AccountId>> {
        let found = Self::rows::<public_agent::Entity>()
            .filter(public_agent::Column::AgentId.eq(agent.uuid()))
            .find_also_related(agent::Entity)
            .one(self.database.primary())
            .await?;
        let account = found.and_then(|(row, agent)| {
            let is_active = agent?.status == agent::AgentStatus::Active;
            is_active.then(|| AccountId::from_uuid(row.account_id))
        });
        Ok(account)
    }

    /// Whether a public agent of any account lists this origin.
    pub async fn is_public_origin(&self, origin: &str) -> Result<bool> {
        let listed = Self::rows::<public_origin::Entity>()
            .filter(public_origin::Column::Origin.eq(origin))
            .limit(1)
            .count(self.database.primary())
            .await?;
        Ok(listed > 0)
    }
}

fn access_row(access: &PublicAccess) -> public_agent::ActiveModel {
    public_agent::ActiveModel {
        id: Set(Uuid::now_v7()),
        account_id: Set(access.account.uuid()),
        agent_id: Set(access.agent.uuid()),
        messages_per_minute: Set(i32::try_from(access.messages_per_minute).unwrap_or(i32::MAX)),
        tokens: Set(access.tokens),
        expires_in_seconds: Set(access.expires_in_seconds),
        updated_at: Set(access.updated_at),
    }
}

fn access_of(row: &public_agent::Model, origins: Vec<String>) -> PublicAccess {
    PublicAccess {
        account: AccountId::from_uuid(row.account_id),
        agent: AgentId::from_uuid(row.agent_id),
        origins,
        messages_per_minute: u32::try_from(row.messages_per_minute).unwrap_or(1),
        tokens: row.tokens,
        expires_in_seconds: row.expires_in_seconds,
        updated_at: row.updated_at,
    }
}
