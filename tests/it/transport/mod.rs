//! What every transport promises, and what none of them lets through.

mod account;
mod connection;
mod document;
mod http;
mod stream;
mod support;
mod token;
mod websocket;
