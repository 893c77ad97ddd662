//! Where settings come from: the command, the environment and the folder it was started in, handed in as values.

use std::{collections::BTreeMap, net::SocketAddr, path::PathBuf};

/// What the program was started to do; each needs other settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Everything in one process, nothing to install.
    Dev,
    /// The web role.
    Serve,
    /// The orchestrator role.
    Worker,
    /// Changes the tables and ends.
    Migrate,
    /// Tells what the settings are and ends.
    Check,
    /// Fetches the embedded models' files and ends.
    Fetch,
}

impl Mode {
    /// Whether this is one of the production roles.
    pub fn is_production(self) -> bool {
        match self {
            Self::Serve | Self::Worker => true,
            Self::Dev | Self::Migrate | Self::Check | Self::Fetch => false,
        }
    }

    /// The command that starts it.
    pub fn command(self) -> &'static str {
        match self {
            Self::Dev => "troupe dev",
            Self::Serve => "troupe serve",
            Self::Worker => "troupe worker",
            Self::Migrate => "troupe migrate",
            Self::Check => "troupe check",
            Self::Fetch => "troupe models fetch",
        }
    }
}

/// Everything that settings are read from. What the command line gives wins over the environment, which wins over
/// `app.yaml`.
#[derive(Clone)]
pub struct Source {
    /// What the program was started to do.
    pub mode: Mode,
    /// The environment; names that do not begin with `TROUPE_` are read only where a setting names them.
    pub environment: BTreeMap<String, String>,
    /// `app.yaml`, named on purpose: it must be there. Wins over `TROUPE_CONFIG`.
    pub config_path: Option<PathBuf>,
    /// The folder that relative paths start from, and where `app.yaml` is looked for.
    pub folder: PathBuf,
    /// `--addr`.
    pub addr: Option<SocketAddr>,
    /// `--data-dir`.
    pub data_dir: Option<PathBuf>,
    /// The file of the `troupe` program; none where the running process is that program.
    pub program: Option<PathBuf>,
}

impl Source {
    /// Nothing but the mode, in the folder the program was started in.
    pub fn new(mode: Mode) -> Self {
        Self {
            mode,
            environment: BTreeMap::new(),
            config_path: None,
            folder: PathBuf::new(),
            addr: None,
            data_dir: None,
            program: None,
        }
    }

    /// The file that the child processes of this one are started from.
    pub(super) fn program_file(&self) -> PathBuf {
        self.program.clone().unwrap_or_else(|| {
            // Linux keeps what this name leads to as long as the process lives: a deploy that replaces the file does not
            // start another version of the program
            if cfg!(target_os = "linux") {
                return PathBuf::from("/proc/self/exe");
            }
            std::env::current_exe().unwrap_or_default()
        })
    }

    /// This process: its environment and the folder it was started in. A variable that is not UTF-8 is read with
    /// replacement characters, so that its check fails with its name.
    pub fn from_process(mode: Mode) -> Self {
        let environment = std::env::vars_os()
            .map(|(name, value)| {
                let text = |part: std::ffi::OsString| part.to_string_lossy().into_owned();
                (text(name), text(value))
            })
            .collect();
        Self {
            environment,
            ..Self::new(mode)
        }
    }
}
