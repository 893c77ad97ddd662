//! The program itself, started as a user starts it.

use std::{
    fs::File,
    path::PathBuf,
    process::{ExitStatus, Stdio},
};

use serde_json::Value;
use tokio::process::{Child, Command};

use super::{Client, PATIENCE, TestDatabase, Upstream, until};

/// A running `troupe dev`; killed when it is dropped.
pub(crate) struct Process {
    /// A client with the demo account's owner key.
    pub(crate) owner: Client,
    child: Child,
    /// The file of the log.
    log: PathBuf,
}

impl Process {
    /// Starts the program over a new or used database and folder, and waits until it is ready.
    pub(crate) async fn start(
        database: &TestDatabase,
        upstream: &Upstream,
        settings: &[(&str, &str)],
    ) -> Self {
        // A test that only starts processes has not installed the provider yet.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let data = database.folder.join("data");
        let known = demo(database).map(|demo| demo["url"].clone());
        let log = database.folder.join("troupe.log");
        let stderr = File::options()
            .create(true)
            .append(true)
            .open(&log)
            .unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_troupe"))
            .args(["dev", "--addr", "127.0.0.1:0", "--data-dir"])
            .arg(&data)
            .current_dir(&database.folder)
            .env_clear()
            .envs(
                database
                    .of_processes
                    .iter()
                    .map(|(name, value)| (name, value)),
            )
            .env("TROUPE_OPENAI_BASE_URL", &upstream.url)
            .env("TROUPE_DATABASE_MAX_CONNECTIONS", "5")
            .env("TROUPE_LOG_FORMAT", "json")
            .envs(database.redis.iter().map(|(name, value)| (name, value)))
            .envs(settings.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(stderr)
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        until("the program is ready", || async {
            // The file of an earlier start names a port of that process.
            let Some(demo) = demo(database).filter(|demo| Some(&demo["url"]) != known.as_ref())
            else {
                return false;
            };
            let ready = http
                .get(format!("{}/readyz", demo["url"].as_str().unwrap()))
                .send()
                .await;
            ready.is_ok_and(|ready| ready.status().is_success())
        })
        .await;
        let demo = demo(database).unwrap();
        Self {
            owner: Client::new(demo["url"].as_str().unwrap(), demo["apiKey"].as_str()),
            child,
            log,
        }
    }

    /// The log of all processes over this folder, as text.
    pub(crate) fn log_text(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    /// The lines of the log that are JSON objects: all but what the program tells the person who starts it.
    pub(crate) fn log(&self) -> Vec<Value> {
        let text = self.log_text();
        let lines = text
            .split_inclusive('\n')
            .filter(|line| line.ends_with('\n'));
        lines
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect()
    }

    /// The peak resident memory, KiB, as Linux reports it; none on other systems.
    pub(crate) fn peak_memory_kib(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()?)).ok()?;
        let peak = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))?;
        peak.trim().trim_end_matches(" kB").parse().ok()
    }

    /// Sends SIGTERM, as a platform does at a deploy, and waits for the end.
    pub(crate) async fn terminate(mut self) -> ExitStatus {
        let asked = Command::new("kill")
            .args(["-TERM", &self.child.id().unwrap().to_string()])
            .status()
            .await
            .unwrap();
        assert!(asked.success());
        tokio::time::timeout(PATIENCE, self.child.wait())
            .await
            .unwrap()
            .unwrap()
    }

    /// Kills the process without warning, as a power cut does.
    pub(crate) async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }
}

/// The content of `dev.json` from the last start.
fn demo(database: &TestDatabase) -> Option<Value> {
    serde_json::from_slice(&std::fs::read(database.folder.join("data/dev.json")).ok()?).ok()
}
