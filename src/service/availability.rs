//! Availability: whether an agent or an MCP server can be used now, and the reasons if not.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        Agent, AgentStatus, AgentTool, CachedServer, LatencyClass, McpServer, PricingTier,
        TemplateSpec, ToolGrant, ToolPolicy, VectorConfig, tools_of,
    },
    engine::Engine,
    error::Result,
    port::{Clock, Readiness, ToolHealth, ToolHost},
};

/// Whether an agent could answer now, or a server's tools could be called now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Availability {
    /// The agent or server is usable.
    Available,
    /// The agent is usable, but not with its first model or not with all of its tools; or the server answers only
    /// sometimes. The reasons.
    Degraded(Vec<AvailabilityReason>),
    /// The agent or server is not usable; the reasons.
    Unavailable(Vec<AvailabilityReason>),
}

/// A reason why an agent or server is degraded or not usable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AvailabilityReason {
    /// The kind of the reason, for programs.
    pub code: AvailabilityCode,
    /// The reason and the remedy, for people.
    pub text: String,
}

/// The kind of a reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AvailabilityCode {
    /// The agent is being configured.
    Configuring,
    /// The agent is suspended.
    Suspended,
    /// No model of the agent is configured.
    NoModel,
    /// A model cannot answer now.
    ModelFailing,
    /// A server of tools does not answer.
    ToolServerDown,
    /// The vector store takes no new passages.
    StoreDown,
    /// No worker process is alive, which a DEEP agent needs.
    NoWorker,
    /// A budget of the account that blocks, or the operator's ceiling, is spent.
    BudgetSpent,
}

/// What the absence of workers means, for callers and for the operator.
pub const NO_WORKER: &str = "no worker process is running: messages wait in the queue until the operator starts `troupe worker`";

/// Tools that no model of an agent calls.
struct Uncallable {
    reason: String,
    /// Whether these are only tools that do more than read, and that no person approves.
    only_harmful: bool,
}

impl AvailabilityReason {
    fn new(code: AvailabilityCode, text: impl Into<String>) -> Self {
        Self {
            code,
            text: text.into(),
        }
    }
}

impl Availability {
    /// The availability of an agent of an account whose budget is spent, as the sentence says; unchanged for none.
    #[must_use]
    pub fn with_budget(self, spent: Option<&str>) -> Self {
        let Some(spent) = spent else {
            return self;
        };
        let mut reasons = match self {
            Self::Available => Vec::new(),
            Self::Degraded(reasons) | Self::Unavailable(reasons) => reasons,
        };
        reasons.push(AvailabilityReason::new(
            AvailabilityCode::BudgetSpent,
            spent,
        ));
        Self::Unavailable(reasons)
    }

    /// The same availability with further reasons for being degraded.
    fn degraded(self, mut more: Vec<AvailabilityReason>) -> Self {
        match self {
            Self::Available if more.is_empty() => Self::Available,
            Self::Available => Self::Degraded(more),
            Self::Degraded(mut reasons) => {
                reasons.append(&mut more);
                Self::Degraded(reasons)
            }
            Self::Unavailable(reasons) => Self::Unavailable(reasons),
        }
    }
}

/// Reports whether agents and MCP servers would answer now, as far as this process knows.
#[derive(Clone)]
pub struct AvailabilityService {
    pub(super) engine: Engine,
    pub(super) tools: Arc<dyn ToolHost>,
    pub(super) clock: Arc<dyn Clock>,
}

impl AvailabilityService {
    /// Answers from what this process's engine, tool host and clock know.
    pub(super) fn new(engine: &Engine, tools: &Arc<dyn ToolHost>, clock: &Arc<dyn Clock>) -> Self {
        Self {
            engine: engine.clone(),
            tools: Arc::clone(tools),
            clock: Arc::clone(clock),
        }
    }

    /// The current time, which the API reports with an availability.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Whether an agent with these grants could answer now. `servers` are the existing servers of its grants.
    pub fn of_agent(
        &self,
        agent: &Agent,
        template: &TemplateSpec,
        servers: &[Arc<CachedServer>],
        grants: &[ToolGrant],
    ) -> Availability {
        let silent = match template.tier(&agent.tier) {
            Some(tier) => self.silent_servers(tier, servers, grants),
            None => Vec::new(),
        };
        self.answers(agent, template).degraded(silent)
    }

    /// The availability of an agent whose vectors are in these collections: degraded when the store of the one that is
    /// searched refused the last vectors.
    pub fn with_vectors(availability: Availability, configs: &[VectorConfig]) -> Availability {
        let serving = configs.iter().filter(|config| config.is_serving());
        let problems = serving.filter_map(|config| config.problem.as_deref());
        let problems = problems.map(|problem| {
            let text = format!("its vector store takes no new passages: {problem}");
            AvailabilityReason::new(AvailabilityCode::StoreDown, text)
        });
        availability.degraded(problems.collect())
    }

    /// The availability of an agent of this class: degraded when no process is alive that answers it. Its messages are
    /// accepted and wait.
    pub async fn with_workers(
        &self,
        availability: Availability,
        class: LatencyClass,
    ) -> Result<Availability> {
        if !self.waits_for_worker(class).await? {
            return Ok(availability);
        }
        let waits = AvailabilityReason::new(AvailabilityCode::NoWorker, NO_WORKER);
        Ok(availability.degraded(vec![waits]))
    }

    /// Whether the messages of agents of this class have to wait until a worker is started.
    pub(super) async fn waits_for_worker(&self, class: LatencyClass) -> Result<bool> {
        Ok(!self.engine.is_served(class).await?)
    }

