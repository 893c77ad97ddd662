//! The contract of every transport, and the attacks that each must refuse.

mod account;
mod bodies;
mod connection;
mod document;
mod event_stream;
mod http;
mod origin;
mod places;
mod rates;
mod raw;
mod shared_run;
mod stream;
mod support;
mod token;
mod websocket;
