//! The output of `troupe check`: every important setting with its origin, and no secret.

use std::fmt::Write;

use url::Url;

use super::{ChatModelConfig, Config, DatabaseKind, EmbeddingModelConfig, Mode, TracesConfig};
use crate::domain::Secret;

/// The settings and their origins, in lines for people. Contains no secret.
pub fn report(config: &Config) -> String {
    let mut lines = Lines::default();
    read_from(config, &mut lines);
    systems(config, &mut lines);
    models(config, &mut lines);
    templates(config, &mut lines);
    for notice in notices(config) {
        lines.say("note", notice);
    }
    lines.0
}

/// The disadvantages of missing optional systems.
pub(super) fn notices(config: &Config) -> Vec<String> {
    let mut notices = Vec::new();
    let production = config.mode.is_production();
    if production && config.redis.is_none() {
        notices.push(
            "no Redis (TROUPE_REDIS_URL): wake-ups, limits and revoked keys are told to nobody else, run one process only".to_owned(),
        );
    }
    if production && config.database.kind() == DatabaseKind::Sqlite {
        notices.push(
            "the database is a SQLite file: it serves one machine only, and has no row-level security".to_owned(),
        );
    }
    if config.mode == Mode::Worker && config.probes.addr.is_none() {
        notices.push(
            "no TROUPE_PROBES_ADDR: this worker answers no /healthz, /readyz and /metrics"
                .to_owned(),
        );
    }
    if production && config.encryption_keys.is_none() {
        notices.push(
            "no TROUPE_ENCRYPTION_KEYS: tokens of tools and stores cannot be kept".to_owned(),
        );
    }
    if config.http.allow_null_origin {
        notices.push(
            "TROUPE_ALLOW_NULL_ORIGIN: any site can call this server from a sandboxed frame, with the keys that the frame has".to_owned(),
        );
    }
    if production && config.http.allow_loopback_origins {
        notices.push(
            "TROUPE_ALLOW_LOOPBACK_ORIGINS: every page that is served on a visitor's own machine may call".to_owned(),
        );
    }
    if config.templates.is_empty() {
        notices.push("no templates: agents/ is empty, and nobody can make an agent".to_owned());
    }
    for (name, model) in &config.models.chat {
        if let Some(model) = model.remote()
            && model.price_per_million_input_usd + model.price_per_million_output_usd == 0.0
        {
            notices.push(format!("the model {name} has no prices: its runs cost 0"));
        }
    }
    notices
}

/// Lines of `what: text`, the texts aligned.
#[derive(Default)]
struct Lines(String);

impl Lines {
    fn say(&mut self, what: &str, text: impl AsRef<str>) {
        let text = text.as_ref();
        // writing to a string cannot fail
        let _ = writeln!(self.0, "{what:<15} {text}");
    }
}

fn read_from(config: &Config, lines: &mut Lines) {
    let read = &config.read_from;
    let file = read.file.as_ref().map_or_else(
        || "no app.yaml, built-in settings".to_owned(),
        |path| path.display().to_string(),
    );
    lines.say("settings", file);
    if !read.variables.is_empty() {
        lines.say("environment", read.variables.join(", "));
    }
}

fn systems(config: &Config, lines: &mut Lines) {
    if config.mode != Mode::Worker {
        lines.say("listens on", config.addr.to_string());
    }
    if let Some(addr) = config.probes.addr {
        lines.say("probes", format!("on {addr}, and /metrics only there"));
    }
    lines.say("database", without_credentials(&config.database.url));
    if let Some(replica) = &config.database.read_url {
        lines.say("replica", without_credentials(replica));
    }
    if let Some(redis) = &config.redis {
        let address = without_credentials(&redis.url);
        lines.say(
            "redis",
            format!("{address}, keys begin with {}:", redis.prefix),
        );
    }
    if let Some(ring) = &config.encryption_keys {
        let ids: Vec<&str> = ring.keys().map(|key| key.id.as_str()).collect();
        lines.say("encryption", format!("{}, the first seals", ids.join(", ")));
    }
    if !config.http.allowed_origins.is_empty() {
        lines.say("origins", config.http.allowed_origins.join(", "));
    }
    if !config.http.mcp.allowed_hosts.is_empty() {
        lines.say("MCP hosts", config.http.mcp.allowed_hosts.join(", "));
    }
    if !config.egress_allow.is_empty() {
        lines.say("may connect to", config.egress_allow.join(", "));
    }
    traces(config, lines);
}

