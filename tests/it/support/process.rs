//! The program itself, as a person starts it.

use std::process::{ExitStatus, Stdio};

use serde_json::Value;
use tokio::process::{Child, Command};

use super::{Client, PATIENCE, TestDatabase, Upstream, until};

/// A running `troupe dev`; killed when it is dropped.
pub(crate) struct Process {
    /// The demo account's owner.
    pub(crate) owner: Client,
    child: Child,
}

impl Process {
    /// Starts it over a database and a folder that it may know already, and waits until it is ready.
    pub(crate) async fn start(
        database: &TestDatabase,
        upstream: &Upstream,
        settings: &[(&str, &str)],
    ) -> Self {
        // a test that starts nothing but processes has no other part that does
        let _ = rustls::crypto::ring::default_provider().install_default();
        let data = database.folder.join("data");
        let known = demo(database).map(|demo| demo["url"].clone());
        let child = Command::new(env!("CARGO_BIN_EXE_troupe"))
            .args(["dev", "--addr", "127.0.0.1:0", "--data-dir"])
            .arg(&data)
            .current_dir(&database.folder)
            .env_clear()
            .env("TROUPE_DATABASE_URL", &database.url)
            .env("TROUPE_OPENAI_BASE_URL", &upstream.url)
            .env("TROUPE_DATABASE_MAX_CONNECTIONS", "5")
            .envs(database.redis.iter().map(|(name, value)| (name, value)))
            .envs(settings.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        until("the program is ready", || async {
            // the file of an earlier start names a port that is not ours
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
        }
    }

    /// The most memory that it ever had resident, KiB, as Linux tells it; none elsewhere.
    pub(crate) fn peak_memory_kib(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()?)).ok()?;
        let peak = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))?;
        peak.trim().trim_end_matches(" kB").parse().ok()
    }

    /// Asks it to stop, as a platform does at a deploy, and waits for its end.
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

    /// Ends it without a word, as a power cut does.
    pub(crate) async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }
}

/// What the last start wrote down.
fn demo(database: &TestDatabase) -> Option<Value> {
    serde_json::from_slice(&std::fs::read(database.folder.join("data/dev.json")).ok()?).ok()
}
