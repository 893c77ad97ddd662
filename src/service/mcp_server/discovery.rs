//! Discovery: lists a server's tools and compares them with the approved ones.

use super::{
    McpServerChange, McpServerService, TokenChange,
    input::{AccountsChange, CallTimeoutChange},
};
use crate::{
    domain::{Actor, McpServer, McpTransport, ToolDefinition, ToolPin},
    error::{Error, Kind, Problem, Result},
    port::ToolEndpoint,
};

/// A server after the discovery of its tools.
#[derive(Debug, Clone)]
pub struct Discovery {
    /// The server.
    pub server: McpServer,
    /// The differences from the tools that were approved before.
    pub changes: ToolChanges,
}

/// The differences from the tools that were approved before, by the tools' names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ToolChanges {
    /// Tools that are new.
    pub added: Vec<String>,
    /// Tools that no longer exist.
    pub removed: Vec<String>,
    /// Tools whose definition differs.
    pub changed: Vec<String>,
}

impl Discovery {
    /// The discovery of a new server: all its tools count as added.
    pub(super) fn of(server: McpServer) -> Self {
        let changes = ToolChanges {
            added: server.pins.keys().cloned().collect(),
            ..ToolChanges::default()
        };
        Self { server, changes }
    }

    /// The discovery of a server that existed before.
    pub(super) fn between(old: &McpServer, server: McpServer) -> Self {
        let changes = ToolChanges::between(old, &server);
        Self { server, changes }
    }
}

impl ToolChanges {
    fn between(old: &McpServer, new: &McpServer) -> Self {
        let names = |server: &McpServer, keep: &dyn Fn(&str, &str) -> bool| {
            let pins = server.pins.iter().filter(|(name, pin)| keep(name, pin));
            pins.map(|(name, _)| name.clone()).collect()
        };
        Self {
            added: names(new, &|name, _| !old.pins.contains_key(name)),
            removed: names(old, &|name, _| !new.pins.contains_key(name)),
            changed: names(new, &|name, pin| {
                let before = old.pins.get(name).map(|before| ToolPin::read(before));
                before.is_some_and(|before| !before.is_same(ToolPin::read(pin)))
            }),
        }
    }
}

impl McpServerService {
    /// Lists a server's tools and stores them in it, or stores the reason why listing failed. Returns whether the tools
    /// are known. `BAD_USER_INPUT` when the server's address may not be reached.
    pub(super) async fn discover(&self, actor: &Actor, server: &mut McpServer) -> Result<bool> {
        if server.transport == McpTransport::ActionHttp {
            return Ok(true);
        }
        let endpoint = ToolEndpoint::open(server, actor.account(), None, self.vault.as_ref())?;
        match self.tools.list(&endpoint).await {
            Ok(mut offered) => {
                let problems = self.schemas.tool_problems(&offered).await?;
                for (tool, problem) in offered.iter_mut().zip(problems) {
                    tool.problem = problem;
                }
                server.problem = none_usable(&offered);
                server.tools = offered;
                server.discovered_at = Some(self.clock.now());
                Ok(true)
            }
            Err(error) => {
                server.problem = Some(discovery_problem(error)?);
                Ok(false)
            }
        }
    }

    /// The server after the change, and whether its tools must be discovered again. A server at a new address loses its
    /// approvals.
    pub(super) fn changed(
        &self,
        old: &McpServer,
        change: McpServerChange,
    ) -> Result<(McpServer, bool)> {
        let mut server = old.clone();
        server.name = change.name.unwrap_or(server.name);
        server.stateless = change.stateless.unwrap_or(server.stateless);
        server.pinning = change.pinning.unwrap_or(server.pinning);
        match change.call_timeout {
            CallTimeoutChange::Keep => {}
            CallTimeoutChange::Usual => server.call_timeout = None,
            CallTimeoutChange::Set(seconds) => server.call_timeout = Some(seconds),
        }
        match change.accounts {
            AccountsChange::Keep => {}
            AccountsChange::Lift => server.accounts = Vec::new(),
            AccountsChange::Only(accounts) => server.accounts = accounts,
        }
        server.endpoint = change.endpoint.unwrap_or(server.endpoint);
        let moves = server.endpoint != old.endpoint;
        let mut asks = moves;
        match change.token {
            TokenChange::Keep if moves && server.token.is_some() => {
                // otherwise a caller who may change the address could have the token sent to a server of their own
                return Err(Error::bad_input(
                    "input.token",
                    "is missing: a token is for the address that it was given for; give it again for the new one, or null for none",
                ));
            }
            TokenChange::Keep => {}
            TokenChange::Remove => {
                asks |= server.token.is_some();
                server.token = None;
            }
            TokenChange::Set(token) => {
                asks = true;
                server.token = self.sealed(old.account, old.id, Some(&token))?;
            }
        }
        if moves && server.transport != McpTransport::ActionHttp {
            // the approval was for another server
            server.tools = Vec::new();
            server.pins.clear();
        }
        if let Some(tools) = change.tools {
            server.tools = tools;
            server.pins.clear();
        }
        Ok((server, asks))
    }
}

/// The problem of a server that offers tools of which none can be used: the one of the first tool.
fn none_usable(offered: &[ToolDefinition]) -> Option<String> {
    let first = offered.first()?.problem.as_ref()?;
    let is_none = offered.iter().all(|tool| tool.problem.is_some());
    is_none.then(|| match offered {
        [_] => format!("its only tool cannot be used: {first}"),
        several => format!(
            "none of its {} tools can be used; the first: {first}",
            several.len()
        ),
    })
}

/// The reason why discovery failed; an error of the caller's input or of this program is returned as an error.
fn discovery_problem(error: Error) -> Result<String> {
    match error.kind() {
        Kind::BadInput(problems) => {
            let problems = problems.iter().map(|problem| {
                Problem::new(format!("input.{}", problem.path), problem.message.clone())
            });
            Err(Error::problems(problems.collect()))
        }
        Kind::Internal => Err(error),
        Kind::Unauthenticated
        | Kind::Forbidden
        | Kind::NotFound
        | Kind::Conflict
        | Kind::RateLimited(_)
        | Kind::QuotaExceeded(_)
        | Kind::Unavailable => Ok(error.message().to_owned()),
    }
}
