//! What every implementation of a port must do; each of them runs these cases in its own tests.

mod run_log;
mod vector_store;

pub(crate) use run_log::{append, of_run_log};
pub(crate) use vector_store::of_vector_store;
