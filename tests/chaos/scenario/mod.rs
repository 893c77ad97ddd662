//! The scenarios: one file each, each with its own trials and its own installation.

mod endurance;
mod idempotency;
mod kill;
mod mixed;
mod outage;
mod postgres_away;
mod redis_away;
mod renewals;
mod rolling;
mod worker;

use std::time::{Duration, Instant};

use tokio_util::task::TaskTracker;

use crate::{plan::Plan, report::Report};

/// A dead owner is detected within five seconds, so that many kills fit into a run; a live owner on a busy machine
/// still renews in time.
const SHORT_LEASE: [(&str, &str); 2] = [
    ("TROUPE_RUNS_LEASE_SECONDS", "5"),
    ("TROUPE_RUNS_HEARTBEAT_SECONDS", "1"),
];
/// A run may be attempted as often as needed.
const MANY_ATTEMPTS: (&str, &str) = ("TROUPE_RUNS_ATTEMPTS", "20");
/// The usual time of the model per token.
const PACE: Duration = Duration::from_millis(25);

/// Runs the selected scenarios one after the other.
pub(crate) async fn run(plan: &Plan, tasks: &TaskTracker) -> Vec<Report> {
    let mut reports = Vec::new();
    macro_rules! scenarios {
        ($($name:literal: $scenario:path;)+) => {
            $(if plan.wants($name) {
                eprintln!("chaos: {}", $name);
                let began = Instant::now();
                let mut report = $scenario(plan, tasks, $name).await;
                report.ends(began.elapsed());
                eprint!("{}", report.written());
                reports.push(report);
            })+
        };
    }
    scenarios! {
        "1-kill-web": kill::short_lease;
        "1-kill-web-default": kill::default_lease;
        "2-kill-worker": worker::kill;
        "3-idempotency": idempotency::duplicates;
        "4-rolling-restart": rolling::restarts;
        "5-redis-away": redis_away::faults;
        "6-postgres-away": postgres_away::faults;
        "7-mixed": mixed::faults;
        "8-kill-worker-tools": worker::kill_with_tools;
        "9-endurance": endurance::flat_memory;
        "10-renewals": renewals::of_an_open_socket;
    }
    reports
}