    /// Whether a server can be used.
    pub fn of_server(&self, server: &McpServer) -> Availability {
        if let Some(problem) = &server.problem {
            return Availability::Unavailable(vec![server_down(problem.clone())]);
        }
        match self.tools.health(server.id) {
            ToolHealth::Available => Availability::Available,
            ToolHealth::Degraded(why) => Availability::Degraded(vec![server_down(why)]),
            ToolHealth::Unavailable(why) => Availability::Unavailable(vec![server_down(why)]),
        }
    }

    /// The reason why a server cannot be used now; `None` when it can.
    pub fn problem_of_server(&self, server: &McpServer) -> Option<String> {
        match self.of_server(server) {
            Availability::Available | Availability::Degraded(_) => None,
            Availability::Unavailable(reasons) => {
                let texts: Vec<String> = reasons.into_iter().map(|reason| reason.text).collect();
                Some(format!("its server does not answer: {}", texts.join("; ")))
            }
        }
    }

    /// Every tool that is granted to an agent, with the reason why it cannot be used now, if any.
    pub fn of_tools<'a>(
        &self,
        agent: &Agent,
        tier: &PricingTier,
        servers: &'a [Arc<CachedServer>],
        grants: &'a [ToolGrant],
    ) -> Vec<AgentTool<'a>> {
        let mut tools = tools_of(agent.account, tier, servers, grants);
        let uncallable = self.uncallable(tier);
        for tool in &mut tools {
            if tool.unavailable.is_none() {
                let problem = match &uncallable {
                    Some(Uncallable { only_harmful, .. })
                        if *only_harmful && tool.policy.may_guess(tool.definition) =>
                    {
                        None
                    }
                    uncallable => uncallable.as_ref().map(|tools| tools.reason.clone()),
                };
                tool.unavailable = problem.or_else(|| self.problem_of_server(tool.server));
            }
        }
        tools
    }

    /// The tools that no model of a tier calls, if there are such.
    fn uncallable(&self, tier: &PricingTier) -> Option<Uncallable> {
        let mut names = Vec::new();
        let mut only_harmful = false;
        for (name, entry) in self.engine.models().in_order(&tier.models) {
            if entry.model.calls_tools() {
                return None;
            }
            only_harmful |= entry.model.demo_quality();
            names.push(name);
        }
        let names = (!names.is_empty()).then(|| names.join(", "))?;
        let reason = if only_harmful {
            format!(
                "the agent's models for demonstrations call only tools that read or that a person approves: {names}"
            )
        } else {
            format!("the agent's models call no tools: {names}")
        };
        Some(Uncallable {
            reason,
            only_harmful,
        })
    }

    /// The unusable servers among those that the agent would use, one reason per server.
    fn silent_servers(
        &self,
        tier: &PricingTier,
        servers: &[Arc<CachedServer>],
        grants: &[ToolGrant],
    ) -> Vec<AvailabilityReason> {
        let is_used = |server: &McpServer| {
            grants
                .iter()
                .filter(|grant| grant.server == server.id)
                .flat_map(|grant| &grant.tools)
                .any(|(name, granted)| {
                    granted.policy != ToolPolicy::Deny && tier.includes(server, name)
                })
        };
        let silent = servers.iter().filter(|server| is_used(server));
        silent
            .filter_map(|server| {
                let problem = self.problem_of_server(server)?;
                Some(server_down(format!(
                    "tools of \"{}\": {problem}",
                    server.name
                )))
            })
            .collect()
    }

    /// Whether the agent is active and has a usable model.
    fn answers(&self, agent: &Agent, template: &TemplateSpec) -> Availability {
        match agent.status {
            AgentStatus::Active => {}
            AgentStatus::Configuring => {
                return Availability::Unavailable(vec![AvailabilityReason::new(
                    AvailabilityCode::Configuring,
                    "the agent is being configured: activate it",
                )]);
            }
            AgentStatus::Suspended => {
                return Availability::Unavailable(vec![AvailabilityReason::new(
                    AvailabilityCode::Suspended,
                    "the agent is suspended: activate it",
                )]);
            }
        }
        self.of_models(&agent.tier, template)
    }

    /// Whether an active agent on this pricing tier has a usable model.
    pub(super) fn of_models(&self, tier: &str, template: &TemplateSpec) -> Availability {
        let names = template
            .tier(tier)
            .map(|tier| tier.models.as_slice())
            .unwrap_or_default();
        let states: Vec<_> = self
            .engine
            .models()
            .in_order(names)
            .map(|(name, entry)| (name, entry.model.readiness()))
            .collect();
        let reasons: Vec<AvailabilityReason> = states
            .iter()
            .filter_map(|(name, state)| reason(name, state))
            .collect();
        match states.first() {
            Some((_, Readiness::Ready)) => Availability::Available,
            Some(_) if reasons.len() < states.len() => Availability::Degraded(reasons),
            Some(_) => Availability::Unavailable(reasons),
            None => Availability::Unavailable(vec![AvailabilityReason::new(
                AvailabilityCode::NoModel,
                format!("none of its models is configured: {}", names.join(", ")),
            )]),
        }
    }
}

fn server_down(text: String) -> AvailabilityReason {
    AvailabilityReason::new(AvailabilityCode::ToolServerDown, text)
}

fn reason(name: &str, state: &Readiness) -> Option<AvailabilityReason> {
    match state {
        Readiness::Ready => None,
        Readiness::Starting(why) | Readiness::Missing(why) => {
            let text = format!("model \"{name}\": {why}");
            Some(AvailabilityReason::new(
                AvailabilityCode::ModelFailing,
                text,
            ))
        }
    }
}
