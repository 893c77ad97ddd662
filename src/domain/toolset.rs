//! The tools of an agent: its tier's tools ∩ its grants ∩ the servers open to its account ∩ the approved definitions.
//!
//! A pricing tier lists tools by entries, each of which is one of
//! - the name of a toolset below: some tools of the servers of one type, as the built-in servers name them;
//! - `own_tools`: every tool of servers that the account registered itself;
//! - a server's type, e.g. `crm`: every tool of servers of that type;
//! - a type and a tool, e.g. `crm.find_contacts`.

use std::sync::Arc;

use crate::domain::{
    AccountId, CachedServer, McpServer, PricingTier, ToolApprover, ToolDefinition, ToolGrant,
    ToolPolicy, ToolText,
};

/// The tier entry for the tools of the account's own servers.
pub const OWN_TOOLS: &str = "own_tools";

/// The toolsets of the shipped templates: name, server type, tools; an empty list means all tools of the type.
pub const TOOLSETS: &[(&str, &str, &[&str])] = &[
    (
        "basic_crm",
        "crm",
        &[
            "find_contacts",
            "get_contact",
            "create_contact",
            "find_leads",
            "get_lead",
            "create_lead",
            "qualify_lead",
            "log_activity",
        ],
    ),
    ("advanced_crm", "crm", &[]),
    ("pricing", "pricing", &[]),
    (
        "basic_tickets",
        "tickets",
        &["find_tickets", "get_ticket", "create_ticket", "add_comment"],
    ),
    ("advanced_tickets", "tickets", &[]),
    (
        "content_analysis",
        "content",
        &[
            "list_documents",
            "search_documents",
            "document_statistics",
            "key_phrases",
        ],
    ),
    ("advanced_nlp", "content", &[]),
    (
        "competitive_intelligence",
        "content",
        &[
            "list_documents",
            "search_documents",
            "key_phrases",
            "compare_documents",
        ],
    ),
];

/// A tool that an agent was granted, and whether the agent can use it now.
#[derive(Debug, Clone)]
pub struct AgentTool<'a> {
    /// The server that offers the tool.
    pub server: &'a Arc<CachedServer>,
    /// The grant that includes the tool.
    pub grant: &'a ToolGrant,
    /// The definition as of the last discovery; none when the server no longer offers the tool.
    pub definition: Option<&'a ToolDefinition>,
    /// The description and schema in the form for models.
    pub text: Option<Result<&'a Arc<ToolText>, &'a str>>,
    /// The tool's name on the server.
    pub name: &'a str,
    /// The approval policy of its calls.
    pub policy: ToolPolicy,
    /// Who approves its calls, if they need approval.
    pub approver: ToolApprover,
    /// The reason why the tool cannot be used, with what to do; none for a usable tool.
    pub unavailable: Option<String>,
}

/// Whether a tool of a server is in one of a tier's entries.
pub(super) fn includes(entries: &[String], server: &McpServer, tool: &str) -> bool {
    entries.iter().any(|entry| {
        if entry == OWN_TOOLS {
            return server.account.is_some();
        }
        if let Some((_, kind, tools)) = TOOLSETS.iter().find(|(name, ..)| name == entry)
            && *kind == server.kind
            && (tools.is_empty() || tools.contains(&tool))
        {
            return true;
        }
        let tool_of_kind = entry.strip_prefix(server.kind.as_str());
        *entry == server.kind || tool_of_kind.and_then(|name| name.strip_prefix('.')) == Some(tool)
    })
}

/// Every tool that an agent was granted, ordered by server and name, with the reason if it cannot be used. `servers`
/// are the existing servers of its grants; the state of their connections is not considered.
pub fn tools_of<'a>(
    account: AccountId,
    tier: &PricingTier,
    servers: &'a [Arc<CachedServer>],
    grants: &'a [ToolGrant],
) -> Vec<AgentTool<'a>> {
    let mut tools = Vec::new();
    for server in servers {
        let of_server = grants.iter().filter(|grant| grant.server == server.id);
        for grant in of_server {
            for (name, granted) in &grant.tools {
                let found = server.find(name);
                let unapproved = match &found {
                    Some(found) => found.unapproved,
                    None => Some("its server does not offer it any more"),
                };
                let unavailable = refusal(account, tier, server, name)
                    .or_else(|| unapproved.map(str::to_owned))
                    .or_else(|| {
                        (granted.policy == ToolPolicy::Deny)
                            .then(|| "its grant denies it".to_owned())
                    });
                tools.push(AgentTool {
                    server,
                    grant,
                    definition: found.as_ref().map(|found| found.definition),
                    text: found.map(|found| found.text),
                    name,
                    policy: granted.policy,
                    approver: granted.approver,
                    unavailable,
                });
            }
        }
    }
    tools
}

/// The reason why agents of a tier may not use a tool of a server, whatever their grants.
fn refusal(
    account: AccountId,
    tier: &PricingTier,
    server: &McpServer,
    tool: &str,
) -> Option<String> {
    if !server.is_open_to(account) {
        return Some("its server is not open to this account".to_owned());
    }
    if !tier.includes(server, tool) {
        return Some(format!(
            "the pricing tier \"{}\" does not include it; it includes: {}",
            tier.name,
            if tier.tools.is_empty() {
                "no tools".to_owned()
            } else {
                tier.tools.join(", ")
            }
        ));
    }
    None
}
