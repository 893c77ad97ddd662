//! The integration tests, through the public protocol only: on SQLite, and on PostgreSQL when
//! `TROUPE_TEST_DATABASE_URL` is set; within each process, and over Redis when `TROUPE_TEST_REDIS_URL` is set.
// a test's future contains those of the whole program
#![recursion_limit = "256"]
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a broken test should stop"
)]

mod access;
mod account;
mod agent;
mod analytics;
mod answers;
mod authorization;
mod availability;
mod caller;
mod cancel;
mod chat;
mod configuration;
mod conversation;
mod conversations;
mod demo;
mod documents;
mod end_users;
mod erasure;
mod evals;
mod faults;
mod handoffs;
mod identity_providers;
mod isolation;
mod keys;
mod knowledge;
mod lists;
mod mcp;
mod mcp_habits;
mod models;
mod node;
mod observability;
mod operator;
mod persona;
#[expect(dead_code, reason = "the adapter's own tests use all of it")]
#[path = "../pinecone/mod.rs"]
mod pinecone;
mod ports;
mod processes;
mod quotas;
mod registry;
mod rest;
mod restart;
mod resume;
mod routing;
mod row_security;
mod runs;
mod schema;
mod support;
mod suspension;
mod template;
mod tidy;
mod tools;
mod training_export;
mod transport;
mod upstreams;
mod usage;
mod versions;
mod webhooks;
mod workflows;
