//! The mode of PostgreSQL's row-level security.

/// Whether the statements of a process say whose rows they are about, and whether the database must enforce it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum RowSecurity {
    /// They do not.
    #[default]
    Off,
    /// They do, and the database may enforce it: for the time in which it is switched on or off.
    Prepared,
    /// They do, and a process does not start unless the database enforces it for its role.
    Required,
}
