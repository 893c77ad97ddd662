//! Checks at the moment of the call what was checked when the tool was offered: things change in between.

use std::{collections::HashMap, sync::Arc};

use tokio::sync::OnceCell;

use crate::{
    domain::{
        McpServer, McpServerId, McpTransport, ToolCall, ToolDefinition, ToolPolicy, tools_of,
    },
    engine::{Engine, turn::Turn},
    error::{Kind, Result},
    port::ToolEndpoint,
};

/// What a server offers now, or why it could not be asked.
type Offer = OnceCell<Result<Vec<ToolDefinition>, String>>;

/// What servers offer now, each asked once for all calls of a round.
#[derive(Default)]
pub(super) struct Offers {
    by_server: HashMap<McpServerId, Arc<Offer>>,
}

impl Offers {
    /// Makes a place for the servers of these calls.
    pub(super) fn of(calls: &[ToolCall]) -> Self {
        let servers = calls.iter().filter_map(|call| call.server);
        Self {
            by_server: servers.map(|server| (server, Arc::default())).collect(),
        }
    }
}

/// What a check says.
pub(super) enum Check {
    /// The call may go out.
    Good(ToolEndpoint),
    /// It may not; why.
    Denied(String),
    /// It cannot; why.
    Failed(String),
}

impl Engine {
    /// Whether a call may still be made: the agent is granted the tool, its tier includes it, its server is open, and the
    /// tool is what was approved.
    pub(super) async fn check_call(
        &self,
        turn: &Turn,
        call: &ToolCall,
        offers: &Offers,
    ) -> Result<Check> {
        let parts = &self.inner.parts;
        let store = parts.store.tenant(turn.lease.account);
        let Some(server) = call.server else {
            return Ok(Check::Denied("its server was removed".to_owned()));
        };
        let (agent, ids) = ([turn.agent.id], [server]);
        let (grants, servers) =
            futures::try_join!(store.grants_of(&agent), store.known_servers(&ids))?;
        let tools = tools_of(turn.lease.account, &turn.tier, &servers, &grants);
        let Some(tool) = tools.iter().find(|tool| tool.name == call.tool) else {
            return Ok(Check::Denied(
                "the agent is not granted it any more".to_owned(),
            ));
        };
        if let Some(why) = &tool.unavailable {
            return Ok(Check::Denied(why.clone()));
        }
        if tool.policy == ToolPolicy::Approve && call.resolved_by.is_none() {
            return Ok(Check::Denied(
                "its grant asks for a person's approval since; ask for it once more".to_owned(),
            ));
        }
        let endpoint = match ToolEndpoint::open(
            tool.server,
            turn.lease.account,
            Some(tool.grant),
            parts.vault.as_ref(),
        ) {
            Ok(endpoint) => endpoint,
            Err(error) if *error.kind() == Kind::Unavailable => {
                return Ok(Check::Failed(error.message().to_owned()));
            }
            Err(error) => return Err(error),
        };
        if tool.server.transport != McpTransport::StreamableHttp {
            // what these offer is written down here, and changes with the row
            return Ok(Check::Good(endpoint));
        }
        self.compare(tool.server, &call.tool, endpoint, offers)
            .await
    }

    /// Asks the server what it offers now, and compares the tool with what was approved.
    async fn compare(
        &self,
        server: &McpServer,
        tool: &str,
        endpoint: ToolEndpoint,
        offers: &Offers,
    ) -> Result<Check> {
        let parts = &self.inner.parts;
        let ask = async {
            let offered = parts.tools.list(&endpoint).await;
            offered.map_err(|error| match error.kind() {
                Kind::Internal => "the server could not be asked for its tools".to_owned(),
                _ => error.message().to_owned(),
            })
        };
        let cell = offers
            .by_server
            .get(&server.id)
            .cloned()
            .unwrap_or_default();
        let offered = match cell.get_or_init(|| ask).await {
            Ok(offered) => offered,
            Err(why) => return Ok(Check::Failed(why.clone())),
        };
        let now = offered.iter().find(|offered| offered.name == tool);
        if now.is_some_and(|now| server.is_approved(now)) {
            return Ok(Check::Good(endpoint));
        }
        // everybody is to see it, and nothing is approved by it
        let store = parts.store.tenant(endpoint.account);
        store
            .note_offer(server.id, offered, parts.clock.now())
            .await?;
        let why = if now.is_some() {
            "its definition has changed since it was approved; look at it, then refreshMcpServer approves it anew"
        } else {
            "its server does not offer it any more"
        };
        Ok(Check::Denied(why.to_owned()))
    }
}
