//! Implementations of the ports, one folder per external system; [`model_provider`] is what the APIs of models share.

pub mod anthropic;
pub mod embedded;
pub mod jwt;
pub mod mcp;
pub mod memory;
pub mod model_provider;
pub mod openai;
pub mod otlp;
pub mod pinecone;
pub mod redis;
#[cfg(test)]
mod tests;
pub mod text;
pub mod vault;
pub mod web;
