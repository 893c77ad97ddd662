//! What a turn may use: its tier's tools ∩ its grants ∩ what is open, approved and answering ∩ the message's `allowTools`.

use std::{collections::BTreeSet, sync::Arc};

use sha2::{Digest, Sha256};

use crate::{
    domain::{
        AccountId, KnownServer, PricingTier, ToolCall, ToolDefinition, ToolGrant, ToolPolicy,
        tools_of,
    },
    port::{OfferedTool, ToolHealth, ToolHost},
};

/// A turn makes at most this many calls, unless its tier says otherwise.
const MOST_CALLS: usize = 16;
/// The limit of a tier that bounds the calls of a turn.
const LIMIT: &str = "toolCallsPerMessage";
/// A name has at most this many characters for a model.
const LONGEST_NAME: usize = 64;

/// The tools of a turn.
#[derive(Default)]
pub(in crate::engine) struct Belt {
    tools: Vec<Tool>,
    /// The servers of the agent's grants.
    servers: Vec<Arc<KnownServer>>,
    /// So many calls may be made in all.
    most_calls: usize,
}

/// A tool that a turn may use.
pub(in crate::engine) struct Tool {
    /// As the model sees it; the definition is the approved one.
    pub(in crate::engine) offered: OfferedTool,
    /// Where it is.
    server: Arc<KnownServer>,
    /// Its name there.
    name: String,
    /// Who decides about its calls.
    pub(in crate::engine) policy: ToolPolicy,
}

impl Belt {
    /// The tools that the agent may use now, and of these only the allowed ones, if it was said which.
    pub(in crate::engine) fn new(
        account: AccountId,
        tier: &PricingTier,
        (servers, grants): (Vec<Arc<KnownServer>>, Vec<ToolGrant>),
        allowed: Option<&[String]>,
        host: &dyn ToolHost,
    ) -> Self {
        let mut tools: Vec<Tool> = Vec::new();
        let mut names = BTreeSet::new();
        for tool in tools_of(account, tier, &servers, &grants) {
            let is_away = matches!(host.health(tool.server.id), ToolHealth::Unavailable(_));
            let (None, Some(text), false) = (&tool.unavailable, tool.text, is_away) else {
                continue;
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
            });
        }
        let limit = tier.limits.get(LIMIT).and_then(serde_json::Value::as_u64);
        let most_calls = limit.map_or(MOST_CALLS, |limit| {
            usize::try_from(limit).unwrap_or(usize::MAX)
        });
        Self {
            tools,
            servers,
            most_calls,
        }
    }

    /// What the model is offered.
    pub(in crate::engine) fn offered(&self) -> Vec<OfferedTool> {
        self.tools.iter().map(|tool| tool.offered.clone()).collect()
    }

    /// The tool that the model means.
    pub(in crate::engine) fn find(&self, name: &str) -> Option<&Tool> {
        self.tools.iter().find(|tool| tool.offered.name == name)
    }

    /// The tool that a call is of.
    pub(in crate::engine) fn of(&self, call: &ToolCall) -> Option<&Tool> {
        self.tools
            .iter()
            .find(|tool| Some(tool.server.id) == call.server && tool.name == call.tool)
    }

    /// The server that a call is for.
    pub(in crate::engine) fn server(&self, call: &ToolCall) -> Option<&Arc<KnownServer>> {
        self.servers
            .iter()
            .find(|server| Some(server.id) == call.server)
    }

    /// What the model called the tool of an earlier call.
    pub(in crate::engine) fn name_of<'a>(&'a self, call: &'a ToolCall) -> &'a str {
        self.of(call).map_or(&call.tool, |tool| &tool.offered.name)
    }

    /// So many calls may be made in all.
    pub(in crate::engine) fn most_calls(&self) -> usize {
        self.most_calls
    }

    /// The names of all tools, for a model that asked for another one.
    pub(in crate::engine) fn names(&self) -> String {
        let names: Vec<&str> = self
            .tools
            .iter()
            .map(|tool| tool.offered.name.as_str())
            .collect();
        names.join(", ")
    }
}

impl Tool {
    /// Where it is.
    pub(in crate::engine) fn server(&self) -> &KnownServer {
        &self.server
    }

    /// Its name there.
    pub(in crate::engine) fn name(&self) -> &str {
        &self.name
    }

    /// What it is.
    pub(in crate::engine) fn definition(&self) -> Option<&ToolDefinition> {
        self.server.tool(&self.name)
    }
}

/// `server__tool`, in the letters that providers take, and not taken yet.
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
    // a tool's name keeps its case: it is a name in a program
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
        // all of it is ASCII by now
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
