//! The helper processes: the scripted model, the bare relay, and the program under test.

use std::{
    io::{self, Write},
    net::SocketAddr,
    process::{Command, Stdio},
    time::Duration,
};

use base64::{Engine, prelude::BASE64_STANDARD};
use clap::ValueEnum;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    net::TcpListener,
    process::Child,
    sync::oneshot,
};

use crate::{
    Result,
    backend::Backend,
    machine::{Machine, Process},
    port::ReservedPort,
    relay,
    tenants::{Member, Tenants},
};

/// The operator's key of a temporary database.
const OPERATOR: &str = "operator-of-a-benchmark-and-of-nothing-else";
/// The maximum time until a new process answers.
const PATIENCE: Duration = Duration::from_mins(2);
/// The number of accounts that share the load: each may have at most 50 sockets with a key.
const ACCOUNTS: usize = 25;

/// The roles of this program besides generating the load.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Role {
    /// The scripted model.
    Upstream,
    /// The bare relay.
    Relay,
}

/// A helper process, which ends with this one.
pub(crate) struct Helper {
    address: SocketAddr,
    child: Child,
}

impl Helper {
    /// Starts the scripted model.
    pub(crate) async fn upstream() -> Result<Self> {
        let program = std::env::current_exe()?;
        Self::start(Command::new(program), "upstream").await
    }

    /// The base URL of the model's API.
    pub(crate) fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    async fn start(mut command: Command, role: &str) -> Result<Self> {
        command
            .args(["--role", role])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut child = kept(command)?;
        let said = child.stdout.take().ok_or("no output")?;
        let mut lines = BufReader::new(said).lines();
        let address = tokio::time::timeout(PATIENCE, lines.next_line()).await??;
        let address = address.ok_or_else(|| format!("the {role} ended at once"))?;
        Ok(Self {
            address: address.parse()?,
            child,
        })
    }
}

/// Reports the address of this process to its parent.
pub(crate) fn say_where(listener: &TcpListener) -> Result<()> {
    let mut out = io::stdout();
    writeln!(out, "{}", listener.local_addr()?)?;
    Ok(out.flush()?)
}

/// Waits until the parent process has ended.
pub(crate) async fn orphaned() {
    let (tell, told) = oneshot::channel();
    std::thread::spawn(move || {
        let ended = io::copy(&mut io::stdin().lock(), &mut io::sink());
        let _ = tell.send(ended);
    });
    let _ = told.await;
}

/// A server under test.
pub(crate) struct Target {
    /// The name in the tables.
    pub(crate) name: String,
    /// The address that it listens on.
    pub(crate) address: SocketAddr,
    /// The callers; empty for the relay, which has no accounts.
    pub(crate) members: Vec<Member>,
    child: Child,
    /// The reserved port of the program.
    _port: Option<ReservedPort>,
}

impl Target {
    /// Starts the bare relay.
    pub(crate) async fn relay(machine: &Machine, upstream: &Helper) -> Result<Self> {
        let program = std::env::current_exe()?;
        let mut command = machine.on_server_core(&program.to_string_lossy());
        command.env(relay::MODEL, upstream.base_url());
        let Helper { address, child } = Helper::start(command, "relay").await?;
        Ok(Self {
            name: "bare relay".to_owned(),
            address,
            members: Vec::new(),
            child,
            _port: None,
        })
    }

    /// Starts the program, with accounts that may chat.
    pub(crate) async fn troupe(
        machine: &Machine,
        upstream: &Helper,
        backend: &Backend,
    ) -> Result<Self> {
        let target = Self::started(machine, upstream, backend).await?;
        target.with_members(ACCOUNTS).await
    }

    /// Adds this number of accounts that may chat.
    pub(crate) async fn with_members(mut self, accounts: usize) -> Result<Self> {
        let tenants = Tenants::new(self.address, OPERATOR)?;
        self.members = tenants.members(accounts).await?;
        Ok(self)
    }

    /// Starts the program with no accounts yet.
    pub(crate) async fn started(
        machine: &Machine,
        upstream: &Helper,
        backend: &Backend,
    ) -> Result<Self> {
        let program = env!("CARGO_BIN_EXE_troupe");
        let mut migrate = Command::new(program);
        migrate.args(["migrate", "up"]).stdout(Stdio::null());
        let mut migrate = configured(migrate, upstream, backend);
        migrate.env("TROUPE_LOG_FILTER", "error");
        let migrated = kept(migrate)?.wait().await?;
        if !migrated.success() {
            return Err(format!("making the tables on {} failed", backend.name).into());
        }
        // the program cannot report which port it was given
        let port = ReservedPort::new();
        let address = port.address();
        let mut serve = machine.on_server_core(program);
        let log = std::fs::File::create(backend.folder.join("troupe.log"))?;
        serve
            .args(["serve", "--addr", &address.to_string()])
            .stdout(Stdio::null())
            .stderr(log);
        let child = kept(configured(serve, upstream, backend))?;
        let target = Self {
            name: backend.name.clone(),
            address,
            members: Vec::new(),
            child,
            _port: Some(port),
        };
        tokio::time::timeout(PATIENCE, target.ready())
            .await
            .map_err(|_| format!("troupe on {} is not ready in time", target.name))??;
        Ok(target)
    }

    /// The operating system's process.
    pub(crate) fn process(&self) -> Result<Process> {
        let pid = self.child.id();
        Ok(Process(
            pid.ok_or_else(|| format!("{} has ended", self.name))?,
        ))
    }

    /// The caller of the `n`th socket; `None` for the relay.
    pub(crate) fn member(&self, n: usize) -> Option<&Member> {
        self.members.get(n % self.members.len().max(1))
    }

    /// Whether this is the program and not the relay.
    pub(crate) fn is_troupe(&self) -> bool {
        !self.members.is_empty()
    }

    /// Kills the process, without a graceful shutdown.
    pub(crate) async fn stop(mut self) -> Result<()> {
        Ok(self.child.kill().await?)
    }

    async fn ready(&self) -> Result<()> {
        let http = reqwest::Client::builder().no_proxy().build()?;
        let url = format!("http://{}/readyz", self.address);
        loop {
            let ready = http.get(&url).send().await;
            if ready.is_ok_and(|ready| ready.status().is_success()) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// The program's settings: those of `docs/configuration.md` that many chats by few accounts need.
fn configured(mut command: Command, upstream: &Helper, backend: &Backend) -> Command {
    command
        .current_dir(&backend.folder)
        .env_clear()
        .envs(backend.settings.iter().map(|(name, value)| (name, value)))
        .env("TROUPE_OPENAI_BASE_URL", upstream.base_url())
        .env("TROUPE_OPERATOR_KEY", OPERATOR)
        .env(
            "TROUPE_ENCRYPTION_KEYS",
            format!("bench:{}", BASE64_STANDARD.encode([7; 32])),
        )
        .env("TROUPE_RUNS_CONCURRENT", "4000")
        .env("TROUPE_RUNS_CONCURRENT_PER_ACCOUNT", "4000")
        .env("TROUPE_LIMITS_MESSAGES_PER_MINUTE", "1000000")
        .env("TROUPE_LIMITS_MESSAGE_BURST", "100000")
        .env("TROUPE_LIMITS_RUNS_QUEUED_PER_ACCOUNT", "4000");
    command
}

/// Starts a process that is killed when its handle is dropped.
fn kept(command: Command) -> Result<Child> {
    Ok(tokio::process::Command::from(command)
        .kill_on_drop(true)
        .spawn()?)
}
