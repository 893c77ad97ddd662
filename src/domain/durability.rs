//! What the commits of a SQLite file survive.

/// What a commit to a SQLite file survives.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Durability {
    /// The end of every process, however it ends. When the machine loses power, the last commits can be lost.
    #[default]
    Process,
    /// A loss of power as well: each commit waits for the disk.
    Power,
}
