//! The personas of digital experts: built in the background, edited by people, each change a version.

mod request;

use chrono::{DateTime, Utc};
use entity::{persona, persona_version};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::LockType,
};

use crate::{
    domain::{AgentId, AuditNote, Persona, PersonaState, PersonaVersion},
    error::Result,
    store::{
        TenantStore,
        connection::Transaction,
        row::{from_json, same_variants, to_json},
    },
};

/// The number of versions of a profile that are kept.
const MOST_VERSIONS: i32 = 10;

impl TenantStore {
    /// The personas of these agents, in no particular order.
    pub async fn personas(&self, agents: &[AgentId]) -> Result<Vec<Persona>> {
        self.rows::<persona::Entity>()
            .filter(persona::Column::AgentId.is_in(agents.iter().map(|id| id.uuid())))
            .all(self.database.primary())
            .await?
            .into_iter()
            .map(persona_of)
            .collect()
    }

    /// The persona of an agent; none before the first request for a build.
    pub async fn persona(&self, agent: AgentId) -> Result<Option<Persona>> {
        Ok(self.personas(&[agent]).await?.pop())
    }

    /// The last versions of an agent's profile, the newest first.
    pub async fn persona_versions(&self, agent: AgentId) -> Result<Vec<PersonaVersion>> {
        let rows = self
            .rows::<persona_version::Entity>()
            .filter(persona_version::Column::AgentId.eq(agent.uuid()))
            .order_by_desc(persona_version::Column::Version)
            .all(self.database.primary())
            .await?;
        let version_of = |row: persona_version::Model| {
            Ok(PersonaVersion {
                version: row.version,
                profile: from_json("persona_versions.profile", row.profile)?,
                created_at: row.created_at,
            })
        };
        rows.into_iter().map(version_of).collect()
    }

    /// Marks the requested build of an agent's persona as begun; later requests are for another one. Returns none when
    /// the agent does not exist any more.
    pub async fn begin_persona_build(&self, agent: AgentId) -> Result<Option<Persona>> {
        self.change_persona(
            agent,
            persona::ActiveModel {
                state: Set(persona::PersonaState::Building),
                requested_at: Set(None),
                ..Default::default()
            },
        )
        .await?;
        self.persona(agent).await
    }

    /// Writes what a build has made of version `expected`, and returns whether it did: not when a person has changed the
    /// persona meanwhile.
    pub async fn finish_persona_build(
        &self,
        built: &Persona,
        expected: i32,
        at: DateTime<Utc>,
    ) -> Result<bool> {
        let transaction = self.database.begin().await?;
        // a deleted agent has no persona to write
        if !self.hold_agent(built.agent, &transaction).await? {
            return Ok(true);
        }
        let held = self
            .rows::<persona::Entity>()
            .filter(persona::Column::AgentId.eq(built.agent.uuid()))
            .lock(LockType::Update)
            .one(&*transaction)
            .await?;
        let Some(held) = held.filter(|row| row.version == expected) else {
            return Ok(false);
        };
        let state = match held.requested_at {
            Some(_) => persona::PersonaState::Building,
            None => persona::PersonaState::Ready,
        };
        self.change::<persona::Entity>()
            .filter(persona::Column::AgentId.eq(built.agent.uuid()))
            .set(persona::ActiveModel {
                version: Set(built.version),
                profile: Set(to_json("personas.profile", &built.profile)?),
                state: Set(state),
                problem: Set(built.problem.clone()),
                built_at: Set(Some(at)),
                ..Default::default()
            })
            .exec(&*transaction)
            .await?;
        if built.version != expected {
            self.keep_version(built, at, &transaction).await?;
        }
        transaction.commit().await?;
        Ok(true)
    }

    /// Stores why a build failed, and whether another attempt follows (BUILDING) or not (FAILED).
    pub async fn note_persona_problem(
        &self,
        agent: AgentId,
        state: PersonaState,
        problem: &str,
    ) -> Result<()> {
        self.change_persona(
            agent,
            persona::ActiveModel {
                state: Set(state.into()),
                problem: Set(Some(problem.to_owned())),
                ..Default::default()
            },
        )
        .await
    }

    /// Writes a person's change of the version before, and an audit entry. Returns false when there is another version
    /// now, or when the agent does not exist.
    pub async fn update_persona(
        &self,
        changed: &Persona,
        at: DateTime<Utc>,
        note: AuditNote,
    ) -> Result<bool> {
        let transaction = self.database.begin().await?;
        if !self.hold_agent(changed.agent, &transaction).await? {
            return Ok(false);
        }
        self.insert_persona(changed.agent, &transaction).await?;
        let written = self
            .change::<persona::Entity>()
            .filter(persona::Column::AgentId.eq(changed.agent.uuid()))
            .filter(persona::Column::Version.eq(changed.version - 1))
            .set(persona::ActiveModel {
                version: Set(changed.version),
                profile: Set(to_json("personas.profile", &changed.profile)?),
                edited_at: Set(Some(at)),
                ..Default::default()
            })
            .exec(&*transaction)
            .await?;
        if written.rows_affected == 0 {
            transaction.roll_back().await?;
            return Ok(false);
        }
        self.keep_version(changed, at, &transaction).await?;
        self.note(vec![note], &transaction).await?;
        transaction.commit().await?;
        Ok(true)
    }

    async fn change_persona(&self, agent: AgentId, change: persona::ActiveModel) -> Result<()> {
        let writer = self.database.writer().await;
        self.change::<persona::Entity>()
            .filter(persona::Column::AgentId.eq(agent.uuid()))
            .set(change)
            .exec(&*writer)
            .await?;
        Ok(())
    }

    /// Stores a version of a profile, and deletes the oldest one when there are too many.
    async fn keep_version(
        &self,
        persona: &Persona,
        at: DateTime<Utc>,
        transaction: &Transaction,
    ) -> Result<()> {
        let row = persona_version::ActiveModel {
            account_id: Set(self.account.uuid()),
            agent_id: Set(persona.agent.uuid()),
            version: Set(persona.version),
            profile: Set(to_json("persona_versions.profile", &persona.profile)?),
            created_at: Set(at),
        };
        persona_version::Entity::insert(row)
            .exec_without_returning(&**transaction)
            .await?;
        self.delete::<persona_version::Entity>()
            .filter(persona_version::Column::AgentId.eq(persona.agent.uuid()))
            .filter(persona_version::Column::Version.lte(persona.version - MOST_VERSIONS))
            .exec(&**transaction)
            .await?;
        Ok(())
    }
}

fn persona_of(row: persona::Model) -> Result<Persona> {
    Ok(Persona {
        agent: AgentId::from_uuid(row.agent_id),
        version: row.version,
        state: row.state.into(),
        problem: row.problem,
        profile: from_json("personas.profile", row.profile)?,
        round: row.round,
        built_at: row.built_at,
        edited_at: row.edited_at,
    })
}

same_variants!(persona::PersonaState, PersonaState: Building, Ready, Failed);
