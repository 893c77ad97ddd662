//! Checks a tool again immediately before each call. Grants and servers may have changed since the tool was offered to
//! the model.

use std::{collections::HashMap, sync::Arc};

use tokio::sync::OnceCell;

use super::ToolCalls;
use crate::{
    domain::{
        AgentTool, McpServer, McpServerId, McpTransport, ToolApprover, ToolCall, ToolDefinition,
        ToolPolicy, tools_of, usable_tool,
    },
    error::{Kind, Result},
    port::ToolEndpoint,
};

/// The tools that a server offers now, or the reason why it could not be asked.
type ServerListing = OnceCell<Result<Vec<ToolDefinition>, String>>;

/// The tools that servers offer now, each server asked once for all calls of a step.
#[derive(Default)]
pub(in crate::engine) struct ServerListings {
    by_server: HashMap<McpServerId, Arc<ServerListing>>,
}

impl ServerListings {
    /// Empty listings for the servers of these calls.
    pub(in crate::engine) fn of(calls: &[ToolCall]) -> Self {
        let servers = calls.iter().filter_map(|call| call.server);
        Self {
            by_server: servers.map(|server| (server, Arc::default())).collect(),
        }
    }
}

/// Whether a call may be made.
pub(super) enum CallCheck {
    /// The call may be made.
    Allowed(ToolEndpoint),
    /// The call may not be made; the reason.
    Denied(String),
    /// The call cannot be made; the reason.
    Failed(String),
}

impl ToolCalls<'_> {
    /// Checks that a call may still be made: the agent is granted the tool, its tier includes it, its server is open,
    /// and the tool is as approved.
    pub(super) async fn check(
        &self,
        call: &ToolCall,
        listings: &ServerListings,
    ) -> Result<CallCheck> {
        let parts = self.parts;
        let store = parts.store.tenant(self.lease.account);
        let Some(server) = call.server else {
            return Ok(CallCheck::Denied("its server was removed".to_owned()));
        };
        let (agent, ids) = ([self.agent], [server]);
        let (grants, servers) =
            futures::try_join!(store.grants_of(&agent), store.cached_servers(&ids))?;
        let tools = tools_of(self.lease.account, self.tier, &servers, &grants);
        let Some(tool) = tools.iter().find(|tool| tool.name == call.tool) else {
            return Ok(CallCheck::Denied(
                "the agent is not granted it any more".to_owned(),
            ));
        };
        if let Some(why) = &tool.unavailable {
            return Ok(CallCheck::Denied(why.clone()));
        }
        if let Some(why) = lacks_approval(call, tool) {
            return Ok(CallCheck::Denied(why.to_owned()));
        }
        let endpoint = match ToolEndpoint::open(
            tool.server,
            self.lease.account,
            Some(tool.grant),
            parts.vault.as_ref(),
        ) {
            Ok(endpoint) => endpoint,
            Err(error) if *error.kind() == Kind::Unavailable => {
                return Ok(CallCheck::Failed(error.message().to_owned()));
            }
            Err(error) => return Err(error),
        };
        if tool.server.transport != McpTransport::StreamableHttp {
            // the definitions of these servers are stored in the tables, and change with the row
            return Ok(CallCheck::Allowed(endpoint));
        }
        self.compare(tool.server, &call.tool, endpoint, listings)
            .await
    }

    /// Lists the server's tools now, and compares the tool with the approved one.
    async fn compare(
        &self,
        server: &McpServer,
        tool: &str,
        endpoint: ToolEndpoint,
        listings: &ServerListings,
    ) -> Result<CallCheck> {
        let parts = self.parts;
        let ask = async {
            let offered = parts.tools.list(&endpoint).await;
            offered.map_err(|error| match error.kind() {
                Kind::Internal => "the server could not be asked for its tools".to_owned(),
                _ => error.message().to_owned(),
            })
        };
        let cell = listings
            .by_server
            .get(&server.id)
            .cloned()
            .unwrap_or_default();
        let offered = match cell.get_or_init(|| ask).await {
            Ok(offered) => offered,
            Err(why) => return Ok(CallCheck::Failed(why.clone())),
        };
        let now = usable_tool(offered, tool);
        if now.is_some_and(|now| server.is_approved(now)) {
            return Ok(CallCheck::Allowed(endpoint));
        }
        // stored so that people see the change; it approves nothing
        let store = parts.store.tenant(endpoint.account);
        let offered_now = self.with_problems(server, offered).await?;
        store
            .note_offer(server.id, &offered_now, parts.clock.now())
            .await?;
        let why = now.and_then(|now| server.unapproved(now));
        let why = why.unwrap_or_else(|| "its server does not offer it any more".to_owned());
        Ok(CallCheck::Denied(why))
    }

    /// The tools with the reasons why their schemas cannot be used. Those of unchanged tools are known.
    async fn with_problems(
        &self,
        server: &McpServer,
        offered: &[ToolDefinition],
    ) -> Result<Vec<ToolDefinition>> {
        let mut tools = Vec::with_capacity(offered.len());
        for tool in offered {
            let mut tool = tool.clone();
            let is_checked = server.tools.iter().any(|known| {
                known.problem.is_none()
                    && known.name == tool.name
                    && known.input_schema == tool.input_schema
            });
            if tool.problem.is_none() && !is_checked {
                let one = std::slice::from_ref(&tool);
                let problems = self.parts.schemas.tool_problems(one).await?;
                tool.problem = problems.into_iter().next().flatten();
            }
            tools.push(tool);
        }
        Ok(tools)
    }
}

/// The reason why the call lacks the approval that the grant asks for now, if it does.
fn lacks_approval(call: &ToolCall, tool: &AgentTool<'_>) -> Option<&'static str> {
    if tool.policy != ToolPolicy::Approve {
        return None;
    }
    if call.resolved_by.is_none() {
        return Some("its grant asks for a person's approval since; ask for it once more");
    }
    let is_asked_of_staff = tool.approver == ToolApprover::Staff;
    (is_asked_of_staff && call.approver == Some(ToolApprover::EndUser)).then_some(
        "its grant asks for the approval of the account's staff since; ask for it once more",
    )
}
