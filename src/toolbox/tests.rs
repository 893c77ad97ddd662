//! The built-in servers on a real database.
