//! What every transport promises, and what none of them lets through.

mod account;
mod bodies;
mod connection;
mod document;
mod http;
mod places;
mod rates;
mod raw;
mod stream;
mod support;
mod token;
mod websocket;
