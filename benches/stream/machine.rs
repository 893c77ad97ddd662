//! The machine: the core of the server under test, the cores of the load, and the CPU time and memory of a process.

use std::{
    fs,
    process::{Command, Stdio},
    time::Duration,
};

use crate::Result;

/// Linux reports the CPU times of processes in hundredths of a second, independent of the kernel's tick rate.
const TICKS_PER_SECOND: f64 = 100.0;

/// The assignment of cores.
#[derive(Debug, Clone)]
pub(crate) struct Machine {
    /// The core of the server under test, if processes can be pinned.
    pub(crate) server_core: Option<String>,
}

impl Machine {
    /// A machine without a core reserved for the server.
    pub(crate) fn whole() -> Self {
        Self { server_core: None }
    }

    /// Reserves the last core for the server under test, and moves this process and its children to the others.
    pub(crate) fn shared_out() -> Result<Self> {
        let status = fs::read_to_string("/proc/self/status")?;
        let cores = cores(field(&status, "Cpus_allowed_list:").ok_or("no list of cores")?);
        let Some((server, others)) = cores.split_last().filter(|(_, rest)| !rest.is_empty()) else {
            return Ok(Self::whole());
        };
        let moved = Command::new("taskset")
            .args(["-p", "-c", &others.join(",")])
            .arg(std::process::id().to_string())
            .stdout(Stdio::null())
            .status();
        Ok(Self {
            server_core: moved
                .is_ok_and(|status| status.success())
                .then(|| server.clone()),
        })
    }

    /// A command whose process runs alone on the server's core.
    pub(crate) fn on_server_core(&self, program: &str) -> Command {
        let Some(core) = &self.server_core else {
            return Command::new(program);
        };
        let mut command = Command::new("taskset");
        command.args(["-c", core, program]);
        command
    }
}

/// The numbers in a list such as `0-2,5`.
fn cores(list: &str) -> Vec<String> {
    let range = |part: &str| {
        let (from, to) = part.split_once('-').unwrap_or((part, part));
        Some(from.parse::<usize>().ok()?..=to.parse().ok()?)
    };
    list.split(',')
        .filter_map(range)
        .flatten()
        .map(|core| core.to_string())
        .collect()
}

/// A process, by its id.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Process(pub(crate) u32);

impl Process {
    /// The CPU time so far, in seconds, in user and in system mode.
    pub(crate) fn cpu(self) -> Result<f64> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.0))?;
        // the name may contain anything, including brackets
        let (_, rest) = stat.rsplit_once(')').ok_or("an odd stat file")?;
        let ticks = rest
            .split_ascii_whitespace()
            .skip(11)
            .take(2)
            .map(str::parse::<u32>)
            .sum::<std::result::Result<u32, _>>()?;
        Ok(f64::from(ticks) / TICKS_PER_SECOND)
    }

    /// The resident memory, in KiB.
    pub(crate) fn resident(self) -> Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0))?;
        let size = field(&status, "VmRSS:").ok_or("no resident size")?;
        Ok(size.trim_end_matches(" kB").parse()?)
    }

    /// The resident memory once it no longer changes.
    pub(crate) async fn settled(self) -> Result<f64> {
        let mut last = self.resident()?;
        for _ in 0..20 {
            tokio::time::sleep(Duration::from_millis(500)).await;
            let size = self.resident()?;
            if (size - last).abs() < last / 500.0 {
                return Ok(size);
            }
            last = size;
        }
        Ok(last)
    }
}

/// The load average of the last minute.
pub(crate) fn load() -> String {
    fs::read_to_string("/proc/loadavg")
        .ok()
        .and_then(|text| text.split(' ').next().map(str::to_owned))
        .unwrap_or_else(|| "unknown".to_owned())
}

/// The maximum number of open files, and so of sockets, of this process.
pub(crate) fn most_files() -> usize {
    fs::read_to_string("/proc/self/limits")
        .ok()
        .and_then(|text| {
            let line = text
                .lines()
                .find(|line| line.starts_with("Max open files"))?;
            line.split_ascii_whitespace().nth(3)?.parse().ok()
        })
        .unwrap_or(1024)
}

/// The model name of the processor.
pub(crate) fn processor() -> String {
    fs::read_to_string("/proc/cpuinfo")
        .ok()
        .and_then(|text| {
            let name = text.lines().find(|line| line.starts_with("model name"))?;
            Some(name.split_once(':')?.1.trim().to_owned())
        })
        .unwrap_or_else(|| "unknown".to_owned())
}

fn field<'a>(status: &'a str, name: &str) -> Option<&'a str> {
    status
        .lines()
        .find_map(|line| line.strip_prefix(name))
        .map(str::trim)
}
