//! Agents: created from a template; configured, suspended and deleted by their account.

use std::sync::Arc;

use futures::stream::BoxStream;
use serde_json::{Value, json};

use super::{
    AgentVersionService,
    agent_changes::AgentChanges,
    agent_input::{AgentChange, FallbackChange, NewAgent, slug_of},
    agent_settings::{AgentSettings, template_of},
    audit::audit_note,
    availability::AvailabilityService,
    refuse,
    route::check_fallback,
    tables::Tables,
    tool_grant::first_grants,
};
use crate::{
    domain::{
        Actor, Agent, AgentFilter, AgentId, AgentOrder, AgentStatus, AuditNote, ConfigurationEntry,
        Operation, Page, PageRequest, Permission, PricingTier, Template, TemplateSpec, ToolGrant,
    },
    error::{Error, Result},
    port::{Announcement, Announcements, Clock},
    store::TenantStore,
};

/// The maximum number of slugs that are tried for a name: `sales`, `sales-2`, `sales-3` and so on.
const MOST_SLUGS: usize = 100;

/// Discovers and manages agents.
#[derive(Clone)]
pub struct AgentService {
    pub(super) tables: Tables,
    pub(super) settings: AgentSettings,
    pub(super) availability: AvailabilityService,
    pub(super) announcements: Arc<dyn Announcements>,
    pub(super) clock: Arc<dyn Clock>,
}

impl AgentService {
    /// The agents of the actor's account.
    pub async fn list(
        &self,
        actor: &Actor,
        filter: &AgentFilter,
        order: AgentOrder,
        page: &PageRequest,
    ) -> Result<Page<Agent>> {
        let permission = actor.authorize(Operation::Agents)?;
        let store = self.tables.tenant(&permission);
        refuse(filter.problems())?;
        store.agents(&filter.seen_by(actor), order, page).await
    }

    /// The total number of agents in [`Self::list`].
    pub async fn count(&self, actor: &Actor, filter: &AgentFilter) -> Result<u64> {
        let permission = actor.authorize(Operation::Agents)?;
        let filter = filter.seen_by(actor);
        self.tables.tenant(&permission).count_agents(&filter).await
    }

    /// The agent with that slug in the actor's account.
    pub async fn by_slug(&self, actor: &Actor, slug: &str) -> Result<Option<Agent>> {
        self.tables
            .tenant(actor.authorize(Operation::Agent)?)
            .agent_by_slug(slug)
            .await
    }

    /// The agent with that id in the actor's account.
    pub async fn get(&self, actor: &Actor, id: AgentId) -> Result<Option<Agent>> {
        Ok(self
            .tables
            .tenant(actor.authorize(Operation::Agent)?)
            .agents_by_ids(&[id])
            .await?
            .pop())
    }

    /// Every setting of an agent with its value and origin.
    pub async fn effective_configuration(
        &self,
        actor: &Actor,
        agent: &Agent,
        template: &Template,
    ) -> Result<Vec<ConfigurationEntry>> {
        let permission = actor
            .acting_in(agent.account)?
            .authorize(Operation::Agent)?;
        let account = self.tables.tenant(&permission).account().await?;
        let settings = &account.configuration;
        let layers = self.settings.layers(agent, &template.spec, settings)?;
        Ok(layers.entries())
    }

    /// The template versions of these agents.
    pub fn versions(&self) -> AgentVersionService {
        AgentVersionService {
            agents: self.clone(),
        }
    }

