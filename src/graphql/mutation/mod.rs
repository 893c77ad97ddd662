//! The mutations, one file per group of nouns. Each mutation has one input and one payload type.

mod account;
mod agent;
mod chat;
mod persona;
mod tool;

use async_graphql::MergedObject;

use self::{
    account::AccountMutations, agent::AgentMutations, chat::ChatMutations,
    persona::PersonaMutations, tool::ToolMutations,
};

/// The mutations of the API.
#[derive(MergedObject, Default)]
pub struct Mutation(
    AccountMutations,
    AgentMutations,
    PersonaMutations,
    ToolMutations,
    ChatMutations,
);
