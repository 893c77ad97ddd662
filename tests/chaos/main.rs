//! The fault bench: the program itself, as several processes that are killed, restarted and cut off from their
//! dependencies. See `README.md` beside this file.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a broken bench should stop, and it says what it found"
)]

mod agents;
mod api;
mod approvals;
mod bystanders;
mod cluster;
mod crowd;
mod memory;
mod node;
mod plan;
#[path = "../it/support/port.rs"]
mod port;
mod probe;
mod proxy;
mod reader;
mod redis;
mod report;
mod scenario;
#[path = "../it/support/server.rs"]
mod server;
mod socket;
mod text;
#[expect(dead_code, reason = "the tests of tools use all of it")]
#[path = "../it/support/tool_server.rs"]
mod tool_server;
mod transcript;
mod upstream;

use std::{process::ExitCode, time::Duration};

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::task::TaskTracker;

use crate::{plan::Plan, report::Report};

/// The time that remaining tasks have to finish at the end of the bench.
const FAREWELL: Duration = Duration::from_secs(5);

fn main() -> ExitCode {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let plan = Plan::read();
    let form = if plan.long { "long" } else { "short" };
    println!("chaos: the {form} form, TROUPE_CHAOS_SEED={}", plan.seed);
    if plan.postgres.is_none() {
        println!("chaos: without TROUPE_TEST_DATABASE_URL only `troupe dev` on SQLite is tried");
    }
    let tasks = TaskTracker::new();
    let reports = runtime.block_on(async {
        let mut terminated = signal(SignalKind::terminate()).unwrap();
        tokio::select! {
            reports = scenario::run(&plan, &tasks) => Some(reports),
            _ = terminated.recv() => None,
        }
    });
    let Some(reports) = reports else {
        // Dropping the installations ends the processes that they started.
        runtime.shutdown_timeout(FAREWELL);
        return ExitCode::FAILURE;
    };
    println!();
    for report in &reports {
        print!("{}", report.written());
    }
    let counts = reports.iter().map(Report::counts);
    let (passed, failed) = counts.fold((0, 0), |sum, count| (sum.0 + count.0, sum.1 + count.1));
    println!("{passed} passed, {failed} failed");
    // Proxies and the model's provider never end on their own.
    runtime.shutdown_background();
    if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
