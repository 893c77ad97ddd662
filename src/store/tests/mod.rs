//! The store on real databases: a fresh one per test, SQLite always, PostgreSQL when one is configured.

mod account;
mod agent;
mod connection;
mod conversation;
mod erasure;
mod event;
mod fixture;
mod handoff;
mod hole;
mod identity_provider;
mod isolation;
mod journal;
mod lease;
mod message;
mod narrowing;
mod page;
mod persona;
mod provider_key;
mod rated_answer;
mod registry;
mod row_security;
mod run;
mod run_log;
mod schema;
#[path = "../../../tests/it/support/server.rs"]
mod server;
mod template;
mod tool_call;
mod toolbox;
mod vectors;
mod writes;
