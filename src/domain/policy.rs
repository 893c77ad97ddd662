//! The minimum role of each operation of the API, the operations for end users, and those for callers without credentials:
//! one table, which every service uses and a test prints.

use crate::domain::Role;

macro_rules! operations {
    (
        $($role:ident: $($operation:ident = $name:literal),+;)+
        => end users: $($for_end_users:ident),+;
        => without credentials: $($for_anonymous:ident),+;
    ) => {
        /// An operation of the API: a root field of the schema, a field with its own minimum role, or, with `mcp:`, a
        /// method of the MCP servers at `/mcp/…`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Operation {
            $($(#[doc = concat!("`", $name, "`")] $operation,)+)+
        }

        impl Operation {
            /// Every operation.
            pub const ALL: &'static [Self] = &[$($(Self::$operation,)+)+];

            /// The field's name in the schema, or the method's name.
            pub fn name(self) -> &'static str {
                match self {
                    $($(Self::$operation => $name,)+)+
                }
            }

            /// The minimum role for this operation.
            pub fn least_role(self) -> Role {
                match self {
                    $($(Self::$operation)|+ => Role::$role,)+
                }
            }

            /// Whether this operation is for callers without credentials, and for no one else.
            pub fn is_for_anonymous(self) -> bool {
                matches!(self, $(Self::$for_anonymous)|+)
            }

            /// Whether an end user may perform this operation, on its own conversations.
            pub fn is_for_end_users(self) -> bool {
                matches!(self, $(Self::$for_end_users)|+)
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
        PreviewRoute = "previewRoute",
        RunEvents = "runEvents", ConversationEvents = "conversationEvents",
        ConversationChanged = "conversationChanged", AgentChanged = "agentChanged",
        SearchKnowledge = "searchKnowledge", DocumentProgress = "documentProgress",
        McpServers = "mcpServers", PendingApprovals = "pendingApprovals", ToolApprovals = "toolApprovals",
        Usage = "usage", RateLimit = "rateLimit", RenewSession = "renewSession", StartPublicSession = "startPublicSession",
        McpList = "mcp:tools/list", McpRead = "mcp:tools/call (reads)";
    Member:
        SendMessage = "sendMessage", Chat = "chat", CancelRun = "cancelRun",
        HandOff = "handOff", RateMessage = "rateMessage", UpdateConversation = "updateConversation",
        RegenerateMessage = "regenerateMessage", EditMessage = "editMessage", ContinueMessage = "continueMessage",
        SelectAlternative = "selectAlternative",
        DeleteConversation = "deleteConversation",
        ResolveForEndUser = "ResolveToolCallInput.endUser",
        McpCall = "mcp:tools/call", McpAsk = "mcp:tools/call (agent)";
    Admin:
        CreateAgent = "createAgent", UpdateAgent = "updateAgent", DeleteAgent = "deleteAgent",
        UpgradeAgent = "upgradeAgent", Canary = "Agent.canary", StartCanary = "startCanary", EndCanary = "endCanary",
        SuspendAgent = "suspendAgent", ActivateAgent = "activateAgent",
        ChangeVectorStore = "changeVectorStore", ResolveToolCall = "resolveToolCall",
        IngestDocument = "ingestDocument", DeleteDocument = "deleteDocument",
        UpdatePersona = "updatePersona", RebuildPersona = "rebuildPersona",
        RegisterMcpServer = "registerMcpServer", UpdateMcpServer = "updateMcpServer",
        RemoveMcpServer = "removeMcpServer", RefreshMcpServer = "refreshMcpServer",
        GrantTools = "grantTools", RevokeTools = "revokeTools",
        ProviderKeys = "Account.providerKeys", SetProviderKey = "setProviderKey",
        RemoveProviderKey = "removeProviderKey", Runs = "runs", Analytics = "analytics",
        AgentAnalytics = "Agent.analytics", AuditLog = "auditLog",
        EndUsers = "endUsers", EndUser = "endUser", CreateSession = "createSession", RevokeSessions = "revokeSessions",
        IdentityProviders = "Account.identityProviders", RegisterIdentityProvider = "registerIdentityProvider",
        RemoveIdentityProvider = "removeIdentityProvider", RouteCorrections = "routeCorrections",
        AcceptRouteCorrection = "acceptRouteCorrection", DismissRouteCorrection = "dismissRouteCorrection",
        SetPublicAccess = "setPublicAccess", RevokePublicAccess = "revokePublicAccess",
        PublicAccess = "Agent.publicAccess", RegisteredOperations = "registeredOperations",
        RegisterOperations = "registerOperations", UnregisterOperations = "unregisterOperations",
        Webhooks = "webhooks", CreateWebhook = "createWebhook", UpdateWebhook = "updateWebhook",
        DeleteWebhook = "deleteWebhook",
        EraseEndUser = "eraseEndUser", Erasure = "erasure", ExportEndUser = "exportEndUser";
    Owner:
        UpdateAccount = "updateAccount", ApiKeys = "Account.apiKeys", CreateApiKey = "createApiKey", RevokeApiKey = "revokeApiKey";
    Operator:
        Accounts = "accounts", CreateAccount = "createAccount", SuspendAccount = "suspendAccount", ResumeAccount = "resumeAccount",
        DeleteAccount = "deleteAccount", AccountDeletion = "accountDeletion",
        PublishAgentTemplate = "publishAgentTemplate", DeprecateAgentTemplate = "deprecateAgentTemplate";
    => end users:
        Viewer, Node, Nodes, Agents, Agent, Conversations, Conversation, Run, RunEvents, ConversationEvents, AgentChanged,
        ConversationChanged, SendMessage, RegenerateMessage, EditMessage, ContinueMessage, SelectAlternative, Chat, CancelRun,
        RateMessage, UpdateConversation, DeleteConversation, RateLimit, RenewSession, PendingApprovals, ToolApprovals,
        ResolveToolCall, ResolveForEndUser;
    => without credentials:
        StartPublicSession;
}
