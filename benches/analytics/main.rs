//! The load program of analytics: `cargo bench --bench analytics`, with PostgreSQL named by `TROUPE_TEST_DATABASE_URL`;
//! `-- --runs 20000` is a check that everything works.
//!
//! It writes the records and sums of a million runs of ten agents over 400 days (`data.rs`), starts `troupe serve` over them,
//! and asks the API for periods of several lengths. Half of the periods begin and end at a quarter to the hour, so that the
//! records of two parts of hours are read too. It then measures what a transaction pays that adds to the sums.
#![expect(clippy::print_stdout, reason = "a program that prints a table")]

mod data;
#[expect(clippy::unwrap_used, reason = "it serves tests, which should stop")]
#[path = "../../tests/it/support/port.rs"]
mod port;
mod server;
mod writing;

use std::{env, time::Instant};

use chrono::{DateTime, TimeDelta, Timelike, Utc};
use clap::Parser;
use serde_json::{Value, json};
use troupe::port::{Clock, SystemClock};

use self::server::Server;

/// A sentence with the reason why nothing can be measured.
type Failure = Box<dyn std::error::Error + Send + Sync>;
type Result<T> = std::result::Result<T, Failure>;

/// The period of the data, in days.
const DAYS: i64 = 400;
/// The number of times that each query is measured, after one that is not.
const REPEATS: usize = 15;

const ANALYTICS: &str = "query($range: DateRange!, $agent: ID) { analytics(range: $range, agentId: $agent) {
    agents { agent { slug } runs failed failures { code count } firstTokenP50Ms firstTokenP95Ms durationP50Ms durationP95Ms
        toolCalls toolFailures satisfaction usage { inputTokens outputTokens attempts costUsd } }
    handoffs { from { slug } to { slug } count resolved }
    routing { decisions byReason refused correctedByUser } } }";

/// Measures analytics on PostgreSQL.
#[derive(Parser)]
struct Arguments {
    /// The number of runs.
    #[arg(long, default_value_t = 1_000_000)]
    runs: u32,
    /// Accepted because Cargo passes it.
    #[arg(long, hide = true)]
    bench: bool,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let _ = rustls::crypto::ring::default_provider().install_default();
    let Some(database) = variable("TROUPE_TEST_DATABASE_URL") else {
        println!(
            "Nothing is measured: `scripts/services.sh start && eval \"$(scripts/services.sh env)\"` names a PostgreSQL server."
        );
        return Ok(());
    };
    let server = Server::start(&database).await?;
    let measured = measure(&server, arguments.runs).await;
    server.clear().await?;
    measured
}

async fn measure(server: &Server, runs: u32) -> Result<()> {
    let now = SystemClock.now();
    let began = Instant::now();
    data::fill(server, runs, now, DAYS - 1).await?;
    println!("# Analytics over {runs} runs on PostgreSQL\n");
    println!("Filled in {} s.\n", began.elapsed().as_secs());
    println!("| period | runs | p50, ms | slowest, ms |\n|---|---|---|---|");
    let agent = server.agents.first().map(|agent| agent.id.clone());
    for (name, days, edges, agent) in [
        ("400 days", DAYS, false, None),
        ("400 days, from a quarter to a quarter", DAYS, true, None),
        ("400 days, one agent", DAYS, true, agent),
        ("30 days", 30, true, None),
        ("1 day", 1, true, None),
    ] {
        let (counted, times) = ask(server, &range(now, days, edges), agent.as_deref()).await?;
        let (p50, slowest) = (percentile(&times, 50), percentile(&times, 100));
        println!("| {name} | {counted} | {p50:.1} | {slowest:.1} |");
        if name == "400 days" && counted != i64::from(runs) {
            return Err(format!("the sums have {counted} runs of {runs}").into());
        }
    }
    writing::measure(server).await
}

/// The runs that a query counts, and its times in milliseconds, in ascending order.
async fn ask(server: &Server, range: &Value, agent: Option<&str>) -> Result<(i64, Vec<f64>)> {
    let variables = json!({"range": range, "agent": agent});
    let mut times = Vec::with_capacity(REPEATS);
    let mut counted = 0;
    for repeat in 0..=REPEATS {
        let began = Instant::now();
        let found = server.ask(ANALYTICS, &variables).await?;
        if repeat > 0 {
            times.push(began.elapsed().as_secs_f64() * 1_000.0);
        }
        let agents = found.pointer("/analytics/agents").and_then(Value::as_array);
        let agents = agents.ok_or("no agents")?.iter();
        counted = agents.filter_map(|agent| agent.get("runs")?.as_i64()).sum();
    }
    times.sort_by(f64::total_cmp);
    Ok((counted, times))
}

/// The last days until now: from hour to hour, or from a quarter to a quarter.
fn range(now: DateTime<Utc>, days: i64, edges: bool) -> Value {
    let hour = now.with_minute(0).and_then(|now| now.with_second(0));
    let hour = hour.and_then(|now| now.with_nanosecond(0)).unwrap_or(now);
    let to = hour + TimeDelta::hours(1);
    if edges {
        let quarter = TimeDelta::minutes(15);
        return json!({"from": to - TimeDelta::days(days) + quarter, "to": to - quarter});
    }
    json!({"from": to - TimeDelta::days(days), "to": to})
}

/// A percentile of times in ascending order.
fn percentile(times: &[f64], percent: usize) -> f64 {
    let place = (times.len() * percent).div_ceil(100).saturating_sub(1);
    times.get(place).copied().unwrap_or_default()
}

/// The text of an error of the program, which deliberately has no `Display`.
#[expect(clippy::needless_pass_by_value, reason = "`map_err` hands it over")]
fn failure(error: troupe::error::Error) -> Failure {
    let cause = error.cause().unwrap_or_default();
    format!("{}: {cause}", error.message()).into()
}

#[expect(
    clippy::disallowed_methods,
    reason = "a benchmark reads where its database is"
)]
fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}
