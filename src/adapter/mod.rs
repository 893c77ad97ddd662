//! Implementations of the ports, one folder per external system.

pub mod embedded;
pub mod mcp;
pub mod memory;
pub mod openai;
pub mod pinecone;
pub mod redis;
#[cfg(test)]
mod tests;
pub mod text;
pub mod vault;
pub mod web;
