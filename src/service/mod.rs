//! Use cases, one file per noun. Every public function has the same order: authorize → validate → decide → persist →
//! announce. Ids and timestamps are made here; the store writes them as given.

mod access;
mod account;
mod agent;
mod agent_input;
mod agent_settings;
mod agent_tool;
mod api_key;
mod audit;
mod audit_check;
mod audit_heads;
mod availability;
mod chat;
mod conversation;
mod document;
mod event;
mod follow;
mod mcp_server;
mod operator;
mod route;
mod run;
mod template;
mod tool_call;
mod tool_grant;
mod toolbox;
mod vector_store;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

pub use access::{Access, Credentials};
pub use account::{AccountChange, BudgetChange, CeilingChange, NewAccount};
pub use agent_input::{AgentChange, FallbackChange, NewAgent};
pub use agent_tool::{AgentAnswer, Question};
pub use api_key::{MintedKey, NewApiKey};
pub use audit_check::AuditCheck;
pub use audit_heads::AuditHeads;
pub use availability::Availability;
pub use chat::NewMessage;
pub use document::DocumentInput;
pub use event::RunEvents;
pub use mcp_server::{
    AccountsChange, Discovery, McpServerChange, NewMcpServer, TokenChange, ToolChanges,
};
pub use operator::{operator_key_problem, reset_operator};
pub use tool_call::Resolution;
pub use tool_grant::{NewGrant, Revocation};
pub use toolbox::BuiltInCall;
pub use vector_store::VectorStoreChange;

use crate::{
    domain::{Actor, Agent, Layers, Operation, TemplateSpec, layers_for},
    engine::{Engine, Feed},
    error::{Error, Problem, Result},
    knowledge::Knowledge,
    port::{Announcements, Clock, JobQueue, Rate, RateLimiter, ToolHost, Vault},
    schema_checker::SchemaChecker,
    store::{Store, TenantStore},
    toolbox::Toolbox,
};

/// All use cases. A cheap handle.
#[derive(Clone)]
pub struct Services {
    /// Who is asking.
    pub access: Access,
    store: Store,
    feed: Feed,
    engine: Engine,
    knowledge: Knowledge,
    tools: Arc<dyn ToolHost>,
    vault: Arc<dyn Vault>,
    toolbox: Toolbox,
    schemas: SchemaChecker,
    queue: Arc<dyn JobQueue>,
    announcements: Arc<dyn Announcements>,
    limiter: Arc<dyn RateLimiter>,
    limits: Limits,
    clock: Arc<dyn Clock>,
    /// Settings of `app.yaml` for all agents.
    app_settings: Arc<Map<String, Value>>,
}

/// What the use cases work with.
pub struct ServiceParts {
    /// Who is asking.
    pub access: Access,
    /// The tables.
    pub store: Store,
    /// The events of runs.
    pub feed: Feed,
    /// Answers runs.
    pub engine: Engine,
    /// What agents know.
    pub knowledge: Knowledge,
    /// Where tools are called.
    pub tools: Arc<dyn ToolHost>,
    /// Seals the tokens of their servers.
    pub vault: Arc<dyn Vault>,
    /// The built-in MCP servers.
    pub toolbox: Toolbox,
    /// Checks settings, contexts and tools against their schemas.
    pub schemas: SchemaChecker,
    /// Wake-ups for work.
    pub queue: Arc<dyn JobQueue>,
    /// Word of what changed.
    pub announcements: Arc<dyn Announcements>,
    /// Counts what accounts do.
    pub limiter: Arc<dyn RateLimiter>,
    /// What one account may ask for.
    pub limits: Limits,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Settings of `app.yaml` for all agents.
    pub app_settings: Map<String, Value>,
}

/// What one account may ask for.
#[derive(Debug, Clone)]
pub struct Limits {
    /// How often it may send a message.
    pub messages: Rate,
    /// How often it may call a tool of a built-in server, or an agent as one.
    pub mcp_calls: Rate,
    /// So many of its runs may wait or be answered.
    pub runs_queued: u64,
}

impl Services {
    /// The use cases over these parts.
    pub fn new(parts: ServiceParts) -> Self {
        let ServiceParts {
            access,
            store,
            feed,
            engine,
            knowledge,
            tools,
            vault,
            toolbox,
            schemas,
            queue,
            announcements,
            limiter,
            limits,
            clock,
            app_settings,
        } = parts;
        Self {
            access,
            store,
            feed,
            engine,
            knowledge,
            tools,
            vault,
            toolbox,
            schemas,
            queue,
            announcements,
            limiter,
            limits,
            clock,
            app_settings: Arc::new(app_settings),
        }
    }

    /// The rows that the actor may see; what a relation is loaded from, once its operation was authorized.
    pub fn visible_to(&self, actor: &Actor) -> TenantStore {
        self.store.tenant(actor.account)
    }

    /// What belongs to nobody: templates, and accounts as such.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// What agents know.
    pub fn knowledge(&self) -> &Knowledge {
        &self.knowledge
    }

    /// Now.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// The rows of the actor's account, once it may do this.
    fn allowed(&self, actor: &Actor, operation: Operation) -> Result<TenantStore> {
        actor.authorize(operation)?;
        Ok(self.store.tenant(actor.account))
    }

    /// The layers of an agent's settings, the weakest first.
    fn layers(&self, agent: &Agent, template: &TemplateSpec, account: &Value) -> Result<Layers> {
        Ok(layers_for(
            template,
            agent::tier_of(agent, template)?,
            &self.app_settings,
            account,
            &agent.configuration,
        ))
    }
}

/// Stops when there are problems.
fn refuse(problems: Vec<Problem>) -> Result<()> {
    if problems.is_empty() {
        Ok(())
    } else {
        Err(Error::problems(problems))
    }
}
