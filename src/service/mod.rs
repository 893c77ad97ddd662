//! The use cases, one file per noun.

mod access;

pub use access::{Access, Credentials};
