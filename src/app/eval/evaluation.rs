//! An evaluation: its files, the servers that they need, and the runs of their cases.

use std::{path::Path, sync::Arc, time::Instant};

use reqwest::Client;
use tokio::sync::OnceCell;

use super::{
    EvalOptions,
    account::EvalAccount,
    case_file::CaseFile,
    client::GraphqlClient,
    isolation::EvalFolder,
    report::{EvalReport, FileRun},
    running::{CaseAccounts, CaseRunner},
    scripted::ScriptBook,
    server::EvalServer,
    version::TemplateVersion,
};
use crate::{
    app::outgoing::http_client,
    config::Config,
    error::{Error, Result},
};

/// An evaluation whose files were read.
pub(super) struct Evaluation<'a> {
    config: &'a Config,
    options: &'a EvalOptions,
    files: Vec<CaseFile>,
    against: Option<(TemplateVersion, Vec<CaseFile>)>,
    http: Client,
}

/// The servers in this process: at most one of each kind.
#[derive(Default)]
struct LocalServers {
    scripted: Option<EvalServer>,
    configured: Option<EvalServer>,
}

impl<'a> Evaluation<'a> {
    /// Reads the files.
    pub(super) fn prepare(config: &'a Config, options: &'a EvalOptions) -> Result<Self> {
        let files = read_all(options)?;
        let against = options.against.as_deref().map(TemplateVersion::parse);
        let against = against.transpose()?.map(|version| older(options, version));
        Ok(Self {
            config,
            options,
            files,
            against: against.transpose()?,
            http: http_client()?,
        })
    }

    /// Runs every file, and again those that have agents of another template version.
    pub(super) async fn run(self) -> Result<EvalReport> {
        let began = Instant::now();
        let with_version = |version: &TemplateVersion, error: &Error| {
            let option = format!("--against {}", version.shown);
            Error::bad_input(option, error.message())
        };
        let mut baseline = None;
        let runs = if let Some(url) = &self.options.url {
            // first, because it may be that the account has no agents of the other version
            if let Some((version, files)) = &self.against {
                let runs = self.run_remote(url, files).await;
                let runs = runs.map_err(|error| with_version(version, &error))?;
                baseline = Some((version.shown.clone(), runs));
            }
            self.run_remote(url, &self.files).await?
        } else {
            let folder = EvalFolder::new(self.options.data_dir.as_deref());
            let servers = self.start(&folder).await?;
            let runs = self.run_local(&servers, &self.files).await?;
            if let Some((version, files)) = &self.against {
                let runs = self.run_local(&servers, files).await;
                let runs = runs.map_err(|error| with_version(version, &error))?;
                baseline = Some((version.shown.clone(), runs));
            }
            Box::pin(servers.stop()).await?;
            runs
        };
        Ok(EvalReport::new(runs, baseline, began.elapsed()))
    }

    /// Starts the servers that the files need.
    async fn start(&self, folder: &EvalFolder) -> Result<LocalServers> {
        let mut servers = LocalServers::default();
        if self.files.iter().any(CaseFile::is_scripted) {
            let book = Arc::new(ScriptBook::default());
            servers.scripted = Some(self.server(&folder.of("scripted"), Some(book)).await?);
        }
        if !self.files.iter().all(CaseFile::is_scripted) {
            servers.configured = Some(self.server(&folder.of("configured"), None).await?);
        }
        Ok(servers)
    }

    async fn server(&self, folder: &Path, book: Option<Arc<ScriptBook>>) -> Result<EvalServer> {
        Box::pin(EvalServer::start(self.config, folder, &self.http, book)).await
    }

    async fn run_local(&self, servers: &LocalServers, files: &[CaseFile]) -> Result<Vec<FileRun>> {
        let mut runs = Vec::new();
        for file in files {
            if file.agents.is_empty() {
                return Err(Error::bad_input(
                    format!("{}: agents", file.shown()),
                    "is missing, expected the agents that the cases are about; only with --url they may be left out",
                ));
            }
            let shared = OnceCell::new();
            let server = servers.of(file)?;
            // a mistake in the agents is one of the file, not of each case
            let account = server
                .open_account(file)
                .await
                .map_err(|error| in_file(file, &error))?;
            let _ = shared.set(account);
            runs.push(
                self.run_file(file, CaseAccounts::Local { server, shared })
                    .await,
            );
        }
        Ok(runs)
    }

    async fn run_remote(&self, url: &str, files: &[CaseFile]) -> Result<Vec<FileRun>> {
        let key = self.config.api_key.clone().ok_or_else(|| {
            Error::bad_input(
                "TROUPE_API_KEY",
                "is not set, and --url needs a key of the account",
            )
        })?;
        let client = GraphqlClient::new(&self.http, url, key);
        let mut runs = Vec::new();
        for file in files {
            let account = EvalAccount::of_server(client.clone(), file).await?;
            runs.push(self.run_file(file, CaseAccounts::Remote(account)).await);
        }
        Ok(runs)
    }

    async fn run_file(&self, file: &CaseFile, accounts: CaseAccounts<'_>) -> FileRun {
        let runner = CaseRunner {
            file,
            accounts,
            concurrency: self.options.concurrency.max(1),
            timeout: self.options.timeout,
        };
        FileRun {
            path: file.shown(),
            bars: file.bars.clone(),
            cases: runner.run().await,
        }
    }
}

impl LocalServers {
    /// The server of a file.
    fn of(&self, file: &CaseFile) -> Result<&EvalServer> {
        let server = if file.is_scripted() {
            &self.scripted
        } else {
            &self.configured
        };
        server
            .as_ref()
            .ok_or_else(|| Error::internal("find the server of a file of cases"))
    }

    async fn stop(self) -> Result<()> {
        for server in [self.scripted, self.configured].into_iter().flatten() {
            server.stop().await?;
        }
        Ok(())
    }
}

fn read_all(options: &EvalOptions) -> Result<Vec<CaseFile>> {
    options
        .files
        .iter()
        .map(|file| CaseFile::read(file))
        .collect()
}

/// The files that have agents of another version, with these agents.
fn older(
    options: &EvalOptions,
    version: TemplateVersion,
) -> Result<(TemplateVersion, Vec<CaseFile>)> {
    let mut files = read_all(options)?;
    files.retain_mut(|file| version.apply(file));
    if files.is_empty() {
        let message = format!(
            "\"{}\" is the version of no agent's template",
            version.shown
        );
        return Err(Error::bad_input("--against", message));
    }
    Ok((version, files))
}

/// An error about the agents of a file.
fn in_file(file: &CaseFile, error: &Error) -> Error {
    let cause = error
        .cause()
        .map(|cause| format!(": {cause}"))
        .unwrap_or_default();
    Error::bad_input(file.shown(), format!("{}{cause}", error.message()))
}
