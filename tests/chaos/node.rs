//! One process of the program, with proxies of its own to PostgreSQL and Redis.

use std::{
    fs::{File, OpenOptions},
    path::PathBuf,
    process::{ExitStatus, Stdio},
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::process::{Child, Command};

use crate::{port::ReservedPort, proxy::Proxy};

/// The maximum time until a process is ready.
const START: Duration = Duration::from_mins(3);
/// A process that has not ended after this time is killed. The promise is 25 seconds, which the scenario checks.
const END: Duration = Duration::from_mins(3);

/// The state of a process as a load balancer sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Health {
    /// It accepts requests.
    Up,
    /// It was asked to end.
    Draining,
    /// It is not running, or not ready yet.
    Down,
}

/// The command of a process.
#[derive(Debug, Clone)]
pub(crate) struct Start {
    /// The name in reports and of the log file.
    pub(crate) name: String,
    pub(crate) arguments: Vec<String>,
    pub(crate) environment: Vec<(String, String)>,
    /// The folder in which it runs and writes its log.
    pub(crate) folder: PathBuf,
}

pub(crate) struct Node {
    pub(crate) name: String,
    /// `http://127.0.0.1:port`, for a process that listens.
    pub(crate) url: Option<String>,
    /// The proxy to PostgreSQL.
    pub(crate) postgres: Option<Proxy>,
    /// The proxy to Redis.
    pub(crate) redis: Option<Proxy>,
    start: Start,
    /// Stays reserved over restarts.
    _port: Option<ReservedPort>,
    child: tokio::sync::Mutex<Option<Child>>,
    health: Mutex<Health>,
    /// The number of faults that were injected into the process or its dependencies.
    faults: AtomicU64,
    probe: reqwest::Client,
}

impl Node {
    /// A process that is not started yet and listens on this port.
    pub(crate) fn new(start: Start, port: Option<ReservedPort>) -> Self {
        let address = port.as_ref().map(ReservedPort::address);
        Self {
            name: start.name.clone(),
            url: address.map(|address| format!("http://{address}")),
            postgres: None,
            redis: None,
            start,
            _port: port,
            child: tokio::sync::Mutex::default(),
            health: Mutex::new(Health::Down),
            faults: AtomicU64::new(0),
            probe: reqwest::Client::builder().no_proxy().build().unwrap(),
        }
    }

    /// Routes the process through these proxies.
    pub(crate) fn over(self, postgres: Option<Proxy>, redis: Option<Proxy>) -> Self {
        Self {
            postgres,
            redis,
            ..self
        }
    }

    pub(crate) fn health(&self) -> Health {
        *self.health.lock().unwrap()
    }

    /// The number of faults so far.
    pub(crate) fn faults(&self) -> u64 {
        self.faults.load(Ordering::SeqCst)
    }

    /// Counts a fault of the process or of its dependencies.
    pub(crate) fn suffers(&self) {
        self.faults.fetch_add(1, Ordering::SeqCst);
    }

    /// The process id, while the process runs.
    pub(crate) async fn pid(&self) -> Option<u32> {
        self.child.lock().await.as_ref().and_then(Child::id)
    }

    /// Starts the process and waits until it is ready.
    pub(crate) async fn start(&self) {
        let log = || -> File {
            let path = self.start.folder.join(format!("{}.log", self.name));
            OpenOptions::new()
                .create(true)
                .append(true)
                .open(path)
                .unwrap()
        };
        let child = Command::new(env!("CARGO_BIN_EXE_troupe"))
            .args(&self.start.arguments)
            .current_dir(&self.start.folder)
            .env_clear()
            .envs(
                self.start
                    .environment
                    .iter()
                    .map(|(name, value)| (name, value)),
            )
            .stdin(Stdio::null())
            .stdout(log())
            .stderr(log())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        *self.child.lock().await = Some(child);
        let began = Instant::now();
        while !self.is_ready().await {
            self.assert_lives().await;
            assert!(
                began.elapsed() < START,
                "{} is not ready after {START:?}",
                self.name
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        self.becomes(Health::Up);
    }

    /// Kills the process without warning, as a power cut does.
    pub(crate) async fn kill(&self) {
        self.becomes(Health::Down);
        self.suffers();
        if let Some(mut child) = self.child.lock().await.take() {
            child.kill().await.unwrap();
        }
    }

    /// Sends SIGTERM, as a platform does at a deploy; returns the exit status and the duration.
    pub(crate) async fn terminate(&self) -> (Option<ExitStatus>, Duration) {
        self.becomes(Health::Draining);
        self.suffers();
        let began = Instant::now();
        let Some(mut child) = self.child.lock().await.take() else {
            return (None, Duration::ZERO);
        };
        let asked = Command::new("kill")
            .args(["-TERM", &child.id().unwrap().to_string()])
            .status()
            .await;
        assert!(asked.unwrap().success());
        let ended = tokio::time::timeout(END, child.wait()).await;
        let took = began.elapsed();
        if ended.is_err() {
            child.kill().await.unwrap();
        }
        self.becomes(Health::Down);
        (ended.ok().map(Result::unwrap), took)
    }

    async fn assert_lives(&self) {
        let mut child = self.child.lock().await;
        let ended = child.as_mut().and_then(|child| child.try_wait().unwrap());
        let log = self.start.folder.join(format!("{}.log", self.name));
        assert!(
            ended.is_none(),
            "{} ended before it was ready; see {}",
            self.name,
            log.display()
        );
    }

    /// A worker has no readiness endpoint.
    async fn is_ready(&self) -> bool {
        let Some(url) = &self.url else {
            return true;
        };
        let reply = self.probe.get(format!("{url}/readyz")).send().await;
        reply.is_ok_and(|reply| reply.status().is_success())
    }

    fn becomes(&self, health: Health) {
        *self.health.lock().unwrap() = health;
    }
}
