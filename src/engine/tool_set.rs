//! The tools that a run may call: its tier's tools ∩ its grants ∩ servers that are open, approved and answering ∩ the
//! message's `allowTools`.

use std::{collections::BTreeSet, sync::Arc};

use sha2::{Digest, Sha256};

use crate::{
    domain::{
        AccountId, CachedServer, PricingTier, TierLimit, ToolApprover, ToolCall, ToolDefinition,
        ToolPolicy, tools_of,
    },
    port::{OfferedTool, ToolHealth, ToolHost},
    store::GrantedTools,
};

/// The maximum number of tool calls of a run whose tier sets no limit.
const MOST_CALLS: usize = 16;
/// The maximum number of characters of a tool's name that providers accept.
const LONGEST_NAME: usize = 64;

/// The tools that a run may call.
#[derive(Default)]
pub(super) struct ToolSet {
    tools: Vec<Tool>,
    /// The servers of the agent's grants.
    servers: Vec<Arc<CachedServer>>,
    /// The maximum number of calls of the run.
    most_calls: usize,
}

/// A tool that a run may call.
pub(super) struct Tool {
    /// The tool as the model sees it; the definition is the approved one.
    pub(super) offered: OfferedTool,
    /// The tool's server.
    server: Arc<CachedServer>,
    /// The tool's name at its server.
    name: String,
    /// Whether its calls need a person's approval.
    pub(super) policy: ToolPolicy,
    /// Who approves its calls, if they need approval.
    pub(super) approver: ToolApprover,
}

impl ToolSet {
    /// The tools that the agent may call now, limited to `allowed` if the message sets it.
    pub(super) fn new(
        account: AccountId,
        tier: &PricingTier,
        granted: GrantedTools,
        allowed: Option<&[String]>,
        host: &dyn ToolHost,
    ) -> Self {
        let GrantedTools { servers, grants } = granted;
        let mut tools: Vec<Tool> = Vec::new();
        let mut names = BTreeSet::new();
        for tool in tools_of(account, tier, &servers, &grants) {
            let is_away = matches!(host.health(tool.server.id), ToolHealth::Unavailable(_));
            let (None, Some(text), false) = (&tool.unavailable, tool.text, is_away) else {
                continue;
            };
            let text = match text {
                Ok(text) => text,
                Err(why) => {
                    tracing::warn!(server = %tool.server.id, tool = tool.name, why, "left out a tool that models cannot be sent");
                    continue;
                }
            };
            let name = free_name(&mut names, &tool.server.name, tool.name);
            let is_allowed =
                |allowed: &[String]| allowed.iter().any(|one| one == tool.name || *one == name);
            if !allowed.is_none_or(is_allowed) {
                continue;
            }
            tools.push(Tool {
                offered: OfferedTool {
                    name,
                    text: Arc::clone(text),
                },
                server: Arc::clone(tool.server),
                name: tool.name.to_owned(),
                policy: tool.policy,
                approver: tool.approver,
            });
        }
        let limit = tier.limit(TierLimit::ToolCallsPerMessage);
        let most_calls = limit.map_or(MOST_CALLS, |limit| {
            usize::try_from(limit).unwrap_or(usize::MAX)
        });
        Self {
            tools,
            servers,
            most_calls,
        }
    }

    /// The tools.
    pub(super) fn tools(&self) -> impl Iterator<Item = &Tool> {
        self.tools.iter()
    }

    /// Whether there are no tools.
    pub(super) fn is_empty(&self) -> bool {
        self.tools.is_empty()
    }

    /// The tools as they are offered to the model.
    pub(super) fn offered(&self) -> Vec<OfferedTool> {
        self.tools.iter().map(|tool| tool.offered.clone()).collect()
    }

    /// The tool with this name in the prompt.
    pub(super) fn find(&self, name: &str) -> Option<&Tool> {
        self.tools.iter().find(|tool| tool.offered.name == name)
    }

    /// The tool of a call.
    pub(super) fn of(&self, call: &ToolCall) -> Option<&Tool> {
        self.tools
            .iter()
            .find(|tool| Some(tool.server.id) == call.server && tool.name == call.tool)
    }

    /// The server of a call.
    pub(super) fn server(&self, call: &ToolCall) -> Option<&Arc<CachedServer>> {
        self.servers
            .iter()
            .find(|server| Some(server.id) == call.server)
    }

    /// The prompt's name of an earlier call's tool.
    pub(super) fn name_of<'a>(&'a self, call: &'a ToolCall) -> &'a str {
        self.of(call).map_or(&call.tool, |tool| &tool.offered.name)
    }

    pub(super) fn most_calls(&self) -> usize {
        self.most_calls
    }

    /// The names of all tools, separated by commas.
    pub(super) fn names(&self) -> String {
        let names: Vec<&str> = self
            .tools
            .iter()
            .map(|tool| tool.offered.name.as_str())
            .collect();
        names.join(", ")
    }
}

impl Tool {
    /// The tool's server.
    pub(super) fn server(&self) -> &CachedServer {
        &self.server
    }

    /// The tool's name at its server.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The approved definition; `None` when the server no longer offers the tool.
    pub(super) fn definition(&self) -> Option<&ToolDefinition> {
        self.server.tool(&self.name)
    }
}

/// A name `server__tool` in the characters that providers accept, different from all names in `taken`.
fn free_name(taken: &mut BTreeSet<String>, server: &str, tool: &str) -> String {
    let plain = |text: &str| -> String {
        let plain = |c: char| {
            if c.is_ascii_alphanumeric() || c == '-' {
                c
            } else {
                '_'
            }
        };
        text.to_lowercase().chars().map(plain).collect()
    };
    // a tool's name keeps its case: servers distinguish case
    let tool_name: String = tool
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '-' {
                c
            } else {
                '_'
            }
        })
        .collect();
    let mut name = format!("{}__{tool_name}", plain(server));
    if name.len() > LONGEST_NAME || taken.contains(&name) {
        let whole = format!("{server}\0{tool}\0{}", taken.len());
        let hash = data_encoding::HEXLOWER.encode(&Sha256::digest(whole));
        let hash: String = hash.chars().take(8).collect();
        // the name is all ASCII here
        name.truncate(LONGEST_NAME - hash.len() - 1);
        name = format!("{name}_{hash}");
    }
    taken.insert(name.clone());
    name
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::free_name;

    #[test]
    fn names_are_short_plain_and_each_there_once() {
        let mut taken = BTreeSet::new();
        assert_eq!(
            free_name(&mut taken, "Our CRM", "find_contacts"),
            "our_crm__find_contacts"
        );
        assert_eq!(free_name(&mut taken, "Süß", "toolÄ.x"), "s____tool__x");
        let long = free_name(&mut taken, "crm", &"x".repeat(128));
        let other = free_name(&mut taken, "crm", &"x".repeat(127));
        assert_eq!((long.len(), other.len()), (64, 64));
        assert_ne!(long, other);
        assert_ne!(
            free_name(&mut taken, "our crm", "find_contacts"),
            "our_crm__find_contacts"
        );
        assert_eq!(taken.len(), 5);
    }
}
