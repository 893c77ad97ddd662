//! What is counted of runs.

use std::time::Duration;

use super::{Counters, Histograms, MetricFamily, UsageMetrics};

/// The bounds of the time to the first token, in seconds.
const FIRST_TOKEN: &[f64] = &[
    0.05, 0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0, 60.0,
];
/// The bounds of the duration of runs and tool calls, in seconds.
pub(super) const DURATION: &[f64] = &[
    0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0,
];

/// The latency classes, as the API names them.
const CLASSES: [&str; 2] = ["INTERACTIVE", "DEEP"];
/// The values of the label `attempt`.
const FIRST: &str = "first";
const REPEATED: &str = "repeated";

/// The end of a run, as it is counted.
#[derive(Debug, Clone, Copy)]
pub struct EndedRun<'a> {
    /// The latency class, as the API names it.
    pub class: &'a str,
    /// The status of the run, as the API names it.
    pub status: &'a str,
    /// The code of the error, else the reason why the answer ended, else `NONE`.
    pub code: &'a str,
    /// The time to the first token, if there was one.
    pub first_token: Option<Duration>,
    /// The duration of the attempt that ended the run.
    pub duration: Option<Duration>,
}

/// The counts of runs in this process.
#[derive(Debug)]
pub struct RunMetrics {
    accepted: Counters<1>,
    attempts: Counters<2>,
    abandoned: Counters<1>,
    ended: Counters<3>,
    first_token: Histograms<1>,
    duration: Histograms<2>,
    leases_lost: Counters<0>,
    /// What runs use.
    pub usage: UsageMetrics,
}

impl Default for RunMetrics {
    fn default() -> Self {
        Self {
            accepted: Counters::new(
                "troupe_runs_accepted_total",
                "Messages that this process has stored with a run.",
                ["class"],
            )
            .starting_with(CLASSES.map(|class| [class])),
            attempts: Counters::new(
                "troupe_run_attempts_total",
                "Attempts at runs that this process has begun; repeated ones follow an attempt that did not end its run.",
                ["class", "attempt"],
            )
            .starting_with(CLASSES.into_iter().flat_map(|class| [[class, FIRST], [class, REPEATED]])),
            abandoned: Counters::new(
                "troupe_run_attempts_abandoned_total",
                "Attempts that this process gave up without an end of the run: a lost lease, a database or a log that did not answer.",
                ["class"],
            )
            .starting_with(CLASSES.map(|class| [class])),
            ended: Counters::new(
                "troupe_runs_ended_total",
                "Runs that this process has ended, by status and by the code of the error or the finish reason of the answer.",
                ["class", "status", "code"],
            )
            .starting_with(CLASSES.into_iter().flat_map(|class| {
                [[class, "SUCCEEDED", "BUDGET"], [class, "FAILED", "QUOTA_EXCEEDED"]]
            })),
            first_token: Histograms::new(
                "troupe_run_first_token_seconds",
                "Time from the begin of the model call that answered to its first text.",
                ["class"],
                FIRST_TOKEN,
            ),
            duration: Histograms::new(
                "troupe_run_duration_seconds",
                "Duration of the attempts that ended their runs.",
                ["class", "status"],
                DURATION,
            ),
            leases_lost: Counters::new(
                "troupe_leases_lost_total",
                "Leases of runs that this process lost to another one, or could not renew in time.",
                [],
            ),
            usage: UsageMetrics::default(),
        }
    }
}

impl RunMetrics {
    /// A message was stored with its run.
    pub fn accepted(&self, class: &str) {
        self.accepted.count([class]);
    }

    /// An attempt begins; attempts are numbered from 1.
    pub fn attempt_begun(&self, class: &str, attempt: i32) {
        let kind = if attempt > 1 { REPEATED } else { FIRST };
        self.attempts.count([class, kind]);
    }

    /// An attempt was given up, and did not end its run.
    pub fn attempt_abandoned(&self, class: &str) {
        self.abandoned.count([class]);
    }

    /// A run has ended.
    pub fn ended(&self, run: EndedRun<'_>) {
        self.ended.count([run.class, run.status, run.code]);
        if let Some(first_token) = run.first_token {
            self.first_token.observe([run.class], first_token);
        }
        if let Some(duration) = run.duration {
            self.duration.observe([run.class, run.status], duration);
        }
    }

    /// A lease was lost.
    pub fn lease_lost(&self) {
        self.leases_lost.count([]);
    }

    pub(super) fn families(&self) -> Vec<MetricFamily> {
        let mut families = vec![
            self.accepted.family(),
            self.attempts.family(),
            self.abandoned.family(),
            self.ended.family(),
            self.first_token.family(),
            self.duration.family(),
            self.leases_lost.family(),
        ];
        families.extend(self.usage.families());
        families
    }
}
