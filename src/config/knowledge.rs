//! Limits of agents' knowledge and its search.

use std::time::Duration;

use super::reader::Section;

/// Bytes of a mebibyte.
const MEBIBYTE: usize = 1024 * 1024;

/// Knowledge; section `knowledge` of `app.yaml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnowledgeConfig {
    /// `TROUPE_KNOWLEDGE_LARGEST_DOCUMENT_MIB`: the maximum size of a document from the web, and of a file that is
    /// sent. Default: 32 MiB.
    pub largest_document_mib: usize,
    /// `TROUPE_KNOWLEDGE_DOCUMENT_MEMORY_MIB`: the memory limit of the child process that reads one document. Default:
    /// 512 MiB.
    pub document_memory_mib: u32,
    /// `TROUPE_KNOWLEDGE_DOCUMENT_SECONDS`: the limit of CPU time for reading one document; the elapsed
    /// time is limited to twice as much. Default: 60 seconds.
    pub document_seconds: u64,
    /// `TROUPE_KNOWLEDGE_READING_MEMORY_MIB`: the memory limit of all documents that are read at the same time; others
    /// wait. At least `document_memory_mib`. Default: twice as much as that.
    pub reading_memory_mib: u32,
    /// `TROUPE_KNOWLEDGE_VECTOR_MEMORY_MIB`: the maximum size of the embedded vector store's cache. Default: 256 MiB.
    pub vector_memory_mib: usize,
}

impl KnowledgeConfig {
    /// The maximum size of a document from the web, in bytes.
    pub fn largest_document(&self) -> usize {
        self.largest_document_mib * MEBIBYTE
    }

    /// The maximum size of the embedded vector store's cache, in bytes.
    pub fn vector_memory(&self) -> usize {
        self.vector_memory_mib * MEBIBYTE
    }

    /// The limit of CPU time for reading one document.
    pub fn document_time(&self) -> Duration {
        Duration::from_secs(self.document_seconds)
    }

    pub(super) fn read(section: &mut Section<'_, '_>) -> Self {
        let document_memory_mib = section
            .number("document_memory_mib", 64..=65_536)
            .unwrap_or(512);
        let knowledge = Self {
            largest_document_mib: section
                .number("largest_document_mib", 1..=1_024)
                .unwrap_or(32),
            document_memory_mib,
            document_seconds: section.number("document_seconds", 1..=3_600).unwrap_or(60),
            reading_memory_mib: section
                .number("reading_memory_mib", 64..=1_048_576)
                .unwrap_or(2 * document_memory_mib),
            vector_memory_mib: section
                .number("vector_memory_mib", 1..=1_048_576)
                .unwrap_or(256),
        };
        if knowledge.reading_memory_mib < knowledge.document_memory_mib {
            section.problem(
                "reading_memory_mib",
                &format!(
                    "{} with documents of {}: no document could be read, expected at least \
                     knowledge.document_memory_mib",
                    knowledge.reading_memory_mib, knowledge.document_memory_mib
                ),
            );
        }
        knowledge
    }
}
