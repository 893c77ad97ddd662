//! The built-in MCP servers, for external callers with an API key.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{agent::existing, limits::AccountLimits, tables::Tables};
use crate::{
    domain::{
        Actor, AgentId, AuditId, AuditNote, ConversationId, McpTransport, Operation, Permission,
        ToolDefinition, arguments_digest, check_name,
    },
    error::{Error, Result},
    port::{Clock, ToolAnswer, ToolEndpoint, ToolHost, ToolRequest},
    store::TenantStore,
    toolbox::Toolbox,
};

/// A call of a built-in tool.
#[derive(Debug, Clone)]
pub struct BuiltInCall {
    /// The kind of the server, for example `crm`.
    pub kind: String,
    /// The tool's name.
    pub tool: String,
    /// The tool's arguments.
    pub arguments: Value,
    /// The agent on whose behalf the call is made; `None` for the account itself.
    pub agent: Option<AgentId>,
    /// The idempotency key: a call that is repeated with it takes effect once.
    pub idempotency_key: Option<String>,
}

/// The audit log's record of a tool call.
pub(super) struct Called<'c> {
    /// The server's kind, or `agents`.
    pub(super) kind: &'c str,
    /// The tool's name.
    pub(super) tool: &'c str,
    /// The id of the server, or of the run that answers a question to an agent.
    pub(super) subject: Option<String>,
    /// The agent on whose behalf a built-in tool is called, or the agent that was asked.
    pub(super) agent: Option<AgentId>,
    pub(super) conversation: Option<ConversationId>,
    /// The arguments; the log stores only their digest.
    pub(super) arguments: &'c Value,
    /// `SUCCEEDED`, `FAILED` or, for an agent that is still answering, `STARTED`.
    pub(super) outcome: &'static str,
    /// The duration in milliseconds.
    pub(super) duration_ms: i64,
}

/// Calls the tools of the built-in MCP servers for external callers.
#[derive(Clone)]
pub struct BuiltInToolService {
    pub(super) tables: Tables,
    pub(super) toolbox: Toolbox,
    pub(super) limits: AccountLimits,
    pub(super) clock: Arc<dyn Clock>,
}

impl BuiltInToolService {
    /// The description of a built-in server, for a model; `None` when there is no server of that kind.
    pub fn about(&self, kind: &str) -> Option<&'static str> {
        self.toolbox.about(kind)
    }

    /// The definition of a tool of a built-in server; the same for every caller.
    pub fn definition(&self, kind: &str, tool: &str) -> Option<ToolDefinition> {
        let tools = self.toolbox.definitions(kind)?;
        tools.into_iter().find(|known| known.name == tool)
    }

    /// The tools of a built-in server.
    pub fn list(&self, actor: &Actor, kind: &str) -> Result<Vec<ToolDefinition>> {
        actor.authorize(Operation::McpList)?;
        self.toolbox
            .definitions(kind)
            .ok_or_else(|| Error::not_found("MCP server"))
    }

    /// Calls a tool of a built-in server, and records the call in the audit log. `None` when there is no such tool.
    pub async fn call(&self, actor: &Actor, call: BuiltInCall) -> Result<Option<ToolAnswer>> {
        let mut permission = actor.authorize(Operation::McpRead)?;
        let Some(only_reads) = self.toolbox.only_reads(&call.kind, &call.tool) else {
            return Ok(None);
        };
        if !only_reads {
            permission = actor.authorize(Operation::McpCall)?;
        }
        let store = self.tables.tenant(&permission);
        let key = key_of(&permission, call.idempotency_key.as_deref())?;
        self.limits.count_mcp_call(permission.account()).await?;
        if let Some(agent) = call.agent {
            existing(&store, agent).await?;
        }
        let server = Toolbox::id(&call.kind);
        let endpoint = ToolEndpoint {
            server,
            kind: call.kind.clone(),
            url: String::new(),
            transport: McpTransport::BuiltIn,
            stateless: false,
            call_timeout: None,
            token: None,
            account: actor.account(),
            agent: call.agent,
        };
        let request = ToolRequest {
            tool: call.tool.clone(),
            arguments: call.arguments.clone(),
            idempotency_key: key,
            may_repeat: only_reads,
        };
        let began = self.clock.now();
        let answered = self.toolbox.call(&endpoint, request).await;
        let succeeded = matches!(&answered, Ok(answer) if !answer.is_error);
        let duration = self.clock.now() - began;
        note_call(
            &store,
            self.clock.as_ref(),
            &permission,
            Called {
                kind: &call.kind,
                tool: &call.tool,
                subject: Some(server.to_string()),
                agent: call.agent,
                conversation: None,
                arguments: &call.arguments,
                outcome: if succeeded { "SUCCEEDED" } else { "FAILED" },
                duration_ms: duration.num_milliseconds(),
            },
        )
        .await?;
        answered.map(Some).map_err(|failure| failure.error)
    }
}

/// Records a tool call in the account's audit log.
pub(super) async fn note_call(
    store: &TenantStore,
    clock: &dyn Clock,
    permission: &Permission,
    called: Called<'_>,
) -> Result<()> {
    let note = AuditNote {
        id: AuditId::new(clock),
        at: clock.now(),
        actor: permission.caller().to_string(),
        action: "toolCall".to_owned(),
        subject: called.subject,
        agent: called.agent,
        conversation: called.conversation,
        detail: json!({
            "server": called.kind,
            "tool": called.tool,
            "argumentsDigest": arguments_digest(called.arguments),
            "outcome": called.outcome,
            "durationMs": called.duration_ms,
        }),
    };
    store.add_audit_entry(note).await
}

/// The idempotency key of an external call. It is distinct from the keys of other callers and of agents.
fn key_of(permission: &Permission, given: Option<&str>) -> Result<String> {
    let Some(given) = given else {
        return Ok(String::new());
    };
    match check_name("idempotencyKey", given) {
        Some(problem) => Err(Error::problems(vec![problem])),
        None => Ok(format!("{}:{given}", permission.caller())),
    }
}
