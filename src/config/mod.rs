//! Settings: `app.yaml`, the environment and `agents/*.yaml`, read once at the start, checked as a whole.
//!
//! [`Config::load`] is the only reader of either. It reports every problem at once. To add a setting, give it a
//! field in the struct of its concern, with variable, default and unit in its doc comment, and read it there: that
//! makes its name known, in `app.yaml` and as a `TROUPE_` variable. Then say it in `app.yaml` and in
//! `docs/configuration.md`; a test compares the three.

mod app_file;
mod connection;
mod database;
mod egress;
mod error;
mod http;
mod http_section;
mod jobs;
mod key_ring;
mod knowledge;
mod limits;
mod log;
mod models;
mod pinecone;
mod process;
mod quotas;
mod rates;
mod reader;
mod redis;
mod report;
mod runs;
mod source;
mod templates;
#[cfg(test)]
mod tests;
mod yaml;

pub use self::redis::RedisConfig;
pub use connection::ConnectionConfig;
pub use database::{DatabaseConfig, DatabaseKind};
pub use error::ConfigError;
pub use http::{DocumentLimits, HttpConfig, JsonLimits, McpConfig, RequestLimits, SocketConfig};
pub use jobs::JobsConfig;
pub use key_ring::{EncryptionKey, KeyRing};
pub use knowledge::KnowledgeConfig;
pub use limits::LimitsConfig;
pub use log::{LogConfig, LogFormat};
pub use models::{
    ChatModelConfig, EmbeddedModelConfig, EmbeddingModelConfig, ModelsConfig, OpenAiModelConfig,
};
pub use pinecone::PineconeConfig;
pub use rates::RequestRates;
pub use report::report;
pub use runs::{RunsConfig, ShutdownConfig};
pub use source::{Mode, Source};

use std::{net::SocketAddr, path::PathBuf};

use serde_json::{Map, Value};

use self::{
    app_file::AppFile,
    reader::{Reader, Section},
    templates::Templates,
};
use crate::domain::{Quotas, Secret, TemplateSpec};

/// Every setting, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// What the program was started to do.
    pub mode: Mode,
    /// `--addr`, `TROUPE_ADDR`: where it listens. Default: `127.0.0.1:8080` for `troupe dev`, else `0.0.0.0` with
    /// the port of `PORT`, 8080 without.
    pub addr: SocketAddr,
    /// `--data-dir`, `TROUPE_DATA_DIR`: where `troupe dev` keeps its files. Default: `data`.
    pub data_dir: PathBuf,
    /// The database.
    pub database: DatabaseConfig,
    /// Redis. Default: none, and there is one process only.
    pub redis: Option<RedisConfig>,
    /// The models.
    pub models: ModelsConfig,
    /// Runs.
    pub runs: RunsConfig,
    /// What one account may ask for.
    pub limits: LimitsConfig,
    /// What one account may hold.
    pub quotas: Quotas,
    /// What agents may be given to know.
    pub knowledge: KnowledgeConfig,
    /// How background work is done.
    pub jobs: JobsConfig,
    /// How the program ends.
    pub shutdown: ShutdownConfig,
    /// The HTTP side.
    pub http: HttpConfig,
    /// `TROUPE_ENCRYPTION_KEYS`: what secrets are sealed with. Default: none, and no secret can be kept.
    pub encryption_keys: Option<KeyRing>,
    /// `TROUPE_OPERATOR_KEY`: bootstraps the operator on an empty database; at least 32 characters. Default: none.
    pub operator_key: Option<Secret>,
    /// `TROUPE_EGRESS_ALLOW`: private addresses that may be connected to, `host:port` or a network. Default: none;
    /// this machine for `troupe dev`.
    pub egress_allow: Vec<String>,
    /// Pinecone.
    pub pinecone: PineconeConfig,
    /// Settings for all agents.
    pub agents: AgentDefaults,
    /// The log.
    pub log: LogConfig,
    /// The file of this program, which documents are read with in child processes.
    pub program: PathBuf,
    /// Every template of `agents/`.
    pub templates: Vec<TemplateSpec>,
    /// Where all of this was read.
    pub read_from: ReadFrom,
}

/// Settings for all agents; section `agents` of `app.yaml`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AgentDefaults {
    /// `agents.configuration`: the layer between the built-in settings and the templates' own; each template takes
    /// what it declares. Default: nothing.
    pub configuration: Map<String, Value>,
}

/// Where the settings were read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReadFrom {
    /// `app.yaml`, if there is one.
    pub file: Option<PathBuf>,
    /// The folder of the templates; none when they are the program's own.
    pub templates: Option<PathBuf>,
    /// The variables that gave a setting.
    pub variables: Vec<String>,
}

impl Config {
    /// Reads and checks every setting. The error has every problem.
    pub fn load(source: &Source) -> Result<Self, ConfigError> {
        let file = AppFile::load(source).map_err(|problem| ConfigError::new(vec![problem]))?;
        let mut wrong_templates = Vec::new();
        let templates = Templates::load(&file.templates_folder, &mut wrong_templates);
        let mut reader = Reader::new(&source.environment, &file.name);
        let mut config = reader.read(file.settings, |top| Self::read(source, top));
        let (variables, mut problems) = reader.finish();
        problems.append(&mut wrong_templates);
        templates.check_models(&config.models, &mut problems);
        if !problems.is_empty() {
            return Err(ConfigError::new(problems));
        }
        config.templates = templates.found.into_iter().map(|(_, spec)| spec).collect();
        config.read_from = ReadFrom {
            file: file.path,
            templates: templates.folder,
            variables,
        };
        Ok(config)
    }

    fn read(source: &Source, top: &mut Section<'_, '_>) -> Self {
        let mode = source.mode;
        // read already, to find the file; asked for once more, so that it is known
        top.variable(app_file::VARIABLE);
        let data_dir = process::read_data_dir(source, top);
        let database = top.section("database", |s| DatabaseConfig::read(s, &data_dir));
        process::check_needs(mode, &database, top);
        Self {
            mode,
            addr: process::read_addr(source, top),
            database,
            redis: top.section("redis", RedisConfig::read),
            models: ModelsConfig::read(top, &source.folder, &data_dir),
            runs: top.section("runs", RunsConfig::read),
            limits: top.section("limits", LimitsConfig::read),
            quotas: top.section("quotas", quotas::read),
            knowledge: top.section("knowledge", KnowledgeConfig::read),
            jobs: top.section("jobs", JobsConfig::read),
            shutdown: top.section("shutdown", ShutdownConfig::read),
            http: http_section::read(top, mode),
            encryption_keys: KeyRing::read(top),
            operator_key: process::read_operator_key(top),
            egress_allow: egress::read(top, mode == Mode::Dev),
            pinecone: top.section("pinecone", PineconeConfig::read),
            agents: top.section("agents", |section| AgentDefaults {
                configuration: section.object("configuration"),
            }),
            log: top.section("log", |section| LogConfig::read(section, mode)),
            program: source.program_file(),
            templates: Vec::new(),
            read_from: ReadFrom::default(),
            data_dir,
        }
    }

    /// What works less well without the optional systems that are not set; for the log, once at the start.
    pub fn notices(&self) -> Vec<String> {
        report::notices(self)
    }
}
