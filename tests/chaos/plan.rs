//! What is to be run: the short form unless it is told otherwise.

use std::{env, sync::OnceLock, time::Duration};

use troupe::port::{Clock, SystemClock};

use crate::server;

/// How much longer than promised things may take. The short form is a test, and a busy machine is not a broken product; the
/// long form holds the promises to the letter.
static SLACK: OnceLock<u32> = OnceLock::new();
/// In the short form everything may take at least this long: it shows times, and fails only where something never comes.
const LEAST: Duration = Duration::from_mins(1);

/// A promised time, as it is held in this form.
pub(crate) fn held(promise: Duration) -> Duration {
    match slack() {
        1 => promise,
        slack => (promise * slack).max(LEAST),
    }
}

/// How much longer than promised things may take in this form.
pub(crate) fn slack() -> u32 {
    SLACK.get().copied().unwrap_or(1)
}

/// What the command line and the environment ask for.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// The form that takes its time.
    pub(crate) long: bool,
    /// Where every random choice comes from.
    pub(crate) seed: u64,
    /// Trials of each scenario, instead of those of the form.
    trials: Option<usize>,
    /// How long the load lasts that is to change nothing, instead of the form's time.
    minutes: Option<u64>,
    /// Parts of the names of those scenarios that are to run; all of them when it is empty.
    names: Vec<String>,
    /// The PostgreSQL server.
    pub(crate) postgres: Option<String>,
    /// The Redis server.
    pub(crate) redis: Option<String>,
}

impl Plan {
    /// Reads both. What `cargo test` hands to every test program is not ours and is passed over.
    pub(crate) fn read() -> Self {
        let mut plan = Self {
            long: variable("TROUPE_CHAOS").as_deref() == Some("long"),
            seed: number("TROUPE_CHAOS_SEED").unwrap_or_else(some_seed),
            trials: number("TROUPE_CHAOS_TRIALS").and_then(|trials| usize::try_from(trials).ok()),
            minutes: number("TROUPE_CHAOS_MINUTES"),
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

    /// How many trials a scenario makes.
    pub(crate) fn trials(&self, short: usize, long: usize) -> usize {
        let usual = if self.long { long } else { short };
        self.trials.unwrap_or(usual)
    }

    /// How long a load lasts.
    pub(crate) fn load(&self, short: Duration, long: Duration) -> Duration {
        let usual = if self.long { long } else { short };
        self.minutes.map_or(usual, Duration::from_mins)
    }

    /// Whether a scenario is to run.
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
