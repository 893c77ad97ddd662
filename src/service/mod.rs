//! Use cases, one file per noun. Every public function has the same order: authorize → validate → decide → persist →
//! announce. The services make ids and timestamps; the store writes them as given.

mod access;
mod account;
mod agent;
mod agent_input;
mod agent_settings;
mod agent_tool;
mod api_key;
mod audit;
mod audit_check;
mod audit_heads;
mod availability;
mod built_in_tool;
mod chat;
mod conversation;
mod credential;
mod document;
mod handoff;
mod identity_provider;
mod limits;
mod mcp_server;
mod message;
mod new_message;
mod operator;
mod persona;
mod problems;
mod provider_key;
mod relation;
mod route;
mod route_correction;
mod run;
mod run_events;
mod run_follower;
mod services;
mod session;
mod session_input;
mod setup;
mod tables;
mod template;
mod token_access;
mod tool_call;
mod tool_grant;
mod vector_store;

pub use access::{Access, Credentials};
pub use account::{AccountChange, AccountService, BudgetChange, CeilingChange, NewAccount};
pub use agent::AgentService;
pub use agent_input::{AgentChange, FallbackChange, NewAgent};
pub use agent_tool::{AgentAnswer, AgentToolService, Question};
pub use api_key::{ApiKeyService, MintedKey, NewApiKey};
pub use audit::AuditService;
pub use audit_check::AuditCheck;
pub use audit_heads::AuditHeads;
pub use availability::{Availability, AvailabilityCode, AvailabilityReason, AvailabilityService};
pub use built_in_tool::{BuiltInCall, BuiltInToolService};
pub use chat::ChatService;
pub use conversation::ConversationService;
pub use document::{DocumentInput, DocumentService};
pub use handoff::{HandoffInput, HandoffService};
pub use identity_provider::{IdentityProviderService, NewIdentityProvider};
pub use limits::Limits;
pub use mcp_server::{
    AccountsChange, CallTimeoutChange, Discovery, McpServerChange, McpServerService, NewMcpServer,
    TokenChange, ToolChanges,
};
pub use message::MessageService;
pub use new_message::NewMessage;
pub use operator::{operator_key_problem, reset_operator};
pub use persona::{PersonaInput, PersonaService, PersonaVersionView, PersonaView};
pub use provider_key::ProviderKeyService;
pub use relation::{RelationService, Relations};
pub use route::RouteService;
pub use route_correction::{CorrectionInput, RouteCorrectionService};
pub use run::RunService;
pub use run_events::{RunEventService, RunEvents};
pub use services::{ServiceParts, Services};
pub use session::{MintedSession, SessionRevocation, SessionService};
pub use session_input::NewSession;
pub use setup::SetupService;
pub use template::TemplateService;
pub use token_access::{TokenAccess, TokenSettings};
pub use tool_call::{Resolution, ToolCallService};
pub use tool_grant::{NewGrant, Revocation, ToolGrantService};
pub use vector_store::{VectorStoreChange, VectorStoreService};

use self::problems::refuse;
