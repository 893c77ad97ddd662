//! The resident memory of the processes of an installation over time, and whether it stays level.

use std::{
    fs,
    time::{Duration, Instant},
};

use crate::{cluster::Cluster, report::Report};

/// Fewer samples cannot be compared by quarters.
const FEWEST: usize = 8;
/// The variation that does not count as growth, KiB.
const NOISE: u64 = 4 * 1024;

/// The accepted growth.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Bar {
    /// Flat: the last quarter has at most 5% and 4 MiB more than the second.
    Flat,
    /// Less than doubled. A load of seconds is all warm-up and allows no stricter statement.
    NotDoubled,
}

impl Bar {
    /// The maximum of the last quarter.
    fn most(self, second: u64) -> u64 {
        match self {
            Self::Flat => second + second / 20 + NOISE,
            Self::NotDoubled => 2 * second,
        }
    }
}

/// The resident memory of every process, KiB.
pub(crate) struct Memory {
    processes: Vec<Process>,
}

struct Process {
    name: String,
    pid: Option<u32>,
    /// Before the first request.
    start: u64,
    /// While the parked runs wait.
    parked: u64,
    /// Under load.
    samples: Vec<u64>,
    /// Whether the process has ended on its own.
    is_gone: bool,
}

impl Memory {
    /// Whether this system reports memory.
    pub(crate) fn is_told() -> bool {
        resident(std::process::id()).is_some()
    }

    /// Measures the memory before the first request.
    pub(crate) async fn of(cluster: &Cluster) -> Self {
        let mut processes = Vec::new();
        for node in &cluster.nodes {
            let mut process = Process {
                name: node.name.clone(),
                pid: node.pid().await,
                start: 0,
                parked: 0,
                samples: Vec::new(),
                is_gone: false,
            };
            process.start = process.now();
            processes.push(process);
        }
        Self { processes }
    }

    /// Measures the memory while the parked runs wait.
    pub(crate) fn are_parked(&mut self) {
        for process in &mut self.processes {
            process.parked = process.now();
        }
    }

    /// Samples the memory until the load is over.
    pub(crate) async fn watch(&mut self, until: Instant, pause: Duration) {
        let mut ticks = tokio::time::interval(pause);
        while Instant::now() < until {
            ticks.tick().await;
            for process in &mut self.processes {
                let now = process.now();
                process.samples.push(now);
            }
        }
    }

    /// Reports the samples and whether they stayed level. The first quarter is warm-up and does not count.
    pub(crate) fn judge(&self, bar: Bar, report: &mut Report) {
        for process in &self.processes {
            let (name, samples) = (&process.name, &process.samples);
            report.holds(!process.is_gone, || format!("{name} ended by itself"));
            let count = samples.len();
            if count < FEWEST {
                report.holds(false, || {
                    format!("{name}: only {count} looks at its memory")
                });
                continue;
            }
            let second = median(&samples[count / 4..count / 2]);
            let last = median(&samples[3 * count / 4..]);
            let most = bar.most(second);
            report.holds(last <= most, || {
                let (second, last, most) = (mib(second), mib(last), mib(most));
                format!("{name}: {second} in the second quarter, {last} in the last, over {most}")
            });
            report.figure(format!(
                "{name}: {} at the start, {} with all parked, {} in the second quarter, {} in the last, {} at most",
                mib(process.start),
                mib(process.parked),
                mib(second),
                mib(last),
                mib(samples.iter().copied().max().unwrap_or_default()),
            ));
        }
    }
}

impl Process {
    fn now(&mut self) -> u64 {
        let resident = self.pid.and_then(resident);
        self.is_gone |= resident.is_none();
        resident.unwrap_or_default()
    }
}

/// `VmRSS` of a process.
fn resident(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

fn median(samples: &[u64]) -> u64 {
    let mut sorted = samples.to_vec();
    sorted.sort_unstable();
    sorted[sorted.len() / 2]
}

fn mib(kib: u64) -> String {
    format!("{}.{} MiB", kib / 1024, kib % 1024 * 10 / 1024)
}
