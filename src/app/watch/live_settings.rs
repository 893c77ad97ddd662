//! The settings of a process that can be replaced while it runs, in the parts that use them.

use serde_json::{Map, Value};

use crate::{
    app::{
        models::{self, ModelParts},
        shared,
    },
    config::{Config, ConfigChanges, Mode, ReadFrom, RunsConfig},
    engine::Models,
    error::{Error, Result},
    live::Live,
    service::{Limits, SetupService},
    store::Store,
};

/// The handles through which the parts of a process read settings that can change.
#[derive(Clone)]
pub(crate) struct LiveParts {
    /// The whole configuration in use.
    pub(crate) config: Live<Config>,
    /// The limits of runs.
    pub(crate) runs: Live<RunsConfig>,
    /// The settings for all agents.
    pub(crate) app_settings: Live<Map<String, Value>>,
    /// The limits of accounts.
    pub(crate) limits: Live<Limits>,
    /// The names of the models behind an API.
    pub(crate) remote_models: Live<Vec<String>>,
}

impl LiveParts {
    /// The handles with the settings of a start.
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            config: Live::new(config.clone()),
            runs: Live::new(config.runs.clone()),
            app_settings: Live::new(config.agents.configuration.clone()),
            limits: Live::new(shared::limits(&config.limits)),
            remote_models: Live::new(config.models.remote_names()),
        }
    }
}

/// Replaces the settings of a process.
#[derive(Clone)]
pub(crate) struct LiveSettings {
    pub(crate) parts: LiveParts,
    pub(crate) models: Models,
    /// Has the quotas.
    pub(crate) store: Store,
    /// Publishes templates.
    pub(crate) setup: SetupService,
    pub(crate) model_parts: ModelParts,
}

impl LiveSettings {
    /// Uses the valid settings of changed files. If they cannot be used, nothing has changed; UNAVAILABLE may pass.
    pub(super) async fn adopt(&mut self, new: Config) -> Result<ConfigChanges> {
        let before = self.parts.config.get();
        check_presence(&before.read_from, &new.read_from)?;
        let mut config = (*before).clone();
        let changes = config.adopt(new);
        let known = self.models.entries();
        let models = models::renewed(&config.models, &before.models, &known, &self.model_parts)?;
        // a worker does not publish at its start either
        if config.mode != Mode::Worker {
            self.setup.publish_shipped(&config.templates).await?;
        }
        self.models.replace(models);
        self.parts.runs.set(config.runs.clone());
        let settings = config.agents.configuration.clone();
        self.parts.app_settings.set(settings);
        self.parts.limits.set(shared::limits(&config.limits));
        self.parts.remote_models.set(config.models.remote_names());
        self.store.set_quotas(config.quotas.clone());
        self.parts.config.set(config);
        Ok(changes)
    }
}

/// CONFLICT when a file is gone: without it the process would go on with the defaults, which no one has asked for.
fn check_presence(before: &ReadFrom, new: &ReadFrom) -> Result<()> {
    let places = [
        (&before.file, &new.file),
        (&before.templates, &new.templates),
    ];
    for (before, new) in places {
        if let (Some(path), None) = (before, new) {
            let path = path.display();
            let message = format!("{path}: is gone; put it back, or restart without it");
            return Err(Error::conflict(message));
        }
    }
    Ok(())
}
