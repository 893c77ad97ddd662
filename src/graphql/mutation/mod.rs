//! The mutations, one file per group of nouns. Each mutation has one input and one payload type.

mod account;
mod agent;
mod alternative;
mod chat;
mod erasure;
mod identity_provider;
mod persona;
mod public_agent;
mod registered_operation;
mod route_correction;
mod session;
mod tool;
mod webhook;

use async_graphql::MergedObject;

use self::{
    account::AccountMutations, agent::AgentMutations, alternative::AlternativeMutations,
    chat::ChatMutations, erasure::ErasureMutations, identity_provider::IdentityProviderMutations,
    persona::PersonaMutations, public_agent::PublicAgentMutations,
    registered_operation::RegisteredOperationMutations, route_correction::RouteCorrectionMutations,
    session::SessionMutations, tool::ToolMutations, webhook::WebhookMutations,
};

/// The mutations of the API.
#[derive(MergedObject, Default)]
pub struct Mutation(
    AccountMutations,
    AgentMutations,
    PersonaMutations,
    ToolMutations,
    ChatMutations,
    AlternativeMutations,
    SessionMutations,
    IdentityProviderMutations,
    PublicAgentMutations,
    RegisteredOperationMutations,
    RouteCorrectionMutations,
    ErasureMutations,
    WebhookMutations,
);
