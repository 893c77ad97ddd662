//! Settings: `app.yaml`, the environment and `agents/*.yaml`, checked as a whole at the start and whenever a file changes.
//!
//! [`Config::load`] is the only reader of all three, and reports every problem at once. To add a setting, add a field
//! to the struct of its concern, with variable, default and unit in its doc comment, and read it in the same file: that
//! makes its name known, in `app.yaml` and as a `TROUPE_` variable. Then document it in `app.yaml` and in
//! `docs/configuration.md`; a test compares the three. `changes.rs` says whether a running process can use a change of it.

mod app_file;
mod changes;
mod connection;
mod database;
mod egress;
mod error;
mod http;
mod http_section;
mod identity_providers;
mod jobs;
mod key_ring;
mod knowledge;
mod limits;
mod line;
mod log;
mod models;
mod pinecone;
mod probes;
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
mod traces;
mod watched_files;
mod yaml;

pub use self::redis::RedisConfig;
pub use changes::ConfigChanges;
pub use connection::ConnectionConfig;
pub use database::{DatabaseConfig, DatabaseKind};
pub use error::ConfigError;
pub use http::{DocumentLimits, HttpConfig, JsonLimits, McpConfig, RequestLimits, SocketConfig};
pub use identity_providers::IdentityProvidersConfig;
pub use jobs::JobsConfig;
pub use key_ring::{EncryptionKey, KeyRing};
pub use knowledge::KnowledgeConfig;
pub use limits::LimitsConfig;
pub use log::{LogConfig, LogFormat};
pub use models::{
    BreakerConfig, ChatModelConfig, EmbeddedModelConfig, EmbeddingModelConfig, ModelEndpointConfig,
    ModelsConfig, RemoteModelConfig,
};
pub use pinecone::PineconeConfig;
pub use probes::ProbesConfig;
pub use rates::RequestRates;
pub use report::report;
pub use runs::{RunsConfig, ShutdownConfig};
pub use source::{Mode, Source};
pub use traces::TracesConfig;
pub use watched_files::WatchedFiles;
pub(crate) use yaml::parse as parse_yaml;

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use serde_json::{Map, Value};

use self::{
    app_file::AppFile,
    reader::{Section, SettingsReader},
    templates::Templates,
};
use crate::domain::{Quotas, Secret, TemplateSpec};

/// Every setting, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// The command that the program was started with.
    pub mode: Mode,
    /// `--addr`, `TROUPE_ADDR`: the address to listen on. Default: `127.0.0.1:8080` for `troupe dev`, else `0.0.0.0`
    /// with the port of `PORT`, or 8080 without it.
    pub addr: SocketAddr,
    /// `--data-dir`, `TROUPE_DATA_DIR`: the folder of the files of `troupe dev`. Default: `data`.
    pub data_dir: PathBuf,
    /// The database.
    pub database: DatabaseConfig,
    /// Redis. Default: none, which allows only a single process.
    pub redis: Option<RedisConfig>,
    /// The chat models and the embedding model.
    pub models: ModelsConfig,
    /// Leases and limits of runs.
    pub runs: RunsConfig,
    /// Rate limits of one account.
    pub limits: LimitsConfig,
    /// Tokens of identity providers.
    pub identity_providers: IdentityProvidersConfig,
    /// Quotas of one account, by tier.
    pub quotas: Quotas,
    /// Limits of agents' knowledge.
    pub knowledge: KnowledgeConfig,
    /// Background jobs.
    pub jobs: JobsConfig,
    /// Time limits of the shutdown.
    pub shutdown: ShutdownConfig,
    /// The port of the probes.
    pub probes: ProbesConfig,
    /// Limits of the HTTP boundary.
    pub http: HttpConfig,
    /// `TROUPE_ENCRYPTION_KEYS`: the key ring that seals secrets. Default: none, and no secret can be stored.
    pub encryption_keys: Option<KeyRing>,
    /// `TROUPE_OPERATOR_KEY`: creates the first operator key in an empty database; at least 32 characters. Default:
    /// none.
    pub operator_key: Option<Secret>,
    /// `TROUPE_API_KEY`: the key with which `troupe eval --url` asks a server. Only from the environment. Default: none.
    pub api_key: Option<Secret>,
    /// `TROUPE_EGRESS_ALLOW`: the private addresses that the program may connect to, `host:port` or a network. Default:
    /// none; this machine for `troupe dev`.
    pub egress_allow: Vec<String>,
    /// The Pinecone vector store.
    pub pinecone: PineconeConfig,
    /// Settings for all agents.
    pub agents: AgentDefaults,
    /// The log's format and filter.
    pub log: LogConfig,
    /// The export of traces. Default: none.
    pub traces: TracesConfig,
    /// The path of this program's file, for the child processes that read documents.
    pub program: PathBuf,
    /// All templates of `agents/`.
    pub templates: Vec<TemplateSpec>,
    /// The origins of these settings.
    pub read_from: ReadFrom,
}

