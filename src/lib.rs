//! Troupe: a multi-tenant platform for AI agents behind one GraphQL API.
//!
//! The map of this tree, in the order in which a request passes through it: [`http`] → [`graphql`] → [`service`] →
//! [`store`] and [`engine`] → [`port`] ← [`adapter`]. [`knowledge`] holds the agents' documents, for both `service` and
//! `engine`; [`jobs`] runs background work; [`toolbox`] has the built-in MCP servers. All of them may name [`domain`]
//! and [`error`]. [`app`] composes them and is the only module that knows them all.

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
