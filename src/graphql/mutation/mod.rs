//! The mutations, a file per group of nouns: one input, one payload each.

mod account;
mod agent;
mod chat;
mod tool;

use async_graphql::MergedObject;

use self::{
    account::AccountMutations, agent::AgentMutations, chat::ChatMutations, tool::ToolMutations,
};

/// What can be changed.
#[derive(MergedObject, Default)]
pub struct Mutation(
    AccountMutations,
    AgentMutations,
    ToolMutations,
    ChatMutations,
);
