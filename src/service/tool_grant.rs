//! Grants: the tools that an agent may call, and the approval policy of each.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde_json::json;
use uuid::Uuid;

use super::{
    agent::{existing, tier_of},
    agent_settings::template_of,
    audit::audit_note,
    mcp_server::{TokenChange, check_token, seen},
    refuse,
    tables::Tables,
};
use crate::{
    domain::{
        Actor, Agent, AgentId, AuditNote, GrantPolicy, McpServer, McpServerId, McpTransport,
        Operation, Permission, PricingTier, ToolApprover, ToolGrant, ToolPolicy, excerpt, nearest,
    },
    error::{Error, Problem, Result},
    port::{Announcement, Announcements, Clock, RequestSecret, ToolEndpoint, ToolHost, Vault},
    store::TenantStore,
};

/// The maximum number of a server's tools that an agent is granted.
const MOST_TOOLS: usize = 200;

/// The input of a grant.
#[derive(Debug, Clone)]
pub struct NewGrant {
    /// The agent that gets the tools.
    pub agent: AgentId,
    /// The server that offers the tools.
    pub server: McpServerId,
    /// The names of the tools.
    pub tools: Vec<String>,
    /// The approval policy of their calls.
    pub policy: GrantPolicy,
    /// The agent's own token for the server.
    pub token: TokenChange,
}

/// The input of a grant's revocation.
#[derive(Debug, Clone)]
pub struct Revocation {
    /// The agent that loses the tools.
    pub agent: AgentId,
    /// The server that offers the tools.
    pub server: McpServerId,
    /// The names of the tools; `None` for all of the server's tools.
    pub tools: Option<Vec<String>>,
}

/// Grants tools to agents.
#[derive(Clone)]
pub struct ToolGrantService {
    pub(super) tables: Tables,
    pub(super) tools: Arc<dyn ToolHost>,
    pub(super) vault: Arc<dyn Vault>,
    pub(super) announcements: Arc<dyn Announcements>,
    pub(super) clock: Arc<dyn Clock>,
}

impl ToolGrantService {
    /// Grants tools of a server to an agent; already granted tools get the new policy.
    pub async fn grant(&self, actor: &Actor, new: NewGrant) -> Result<Agent> {
        let permission = actor.authorize(Operation::GrantTools)?;
        let store = self.tables.tenant(&permission);
        let mut problems = check_names(&new.tools);
        problems.extend(check_approver(new.policy));
        if let TokenChange::Set(token) = &new.token {
            problems.extend(check_token(token));
        }
        refuse(problems)?;
        let agent = existing(&store, new.agent).await?;
        let server = seen(&store, actor, new.server).await?;
        if !server.is_open_to(agent.account) {
            return Err(Error::bad_input(
                "input.serverId",
                "the server is open to other accounts only; updateMcpServer opens it to this one",
            ));
        }
        let brings_token = matches!(new.token, TokenChange::Set(_));
        if brings_token && server.transport == McpTransport::BuiltIn {
            return Err(Error::bad_input(
                "input.token",
                "is given, and the server is a part of this program, which needs none; leave it out",
            ));
        }
        if brings_token {
            self.tools
                .check("input.token", &server.endpoint, RequestSecret::Token)?;
        }
        let template = template_of(&self.tables, &permission, agent.template).await?;
        let tier = tier_of(&agent, &template.spec)?;
        refuse(ungrantable(tier, &server, &new.tools))?;
        let detail = json!({
            "tools": new.tools,
            "policy": new.policy.policy,
            "approver": new.policy.approver,
            "bringsToken": brings_token,
        });
        let note = self.audit_note(&permission, agent.id, server.id, detail);
        let change = |before| self.granted(&agent, new, before);
        store
            .change_grant(agent.id, server.id, change, note)
            .await?;
        self.announcements
            .publish(agent.account, Announcement::AgentChanged(agent.id));
        Ok(agent)
    }

    /// Revokes an agent's tools of a server: all of them when none is named.
    pub async fn revoke(&self, actor: &Actor, revocation: Revocation) -> Result<Agent> {
        let permission = actor.authorize(Operation::RevokeTools)?;
        let store = self.tables.tenant(&permission);
        refuse(
            revocation
                .tools
                .as_deref()
                .map(check_names)
                .unwrap_or_default(),
        )?;
        let agent = existing(&store, revocation.agent).await?;
        let server = seen(&store, actor, revocation.server).await?;
        let note = self.audit_note(
            &permission,
            agent.id,
            server.id,
            json!({"tools": revocation.tools}),
        );
        let now = self.clock.now();
        let change = |before: Option<ToolGrant>| {
            let mut grant = before.unwrap_or_else(|| nothing(agent.id, server.id, now));
            match &revocation.tools {
                None => grant.tools.clear(),
                Some(tools) => {
                    refuse(not_granted(&grant, tools))?;
                    grant.tools.retain(|name, _| !tools.contains(name));
                }
            }
            grant.updated_at = now;
            Ok(grant)
        };
        store
            .change_grant(agent.id, server.id, change, note)
            .await?;
        self.announcements
            .publish(agent.account, Announcement::AgentChanged(agent.id));
        Ok(agent)
    }

