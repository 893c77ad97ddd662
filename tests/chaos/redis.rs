//! A Redis of the bench itself, which can be stopped and started again, empty.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use tokio::{
    net::TcpStream,
    process::{Child, Command},
    sync::Mutex,
};

use crate::{plan::Plan, port::ReservedPort};

/// The maximum time until the server listens.
const START: Duration = Duration::from_mins(1);

pub(crate) struct Redis {
    pub(crate) url: String,
    server: Option<Server>,
}

/// A server that the bench started.
struct Server {
    port: ReservedPort,
    folder: PathBuf,
    child: Mutex<Option<Child>>,
}

impl Redis {
    /// Starts a server where a `redis-server` is installed; otherwise uses the one of the plan.
    pub(crate) async fn start(plan: &Plan, folder: &Path) -> Option<Self> {
        plan.redis.as_ref()?;
        let server = Server {
            port: ReservedPort::new(),
            folder: folder.to_owned(),
            child: Mutex::default(),
        };
        if server.start().await {
            return Some(Self {
                url: format!("redis://{}/0", server.port.address()),
                server: Some(server),
            });
        }
        plan.redis.clone().map(|url| Self { url, server: None })
    }

    /// Whether the bench started the server, so that it can be restarted.
    pub(crate) fn is_ours(&self) -> bool {
        self.server.is_some()
    }

    /// Kills the server; its data is lost.
    pub(crate) async fn kill(&self) {
        let Some(server) = &self.server else {
            return;
        };
        if let Some(mut child) = server.child.lock().await.take() {
            child.kill().await.unwrap();
        }
    }

    /// Starts the server again, empty.
    pub(crate) async fn start_again(&self) {
        if let Some(server) = &self.server {
            assert!(server.start().await, "Redis does not start again");
        }
    }

    /// Stops the server.
    pub(crate) async fn end(&self) {
        self.kill().await;
    }
}

impl Server {
    async fn start(&self) -> bool {
        let address = self.port.address();
        let port = address.port().to_string();
        let child = Command::new("redis-server")
            .args([
                "--port",
                &port,
                "--bind",
                "127.0.0.1",
                "--save",
                "",
                "--appendonly",
                "no",
            ])
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn();
        let Ok(child) = child else {
            return false;
        };
        *self.child.lock().await = Some(child);
        let began = Instant::now();
        while TcpStream::connect(address).await.is_err() {
            if began.elapsed() > START {
                return false;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        true
    }
}
