//! What agents may be given to know, and what searching it may take.

use std::time::Duration;

use super::reader::Section;

/// A mebibyte.
const MEBIBYTE: usize = 1024 * 1024;

/// Knowledge; section `knowledge` of `app.yaml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnowledgeConfig {
    /// `TROUPE_KNOWLEDGE_LARGEST_DOCUMENT_MIB`: the largest document that is fetched from the web. Default: 32 MiB.
    pub largest_document_mib: usize,
    /// `TROUPE_KNOWLEDGE_DOCUMENT_MEMORY_MIB`: the memory that reading one document may take, in a process of its own.
    /// Default: 512 MiB.
    pub document_memory_mib: u32,
    /// `TROUPE_KNOWLEDGE_DOCUMENT_SECONDS`: how long reading one document may take, by the clock and of one processor.
    /// Default: 60 seconds.
    pub document_seconds: u64,
    /// `TROUPE_KNOWLEDGE_READING_MEMORY_MIB`: the memory of all documents that are read at once; the others wait. At
    /// least `document_memory_mib`. Default: twice as much as that.
    pub reading_memory_mib: u32,
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

    /// How long reading one document may take.
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
