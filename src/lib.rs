//! Troupe: a multi-tenant platform for AI agents behind one GraphQL API.
//!
//! The map of this tree, in the order a request meets it: [`http`] → [`graphql`] → [`service`] → [`store`] and
//! [`engine`] → [`port`] ← [`adapter`]. What agents know is in [`knowledge`], which both ask, and what is done in the
//! background in [`jobs`]; the MCP servers that come with us are in [`toolbox`]. All of them may name [`domain`] and [`error`]. [`app`] joins them and is the
//! only one that knows them all.

pub mod adapter;
pub mod app;
mod checks;
pub mod config;
pub mod dev;
pub mod dev_key;
pub mod domain;
pub mod engine;
pub mod error;
pub mod graphql;
pub mod http;
pub mod jobs;
pub mod knowledge;
mod knowledge_parts;
mod models;
pub mod operator;
pub mod outgoing;
pub mod patience;
pub mod port;
pub mod schema_checker;
pub mod service;
mod shared;
pub mod store;
pub mod tool_parts;
pub mod toolbox;
pub mod watchdog;
