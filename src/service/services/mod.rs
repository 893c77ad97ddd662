//! All use cases.

mod composition;

use tokio_util::sync::CancellationToken;

use super::{
    Access, AccountDeletionService, AccountService, AgentService, AgentToolService,
    AlternativeService, AnalyticsService, ApiKeyService, AuditService, AvailabilityService,
    BuiltInToolService, ChatService, ConversationChangeService, ConversationService,
    DocumentService, ErasureService, ExportService, HandoffService, IdentityProviderService,
    McpServerService, MessageService, OperationSets, PersonaService, ProviderKeyService,
    PublicAgentService, PublicOrigins, PublicSessionService, RegisteredOperationService,
    RelationService, RouteCorrectionService, RouteService, RunEventService, RunService,
    SessionService, SuspensionService, TemplateService, ToolCallService, ToolGrantService,
    UsageService, VectorStoreService, WebhookService,
};

/// All use cases, one service per noun.
#[derive(Clone)]
pub struct Services {
    /// Authentication.
    pub access: Access,
    /// Accounts.
    pub accounts: AccountService,
    /// Agents.
    pub agents: AgentService,
    /// Agents as tools.
    pub agent_tools: AgentToolService,
    /// API keys.
    pub api_keys: ApiKeyService,
    /// What the runs of a period were like.
    pub analytics: AnalyticsService,
    /// The audit log.
    pub audit: AuditService,
    /// Availability of agents and MCP servers.
    pub availability: AvailabilityService,
    /// The tools of the built-in MCP servers.
    pub built_in_tools: BuiltInToolService,
    /// Chat: sends a message and streams its run.
    pub chat: ChatService,
    /// Cancelled in the second step of a shutdown: sockets and streams end now.
    pub closing: CancellationToken,
    /// Conversations and their messages.
    pub conversations: ConversationService,
    /// Streams of changes of conversations, for lists.
    pub conversation_changes: ConversationChangeService,
    /// Other versions of messages.
    pub alternatives: AlternativeService,
    /// The documents of agents.
    pub documents: DocumentService,
    /// Deletions of accounts.
    pub account_deletions: AccountDeletionService,
    /// Erasures of end users.
    pub erasures: ErasureService,
    /// Exports of end users.
    pub exports: ExportService,
    /// Handoffs of conversations between agents.
    pub handoffs: HandoffService,
    /// Identity providers.
    pub identity_providers: IdentityProviderService,
    /// MCP servers.
    pub mcp_servers: McpServerService,
    /// Users' messages.
    pub messages: MessageService,
    /// The personas of digital experts.
    pub personas: PersonaService,
    /// The keys of accounts for providers of models.
    pub provider_keys: ProviderKeyService,
    /// Agents that callers without credentials may talk to.
    pub public_agents: PublicAgentService,
    /// The origins of public agents.
    pub public_origins: PublicOrigins,
    /// Sessions with public agents.
    pub public_sessions: PublicSessionService,
    /// The operations that end users may execute.
    pub operation_sets: OperationSets,
    /// Registered operations.
    pub registered_operations: RegisteredOperationService,
    /// Rows that other rows refer to.
    pub relations: RelationService,
    /// The choice of agents.
    pub routes: RouteService,
    /// Corrections of the router.
    pub route_corrections: RouteCorrectionService,
    /// The events of runs.
    pub run_events: RunEventService,
    /// Runs.
    pub runs: RunService,
    /// Sessions of end users.
    pub sessions: SessionService,
    /// The suspension of accounts.
    pub suspensions: SuspensionService,
    /// Agent templates.
    pub templates: TemplateService,
    /// Tool calls that wait for approval.
    pub tool_calls: ToolCallService,
    /// The grants of tools to agents.
    pub tool_grants: ToolGrantService,
    /// What was used, and what is left.
    pub usage: UsageService,
    /// The vector stores of agents.
    pub vector_stores: VectorStoreService,
    /// The addresses to which the events of accounts are sent.
    pub webhooks: WebhookService,
}
