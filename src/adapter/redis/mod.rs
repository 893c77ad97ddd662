//! Redis 6.2 and newer: what several processes share while they live. What must outlive Redis is in the database.
//!
//! Streams and plain keys, never pub/sub: whoever was away a moment reads on where it was. Every key begins with the
//! installation's prefix, and a tenant's with its account after that.

mod connection;
mod run_event;
mod run_log;

pub use connection::RedisConnection;
pub use run_log::RedisRunLog;
