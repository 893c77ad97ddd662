//! The domain model: ids, callers, permissions, and the nouns of the product. No input or output.

mod account;
mod account_deletion;
mod actor;
mod agent;
mod analytics;
mod answer;
mod audit;
mod audit_chain;
mod audit_head;
mod audit_key;
mod budget;
mod cached_server;
mod canary;
mod canonical;
mod citation;
mod configuration;
mod contact;
mod conversation;
mod conversation_list;
mod conversation_update;
mod diagnosis;
mod durability;
mod end_user;
mod end_user_token;
mod erasure;
mod event;
mod handoff;
mod id;
mod identity_provider;
mod job;
mod key_use;
mod knowledge;
mod lead;
mod lineage;
mod mcp_server;
mod message_draft;
mod message_part;
mod model_parameters;
mod money;
mod page;
mod persona;
mod policy;
mod provider_key;
mod public_access;
mod quota;
mod quote;
mod rated_answer;
mod registered_operation;
mod route_correction;
mod row_security;
mod run;
mod run_list;
mod run_step;
mod schema;
mod sealed_column;
mod secret;
mod template;
mod text;
mod ticket;
mod title;
mod token_claims;
mod tool;
mod tool_approval;
mod tool_call;
mod tool_definition;
mod tool_pin;
mod toolset;
mod trace;
mod training_consent;
mod usage;
mod vector_config;
mod webhook;
mod workflow;