    /// The agent, or every agent of the account, after each change, and once more after its deletion.
    pub async fn changes(
        &self,
        actor: &Actor,
        id: Option<AgentId>,
    ) -> Result<BoxStream<'static, Result<Agent>>> {
        let permission = actor.authorize(Operation::AgentChanged)?;
        // listens before the agents are read, so that no change is missed in between
        let announced = self.announcements.listen(actor.account());
        let store = self.tables.tenant(&permission);
        let all = self.tables.whole_account(&permission);
        let mut changes = AgentChanges::of(store, all, Arc::clone(&self.clock), id);
        changes.read().await?;
        Ok(changes.follow(announced))
    }

    /// Creates an agent from a template.
    pub async fn create(&self, actor: &Actor, new: NewAgent) -> Result<Agent> {
        let permission = actor.authorize(Operation::CreateAgent)?;
        let store = self.tables.tenant(&permission);
        refuse(new.problems())?;
        let template = self.template_for(&permission, &new).await?;
        let now = self.clock.now();
        let mut agent = Agent {
            id: AgentId::new(self.clock.as_ref()),
            account: actor.account(),
            template: template.id,
            slug: new.slug.clone().unwrap_or_else(|| slug_of(&new.name, 1)),
            name: new.name,
            tier: new.tier,
            configuration: new.configuration.unwrap_or_else(|| json!({})),
            status: if new.activate {
                AgentStatus::Active
            } else {
                AgentStatus::Configuring
            },
            fallback: new.fallback,
            created_at: now,
            updated_at: now,
            canary: None,
            deleted_at: None,
        };
        let settings = &self.settings;
        settings.check(&store, &agent, &template.spec, None).await?;
        check_fallback(&store, &agent).await?;
        let grants = first_grants(&store, &agent, tier_of(&agent, &template.spec)?).await?;
        let note = self.audit_note(&permission, &agent, audit_detail(&agent));
        if new.slug.is_some() {
            if !store.insert_agent(&agent, &grants, note).await? {
                return Err(Error::conflict(format!(
                    "input.slug: \"{}\" is taken by another agent of this account",
                    agent.slug
                )));
            }
        } else {
            insert_with_free_slug(&store, &mut agent, &grants, note).await?;
        }
        self.announcements
            .publish(actor.account(), Announcement::AgentChanged(agent.id));
        Ok(agent)
    }

    /// Changes an agent. The change takes effect with the next message.
    pub async fn update(&self, actor: &Actor, id: AgentId, change: AgentChange) -> Result<Agent> {
        let permission = actor.authorize(Operation::UpdateAgent)?;
        let store = self.tables.tenant(&permission);
        refuse(change.problems())?;
        let old = existing(&store, id).await?;
        if change
            .expected_updated_at
            .is_some_and(|expected| expected != old.updated_at)
        {
            return Err(changed_meanwhile());
        }
        let before = old.tier.clone();
        let mut agent = Agent {
            name: change.name.unwrap_or(old.name),
            tier: change.tier.unwrap_or(old.tier),
            configuration: change.configuration.unwrap_or(old.configuration),
            ..old
        };
        match change.fallback {
            FallbackChange::Keep => {}
            FallbackChange::Remove => agent.fallback = None,
            FallbackChange::Set(fallback) => agent.fallback = Some(fallback),
        }
        for version in agent.versions() {
            let template = template_of(&self.tables, &permission, version).await?;
            let had = Some(before.as_str());
            let checked = self.settings.check(&store, &agent, &template.spec, had);
            checked.await?;
        }
        check_fallback(&store, &agent).await?;
        self.save(&permission, agent).await
    }

    /// Makes an agent available for messages.
    pub async fn activate(&self, actor: &Actor, id: AgentId) -> Result<Agent> {
        self.set_status(actor, Operation::ActivateAgent, id, AgentStatus::Active)
            .await
    }

    /// Suspends an agent; runs in progress finish.
    pub async fn suspend(&self, actor: &Actor, id: AgentId) -> Result<Agent> {
        self.set_status(actor, Operation::SuspendAgent, id, AgentStatus::Suspended)
            .await
    }

    /// Deletes an agent; its messages stay in their conversations.
    pub async fn delete(&self, actor: &Actor, id: AgentId) -> Result<()> {
        let permission = actor.authorize(Operation::DeleteAgent)?;
        let store = self.tables.tenant(&permission);
        let agent = existing(&store, id).await?;
        let note = self.audit_note(&permission, &agent, audit_detail(&agent));
        if !store.delete_agent(id, note).await? {
            return Err(Error::not_found("agent"));
        }
        self.announcements
            .publish(actor.account(), Announcement::AgentChanged(id));
        Ok(())
    }

    async fn template_for(&self, permission: &Permission, new: &NewAgent) -> Result<Template> {
        let platform = self.tables.platform(permission);
        let found = platform
            .template(&new.template, new.template_version.as_deref())
            .await?;
        let Some(template) = found else {
            let path = if new.template_version.is_some() {
                "input.templateVersion"
            } else {
                "input.template"
            };
            return Err(Error::bad_input(
                path,
                "no such published template; the query agentTemplates lists them",
            ));
        };
        if template.deprecated_at.is_some() {
            return Err(Error::bad_input(
                "input.templateVersion",
                format!(
                    "{} {} is deprecated; leave the version out for the newest one",
                    template.spec.name, template.spec.version
                ),
            ));
        }
        Ok(template)
    }

    async fn set_status(
        &self,
        actor: &Actor,
        operation: Operation,
        id: AgentId,
        status: AgentStatus,
    ) -> Result<Agent> {
        let permission = actor.authorize(operation)?;
        let store = self.tables.tenant(&permission);
        let agent = existing(&store, id).await?;
        if agent.status == status {
            return Ok(agent);
        }
        self.save(&permission, Agent { status, ..agent }).await
    }

    async fn save(&self, permission: &Permission, agent: Agent) -> Result<Agent> {
        let detail = audit_detail(&agent);
        self.save_with(permission, agent, detail).await
    }

    /// Writes an agent that has not changed since it was read; `detail` goes into the audit log.
    pub(super) async fn save_with(
        &self,
        permission: &Permission,
        mut agent: Agent,
        detail: Value,
    ) -> Result<Agent> {
        let expected = agent.updated_at;
        // timestamps stay distinct even for two changes within a microsecond
        agent.updated_at = self
            .clock
            .now()
            .max(expected + chrono::TimeDelta::microseconds(1));
        let note = self.audit_note(permission, &agent, detail);
        let store = self.tables.tenant(permission);
        if !store.update_agent(&agent, expected, note).await? {
            return Err(changed_meanwhile());
        }
        self.announcements
            .publish(agent.account, Announcement::AgentChanged(agent.id));
        Ok(agent)
    }

    fn audit_note(&self, permission: &Permission, agent: &Agent, detail: Value) -> AuditNote {
        AuditNote {
            agent: Some(agent.id),
            ..audit_note(self.clock.as_ref(), permission, agent.id, detail)
        }
    }
}