fn traces(config: &Config, lines: &mut Lines) {
    let TracesConfig {
        otlp_endpoint,
        headers,
        sample,
        conventions,
        service_name,
    } = &config.traces;
    let Some(endpoint) = otlp_endpoint else {
        return;
    };
    // the values of headers are secrets
    let names: Vec<&str> = headers.iter().map(|(name, _)| name.as_str()).collect();
    let with = match names.as_slice() {
        [] => "without headers".to_owned(),
        names => format!("with the headers {}", names.join(", ")),
    };
    let conventions = conventions.name();
    lines.say(
        "traces",
        format!(
            "of {service_name} to {endpoint}, {with}, a share of {sample}, by the conventions {conventions}"
        ),
    );
}

fn models(config: &Config, lines: &mut Lines) {
    let models = &config.models;
    for (name, model) in &models.chat {
        let aliases: Vec<&str> = models
            .aliases
            .iter()
            .filter(|(_, target)| *target == name)
            .map(|(alias, _)| alias.as_str())
            .collect();
        let called = if aliases.is_empty() {
            String::new()
        } else {
            format!(" ({})", aliases.join(", "))
        };
        let place = match model {
            ChatModelConfig::Embedded(model) => {
                format!("on the CPU, {}", models.file(model).display())
            }
            ChatModelConfig::OpenAi(model) | ChatModelConfig::Anthropic(model) => {
                let key = if model.api_key.is_some() {
                    "with a key"
                } else {
                    "without a key"
                };
                let mut endpoints = model.endpoints.values();
                let places = match endpoints.next() {
                    None => format!("{}, {key}", without_query(&model.base_url)),
                    Some(first) => endpoints
                        .fold(without_query(&first.base_url).to_owned(), |places, next| {
                            format!("{places} and {}", without_query(&next.base_url))
                        }),
                };
                format!("{} at {places}", model.model)
            }
        };
        lines.say("chat model", format!("{name}{called}: {place}"));
    }
    match &models.embedding {
        EmbeddingModelConfig::Embedded => lines.say("embedding model", "on the CPU"),
        EmbeddingModelConfig::OpenAi {
            base_url, model, ..
        } => {
            lines.say(
                "embedding model",
                format!("{model} at {}", without_query(base_url)),
            );
        }
    }
}

fn templates(config: &Config, lines: &mut Lines) {
    let folder = config.read_from.templates.as_ref().map_or_else(
        || "the program's own".to_owned(),
        |folder| folder.display().to_string(),
    );
    for spec in &config.templates {
        let tiers: Vec<String> = spec
            .pricing_tiers
            .iter()
            .map(|tier| {
                let mut models: Vec<&str> = tier
                    .models
                    .iter()
                    .filter_map(|name| config.models.resolve(name))
                    .map(|(key, _)| key)
                    .collect();
                models.dedup();
                format!("{} with {}", tier.name, models.join(" then "))
            })
            .collect();
        lines.say(
            "template",
            format!(
                "{} {} ({folder}): {}",
                spec.name,
                spec.version,
                tiers.join("; ")
            ),
        );
    }
}

/// An address without its query, which may contain a key.
fn without_query(address: &str) -> &str {
    address.split('?').next().unwrap_or_default()
}

/// A URL without user, password and options; in a SQLite URL only options are possible.
fn without_credentials(secret: &Secret) -> String {
    let text = secret.reveal();
    if text.starts_with("sqlite:") {
        return text.split('?').next().unwrap_or_default().to_owned();
    }
    let Ok(mut url) = Url::parse(text) else {
        return "…".to_owned();
    };
    url.set_query(None);
    url.set_fragment(None);
    // fails for a URL without a host, which cannot have a user or a password either
    if url.has_host() && (url.set_password(None).is_err() || url.set_username("").is_err()) {
        return format!("{}:…", url.scheme());
    }
    url.into()
}
