//! The GraphQL schema, one file per noun. A resolver gets the caller, calls one service and wraps the result.

mod account;
mod account_deletion;
mod agent;
mod agent_input;
mod agent_version;
mod alternative;
mod analytics;
mod api_key;
mod audit;
mod availability;
mod big_int;
mod billing;
mod capabilities;
mod connection;
mod context;
mod conversation;
mod conversation_change;
mod conversation_input;
mod document;
mod document_validator;
mod end_user_fields;
mod erasure;
mod error;
mod error_code;
mod event;
mod event_end;
mod fast_path;
mod handoff;
mod identity_provider;
mod loader;
mod mcp_server;
mod mcp_server_input;
mod message;
mod message_part;
mod mutation;
mod node;
mod persona;
mod provider_key;
mod public_agent;
mod query;
mod rate_limit;
mod registered_operation;
mod route;
mod route_correction;
mod run;
mod run_list;
mod session;
mod source;
mod subscription;
mod suspension;
mod template;
mod tool;
mod tool_approval;
mod tool_call;
mod tool_grant;
mod upload;
mod usage;
mod vector_store;
mod webhook;

use std::sync::Arc;

use async_graphql::{Request, Schema, SchemaBuilder};

pub(crate) use context::NO_CREDENTIALS;
pub(crate) use document_validator::DocumentValidator;
pub use end_user_fields::END_USER_FIELDS;
pub(crate) use end_user_fields::{ANONYMOUS_FIELDS, anonymous_operations, end_user_operations};
pub use error::public_error;
pub use fast_path::{
    PieceSelections, SubscriptionResponse, SubscriptionResponses, TokenResponse,
    WaitingSubscription,
};
pub use mutation::Mutation;
pub use query::Query;
pub use subscription::Subscription;
pub(crate) use upload::Upload;

use crate::{
    domain::{Actor, AnonymousCaller},
    service::Services,
};

/// The schema of the GraphQL API.
pub type ApiSchema = Schema<Query, Mutation, Subscription>;

/// The schema together with the services that its resolvers call.
#[derive(Clone)]
pub struct Api {
    /// The executable schema, without any request data.
    pub schema: ApiSchema,
    services: Arc<Services>,
}

/// The cursor of the last event that a client has received, which it reports when it reconnects (`Last-Event-ID`).
#[derive(Debug, Clone)]
pub struct LastEventId(pub String);

impl Api {
    /// The API over these use cases.
    pub fn new(services: Arc<Services>) -> Self {
        Self {
            schema: schema(),
            services,
        }
    }

    /// Adds the services to a request, and the caller: the actor and the loaders of its tenant, or, without credentials, what
    /// is known of `anonymous`.
    pub fn prepare(
        &self,
        request: Request,
        actor: Option<Actor>,
        anonymous: AnonymousCaller,
    ) -> Request {
        let services = Arc::clone(&self.services);
        let request = request.data(Arc::clone(&services));
        match actor {
            Some(actor) => request.data(loader::Loaders::new(services, actor)),
            None => request.data(anonymous),
        }
    }

    /// Runs a subscription. The stream produces each response only when it is polled.
    pub fn subscribe(&self, request: Request) -> SubscriptionResponses {
        fast_path::SubscriptionResponses::of(&self.schema, request)
    }
}

/// Builds the schema without services. The transport limits the depth and size of documents before they reach it.
pub fn schema() -> ApiSchema {
    schema_builder().finish()
}

fn schema_builder() -> SchemaBuilder<Query, Mutation, Subscription> {
    Schema::build(Query::default(), Mutation::default(), Subscription)
        .register_output_type::<node::Node>()
        .register_output_type::<event::RunEvent>()
}

/// The schema definition language, as in `schema.graphql` and in the output of `troupe schema`.
pub fn sdl() -> String {
    schema().sdl_with_options(
        async_graphql::SDLExportOptions::new()
            .sorted_arguments()
            .include_specified_by(),
    )
}
