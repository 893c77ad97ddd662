//! The queries, one file per group of nouns.

mod agent;
mod chat;
mod platform;
mod registered_operation;
mod route_correction;
mod run;
mod session;
mod tool;
mod webhook;

use async_graphql::MergedObject;

use self::{
    agent::AgentQueries, chat::ChatQueries, platform::PlatformQueries,
    registered_operation::RegisteredOperationQueries, route_correction::RouteCorrectionQueries,
    run::RunQueries, session::EndUserQueries, tool::ToolQueries, webhook::WebhookQueries,
};

/// The queries of the API.
#[derive(MergedObject, Default)]
pub struct Query(
    PlatformQueries,
    AgentQueries,
    ToolQueries,
    ChatQueries,
    EndUserQueries,
    RegisteredOperationQueries,
    RouteCorrectionQueries,
    RunQueries,
    WebhookQueries,
);
