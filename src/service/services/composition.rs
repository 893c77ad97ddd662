//! The composition of the use cases of their parts.

use std::sync::Arc;

use super::Services;
use crate::{
    engine::RunCanceller,
    service::{
        AccountDeletionService, AccountService, AgentService, AgentToolService, AlternativeService,
        AnalyticsService, ApiKeyService, AuditService, AvailabilityService, BuiltInToolService,
        ChatService, ConversationChangeService, ConversationService, DocumentService,
        ErasureService, ExportService, HandoffService, IdentityProviderService, McpServerService,
        MessageService, OperationSets, PersonaService, ProviderKeyService, PublicAgentService,
        PublicOrigins, PublicSessionService, RegisteredOperationService, RelationService,
        RouteCorrectionService, RouteService, RunEventService, RunService, ServiceParts,
        SessionService, SuspensionService, TemplateService, ToolCallService, ToolGrantService,
        UsageService, VectorStoreService, WebhookService, agent_settings::AgentSettings,
        limits::AccountLimits, route::AcceptedExamples, tables::Tables,
    },
};

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
            tracker,
            closing,
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
                runs: runs.clone(),
                tracker,
                closing: closing.clone(),
            },
            closing,
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