/// Settings for all agents; section `agents` of `app.yaml`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AgentDefaults {
    /// `agents.configuration`: the layer between the built-in settings and the templates' own; each template gets the
    /// settings that it declares. Default: empty.
    pub configuration: Map<String, Value>,
}

/// The origins of the settings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReadFrom {
    /// The path of `app.yaml`, if the file exists.
    pub file: Option<PathBuf>,
    /// The folder of the templates; none for the templates in the program.
    pub templates: Option<PathBuf>,
    /// The names of the variables that gave a setting.
    pub variables: Vec<String>,
    /// The files as they were read, to find out later that they changed.
    pub files: WatchedFiles,
    /// What the settings were read from, to read them again; none for settings that are not those of files.
    pub source: Option<Arc<Source>>,
}

impl Config {
    /// Reads and checks every setting. The error contains every problem.
    pub fn load(source: &Source) -> Result<Self, ConfigError> {
        // read first: what changes in between is found later
        let files = WatchedFiles::read(source);
        let file = AppFile::load(source).map_err(|problem| ConfigError::new(vec![problem]))?;
        let mut wrong_templates = Vec::new();
        let templates = Templates::load(&file.templates_folder, &mut wrong_templates);
        let mut reader = SettingsReader::new(&source.environment, &file.name);
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
            files,
            source: Some(Arc::new(source.clone())),
        };
        Ok(config)
    }

    fn read(source: &Source, top: &mut Section<'_, '_>) -> Self {
        let mode = source.mode;
        // read before, to find the file; read again to make the name known
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
            identity_providers: top.section("identity_providers", IdentityProvidersConfig::read),
            quotas: top.section("quotas", quotas::read),
            knowledge: top.section("knowledge", KnowledgeConfig::read),
            jobs: top.section("jobs", JobsConfig::read),
            shutdown: top.section("shutdown", ShutdownConfig::read),
            probes: top.section("probes", ProbesConfig::read),
            http: http_section::read(top, mode),
            encryption_keys: KeyRing::read(top),
            operator_key: process::read_operator_key(top),
            api_key: top.variable("TROUPE_API_KEY").map(Secret::new),
            egress_allow: egress::read(top, mode == Mode::Dev),
            pinecone: top.section("pinecone", PineconeConfig::read),
            agents: top.section("agents", |section| AgentDefaults {
                configuration: section.object("configuration"),
            }),
            log: top.section("log", |section| LogConfig::read(section, mode)),
            traces: top.section("traces", TracesConfig::read),
            program: source.program_file(),
            templates: Vec::new(),
            read_from: ReadFrom::default(),
            data_dir,
        }
    }

    /// The disadvantages of missing optional systems, to log once at the start.
    pub fn notices(&self) -> Vec<String> {
        report::notices(self)
    }
}
