//! The sources of settings, as values: the command line, the environment and the working folder.

use std::{collections::BTreeMap, fmt, net::SocketAddr, path::PathBuf};

/// The command that the program was started with; each needs other settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Everything in one process, with nothing to install.
    Dev,
    /// The web role.
    Serve,
    /// The orchestrator role.
    Worker,
    /// Migrates the database and exits.
    Migrate,
    /// Prints the settings and exits.
    Check,
    /// Downloads the embedded models' files and exits.
    Fetch,
}

impl Mode {
    /// Whether this is a production role (`serve` or `worker`).
    pub fn is_production(self) -> bool {
        match self {
            Self::Serve | Self::Worker => true,
            Self::Dev | Self::Migrate | Self::Check | Self::Fetch => false,
        }
    }

    /// The command line that starts this mode.
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

/// The sources of all settings. The command line overrides the environment, which overrides `app.yaml`.
#[derive(Clone, PartialEq, Eq)]
pub struct Source {
    /// The command that the program was started with.
    pub mode: Mode,
    /// The environment; of variables without the prefix `TROUPE_`, only those that a setting names are read.
    pub environment: BTreeMap<String, String>,
    /// The explicit path of `app.yaml`: the file must exist. Overrides `TROUPE_CONFIG`.
    pub config_path: Option<PathBuf>,
    /// The folder that relative paths start from, and that may contain `app.yaml`.
    pub folder: PathBuf,
    /// The value of `--addr`.
    pub addr: Option<SocketAddr>,
    /// The value of `--data-dir`.
    pub data_dir: Option<PathBuf>,
    /// The path of the `troupe` program; none if the running process is that program.
    pub program: Option<PathBuf>,
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // variables have secrets
        f.debug_struct("Source")
            .field("mode", &self.mode)
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}

impl Source {
    /// A source with nothing but the mode and the current folder.
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

    /// The program file for child processes.
    pub(super) fn program_file(&self) -> PathBuf {
        self.program.clone().unwrap_or_else(|| {
            // Linux keeps the target of this name as long as the process lives: a deploy that replaces the file does
            // not start another version of the program
            if cfg!(target_os = "linux") {
                return PathBuf::from("/proc/self/exe");
            }
            std::env::current_exe().unwrap_or_default()
        })
    }

    /// The source of this process: its environment and its current folder. In a variable that is not UTF-8, invalid
    /// bytes become replacement characters, so that its check fails and names it.
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
