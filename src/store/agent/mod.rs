//! Agents: an account's configured instances of templates.

mod canary;
mod filter;

use chrono::{DateTime, Utc};
use entity::{agent, conversation, handoff, message, run, tool_call};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    Value,
    sea_query::{Expr, LockType},
};
use uuid::Uuid;

use self::canary::canary_column;
pub(in crate::store) use self::canary::canary_of;
use crate::{
    domain::{
        AccountId, Agent, AgentFilter, AgentId, AgentOrder, AgentOrderField, AgentStatus,
        AuditNote, Page, PageRequest, RoutableAgent, TemplateId, ToolGrant,
    },
    error::Result,
    store::{
        TenantStore,
        connection::Transaction,
        error::is_taken,
        fold::fold,
        page::{Listing, Sort, moment},
        row::same_variants,
        scoped::TenantEntity,
    },
};

impl TenantStore {
    /// Adds an agent with its grants and an audit entry. Returns false when its slug is taken. `QUOTA_EXCEEDED` when
    /// the account has reached its number of agents.
    pub async fn insert_agent(
        &self,
        agent: &Agent,
        grants: &[ToolGrant],
        note: AuditNote,
    ) -> Result<bool> {
        let transaction = self.database.begin().await?;
        match agent::Entity::insert(agent_row(self.account, agent)?)
            .exec_without_returning(&*transaction)
            .await
        {
            Ok(_) => {}
            Err(cause) if is_taken(&cause) => {
                transaction.roll_back().await?;
                return Ok(false);
            }
            Err(cause) => return Err(cause.into()),
        }
        for grant in grants {
            self.put_grant(grant, &transaction).await?;
        }
        self.check_agents(&transaction).await?;
        self.note(vec![note], &transaction).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// The agents that match the filter, in the given order.
    pub async fn agents(
        &self,
        filter: &AgentFilter,
        order: AgentOrder,
        request: &PageRequest,
    ) -> Result<Page<Agent>> {
        let listing = Listing {
            id: agent::Column::Id,
            sort: Some(sort_of(order.field)),
            descending: order.descending,
        };
        listing
            .page(
                self.wanted(filter),
                request,
                self.database.replica(),
                agent_of,
            )
            .await
    }

    /// The total number of agents that [`Self::agents`] lists.
    pub async fn count_agents(&self, filter: &AgentFilter) -> Result<u64> {
        Ok(self.wanted(filter).count(self.database.replica()).await?)
    }

    /// The agents with these ids that exist, in no particular order.
    pub async fn agents_by_ids(&self, ids: &[AgentId]) -> Result<Vec<Agent>> {
        let rows = self
            .rows::<agent::Entity>()
            .filter(agent::Column::Id.is_in(ids.iter().map(|id| id.uuid())))
            .all(self.database.primary())
            .await?;
        rows.into_iter().map(agent_of).collect()
    }

    /// The agent with this slug.
    pub async fn agent_by_slug(&self, slug: &str) -> Result<Option<Agent>> {
        let row = self
            .rows::<agent::Entity>()
            .filter(agent::Column::Slug.eq(slug))
            .one(self.database.primary())
            .await?;
        row.map(agent_of).transpose()
    }

    /// Every ACTIVE agent, the oldest first.
    pub async fn routable_agents(&self) -> Result<Vec<RoutableAgent>> {
        let columns = [
            agent::Column::Id,
            agent::Column::TemplateId,
            agent::Column::Name,
            agent::Column::Tier,
        ];
        let rows: Vec<(Uuid, Uuid, String, String)> = self
            .rows::<agent::Entity>()
            .filter(agent::Column::Status.eq(agent::AgentStatus::Active))
            .order_by_asc(agent::Column::Id)
            .select_only()
            .columns(columns)
            .into_tuple()
            .all(self.database.primary())
            .await?;
        let routable = |(id, template, name, tier)| RoutableAgent {
            id: AgentId::from_uuid(id),
            template: TemplateId::from_uuid(template),
            name,
            tier,
        };
        Ok(rows.into_iter().map(routable).collect())
    }

    /// At most `most` ACTIVE agents, oldest first; only those with one of `slugs`, if given.
    pub async fn active_agents(&self, slugs: Option<&[String]>, most: u64) -> Result<Vec<Agent>> {
        let named = slugs.map(|slugs| agent::Column::Slug.is_in(slugs));
        let rows = self
            .rows::<agent::Entity>()
            .filter(agent::Column::Status.eq(agent::AgentStatus::Active))
            .filter(Condition::all().add_option(named))
            .order_by_asc(agent::Column::Id)
            .limit(most)
            .all(self.database.primary())
            .await?;
        rows.into_iter().map(agent_of).collect()
    }

    /// Writes all fields of an agent but its slug, and an audit entry, if the agent's `updated_at` is still
    /// `expected_updated_at`. Returns false when it is not, or when the agent was deleted.
    pub async fn update_agent(
        &self,
        agent: &Agent,
        expected_updated_at: DateTime<Utc>,
        note: AuditNote,
    ) -> Result<bool> {
        let transaction = self.database.begin().await?;
        let changed = self
            .change::<agent::Entity>()
            .filter(agent::Column::Id.eq(agent.id.uuid()))
            .filter(agent::Column::UpdatedAt.eq(expected_updated_at))
            .set(agent::ActiveModel {
                template_id: Set(agent.template.uuid()),
                name: Set(agent.name.clone()),
                folded_name: Set(fold(&agent.name)),
                tier: Set(agent.tier.clone()),
                configuration: Set(agent.configuration.clone()),
                status: Set(agent.status.into()),
                fallback_id: Set(agent.fallback.map(AgentId::uuid)),
                canary: Set(canary_column(agent.canary.as_ref())?),
                updated_at: Set(agent.updated_at),
                ..Default::default()
            })
            .exec(&*transaction)
            .await?;
        if changed.rows_affected == 0 {
            transaction.roll_back().await?;
            return Ok(false);
        }
        self.note(vec![note], &transaction).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Deletes an agent with its knowledge and grants, and writes an audit entry. Its messages stay, without the
    /// agent's id. Returns false when the agent does not exist.
    pub async fn delete_agent(&self, id: AgentId, note: AuditNote) -> Result<bool> {
        let at = note.at;
        let transaction = self.database.begin().await?;
        // a transaction that is about to refer to the agent waits here, and then finds it deleted
        if !self.lock_agent(id, LockType::Update, &transaction).await? {
            return Ok(false);
        }
        let growth = self.growth_without_agent(id, &transaction).await?;
        // boxed: rarely called, and a large future
        Box::pin(self.forget_vectors_of(id, at, &transaction)).await?;
        self.clear(agent::Column::FallbackId, id, &transaction)
            .await?;
        self.clear(conversation::Column::AgentId, id, &transaction)
            .await?;
        self.clear(run::Column::AgentId, id, &transaction).await?;
        self.clear(message::Column::AgentId, id, &transaction)
            .await?;
        self.clear(tool_call::Column::AgentId, id, &transaction)
            .await?;
        self.clear(handoff::Column::FromAgentId, id, &transaction)
            .await?;
        self.clear(handoff::Column::ToAgentId, id, &transaction)
            .await?;
        self.delete::<agent::Entity>()
            .filter(agent::Column::Id.eq(id.uuid()))
            .exec(&*transaction)
            .await?;
        self.grow(growth, &transaction).await?;
        self.note(vec![note], &transaction).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Protects an agent from deletion until the transaction ends; returns false when it is already deleted. Every
    /// transaction that refers to an agent begins with this call, so that no two of them deadlock.
    pub(super) async fn hold_agent(&self, id: AgentId, transaction: &Transaction) -> Result<bool> {
        self.lock_agent(id, LockType::KeyShare, transaction).await
    }

    /// Locks an agent's row until the transaction ends; returns false when the agent does not exist.
    pub(super) async fn lock_agent(
        &self,
        id: AgentId,
        lock: LockType,
        transaction: &Transaction,
    ) -> Result<bool> {
        let row = self
            .rows::<agent::Entity>()
            .filter(agent::Column::Id.eq(id.uuid()))
            .lock(lock)
            .one(&**transaction)
            .await?;
        Ok(row.is_some())
    }

    /// Sets a column to null in every row that refers to the agent.
    async fn clear<C>(&self, column: C, id: AgentId, transaction: &Transaction) -> Result<()>
    where
        C: ColumnTrait,
        C::EntityName: TenantEntity,
    {
        self.change::<C::EntityName>()
            .filter(column.eq(id.uuid()))
            .col_expr(column, Expr::value(Value::Uuid(None)))
            .exec(&**transaction)
            .await?;
        Ok(())
    }
}

fn sort_of(field: AgentOrderField) -> Sort<agent::Entity> {
    match field {
        AgentOrderField::Name => Sort {
            column: agent::Column::FoldedName,
            read: |name| Some(fold(name).into()),
        },
        AgentOrderField::CreatedAt => Sort {
            column: agent::Column::CreatedAt,
            read: moment,
        },
        AgentOrderField::UpdatedAt => Sort {
            column: agent::Column::UpdatedAt,
            read: moment,
        },
    }
}

fn agent_row(account: AccountId, agent: &Agent) -> Result<agent::ActiveModel> {
    Ok(agent::ActiveModel {
        id: Set(agent.id.uuid()),
        account_id: Set(account.uuid()),
        template_id: Set(agent.template.uuid()),
        slug: Set(agent.slug.clone()),
        name: Set(agent.name.clone()),
        folded_name: Set(fold(&agent.name)),
        tier: Set(agent.tier.clone()),
        configuration: Set(agent.configuration.clone()),
        status: Set(agent.status.into()),
        fallback_id: Set(agent.fallback.map(AgentId::uuid)),
        canary: Set(canary_column(agent.canary.as_ref())?),
        knowledge_version: Set(0),
        created_at: Set(agent.created_at),
        updated_at: Set(agent.updated_at),
    })
}

fn agent_of(row: agent::Model) -> Result<Agent> {
    Ok(Agent {
        id: AgentId::from_uuid(row.id),
        account: AccountId::from_uuid(row.account_id),
        template: TemplateId::from_uuid(row.template_id),
        slug: row.slug,
        name: row.name,
        tier: row.tier,
        configuration: row.configuration,
        status: row.status.into(),
        fallback: row.fallback_id.map(AgentId::from_uuid),
        canary: canary_of(row.canary)?,
        created_at: row.created_at,
        updated_at: row.updated_at,
        deleted_at: None,
    })
}

same_variants!(agent::AgentStatus, AgentStatus: Configuring, Active, Suspended);
