//! The template versions of agents: upgrades, and canaries that try a version on a share of the conversations.

mod canary;
mod checks;
mod dependents;
mod problem;

use serde_json::json;

pub use self::{canary::NewCanary, problem::VersionProblem};
use self::{checks::VersionChange, problem::blocking};
use super::{
    agent::{AgentService, existing},
    agent_settings::template_of,
    refuse,
};
use crate::{
    domain::{Actor, Agent, AgentId, Operation, Permission, Template},
    error::{Error, Result},
};

/// The maximum number of versions that an error lists.
const MOST_LISTED: usize = 10;

/// Moves agents to other versions of their templates, at once or by a trial.
#[derive(Clone)]
pub struct AgentVersionService {
    pub(super) agents: AgentService,
}

impl AgentVersionService {
    /// Moves an agent to another version of its template, from its next message on. Returns the agent and everything that
    /// does not work as before; with `dry_run`, nothing changes. `BAD_USER_INPUT` when something would not work at all.
    pub async fn upgrade(
        &self,
        actor: &Actor,
        id: AgentId,
        version: &str,
        dry_run: bool,
    ) -> Result<(Agent, Vec<VersionProblem>)> {
        let permission = actor.authorize(Operation::UpgradeAgent)?;
        let store = self.agents.tables.tenant(&permission);
        let agent = existing(&store, id).await?;
        let (current, wanted) = self.versions(&permission, &agent, version).await?;
        if current.id == wanted.id {
            return Ok((agent, Vec::new()));
        }
        let change = VersionChange {
            agent: &agent,
            current: &current.spec,
            wanted: &wanted.spec,
        };
        let problems = self.version_problems(&permission, change).await?;
        if dry_run {
            return Ok((agent, problems));
        }
        refuse_while_tried(&agent)?;
        refuse(blocking(&problems))?;
        let detail = json!({
            "template": current.spec.name,
            "from": current.spec.version,
            "to": wanted.spec.version,
        });
        let upgraded = Agent {
            template: wanted.id,
            ..agent
        };
        let agent = self.agents.save_with(&permission, upgraded, detail).await?;
        Ok((agent, problems))
    }

    /// The agent's version, and the wanted one of the same template.
    async fn versions(
        &self,
        permission: &Permission,
        agent: &Agent,
        version: &str,
    ) -> Result<(Template, Template)> {
        let current = template_of(&self.agents.tables, permission, agent.template).await?;
        let platform = self.agents.tables.platform(permission);
        let name = &current.spec.name;
        let Some(wanted) = platform.template(name, Some(version)).await? else {
            let published = platform.versions_of(std::slice::from_ref(name)).await?;
            let usable = published.iter().filter(|it| it.deprecated_at.is_none());
            let newest: Vec<_> = usable
                .take(MOST_LISTED)
                .map(|it| it.spec.version.as_str())
                .collect();
            return Err(Error::bad_input(
                "input.version",
                format!(
                    "is no published version of {name}; the newest are: {}",
                    newest.join(", ")
                ),
            ));
        };
        if wanted.deprecated_at.is_some() && wanted.id != current.id {
            return Err(Error::bad_input(
                "input.version",
                format!("{name} {version} is deprecated; choose another version"),
            ));
        }
        Ok((current, wanted))
    }
}

/// CONFLICT while a canary of the agent runs.
fn refuse_while_tried(agent: &Agent) -> Result<()> {
    match agent.candidate() {
        None => Ok(()),
        Some(_) => Err(Error::conflict(
            "a canary of this agent is running; endCanary promotes its version or rolls it back",
        )),
    }
}
