//! Documents made to do harm: each is read in a process of its own, and at most that process fails.

mod formats;
mod generated;
mod isolation;
mod pdf;
mod public;
mod structure;
mod uploads;

use std::time::Duration;

use troupe::adapter::text::{DocumentProcessOptions, DocumentProcesses};

/// Reads documents with the program of this build.
fn processes(memory_mib: u32, time: Duration, at_once: u32) -> DocumentProcesses {
    DocumentProcesses::new(DocumentProcessOptions {
        program: env!("CARGO_BIN_EXE_troupe").into(),
        memory_mib,
        time,
        total_memory_mib: at_once * memory_mib,
    })
}
