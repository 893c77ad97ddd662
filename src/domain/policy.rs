//! Which role each operation of the API needs: the one table, read by every service and printed by a test.

use crate::domain::Role;

macro_rules! operations {
    ($($role:ident: $($operation:ident = $name:literal),+;)+) => {
        /// An operation of the API: a root field of the schema, a field that needs a role of its own, or, with `mcp:`, what
        /// the MCP servers at `/mcp/…` do.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Operation {
            $($(#[doc = concat!("`", $name, "`")] $operation,)+)+
        }

        impl Operation {
            /// Every operation.
            pub const ALL: &'static [Self] = &[$($(Self::$operation,)+)+];

            /// The field's name in the schema, or the method's.
            pub fn name(self) -> &'static str {
                match self {
                    $($(Self::$operation => $name,)+)+
                }
            }

            /// The least role that may call it.
            pub fn least_role(self) -> Role {
                match self {
                    $($(Self::$operation)|+ => Role::$role,)+
                }
            }
        }
    };
}

operations! {
    Reader:
        Viewer = "viewer", Node = "node", Nodes = "nodes", Account = "account",
        AgentTemplates = "agentTemplates", AgentTemplate = "agentTemplate",
        Agents = "agents", Agent = "agent",
        Conversations = "conversations", Conversation = "conversation", Run = "run",
        RunEvents = "runEvents", ConversationEvents = "conversationEvents", AgentChanged = "agentChanged",
        SearchKnowledge = "searchKnowledge", DocumentProgress = "documentProgress",
        McpServers = "mcpServers", PendingApprovals = "pendingApprovals", ToolApprovals = "toolApprovals",
        McpList = "mcp:tools/list", McpRead = "mcp:tools/call (reads)";
    Member:
        SendMessage = "sendMessage", Chat = "chat", CancelRun = "cancelRun",
        RateMessage = "rateMessage", DeleteConversation = "deleteConversation",
        McpCall = "mcp:tools/call", McpAsk = "mcp:tools/call (agent)";
    Admin:
        CreateAgent = "createAgent", UpdateAgent = "updateAgent", DeleteAgent = "deleteAgent",
        SuspendAgent = "suspendAgent", ActivateAgent = "activateAgent",
        ChangeVectorStore = "changeVectorStore", ResolveToolCall = "resolveToolCall",
        IngestDocument = "ingestDocument", DeleteDocument = "deleteDocument",
        RegisterMcpServer = "registerMcpServer", UpdateMcpServer = "updateMcpServer",
        RemoveMcpServer = "removeMcpServer", RefreshMcpServer = "refreshMcpServer",
        GrantTools = "grantTools", RevokeTools = "revokeTools", AuditLog = "auditLog";
    Owner:
        UpdateAccount = "updateAccount", ApiKeys = "Account.apiKeys", CreateApiKey = "createApiKey", RevokeApiKey = "revokeApiKey";
    Operator:
        Accounts = "accounts", CreateAccount = "createAccount",
        PublishAgentTemplate = "publishAgentTemplate", DeprecateAgentTemplate = "deprecateAgentTemplate";
}
