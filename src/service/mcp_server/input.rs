//! Input of a server's registration or change, and the checks that need no request.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        AccountId, McpTransport, Secret, ToolDefinition, ToolPinning, check_name, excerpt,
        tool_shape_problem,
    },
    error::Problem,
};

/// The maximum length of a type, in characters.
const LONGEST_TYPE: usize = 63;
/// The maximum length of a token, in characters.
const LONGEST_TOKEN: usize = 4_000;
/// The maximum number of tools that can be described.
const MOST_TOOLS: usize = 200;
/// The maximum of a call's maximum duration, in seconds.
const LONGEST_CALL: u32 = 3_600;
/// The maximum number of accounts that can be named.
const MOST_ACCOUNTS: usize = 1_000;

/// The input of a server to register.
#[derive(Debug, Clone)]
pub struct NewMcpServer {
    /// The display name.
    pub name: String,
    /// The server's type, for example `crm`.
    pub kind: String,
    /// The URL of the server.
    pub endpoint: String,
    /// The protocol that the server speaks.
    pub transport: McpTransport,
    /// Whether all agents share one MCP session.
    pub stateless: bool,
    /// The bearer token that is sent with calls.
    pub token: Option<Secret>,
    /// The accounts that may use the server; `None` for all accounts that see it.
    pub accounts: Option<Vec<AccountId>>,
    /// The tools, where the transport has no discovery.
    pub tools: Option<Vec<ToolDefinition>>,
    /// Which parts of the tools' definitions are pinned.
    pub pinning: ToolPinning,
    /// The maximum duration of a call in seconds; `None` for the usual limits.
    pub call_timeout: Option<u32>,
}

/// A change of a server. An unset field stays as it is.
#[derive(Debug, Clone, Default)]
pub struct McpServerChange {
    /// The new display name.
    pub name: Option<String>,
    /// The new URL.
    pub endpoint: Option<String>,
    /// Whether all agents share one MCP session.
    pub stateless: Option<bool>,
    /// The bearer token that is sent with calls.
    pub token: TokenChange,
    /// The accounts that may use the server.
    pub accounts: AccountsChange,
    /// The tools, where the transport has no discovery.
    pub tools: Option<Vec<ToolDefinition>>,
    /// Which parts of the tools' definitions are pinned.
    pub pinning: Option<ToolPinning>,
    /// The maximum duration of a call.
    pub call_timeout: CallTimeoutChange,
    /// The `updated_at` that the change is based on; CONFLICT when the server has changed since.
    pub expected_updated_at: Option<DateTime<Utc>>,
}

/// A change of a token.
#[derive(Debug, Clone, Default)]
pub enum TokenChange {
    /// The token stays as it is.
    #[default]
    Keep,
    /// The token is removed.
    Remove,
    /// The token becomes this one.
    Set(Secret),
}

/// A change of the list of accounts that may use a server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum AccountsChange {
    /// The list stays as it is.
    #[default]
    Keep,
    /// Every account may use the server.
    Lift,
    /// Only these accounts may use the server.
    Only(Vec<AccountId>),
}

/// A change of the maximum duration of a call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum CallTimeoutChange {
    /// The duration stays as it is.
    #[default]
    Keep,
    /// The usual limits apply.
    Usual,
    /// The maximum duration in seconds.
    Set(u32),
}

impl NewMcpServer {
    pub(super) fn problems(&self) -> Vec<Problem> {
        let mut problems: Vec<Problem> = check_name("input.name", &self.name).into_iter().collect();
        problems.extend(check_type(&self.kind));
        problems.extend(self.token.as_ref().and_then(check_token));
        problems.extend(self.accounts.iter().flat_map(|ids| check_list(ids)));
        problems.extend(self.call_timeout.and_then(check_call_timeout));
        problems.extend(check_action_url(self.transport, &self.endpoint));
        match (&self.tools, self.transport) {
            (None, McpTransport::ActionHttp) => problems.push(Problem::new(
                "input.tools",
                "is missing: a server over ACTION_HTTP cannot be asked for its tools, so say which it has",
            )),
            (Some(tools), transport) => problems.extend(check_tools(transport, tools)),
            (None, McpTransport::StreamableHttp | McpTransport::BuiltIn) => {}
        }
        problems
    }
}

