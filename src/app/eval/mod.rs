//! `troupe eval`: runs YAML cases against agents, and reports how many pass, with routing, latency and cost.
//!
//! [`case_file`] reads cases, [`running`] runs them over the public API, [`judging`] compares what was seen with what is
//! expected, [`report`] sums up. Without a URL the cases run against a [`server`] in this process, whose models are
//! [`scripted`] if the cases say what they reply.

mod account;
mod cached_embedder;
mod case_file;
mod client;
mod evaluation;
mod isolation;
mod judging;
mod report;
mod running;
mod scripted;
mod server;
mod version;

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use self::evaluation::Evaluation;
pub use self::report::EvalReport;
use crate::{
    config::Config,
    error::{Error, Result},
};

/// What an evaluation runs, and where.
#[derive(Debug, Clone)]
pub struct EvalOptions {
    /// The files of cases.
    pub files: Vec<PathBuf>,
    /// The running server that is asked; none for a server in this process.
    pub url: Option<String>,
    /// The folder for the databases of the server in this process; none for a temporary one.
    pub data_dir: Option<PathBuf>,
    /// The template version that is compared with: `sales_agent@1.3.0`, or `1.3.0` for every template.
    pub against: Option<String>,
    /// The number of cases that run at the same time.
    pub concurrency: usize,
    /// The time limit of a case that sets none.
    pub timeout: Duration,
}

/// Runs the cases. An error means that they could not be run; a case that fails is in the report.
pub async fn run(config: &Config, options: &EvalOptions) -> Result<EvalReport> {
    Box::pin(Evaluation::prepare(config, options)?.run()).await
}

/// Writes a report to a file.
pub fn write(file: &Path, text: &str) -> Result<()> {
    let failed = |error| Error::unavailable(format!("writing {} failed: {error}", file.display()));
    fs::write(file, text).map_err(failed)
}
