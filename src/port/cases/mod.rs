//! Conformance tests of the ports. Each implementation runs them in its own tests.

mod run_log;
mod vector_store;

pub(crate) use run_log::{append, of_run_log};
pub(crate) use vector_store::of_vector_store;