impl McpServerChange {
    pub(super) fn problems(&self, transport: McpTransport) -> Vec<Problem> {
        let mut problems = Vec::new();
        problems.extend(
            self.name
                .as_deref()
                .and_then(|name| check_name("input.name", name)),
        );
        if let TokenChange::Set(token) = &self.token {
            problems.extend(check_token(token));
        }
        if let AccountsChange::Only(ids) = &self.accounts {
            problems.extend(check_list(ids));
        }
        if let CallTimeoutChange::Set(seconds) = self.call_timeout {
            problems.extend(check_call_timeout(seconds));
        }
        problems.extend(
            self.endpoint
                .as_deref()
                .and_then(|endpoint| check_action_url(transport, endpoint)),
        );
        problems.extend(
            self.tools
                .iter()
                .flat_map(|tools| check_tools(transport, tools)),
        );
        problems
    }
}

fn check_type(kind: &str) -> Option<Problem> {
    let is_identifier = kind.starts_with(|c: char| c.is_ascii_lowercase())
        && kind
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    (!is_identifier || kind.len() > LONGEST_TYPE).then(|| {
        Problem::new(
            "input.type",
            format!(
                "\"{}\", expected a lowercase letter and then lowercase letters, digits and _, at most {LONGEST_TYPE} characters, like \"crm\"",
                excerpt(kind)
            ),
        )
    })
}

/// Checks a token, which is sent in a header. The problem's text never contains the token.
pub(in crate::service) fn check_token(token: &Secret) -> Option<Problem> {
    let token = token.reveal();
    let problem = if token.is_empty() {
        "is empty; leave it out where none is needed".to_owned()
    } else if token.len() > LONGEST_TOKEN {
        format!("{} bytes, at most {LONGEST_TOKEN}", token.len())
    } else if !token.bytes().all(|b| b.is_ascii_graphic()) {
        "has a space or a character that no Authorization header can bear; give the token alone, without \"Bearer\"".to_owned()
    } else {
        return None;
    };
    Some(Problem::new("input.token", problem))
}

fn check_call_timeout(seconds: u32) -> Option<Problem> {
    (!(1..=LONGEST_CALL).contains(&seconds)).then(|| {
        Problem::new(
            "input.callTimeoutSeconds",
            format!("{seconds} given, expected 1 to {LONGEST_CALL} seconds"),
        )
    })
}

fn check_list(ids: &[AccountId]) -> Vec<Problem> {
    if ids.is_empty() {
        let message = "is empty; leave it out to open the server to every account";
        return vec![Problem::new("input.accountIds", message)];
    }
    if ids.len() > MOST_ACCOUNTS {
        let message = format!("{} accounts, at most {MOST_ACCOUNTS}", ids.len());
        return vec![Problem::new("input.accountIds", message)];
    }
    let mut seen = BTreeSet::new();
    let again = ids
        .iter()
        .enumerate()
        .filter(|(_, id)| !seen.insert(id.uuid()));
    again
        .map(|(index, _)| {
            Problem::new(
                format!("input.accountIds[{index}]"),
                "is there twice, expected each account once",
            )
        })
        .collect()
}

/// Checks that the URL ends with its path, because an action's name is appended to it.
fn check_action_url(transport: McpTransport, endpoint: &str) -> Option<Problem> {
    (transport == McpTransport::ActionHttp && endpoint.contains(['?', '#'])).then(|| {
        Problem::new(
            "input.endpointUrl",
            "has a query or a fragment, and the name of the action is put behind the path; leave it out",
        )
    })
}

fn check_tools(transport: McpTransport, tools: &[ToolDefinition]) -> Vec<Problem> {
    if transport != McpTransport::ActionHttp {
        let message = "is given, and the server is asked for its tools; leave it out";
        return vec![Problem::new("input.tools", message)];
    }
    if tools.is_empty() || tools.len() > MOST_TOOLS {
        let message = format!("{} tools, expected 1 to {MOST_TOOLS}", tools.len());
        return vec![Problem::new("input.tools", message)];
    }
    let mut problems = Vec::new();
    let mut names = BTreeSet::new();
    for (index, tool) in tools.iter().enumerate() {
        let path = format!("input.tools[{index}]");
        problems.extend(tool_shape_problem(tool).map(|problem| Problem::new(&path, problem)));
        let name = tool.name.as_str();
        if name.contains('/') {
            problems.push(Problem::new(
                format!("{path}.name"),
                "would lead to another path, expected one part of a path",
            ));
        }
        if !names.insert(name) {
            problems.push(Problem::new(
                format!("{path}.name"),
                "is the name of another tool of this server, expected each once",
            ));
        }
    }
    problems
}
