//! Requests for builds of personas: several changes of documents are built together, but not postponed for long.

use chrono::{DateTime, TimeDelta, Utc};
use entity::{agent, persona, template};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, EntityTrait, ExprTrait, JoinType, PaginatorTrait, QueryFilter, QuerySelect,
    sea_query::{Expr, OnConflict, SimpleExpr},
};

use super::persona_of;
use crate::{
    domain::{AgentId, AuditNote, JobKind, Persona, PersonaProfile, Workflow},
    error::{Error, Result},
    store::{TenantStore, connection::Transaction, job::JobRequest, row::to_json},
};

/// The time between a change of the documents and the build, so that several changes are built together.
const DELAY: TimeDelta = TimeDelta::seconds(3);
/// The maximum of it, however many changes follow each other.
const LONGEST_DELAY: TimeDelta = TimeDelta::seconds(60);

/// What a request for a build changes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum BuildRequest {
    /// What has changed is read.
    Changes,
    /// Every document is read again.
    Everything,
}

impl TenantStore {
    /// Queues a build after a change of an agent's documents, if the agent has a persona.
    pub(in crate::store) async fn want_persona(
        &self,
        agent: AgentId,
        at: DateTime<Utc>,
        transaction: &Transaction,
    ) -> Result<()> {
        if !self.has_persona(agent, transaction).await? {
            return Ok(());
        }
        let requested = self
            .request_build(agent, BuildRequest::Changes, at, transaction)
            .await?;
        let latest = requested.requested_at.unwrap_or(at) + LONGEST_DELAY;
        let due = std::cmp::max(std::cmp::min(at + DELAY, latest), at);
        let job = JobRequest {
            delay: due - at,
            ..JobRequest::new(JobKind::BuildPersona, agent.uuid())
        };
        self.want_job(job, at, transaction).await
    }

    /// Queues a build that reads every document again, and writes an audit entry. `NOT_FOUND` when the agent does not
    /// exist.
    pub async fn rebuild_persona(
        &self,
        agent: AgentId,
        at: DateTime<Utc>,
        note: AuditNote,
    ) -> Result<Persona> {
        let transaction = self.database.begin().await?;
        if !self.hold_agent(agent, &transaction).await? {
            return Err(Error::not_found("agent"));
        }
        let row = self
            .request_build(agent, BuildRequest::Everything, at, &transaction)
            .await?;
        let job = JobRequest::new(JobKind::BuildPersona, agent.uuid());
        self.want_job(job, at, &transaction).await?;
        self.note(vec![note], &transaction).await?;
        transaction.commit().await?;
        persona_of(row)
    }

    /// Whether an agent's workflow is the one with a persona.
    async fn has_persona(&self, agent: AgentId, transaction: &Transaction) -> Result<bool> {
        let of_template = agent::Entity::belongs_to(template::Entity)
            .from(agent::Column::TemplateId)
            .to(template::Column::Id);
        let count = self
            .rows::<agent::Entity>()
            .filter(agent::Column::Id.eq(agent.uuid()))
            .join(JoinType::InnerJoin, of_template.into())
            .filter(template::Column::WorkflowClass.eq(Workflow::Expert.name()))
            .count(&**transaction)
            .await?;
        Ok(count > 0)
    }

    /// Notes that a build is due, and returns the row.
    async fn request_build(
        &self,
        agent: AgentId,
        request: BuildRequest,
        at: DateTime<Utc>,
        transaction: &Transaction,
    ) -> Result<persona::Model> {
        self.insert_persona(agent, transaction).await?;
        let more = i32::from(request == BuildRequest::Everything);
        let first: SimpleExpr = Expr::col(persona::Column::RequestedAt).if_null(at);
        self.change::<persona::Entity>()
            .filter(persona::Column::AgentId.eq(agent.uuid()))
            .set(persona::ActiveModel {
                state: Set(persona::PersonaState::Building),
                ..Default::default()
            })
            .col_expr(persona::Column::RequestedAt, first)
            .col_expr(
                persona::Column::Round,
                Expr::col(persona::Column::Round).add(more),
            )
            .exec(&**transaction)
            .await?;
        let row = self
            .rows::<persona::Entity>()
            .filter(persona::Column::AgentId.eq(agent.uuid()))
            .one(&**transaction)
            .await?;
        row.ok_or_else(|| Error::internal("read the persona of an agent"))
    }

    /// Inserts an empty persona, unless the agent has one.
    pub(super) async fn insert_persona(
        &self,
        agent: AgentId,
        transaction: &Transaction,
    ) -> Result<()> {
        let empty = persona::ActiveModel {
            account_id: Set(self.account.uuid()),
            agent_id: Set(agent.uuid()),
            version: Set(0),
            profile: Set(to_json("personas.profile", &PersonaProfile::default())?),
            state: Set(persona::PersonaState::Ready),
            problem: Set(None),
            round: Set(0),
            requested_at: Set(None),
            built_at: Set(None),
            edited_at: Set(None),
        };
        let unless_known =
            OnConflict::columns([persona::Column::AccountId, persona::Column::AgentId])
                .do_nothing()
                .to_owned();
        persona::Entity::insert(empty)
            .on_conflict(unless_known)
            .exec_without_returning(&**transaction)
            .await?;
        Ok(())
    }
}