fn audit_detail(agent: &Agent) -> Value {
    json!({
        "name": agent.name,
        "tier": agent.tier,
        "status": agent.status,
        "fallbackAgentId": agent.fallback.map(|id| id.to_string()),
    })
}

/// The pricing tier of an agent.
pub(super) fn tier_of<'t>(agent: &Agent, template: &'t TemplateSpec) -> Result<&'t PricingTier> {
    let tier = template.tier(&agent.tier);
    tier.ok_or_else(|| Error::internal("finding the tier of an agent"))
}

/// The agent with that id; `NOT_FOUND` when there is none.
pub(super) async fn existing(store: &TenantStore, id: AgentId) -> Result<Agent> {
    let found = store.agents_by_ids(&[id]).await?.pop();
    found.ok_or_else(|| Error::not_found("agent"))
}

async fn insert_with_free_slug(
    store: &TenantStore,
    agent: &mut Agent,
    grants: &[ToolGrant],
    note: AuditNote,
) -> Result<()> {
    for number in 1..=MOST_SLUGS {
        agent.slug = slug_of(&agent.name, number);
        if store.insert_agent(agent, grants, note.clone()).await? {
            return Ok(());
        }
    }
    Err(Error::conflict(format!(
        "input.slug: {MOST_SLUGS} agents with this name exist; give a slug"
    )))
}

fn changed_meanwhile() -> Error {
    Error::conflict(
        "the agent has changed since expectedUpdatedAt; read it again and repeat the change",
    )
}
