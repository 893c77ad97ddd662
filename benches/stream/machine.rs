//! The machine: which core serves and which ones load, and what a process has used of it.

use std::{
    fs,
    process::{Command, Stdio},
    time::Duration,
};

use crate::Result;

/// Linux tells times of processes in hundredths of a second, whatever its own clock does.
const TICKS_PER_SECOND: f64 = 100.0;

/// Which cores do what.
#[derive(Debug, Clone)]
pub(crate) struct Machine {
    /// The one that the server under test has, if processes can be told where to run.
    pub(crate) server_core: Option<String>,
}

impl Machine {
    /// A process that runs where it was put.
    pub(crate) fn whole() -> Self {
        Self { server_core: None }
    }

    /// Keeps the last core for the server under test, and moves this process, with what it starts, to the others.
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

    /// A command whose process has the server's core for itself.
    pub(crate) fn on_server_core(&self, program: &str) -> Command {
        let Some(core) = &self.server_core else {
            return Command::new(program);
        };
        let mut command = Command::new("taskset");
        command.args(["-c", core, program]);
        command
    }
}

/// `0-2,5` as numbers.
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

/// A process as the operating system sees it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Process(pub(crate) u32);

impl Process {
    /// The seconds for which it has had a core so far, in its own code and in the system's.
    pub(crate) fn cpu(self) -> Result<f64> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.0))?;
        // the name may hold anything, brackets too
        let (_, rest) = stat.rsplit_once(')').ok_or("an odd stat file")?;
        let ticks = rest
            .split_ascii_whitespace()
            .skip(11)
            .take(2)
            .map(str::parse::<u32>)
            .sum::<std::result::Result<u32, _>>()?;
        Ok(f64::from(ticks) / TICKS_PER_SECOND)
    }

    /// The memory that it holds now, in KiB.
    pub(crate) fn resident(self) -> Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0))?;
        let size = field(&status, "VmRSS:").ok_or("no resident size")?;
        Ok(size.trim_end_matches(" kB").parse()?)
    }

    /// Its memory once it holds still.
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

/// How many processes wanted a core, on average over the last minute.
pub(crate) fn load() -> String {
    fs::read_to_string("/proc/loadavg")
        .ok()
        .and_then(|text| text.split(' ').next().map(str::to_owned))
        .unwrap_or_else(|| "unknown".to_owned())
}

/// How many files, and so sockets, this process may open.
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

/// What the processor calls itself.
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
