//! Public MCP servers from npm over streamable HTTP, each with a folder and a process group of its own, which are
//! removed with the test.

use std::{
    env, fs,
    io::{BufRead, BufReader, copy, sink},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    thread,
};

use uuid::Uuid;

/// A server of the registry. Both use standard input and output, and start anew for every session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PublicServer {
    /// `@modelcontextprotocol/server-everything`: a tool for every feature of the protocol.
    Everything,
    /// `@modelcontextprotocol/server-memory`: a knowledge graph, here one for each session.
    Memory,
}

/// A running server.
pub(crate) struct RunningServer {
    pub(crate) url: String,
    child: Child,
    folder: PathBuf,
}

impl RunningServer {
    /// Starts the server on a free port of this machine, and waits until it listens.
    pub(crate) async fn start(server: PublicServer) -> Self {
        tokio::task::spawn_blocking(move || Self::start_now(server))
            .await
            .unwrap()
    }

    fn start_now(server: PublicServer) -> Self {
        let packages = root().join("tests/mcp/node_modules");
        assert!(
            packages.join(".installed-lock").exists(),
            "the public MCP servers are not installed; `scripts/mcp.sh install` does it"
        );
        let node = node();
        let folder = env::temp_dir().join(format!("troupe-mcp-{}", Uuid::now_v7().simple()));
        fs::create_dir_all(&folder).unwrap();
        let program = packages.join(server.program());
        // The shell's process id differs between sessions.
        let session = format!(
            "MEMORY_FILE_PATH='{}'/$$.jsonl exec '{}' '{}'",
            folder.display(),
            node.display(),
            program.display()
        );
        // One of their tools returns its environment.
        let mut child = Command::new(&node)
            .env_clear()
            .arg("--require")
            .arg(root().join("tests/mcp/loopback.cjs"))
            .arg(packages.join("supergateway/dist/index.js"))
            .args(["--stdio", &session, "--outputTransport", "streamableHttp"])
            .args(["--stateful", "--logLevel", "none"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .unwrap();
        let said = child.stdout.take().unwrap();
        // Built first, so that a server that fails to start is ended too.
        let mut running = Self {
            url: String::new(),
            child,
            folder,
        };
        running.url = format!("http://127.0.0.1:{}/mcp", port(said));
        running
    }
}

impl PublicServer {
    fn program(self) -> &'static str {
        match self {
            Self::Everything => "@modelcontextprotocol/server-everything/dist/index.js",
            Self::Memory => "@modelcontextprotocol/server-memory/dist/index.js",
        }
    }
}

impl Drop for RunningServer {
    fn drop(&mut self) {
        // The bridge does not end the servers that it started.
        let group = format!("-{}", self.child.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// The port that the bridge prints. All further output is read too, so that the bridge does not block.
fn port(said: ChildStdout) -> u16 {
    let mut said = BufReader::new(said);
    let mut line = String::new();
    while said.read_line(&mut line).unwrap() > 0 {
        if let Some(port) = line.trim().strip_prefix("listening on ") {
            let port = port.parse().unwrap();
            thread::spawn(move || copy(&mut said, &mut sink()));
            return port;
        }
        line.clear();
    }
    panic!("the MCP server ended before it listened");
}

fn node() -> PathBuf {
    let found = Command::new(root().join("scripts/node.sh"))
        .output()
        .unwrap();
    assert!(found.status.success(), "scripts/node.sh found no node");
    Path::new(String::from_utf8(found.stdout).unwrap().trim()).join("node")
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
