//! `troupe eval`: the shipped cases, strict files, reports, gates and running servers.

mod command;
mod files;
mod gate;
mod report;
mod server;
mod shipped;

use std::{
    env, fs,
    path::{Path, PathBuf},
    time::Duration,
};

use serde_json::Value;
use troupe::{
    app::eval::{EvalOptions, EvalReport, run},
    config::{Config, Mode, Source},
    error::Error,
};
use uuid::Uuid;

use crate::support::models;

/// One agent with scripted models, before the cases of a test.
pub(crate) const ONE_AGENT: &str =
    "agents: [{slug: support, template: support_agent, tier: standard}]\n";

/// A folder for files of cases, which is removed with its test.
pub(crate) struct EvalFolder(PathBuf);

impl EvalFolder {
    pub(crate) fn new() -> Self {
        let folder = env::temp_dir().join(format!("troupe-evals-{}", Uuid::now_v7().simple()));
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Writes a file; returns its path.
    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    /// Runs files with the templates of this folder, or the shipped ones.
    pub(crate) async fn run(&self, options: EvalOptions) -> Result<EvalReport, Error> {
        evaluate(&self.0, &[], options).await
    }
}

impl Drop for EvalFolder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

pub(crate) fn options(files: &[PathBuf]) -> EvalOptions {
    EvalOptions {
        files: files.to_vec(),
        url: None,
        data_dir: None,
        against: None,
        concurrency: 4,
        timeout: Duration::from_mins(2),
    }
}

/// Runs files as the command does, with the settings of a folder and of variables.
pub(crate) async fn evaluate(
    folder: &Path,
    variables: &[(&str, &str)],
    options: EvalOptions,
) -> Result<EvalReport, Error> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let models = models();
    let variables = variables.iter().copied();
    let environment = variables.chain([("TROUPE_MODELS_DIR", models.as_str())]);
    let source = Source {
        environment: environment
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
        folder: folder.to_owned(),
        program: Some(env!("CARGO_BIN_EXE_troupe").into()),
        ..Source::new(Mode::Dev)
    };
    let config = Config::load(&source).unwrap();
    Box::pin(run(&config, &options)).await
}

/// Runs files of `evals/`.
pub(crate) async fn evaluate_shipped(files: &[&str]) -> EvalReport {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("evals");
    let files: Vec<_> = files.iter().map(|file| folder.join(file)).collect();
    let done = evaluate(Path::new(""), &[], options(&files)).await;
    done.map_err(|error| format!("{error:?}")).unwrap()
}

/// The JSON of a report.
pub(crate) fn json(report: &EvalReport) -> Value {
    serde_json::from_str(&report.json()).unwrap()
}

/// The case of a report with this name.
pub(crate) fn case<'r>(report: &'r Value, name: &str) -> &'r Value {
    let mut cases = report["cases"].as_array().unwrap().iter();
    cases.find(|case| case["name"] == name).unwrap()
}
