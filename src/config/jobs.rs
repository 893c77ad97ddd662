//! How background work is done: ingestion, moves of vectors, and what is cleared away.

use std::time::Duration;

use super::reader::Section;

/// Background work; section `jobs` of `app.yaml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobsConfig {
    /// `TROUPE_JOBS_CONCURRENT`: jobs that one process does at once. Default: 4.
    pub concurrent: usize,
    /// `TROUPE_JOBS_CONCURRENT_PER_ACCOUNT`: those of one account among them, so that nobody's flood is in everybody's
    /// way. Default: 2.
    pub concurrent_per_account: usize,
    /// `TROUPE_JOBS_LEASE_SECONDS`: a job is another process's when nothing was heard of its owner for so long.
    /// Default: 12 seconds.
    pub lease_seconds: u64,
    /// `TROUPE_JOBS_ATTEMPTS`: a job that failed so often without getting on is given up. Default: 8.
    pub attempts: i32,
}

impl JobsConfig {
    /// How long a job is its owner's when nothing more is heard of it.
    pub fn lease(&self) -> Duration {
        Duration::from_secs(self.lease_seconds)
    }

    pub(super) fn read(section: &mut Section<'_, '_>) -> Self {
        Self {
            concurrent: section.number("concurrent", 1..=256).unwrap_or(4),
            concurrent_per_account: section
                .number("concurrent_per_account", 1..=256)
                .unwrap_or(2),
            lease_seconds: section.number("lease_seconds", 1..=600).unwrap_or(12),
            attempts: section.number("attempts", 1..=100).unwrap_or(8),
        }
    }
}
