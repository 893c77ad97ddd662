//! What every request to another system needs: one failure type, one retry policy, one reader of `Retry-After` and one
//! bounded body.
//!
//! Adapters of model providers, Pinecone, MCP servers and web pages add only what is special to their system: which
//! statuses mean what, and the message for the caller.

mod body;
mod failure;
mod retry;
mod retry_after;

pub use body::{BodyFailure, BodyLimits, read_body};
pub use failure::OutgoingFailure;
pub use retry::RetryPolicy;
pub use retry_after::{parse_seconds, retry_after};
