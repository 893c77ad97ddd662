//! Follows the files of the configuration while a process runs. The next message uses what a valid file says; a broken file
//! changes nothing, and its fault is shown until it is repaired.

mod live_settings;
mod status;

use std::{sync::Arc, time::Duration};

use tokio_util::task::TaskTracker;

pub(super) use self::{
    live_settings::{LiveParts, LiveSettings},
    status::ConfigStatus,
};
use crate::{
    config::{Config, ConfigChanges, Source, WatchedFiles},
    error::{Error, Kind},
};

/// The interval at which the files are read. A change is used after two intervals and the time that checking it takes.
const INTERVAL: Duration = Duration::from_millis(200);
/// The pause before a change is tried again that failed because of the database.
const PAUSE: Duration = Duration::from_secs(1);
/// The maximum number of problems that the fault of a configuration names.
const MOST_PROBLEMS: usize = 5;

/// Follows the files, for as long as the process runs.
pub(super) struct ConfigWatch {
    /// What the settings are read from.
    pub(super) source: Arc<Source>,
    /// The settings that are replaced.
    pub(super) settings: LiveSettings,
    /// The last result, for probes and metrics.
    pub(super) status: ConfigStatus,
    pub(super) tracker: TaskTracker,
}

impl ConfigWatch {
    /// Follows the files without end. `used` are the files that the present settings were read from.
    pub(super) async fn run(mut self, mut used: WatchedFiles) {
        let mut seen = used.clone();
        loop {
            tokio::time::sleep(INTERVAL).await;
            let Some(found) = self.read().await else {
                continue;
            };
            // a file that is being written changes between two looks
            let is_stable = found == seen;
            seen = found;
            if is_stable && seen != used {
                used = seen.clone();
                if !self.follow(&used).await {
                    tokio::time::sleep(PAUSE).await;
                    used = WatchedFiles::default();
                }
            }
        }
    }

    async fn read(&self) -> Option<WatchedFiles> {
        let source = Arc::clone(&self.source);
        let read = self
            .tracker
            .spawn_blocking(move || WatchedFiles::read(&source));
        read.await.ok()
    }

    /// Uses the settings of the files, or shows why they cannot be used. Returns false when they may be usable later.
    async fn follow(&mut self, files: &WatchedFiles) -> bool {
        let source = Arc::clone(&self.source);
        let loaded = self.tracker.spawn_blocking(move || Config::load(&source));
        let adopted = match loaded.await {
            Ok(Ok(config)) => self.settings.adopt(config).await,
            Ok(Err(error)) => {
                let problems = error.problems().iter();
                let problems: Vec<String> =
                    problems.map(|problem| files.with_line(problem)).collect();
                self.refuse(fault(&problems));
                return true;
            }
            Err(cause) => Err(Error::internal("check the configuration").with_source(cause)),
        };
        match adopted {
            Ok(changes) => {
                self.status.succeed();
                report(&changes);
                true
            }
            Err(error) => {
                self.refuse(sentence(&error));
                *error.kind() != Kind::Unavailable
            }
        }
    }

    /// Shows why the files are not in use.
    fn refuse(&self, fault: String) {
        if self.status.fault() == Some(fault.clone()) {
            return;
        }
        tracing::error!(
            fault,
            "the changed configuration is refused, the last valid one stays in use: {fault}"
        );
        self.status.fail(fault);
    }
}

/// Logs what has changed, and what needs a restart.
fn report(changes: &ConfigChanges) {
    let applied = changes.applied.join(", ");
    tracing::info!(
        settings = applied,
        "the configuration has changed; the next message uses it: {applied}"
    );
    if !changes.at_next_start.is_empty() {
        let names = changes.at_next_start.join(", ");
        tracing::warn!(
            settings = names,
            "these settings differ from the files and need a restart: {names}"
        );
    }
}

/// What is wrong with the templates, or with the database that stores them.
fn sentence(error: &Error) -> String {
    match error.kind() {
        Kind::BadInput(problems) => {
            let problems = problems.iter();
            let problems: Vec<String> = problems
                .map(|problem| format!("{}: {}", problem.path, problem.message))
                .collect();
            fault(&problems)
        }
        _ => error.message().to_owned(),
    }
}

/// The first problems in one sentence. Problems contain no secret.
fn fault(problems: &[String]) -> String {
    let shown: Vec<&str> = problems
        .iter()
        .take(MOST_PROBLEMS)
        .map(String::as_str)
        .collect();
    let shown = shown.join("; ");
    match problems.len().saturating_sub(MOST_PROBLEMS) {
        0 => shown,
        more => format!("{shown}; and {more} more"),
    }
}
