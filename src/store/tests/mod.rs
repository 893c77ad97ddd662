//! The store on real databases: a fresh one per test, SQLite always, PostgreSQL where there is one.

mod account;
mod agent;
mod connection;
mod conversation;
mod event;
mod fixture;
mod isolation;
mod lease;
mod message;
mod page;
mod run;
mod run_log;
mod schema;
mod template;
mod writes;