pub use account::{
    Account, AccountTier, ApiKey, Billing, BudgetEnforcement, Ceiling, Spending, month_of,
};
pub use account_deletion::AccountDeletion;
pub use actor::{Actor, CallerId, CredentialId, Permission, Role};
pub use agent::{Agent, AgentFilter, AgentOrder, AgentOrderField, AgentStatus, RoutableAgent};
pub use analytics::{
    AgentAnalytics, Analytics, HandoffFlow, RoutingAnalytics, RunSumKey, RunSums, SumPeriods,
    TimeBuckets,
};
pub use answer::{CallExtra, FinishReason, ModelCall};
pub use audit::{AuditEntry, AuditFilter, AuditNote, Integrity};
pub use audit_chain::{AuditChain, AuditRow};
pub use audit_head::{AuditHead, AuditSeal, SealState};
pub use audit_key::{AuditKey, AuditKeys};
pub use budget::{BudgetScope, BudgetStatus, CallCost, Reservation};
pub use cached_server::{CachedServer, FoundTool, ToolText};
pub use canary::{Canary, CanaryState, CanarySubject, CanaryThresholds};
pub(crate) use canonical::canonical_json;
pub use citation::Citation;
pub use configuration::{ConfigurationEntry, Layer, Layers, Origin, built_in_defaults, layers_for};
pub use contact::{Activity, ActivityKind, Contact, ContactFilter};
pub use conversation::{
    Conversation, Message, MessageRole, MessageSection, PastMessage, Rating, split_at_question,
};
pub use conversation_list::{ConversationFilter, ConversationOrder, ConversationOrderField};
pub use conversation_update::{ConversationUpdate, TitleChange};
pub use diagnosis::{ConnectionUse, RedisServer, VectorExtension};
pub use durability::Durability;
pub use end_user::{EndUser, EndUserScope, EndUserSession, Session, SessionLimits};
pub use end_user_token::{EndUserToken, TokenId, TokenRevocation};
pub use erasure::Erasure;
pub use event::{Cursor, EventBody, RunEvent};
pub use handoff::{
    AgentSwitch, CarriedContext, ContextItem, ContextItemKind, ContextPolicy, ContextTransfer,
    ConversationView, Handoff, HandoffInitiator, HandoffOutcome, HandoffSettings, HandoffSource,
    Switching, ToolResult, carry_context, carry_items, extract_summary, handoff_refusal,
    has_private, reason_text, transcript,
};
pub use id::{
    AccountId, ActivityId, AgentId, AuditId, CommentId, ContactId, ConversationId, DealId,
    DocumentId, EndUserId, ErasureId, EventId, HandoffId, Id, IdKind, IdentityProviderId, KeyId,
    LeadId, McpServerId, MessageId, NodeId, PassageId, PersonaItemId, PriceItemId, PriceListId,
    ProviderKeyId, QuoteId, RegisteredOperationId, RequestId, RouteCorrectionId, RunId, SessionId,
    TemplateId, TicketId, ToolCallId, WebhookId,
};
pub use identity_provider::{ClaimMap, IdentityProvider, SignatureAlgorithm};
pub use job::{Job, JobKind};
pub use key_use::{KeyUse, LONGEST_KEY_ID, is_key_id};
pub use knowledge::{
    ContentType, Document, DocumentStatus, MediaType, NumberedPassage, Passage, ScoredPassage,
};
pub use lead::{
    Criterion, Deal, DealFilter, DealStage, Finding, Judgement, Lead, LeadDecision, LeadFilter,
    LeadStage, lead_score,
};
pub use lineage::{LineSelection, Lineage, LineageRun};
pub use mcp_server::{McpServer, McpTransport, ServerScope, usable_tool};
pub use message_draft::MessageDraft;
pub use message_part::MessagePart;
pub use model_parameters::{ModelParameters, SystemRole, TokenField};
pub use money::{Currency, Percentage, Quantity};
pub use page::{Page, PageRequest, Position};
pub use persona::{
    NewPersonaItem, Persona, PersonaChange, PersonaDocument, PersonaDraft, PersonaItem,
    PersonaItemKind, PersonaItemText, PersonaOrigin, PersonaProfile, PersonaSource, PersonaState,
    PersonaStyle, PersonaVersion, RemovedItem,
};
pub use policy::Operation;
pub use provider_key::{ModelProvider, ProviderKey};
pub use public_access::{AnonymousCaller, PublicAccess};
pub use quota::{Quotas, Resource, TierQuotas};
pub use quote::{
    Calculation, PriceItem, PriceList, Quote, QuoteFilter, QuoteLine, QuoteStatus, VolumePrice,
};
pub use rated_answer::{RatedAnswer, RatedAnswerFilter};
pub use registered_operation::{EndUserOperations, RegisteredOperation};
pub use route_correction::{
    AcceptedCorrection, RouteCorrection, RouteCorrectionCause, RouteCorrectionFilter,
    RouteCorrectionStatus, SkillAssignment, SkillExample,
};
pub use row_security::RowSecurity;
pub use run::{Lease, Route, RouteCandidate, RouteOutcome, RouteReason, Run, RunError, RunStatus};
pub use run_list::RunFilter;
pub use run_step::RunStep;
pub use schema::{
    CompiledSchema, OfferedSchema, RenamedProperties, check_against, offered_schema,
    tool_schema_problem, without_excess_nulls,
};
pub use sealed_column::{ResealedValue, SealedColumn, SealedValue};
pub use secret::Secret;
pub use template::{
    LatencyClass, PricingTier, Prompts, Skill, Template, TemplateSpec, TierLimit, VectorStoreKind,
    template_file_problems,
};
pub use text::{check_json, check_name, check_text, check_title};
pub(crate) use text::{excerpt, nearest};
pub use ticket::{Comment, Ticket, TicketFilter, TicketPriority, TicketState};
pub use token_claims::{TokenClaims, TokenIdentity, TokenTimes};
pub use tool::{ToolDefinition, ToolGrant, ToolPolicy};
pub use tool_approval::{GrantPolicy, ReadableArgument, ToolApprover, readable_arguments};
pub use tool_call::{ApprovalFilter, ToolCall, ToolCallStatus, arguments_digest};
pub use tool_definition::{LARGEST_DEFINITION, tool_schemas_problem, tool_shape_problem};
pub use tool_pin::{ToolPin, ToolPinning};
pub use toolset::{AgentTool, OWN_TOOLS, TOOLSETS, tools_of};
pub use trace::{GenAiConventions, SpanId, TraceId};
pub use training_consent::ConsentChange;
pub use usage::{DateRange, Usage, UsageGroup, UsageKey, UsageReport, UsageRow, UsageShare};
pub use vector_config::{MigrationState, VectorConfig, VectorMigration, VectorRole};
pub use webhook::{
    AccountEvent, AccountEventKind, Webhook, WebhookChange, WebhookSecret, WebhookStatus,
};
pub use workflow::{
    CaseAction, CaseState, Comparison, HeardCase, HeardFinding, HeardLead, HeardMatrix, HeardPlan,
    KeptState, LeadState, PriceGuard, PriceSources, PriorityRules, ReportSource, ReportState,
    ResearchLimits, SourceGuard, SubQuestion, TextGuard, Workflow, client_schema, discount_problem,
    facts_of, read_only_problems, sales_discount, tells_of_case, tells_of_person, with_state,
};
