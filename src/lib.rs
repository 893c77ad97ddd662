//! Troupe: a multi-tenant platform for AI agents behind one GraphQL API.
//!
//! The map of this tree, in the order in which a request passes through it: [`http`] → [`graphql`] → [`service`] →
//! [`store`] and [`engine`] → [`port`] ← [`adapter`]. [`knowledge`] holds the agents' documents, for both `service` and
//! `engine`; [`persona`] builds the profiles of digital experts; [`erasure`] erases end users; [`jobs`] runs background work; [`toolbox`] has the
//! built-in MCP servers; [`webhooks`] sends the events of accounts. All of them may name [`domain`] and [`error`]. [`app`] composes them and is the only module that knows them all.

pub mod adapter;
pub mod app;
pub mod config;
pub mod domain;
pub mod engine;
pub mod erasure;
pub mod error;
pub mod graphql;
pub mod http;
pub mod idle_timeout;
pub mod jobs;
pub mod knowledge;
pub mod live;
pub mod metrics;
pub mod outgoing;
pub mod persona;
pub mod port;
pub mod redaction;
pub mod routing;
pub mod schema_checker;
pub mod service;
pub mod store;
pub mod text_analysis;
pub mod toolbox;
pub mod webhooks;
