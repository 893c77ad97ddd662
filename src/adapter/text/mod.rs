//! Extracts the text of documents with the crate `documents`, each document in a process of its own.
//!
//! Documents are untrusted, so reading has two limits. When the process ([`DocumentProcesses`]) exceeds its memory or time,
//! only this process ends. Inside the process, a [`documents::Budget`] of time, text and decompressed bytes reports most
//! excesses precisely, before the process is killed.

mod child;
mod confine;
mod processes;
mod wire;

pub use child::{DocumentRequest, read_document};
pub use processes::{DocumentProcessOptions, DocumentProcesses};
