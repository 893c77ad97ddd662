//! All use cases, composed of their parts.

use std::sync::Arc;

use super::{
    Access, AccountDeletionService, AccountService, AgentService, AgentToolService,
    AlternativeService, AnalyticsService, ApiKeyService, AuditService, AvailabilityService,
    BuiltInToolService, ChatService, ConversationChangeService, ConversationService,
    DocumentService, ErasureService, ExportService, HandoffService, IdentityProviderService,
    McpServerService, MessageService, OperationSets, PersonaService, ProviderKeyService,
    PublicAgentService, PublicOrigins, PublicSessionService, RegisteredOperationService,
    RelationService, RouteCorrectionService, RouteService, RunEventService, RunService,
    ServiceParts, SessionService, SuspensionService, TemplateService, ToolCallService,
    ToolGrantService, UsageService, VectorStoreService, WebhookService,
    agent_settings::AgentSettings, limits::AccountLimits, route::AcceptedExamples, tables::Tables,
};
use crate::engine::RunCanceller;

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

impl Services {
    /// Composes the services.
    #[expect(
        clippy::too_many_lines,
        reason = "a list of services with their parts, read from top to bottom"
    )]
    pub fn new(parts: ServiceParts) -> Self {
        let ServiceParts {
            access,
            store,
            feed,
            engine,
            knowledge,
            router,
            operations,
            verifier,
            tools,
            vault,
            webhooks,
            toolbox,
            schemas,
            queue,
            announcements,
            limiter,
            limits,
            clock,
            app_settings,
            metrics,
        } = parts;
        let tables = Tables::new(store.clone());
        let limits = AccountLimits::new(limiter, limits);
        let operation_sets = OperationSets::new(store.clone());
        let public_origins = PublicOrigins::new(store.clone());
        let settings = AgentSettings {
            app_settings,
            schemas: schemas.clone(),
        };
        let runs = RunService {
            tables: tables.clone(),
            canceller: RunCanceller::new(engine.clone()),
        };
        let run_events = RunEventService {
            tables: tables.clone(),
            feed,
            announcements: Arc::clone(&announcements),
            clock: Arc::clone(&clock),
        };
        let availability = AvailabilityService::new(&engine, &tools, &clock);
        let routes = RouteService {
            tables: tables.clone(),
            availability: availability.clone(),
            router: router.clone(),
            engine: engine.clone(),
            examples: AcceptedExamples::new(),
        };
        let suspensions = SuspensionService::new(&runs, access.clone(), Arc::clone(&clock));
        let messages = MessageService {
            tables: tables.clone(),
            engine: engine.clone(),
            schemas: schemas.clone(),
            limits: limits.clone(),
            routes: routes.clone(),
            clock: Arc::clone(&clock),
        };
        Self {
            accounts: AccountService {
                tables: tables.clone(),
                settings: settings.clone(),
                operations: operation_sets.clone(),
                announcements: Arc::clone(&announcements),
                clock: Arc::clone(&clock),
            },
            agents: AgentService {
                tables: tables.clone(),
                settings: settings.clone(),
                availability: availability.clone(),
                announcements: Arc::clone(&announcements),
                clock: Arc::clone(&clock),
            },
            agent_tools: AgentToolService {
                tables: tables.clone(),
                messages: messages.clone(),
                schemas: schemas.clone(),
                limits: limits.clone(),
                clock: Arc::clone(&clock),
            },
            api_keys: ApiKeyService {
                tables: tables.clone(),
                access: access.clone(),
                clock: Arc::clone(&clock),
            },
            audit: AuditService {
                tables: tables.clone(),
            },
            availability,
            built_in_tools: BuiltInToolService {
                tables: tables.clone(),
                toolbox,
                limits: limits.clone(),
                clock: Arc::clone(&clock),
            },
            chat: ChatService {
                messages: messages.clone(),
                events: run_events.clone(),
            },
            conversations: ConversationService {
                tables: tables.clone(),
                runs: runs.clone(),
                announcements: Arc::clone(&announcements),
                clock: Arc::clone(&clock),
            },
            erasures: ErasureService {
                tables: tables.clone(),
                access: access.clone(),
                queue: Arc::clone(&queue),
                clock: Arc::clone(&clock),
            },
            public_sessions: PublicSessionService {
                store: store.clone(),
                access: access.clone(),
                limits: limits.clone(),
                clock: Arc::clone(&clock),
                metrics: Arc::clone(&metrics),
            },
            public_agents: PublicAgentService {
                tables: tables.clone(),
                origins: public_origins.clone(),
                announcements: Arc::clone(&announcements),
                clock: Arc::clone(&clock),
            },
            registered_operations: RegisteredOperationService {
                tables: tables.clone(),
                checker: operations,
                sets: operation_sets.clone(),
                announcements: Arc::clone(&announcements),
                clock: Arc::clone(&clock),
            },
            public_origins,
            operation_sets,
            exports: ExportService {
                tables: tables.clone(),
                store,
                vault: Arc::clone(&vault),
                clock: Arc::clone(&clock),
            },
            conversation_changes: ConversationChangeService {
                tables: tables.clone(),
                announcements: Arc::clone(&announcements),
                clock: Arc::clone(&clock),
            },
            alternatives: AlternativeService {
                tables: tables.clone(),
                messages: messages.clone(),
                announcements: Arc::clone(&announcements),
                clock: Arc::clone(&clock),
            },
            handoffs: HandoffService {
                tables: tables.clone(),
                engine: engine.clone(),
                settings: settings.clone(),
                announcements: Arc::clone(&announcements),
                clock: Arc::clone(&clock),
            },
            documents: DocumentService {
                tables: tables.clone(),
                settings,
                knowledge: knowledge.clone(),
                queue: Arc::clone(&queue),
                announcements: Arc::clone(&announcements),
                clock: Arc::clone(&clock),
            },
            identity_providers: IdentityProviderService {
                tables: tables.clone(),
                access: access.clone(),
                verifier,
                clock: Arc::clone(&clock),
            },
            mcp_servers: McpServerService {
                tables: tables.clone(),
                tools: Arc::clone(&tools),
                vault: Arc::clone(&vault),
                schemas: schemas.clone(),
                clock: Arc::clone(&clock),
            },
            personas: PersonaService {
                tables: tables.clone(),
                queue: Arc::clone(&queue),
                announcements: Arc::clone(&announcements),
                clock: Arc::clone(&clock),
            },
            provider_keys: ProviderKeyService {
                tables: tables.clone(),
                models: engine.models().clone(),
                vault: Arc::clone(&vault),
                clock: Arc::clone(&clock),
            },
            webhooks: WebhookService::new(&tables, webhooks, &vault, &queue, &clock),
            relations: RelationService::new(tables.clone()),
            route_corrections: RouteCorrectionService {
                tables: tables.clone(),
                router,
                clock: Arc::clone(&clock),
            },
            sessions: SessionService::new(&tables, &access, &limits, &clock, &metrics),
            account_deletions: AccountDeletionService::new(&suspensions, Arc::clone(&queue)),
            suspensions,
            analytics: AnalyticsService::new(tables.clone()),
            usage: UsageService {
                tables: tables.clone(),
                limits,
                clock: Arc::clone(&clock),
            },
            templates: TemplateService {
                tables: tables.clone(),
                schemas,
                clock: Arc::clone(&clock),
            },
            tool_calls: ToolCallService {
                tables: tables.clone(),
                engine,
                announcements: Arc::clone(&announcements),
                clock: Arc::clone(&clock),
            },
            tool_grants: ToolGrantService {
                tables: tables.clone(),
                tools,
                vault,
                announcements,
                clock: Arc::clone(&clock),
            },
            vector_stores: VectorStoreService {
                tables,
                collections: knowledge.collections,
                queue,
                clock,
            },
            access,
            messages,
            routes,
            run_events,
            runs,
        }
    }
}
