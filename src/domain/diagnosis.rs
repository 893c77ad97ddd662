//! The state of the systems that a process needs, as an operator checks it before a start.

/// The connections of a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectionUse {
    /// The maximum number of connections of all clients together that are no superusers.
    pub available: u64,
    /// The number of other processes of Troupe that are connected to this database.
    pub processes: u64,
}

/// The state of pgvector in a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VectorExtension {
    /// The extension and its tables are there.
    Present,
    /// The server has the extension, and the database does not use it.
    Available,
    /// The server does not have the extension.
    Missing,
}

/// What a Redis reports about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedisServer {
    /// The version, e.g. `7.2.4`.
    pub version: String,
    /// What Redis does when its memory is full, e.g. `noeviction`.
    pub policy: String,
    /// The memory limit in bytes; 0 without one.
    pub memory_limit: u64,
}
