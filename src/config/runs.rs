//! Leases, attempts and limits of runs, and the shutdown.

use std::time::Duration;

use chrono::TimeDelta;

use super::reader::Section;

/// Runs; section `runs` of `app.yaml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunsConfig {
    /// `TROUPE_RUNS_LEASE_SECONDS`: the silence of an owner after which another process takes over its run, within two
    /// more seconds. Default: 12 seconds.
    pub lease_seconds: u64,
    /// `TROUPE_RUNS_HEARTBEAT_SECONDS`: the interval at which an owner renews its lease; at most half of the lease.
    /// Default: 4 seconds.
    pub heartbeat_seconds: u64,
    /// `TROUPE_RUNS_DEADLINE_SECONDS`: the time limit of one attempt of a run. Default: 600 seconds.
    pub deadline_seconds: u64,
    /// `TROUPE_RUNS_CONCURRENT`: the maximum number of concurrent runs of one process. Default: 256.
    pub concurrent: usize,
    /// `TROUPE_RUNS_CONCURRENT_PER_ACCOUNT`: the maximum of these for one account; its other runs wait. Default: 64.
    pub concurrent_per_account: usize,
    /// `TROUPE_RUNS_ATTEMPTS`: the maximum number of attempts of a run. Default: 3.
    pub attempts: i32,
    /// `TROUPE_RUNS_RETENTION_HOURS`: the time for which a run's events stay readable after its end; its message stays
    /// for ever. Default: 24 hours.
    pub retention_hours: u64,
    /// `TROUPE_RUNS_MAX_OUTPUT_TOKENS`: the maximum length of an answer, whatever an agent's settings are. Default:
    /// 4096 tokens.
    pub max_output_tokens: usize,
    /// `TROUPE_RUNS_TOOL_ROUNDS`: the maximum number of steps with tool calls for one answer; then the model must
    /// answer. Default: 10.
    pub tool_rounds: usize,
    /// `TROUPE_RUNS_DOCUMENT_WAIT_SECONDS`: the maximum time that an answer of the embedded model waits for documents of
    /// its agent that are being read. Default: 20 seconds.
    pub document_wait_seconds: u64,
    /// `TROUPE_RUNS_APPROVAL_SECONDS`: the time for which a tool call waits for a person's decision. Default: 86400
    /// seconds, a day.
    pub approval_seconds: u64,
    /// `TROUPE_RUNS_HANDOFFS`: the maximum number of times that agents may hand one question over. Default: 3.
    pub handoffs: usize,
    /// `TROUPE_RUNS_ROUTING_MARGIN_PERCENT`: the difference between the probabilities of the two best agents below which a
    /// model decides between them, where the account allows it. Default: 20 percentage points.
    pub routing_margin_percent: u32,
    /// `TROUPE_RUNS_ROUTING_MILLISECONDS`: the maximum time that a message waits for this decision. Default: 3000
    /// milliseconds.
    pub routing_milliseconds: u64,
}

impl RunsConfig {
    /// The duration of a lease, for calculations with timestamps.
    pub fn lease(&self) -> TimeDelta {
        TimeDelta::seconds(i64::try_from(self.lease_seconds).unwrap_or(i64::MAX))
    }

    /// The duration of a lease, for waiting.
    pub fn longest_silence(&self) -> Duration {
        Duration::from_secs(self.lease_seconds)
    }

    /// The time for which a run's events are kept after its end.
    pub fn retention(&self) -> TimeDelta {
        TimeDelta::hours(i64::try_from(self.retention_hours).unwrap_or(i64::MAX))
    }

    /// The time for which a tool call waits for a person's decision.
    pub fn approval(&self) -> TimeDelta {
        TimeDelta::seconds(i64::try_from(self.approval_seconds).unwrap_or(i64::MAX))
    }

    /// The maximum wait for documents that are being read.
    pub fn document_wait(&self) -> Duration {
        Duration::from_secs(self.document_wait_seconds)
    }

    /// The interval at which an owner renews its lease.
    pub fn heartbeat(&self) -> Duration {
        Duration::from_secs(self.heartbeat_seconds)
    }

    /// The difference of probabilities below which a model decides between two agents.
    pub fn routing_margin(&self) -> f64 {
        f64::from(self.routing_margin_percent) / 100.0
    }

    /// The maximum time that a message waits for a model's decision between two agents.
    pub fn routing_patience(&self) -> Duration {
        Duration::from_millis(self.routing_milliseconds)
    }

    /// The time limit of one attempt.
    pub fn deadline(&self) -> Duration {
        Duration::from_secs(self.deadline_seconds)
    }

    pub(super) fn read(section: &mut Section<'_, '_>) -> Self {
        let runs = Self {
            lease_seconds: section.number("lease_seconds", 2..=3_600).unwrap_or(12),
            heartbeat_seconds: section.number("heartbeat_seconds", 1..=1_800).unwrap_or(4),
            deadline_seconds: section
                .number("deadline_seconds", 1..=86_400)
                .unwrap_or(600),
            concurrent: section.number("concurrent", 1..=100_000).unwrap_or(256),
            concurrent_per_account: section
                .number("concurrent_per_account", 1..=100_000)
                .unwrap_or(64),
            attempts: section.number("attempts", 1..=20).unwrap_or(3),
            retention_hours: section.number("retention_hours", 1..=87_600).unwrap_or(24),
            max_output_tokens: section
                .number("max_output_tokens", 1..=200_000)
                .unwrap_or(4_096),
            tool_rounds: section.number("tool_rounds", 1..=100).unwrap_or(10),
            document_wait_seconds: section
                .number("document_wait_seconds", 0..=600)
                .unwrap_or(20),
            approval_seconds: section
                .number("approval_seconds", 1..=2_592_000)
                .unwrap_or(86_400),
            handoffs: section.number("handoffs", 0..=20).unwrap_or(3),
            routing_margin_percent: section
                .number("routing_margin_percent", 0..=100)
                .unwrap_or(20),
            routing_milliseconds: section
                .number("routing_milliseconds", 100..=30_000)
                .unwrap_or(3_000),
        };
        if runs.heartbeat_seconds * 2 > runs.lease_seconds {
            section.problem(
                "heartbeat_seconds",
                &format!(
                    "{} with a lease of {}: one lost heartbeat would lose the run, expected at most half of \
                     runs.lease_seconds",
                    runs.heartbeat_seconds, runs.lease_seconds
                ),
            );
        }
        runs
    }
}

/// The shutdown; section `shutdown` of `app.yaml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShutdownConfig {
    /// `TROUPE_SHUTDOWN_DRAIN_SECONDS`: the time after the signal for which runs may still finish. Default: 10 seconds.
    pub drain_seconds: u64,
    /// `TROUPE_SHUTDOWN_DEADLINE_SECONDS`: the time after the signal at which the program must have ended. Default: 25
    /// seconds, below the 30 seconds that platforms usually wait.
    pub deadline_seconds: u64,
}

impl ShutdownConfig {
    pub(super) fn read(section: &mut Section<'_, '_>) -> Self {
        let shutdown = Self {
            drain_seconds: section.number("drain_seconds", 0..=3_600).unwrap_or(10),
            deadline_seconds: section.number("deadline_seconds", 1..=3_600).unwrap_or(25),
        };
        if shutdown.drain_seconds >= shutdown.deadline_seconds {
            section.problem(
                "drain_seconds",
                &format!(
                    "{} with a deadline of {}: nothing would be left to close connections, expected less than \
                     shutdown.deadline_seconds",
                    shutdown.drain_seconds, shutdown.deadline_seconds
                ),
            );
        }
        shutdown
    }
}
