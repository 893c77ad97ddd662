//! When a model that keeps failing is not asked for a while.

use std::time::Duration;

use crate::config::reader::Section;

/// The circuit breaker of each model behind an API; section `models.breaker` of `app.yaml`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakerConfig {
    /// `failures`: the number of consecutive failures that open the circuit. Default: 5.
    pub failures: u32,
    /// `open_seconds`: how long an open circuit refuses requests before one of them is a trial. Default: 15 seconds.
    pub open_seconds: u64,
}

impl BreakerConfig {
    pub(super) fn read(models: &mut Section<'_, '_>) -> Self {
        models.section("breaker", |section| Self {
            failures: section.number("failures", 1..=1_000).unwrap_or(5),
            open_seconds: section.number("open_seconds", 1..=3_600).unwrap_or(15),
        })
    }

    /// How long an open circuit refuses requests.
    pub fn rest(&self) -> Duration {
        Duration::from_secs(self.open_seconds)
    }
}
