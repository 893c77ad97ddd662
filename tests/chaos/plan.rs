//! The options of the bench: the short form by default.

use std::{env, sync::OnceLock, time::Duration};

use troupe::port::{Clock, SystemClock};

use crate::server;

/// The factor by which promised times may be exceeded. The short form is a test on a machine that may be busy; the
/// long form checks the promises exactly.
static SLACK: OnceLock<u32> = OnceLock::new();
/// The minimum time limit in the short form, which reports durations and fails only where something never arrives.
const LEAST: Duration = Duration::from_mins(1);

/// The limit for a promised time in this form.
pub(crate) fn held(promise: Duration) -> Duration {
    match slack() {
        1 => promise,
        slack => (promise * slack).max(LEAST),
    }
}

/// The factor for promised times in this form.
pub(crate) fn slack() -> u32 {
    SLACK.get().copied().unwrap_or(1)
}

/// The options from the command line and the environment.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// Whether the long form runs.
    pub(crate) long: bool,
    /// The seed of every random choice.
    pub(crate) seed: u64,
    /// Trials of each scenario, instead of the form's number.
    trials: Option<usize>,
    /// The duration of the endurance load, instead of the form's duration.
    minutes: Option<u64>,
    /// The maximum number of PostgreSQL's connections of all processes together; none for pools of ten each.
    pub(crate) connections: Option<u64>,
    /// Parts of the names of the selected scenarios; empty selects all.
    names: Vec<String>,
    /// The URL of the PostgreSQL server.
    pub(crate) postgres: Option<String>,
    /// The URL of the Redis server.
    pub(crate) redis: Option<String>,
}

impl Plan {
    /// Parses both. Arguments that `cargo test` passes to every test program are ignored.
    pub(crate) fn read() -> Self {
        let mut plan = Self {
            long: variable("TROUPE_CHAOS").as_deref() == Some("long"),
            seed: number("TROUPE_CHAOS_SEED").unwrap_or_else(some_seed),
            trials: number("TROUPE_CHAOS_TRIALS").and_then(|trials| usize::try_from(trials).ok()),
            minutes: number("TROUPE_CHAOS_MINUTES"),
            connections: number("TROUPE_CHAOS_CONNECTIONS"),
            names: Vec::new(),
            postgres: server::address(),
            redis: variable("TROUPE_TEST_REDIS_URL"),
        };
        for argument in env::args().skip(1) {
            match argument.as_str() {
                "--long" => plan.long = true,
                name if !name.starts_with('-') => plan.names.push(name.to_owned()),
                _ => {}
            }
        }
        let _ = SLACK.set(if plan.long { 1 } else { 5 });
        plan
    }

    /// The number of trials of a scenario.
    pub(crate) fn trials(&self, short: usize, long: usize) -> usize {
        let usual = if self.long { long } else { short };
        self.trials.unwrap_or(usual)
    }

    /// The duration of a load.
    pub(crate) fn load(&self, short: Duration, long: Duration) -> Duration {
        let usual = if self.long { long } else { short };
        self.minutes.map_or(usual, Duration::from_mins)
    }

    /// Whether a scenario is selected.
    pub(crate) fn wants(&self, name: &str) -> bool {
        self.names.is_empty() || self.names.iter().any(|wanted| name.contains(wanted))
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test reads what it is to do and where its servers are"
)]
fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

fn number(name: &str) -> Option<u64> {
    let text = variable(name)?;
    let number = text.parse();
    Some(number.unwrap_or_else(|_| panic!("{name} is \"{text}\", expected a number")))
}

fn some_seed() -> u64 {
    let now = SystemClock.now().timestamp_millis();
    u64::try_from(now).unwrap() % 1_000_000
}