    fn granted(
        &self,
        agent: &Agent,
        new: NewGrant,
        before: Option<ToolGrant>,
    ) -> Result<ToolGrant> {
        let now = self.clock.now();
        let mut grant = before.unwrap_or_else(|| nothing(agent.id, new.server, now));
        let policies = new.tools.into_iter().map(|name| (name, new.policy));
        grant.tools.extend(policies);
        if grant.tools.len() > MOST_TOOLS {
            return Err(Error::bad_input(
                "input.tools",
                format!(
                    "the agent would have {} tools of this server, at most {MOST_TOOLS}; revoke some",
                    grant.tools.len()
                ),
            ));
        }
        match new.token {
            TokenChange::Keep => {}
            TokenChange::Remove => grant.token = None,
            TokenChange::Set(token) => {
                let place = ToolEndpoint::of_grant(agent.account, grant.id);
                grant.token = Some(self.vault.seal(place, &token)?);
            }
        }
        grant.updated_at = now;
        Ok(grant)
    }

    fn audit_note(
        &self,
        permission: &Permission,
        agent: AgentId,
        server: McpServerId,
        detail: serde_json::Value,
    ) -> AuditNote {
        AuditNote {
            agent: Some(agent),
            ..audit_note(self.clock.as_ref(), permission, server, detail)
        }
    }
}

/// The grants of a new agent: the tools of the built-in servers that its tier includes. A destructive tool needs
/// approval for each call.
pub(super) async fn first_grants(
    store: &TenantStore,
    agent: &Agent,
    tier: &PricingTier,
) -> Result<Vec<ToolGrant>> {
    let servers = store.servers().await?;
    let built_in = servers
        .iter()
        .filter(|server| server.transport == McpTransport::BuiltIn);
    let grants = built_in.filter_map(|server| {
        let tools: BTreeMap<String, GrantPolicy> = server
            .tools
            .iter()
            .filter(|tool| tier.includes(server, &tool.name))
            .map(|tool| {
                let policy = if tool.is_destructive() {
                    ToolPolicy::Approve
                } else {
                    ToolPolicy::Auto
                };
                (tool.name.clone(), policy.into())
            })
            .collect();
        let grant = nothing(agent.id, server.id, agent.created_at);
        (!tools.is_empty()).then_some(ToolGrant { tools, ..grant })
    });
    Ok(grants.collect())
}

/// A grant without tools.
fn nothing(agent: AgentId, server: McpServerId, at: chrono::DateTime<chrono::Utc>) -> ToolGrant {
    ToolGrant {
        id: Uuid::now_v7(),
        agent,
        server,
        tools: BTreeMap::new(),
        token: None,
        created_at: at,
        updated_at: at,
    }
}

/// Checks the list itself, without looking up the names.
fn check_names(tools: &[String]) -> Vec<Problem> {
    if tools.is_empty() || tools.len() > MOST_TOOLS {
        let message = format!("{} tools, expected 1 to {MOST_TOOLS}", tools.len());
        return vec![Problem::new("input.tools", message)];
    }
    let mut seen = BTreeSet::new();
    let again = tools
        .iter()
        .enumerate()
        .filter(|(_, name)| !seen.insert(name.as_str()));
    again
        .map(|(index, name)| {
            problem_of(
                index,
                &format!("\"{}\" is there twice, expected each once", excerpt(name)),
            )
        })
        .collect()
}

/// An end user can only be asked where approval is asked for.
fn check_approver(policy: GrantPolicy) -> Option<Problem> {
    let is_idle = policy.approver == ToolApprover::EndUser && policy.policy != ToolPolicy::Approve;
    let message = "is END_USER, which needs the policy APPROVE";
    is_idle.then(|| Problem::new("input.approver", message))
}

/// The tools that cannot be granted, with the reasons.
fn ungrantable(tier: &PricingTier, server: &McpServer, tools: &[String]) -> Vec<Problem> {
    let names = || server.tools.iter().map(|tool| tool.name.as_str());
    let problems = tools.iter().enumerate().filter_map(|(index, name)| {
        if server.tool(name).is_none() {
            let unknown = "is no tool of this server";
            return Some(problem_of(index, &meant(unknown, name, names())));
        }
        if tier.includes(server, name) {
            return None;
        }
        let included: Vec<&str> = names().filter(|name| tier.includes(server, name)).collect();
        let included = if included.is_empty() {
            "none of this server".to_owned()
        } else {
            included.join(", ")
        };
        Some(problem_of(
            index,
            &format!(
                "the pricing tier \"{}\" does not include it; of this server's tools it includes: {included}",
                tier.name
            ),
        ))
    });
    problems.collect()
}

fn not_granted(grant: &ToolGrant, tools: &[String]) -> Vec<Problem> {
    let unknown = tools
        .iter()
        .enumerate()
        .filter(|(_, name)| !grant.tools.contains_key(*name));
    unknown
        .map(|(index, name)| {
            let names = grant.tools.keys().map(String::as_str);
            problem_of(index, &meant("was not granted of this server", name, names))
        })
        .collect()
}

/// The problem of a name, with the most similar known name as a suggestion.
fn meant<'n>(problem: &str, name: &str, names: impl Iterator<Item = &'n str>) -> String {
    let shown = excerpt(name);
    match nearest(name, names) {
        Some(near) => format!("\"{shown}\" {problem}; did you mean \"{near}\"?"),
        None => format!("\"{shown}\" {problem}"),
    }
}

fn problem_of(index: usize, message: &str) -> Problem {
    Problem::new(format!("input.tools[{index}]"), message)
}
