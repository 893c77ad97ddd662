//! The tables as `SeaORM` entities: columns and relations, nothing else.
//!
//! One file per table, named by the noun that the other crates use. A table that belongs to an account has
//! `account_id`, and a reference to another row of the account is the pair `(account_id, x_id)`, so that the database
//! refuses a row that mixes two tenants. Ids are `UUIDv7` made by the services; times are UTC in whole microseconds.
//! Only `store` names this crate.
#![expect(
    clippy::disallowed_methods,
    reason = "the derives write loaders that begin queries; `store/scoped.rs` is where ours begin"
)]
#![expect(
    clippy::struct_field_names,
    reason = "a run's `model` is the chat model that it used; `Model` is `SeaORM`'s word for a row"
)]
#![expect(
    missing_docs,
    reason = "a column's name and type say it; what they do not say is written beside it"
)]

pub mod account;
pub mod account_deletion;
pub mod account_event;
pub mod activity;
pub mod agent;
pub mod api_key;
pub mod audit_entry;
pub mod budget_hold;
pub mod contact;
pub mod conversation;
pub mod conversation_context;
pub mod deal;
pub mod document;
pub mod document_content;
pub mod document_words;
pub mod end_user;
pub mod erasure;
pub mod handoff;
pub mod health_probe;
pub mod identity_provider;
pub mod job;
pub mod lead;
pub mod mcp_server;
pub mod message;
pub mod message_source;
pub mod passage;
pub mod persona;
pub mod persona_version;
pub mod price_item;
pub mod price_list;
pub mod provider_key;
pub mod public_agent;
pub mod public_origin;
pub mod quote;
pub mod quote_line;
pub mod rating;
pub mod registered_operation;
pub mod route_correction;
pub mod run;
pub mod run_event;
pub mod run_record;
pub mod run_step;
pub mod run_sum;
pub mod session;
pub mod template;
pub mod ticket;
pub mod ticket_comment;
pub mod tool_call;
pub mod tool_effect;
pub mod tool_grant;
pub mod usage_record;
pub mod vector;
pub mod vector_collection;
pub mod vector_db_config;
pub mod webhook;
pub mod worker;
pub mod workflow_state;
