//! The queries, one file per group of nouns.

mod agent;
mod chat;
mod platform;
mod route_correction;
mod session;
mod tool;

use async_graphql::MergedObject;

use self::{
    agent::AgentQueries, chat::ChatQueries, platform::PlatformQueries,
    route_correction::RouteCorrectionQueries, session::EndUserQueries, tool::ToolQueries,
};

/// The queries of the API.
#[derive(MergedObject, Default)]
pub struct Query(
    PlatformQueries,
    AgentQueries,
    ToolQueries,
    ChatQueries,
    EndUserQueries,
    RouteCorrectionQueries,
);
