//! What agents may be given to know, and what searching it may take.

use super::reader::Section;

/// A mebibyte.
const MEBIBYTE: usize = 1024 * 1024;

/// Knowledge; section `knowledge` of `app.yaml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnowledgeConfig {
    /// `TROUPE_KNOWLEDGE_LARGEST_DOCUMENT_MIB`: the largest document that is fetched from the web. Default: 32 MiB.
    pub largest_document_mib: usize,
    /// `TROUPE_KNOWLEDGE_VECTOR_MEMORY_MIB`: what the embedded vector store keeps in memory. Default: 256 MiB.
    pub vector_memory_mib: usize,
}

impl KnowledgeConfig {
    /// The largest document that is fetched, bytes.
    pub fn largest_document(&self) -> usize {
        self.largest_document_mib * MEBIBYTE
    }

    /// What the embedded vector store keeps in memory, bytes.
    pub fn vector_memory(&self) -> usize {
        self.vector_memory_mib * MEBIBYTE
    }

    pub(super) fn read(section: &mut Section<'_, '_>) -> Self {
        Self {
            largest_document_mib: section
                .number("largest_document_mib", 1..=1_024)
                .unwrap_or(32),
            vector_memory_mib: section
                .number("vector_memory_mib", 1..=1_048_576)
                .unwrap_or(256),
        }
    }
}
