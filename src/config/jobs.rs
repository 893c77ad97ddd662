//! Background jobs: ingestion, moves of vectors, and cleaning up.

use std::time::Duration;

use super::reader::Section;

/// Background jobs; section `jobs` of `app.yaml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobsConfig {
    /// `TROUPE_JOBS_CONCURRENT`: the maximum number of concurrent jobs of one process. Default: 4.
    pub concurrent: usize,
    /// `TROUPE_JOBS_CONCURRENT_PER_ACCOUNT`: the maximum of these for one account, so that a flood of one account does
    /// not delay the others. Default: 2.
    pub concurrent_per_account: usize,
    /// `TROUPE_JOBS_LEASE_SECONDS`: the time after which another process takes over a job whose owner is silent.
    /// Default: 12 seconds.
    pub lease_seconds: u64,
    /// `TROUPE_JOBS_ATTEMPTS`: the number of failures without progress after which a job is given up. Default: 8.
    pub attempts: i32,
}

impl JobsConfig {
    /// The time after which another process takes over a job whose owner is silent.
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
