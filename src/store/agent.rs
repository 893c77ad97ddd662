//! Agents: an account's configured instances of templates.

use chrono::{DateTime, Utc};
use entity::{agent, conversation, handoff, message, run, template, tool_call};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, ConnectionTrait, DbBackend, EntityTrait, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect, QueryTrait, Select, Value,
    sea_query::{Expr, LockType},
};

use crate::{
    domain::{
        AccountId, Agent, AgentFilter, AgentId, AgentOrder, AgentOrderField, AgentStatus, Page,
        PageRequest, TemplateId,
    },
    error::Result,
    store::{
        PlatformStore, TenantStore,
        connection::Transaction,
        error::is_taken,
        fold::{fold, has_part},
        page::{Listing, Sort, moment},
        row::same_variants,
        scoped::TenantEntity,
    },
};

impl TenantStore {
    /// Adds an agent; false when its slug is taken.
    pub async fn insert_agent(&self, agent: &Agent) -> Result<bool> {
        let row = agent_row(self.account, agent);
        let writer = self.database.writer().await;
        match agent::Entity::insert(row)
            .exec_without_returning(&*writer)
            .await
        {
            Ok(_) => Ok(true),
            Err(cause) if is_taken(&cause) => Ok(false),
            Err(cause) => Err(cause.into()),
        }
    }

    /// Agents in that order.
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
                |row| Ok(agent_of(row)),
            )
            .await
    }

    /// How many agents [`Self::agents`] has in all.
    pub async fn count_agents(&self, filter: &AgentFilter) -> Result<u64> {
        Ok(self.wanted(filter).count(self.database.replica()).await?)
    }

    /// Those of these that exist, in no order.
    pub async fn agents_by_ids(&self, ids: &[AgentId]) -> Result<Vec<Agent>> {
        let rows = self
            .rows::<agent::Entity>()
            .filter(agent::Column::Id.is_in(ids.iter().map(|id| id.uuid())))
            .all(self.database.primary())
            .await?;
        Ok(rows.into_iter().map(agent_of).collect())
    }

    /// The agent with that slug.
    pub async fn agent_by_slug(&self, slug: &str) -> Result<Option<Agent>> {
        let row = self
            .rows::<agent::Entity>()
            .filter(agent::Column::Slug.eq(slug))
            .one(self.database.primary())
            .await?;
        Ok(row.map(agent_of))
    }

    /// The agent that answers when nobody else was asked for and the account named no one.
    pub async fn oldest_active_agent(&self) -> Result<Option<Agent>> {
        let row = self
            .rows::<agent::Entity>()
            .filter(agent::Column::Status.eq(agent::AgentStatus::Active))
            .order_by_asc(agent::Column::Id)
            .one(self.database.primary())
            .await?;
        Ok(row.map(agent_of))
    }

    /// Writes an agent, all but its slug, if it is still as the caller saw it; false when someone else was faster or
    /// it is gone.
    pub async fn update_agent(
        &self,
        agent: &Agent,
        expected_updated_at: DateTime<Utc>,
    ) -> Result<bool> {
        let writer = self.database.writer().await;
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
                updated_at: Set(agent.updated_at),
                ..Default::default()
            })
            .exec(&*writer)
            .await?;
        Ok(changed.rows_affected > 0)
    }

    /// Deletes an agent with its knowledge and grants. What it said stays, without its name. False when there is none.
    pub async fn delete_agent(&self, id: AgentId, at: DateTime<Utc>) -> Result<bool> {
        let transaction = self.database.begin().await?;
        // whoever is about to point at it waits here, and then finds it gone
        if !self.lock_agent(id, LockType::Update, &transaction).await? {
            return Ok(false);
        }
        // boxed: rarely done, and large
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
        transaction.commit().await?;
        Ok(true)
    }

    /// Keeps an agent from being deleted until the transaction ends; false when it is gone already. Every transaction
    /// that points at an agent begins with it, so that none of them waits for another in a circle.
    pub(super) async fn hold_agent(&self, id: AgentId, transaction: &Transaction) -> Result<bool> {
        self.lock_agent(id, LockType::KeyShare, transaction).await
    }

    /// Locks an agent until the transaction ends; false when it is gone.
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

    /// Empties a column wherever it names the agent.
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

    fn wanted(&self, filter: &AgentFilter) -> Select<agent::Entity> {
        let AgentFilter {
            status,
            template,
            tier,
            skill,
            search,
        } = filter;
        let backend = self.database.replica().get_database_backend();
        let of_templates = (template.is_some() || skill.is_some()).then(|| {
            let templates = PlatformStore::rows::<template::Entity>()
                .filter(
                    Condition::all()
                        .add_option(
                            template
                                .as_deref()
                                .map(|name| template::Column::Name.eq(name)),
                        )
                        .add_option(skill.as_deref().map(|skill| has_skill(skill, backend))),
                )
                .select_only()
                .column(template::Column::Id)
                .into_query();
            agent::Column::TemplateId.in_subquery(templates)
        });
        let of_status = status.as_deref().map(|status| {
            agent::Column::Status.is_in(
                status
                    .iter()
                    .map(|status| agent::AgentStatus::from(*status)),
            )
        });
        self.rows::<agent::Entity>().filter(
            Condition::all()
                .add_option(of_status)
                .add_option(of_templates)
                .add_option(tier.as_deref().map(|tier| agent::Column::Tier.eq(tier)))
                .add_option(search.as_deref().map(found_by)),
        )
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

/// The search is a part of the name or of the slug, whatever its case.
fn found_by(search: &str) -> Condition {
    Condition::any()
        .add(has_part(agent::Column::FoldedName, search))
        .add(has_part(agent::Column::Slug, search))
}

/// A list inside a JSON column is taken apart in each database's own words.
fn has_skill(skill: &str, backend: DbBackend) -> Expr {
    let sql = match backend {
        DbBackend::Postgres => {
            "EXISTS (SELECT 1 FROM jsonb_array_elements(skills) AS skill WHERE skill ->> 'id' = $1)"
        }
        _ => "EXISTS (SELECT 1 FROM json_each(skills) AS skill WHERE skill.value ->> 'id' = ?)",
    };
    Expr::cust_with_values(sql, [skill])
}

fn agent_row(account: AccountId, agent: &Agent) -> agent::ActiveModel {
    agent::ActiveModel {
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
        created_at: Set(agent.created_at),
        updated_at: Set(agent.updated_at),
    }
}

fn agent_of(row: agent::Model) -> Agent {
    Agent {
        id: AgentId::from_uuid(row.id),
        account: AccountId::from_uuid(row.account_id),
        template: TemplateId::from_uuid(row.template_id),
        slug: row.slug,
        name: row.name,
        tier: row.tier,
        configuration: row.configuration,
        status: row.status.into(),
        fallback: row.fallback_id.map(AgentId::from_uuid),
        created_at: row.created_at,
        updated_at: row.updated_at,
    }
}

same_variants!(agent::AgentStatus, AgentStatus: Configuring, Active, Suspended);
