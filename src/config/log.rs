//! The log's format and filter.

use tracing_subscriber::EnvFilter;

use super::{Mode, reader::Section};
use crate::domain::excerpt;

/// The log; section `log` of `app.yaml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogConfig {
    /// `TROUPE_LOG_FORMAT`: `json` or `text`. Default: `json` in production roles, else `text`.
    pub format: LogFormat,
    /// `TROUPE_LOG_FILTER`: a `tracing` filter such as `info,troupe=debug`. Default: `info`.
    pub filter: String,
}

/// The format of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// A JSON object, for machines.
    Json,
    /// Text, for people.
    Text,
}

impl LogConfig {
    pub(super) fn read(section: &mut Section<'_, '_>, mode: Mode) -> Self {
        let choices = [("json", LogFormat::Json), ("text", LogFormat::Text)];
        let usual = if mode.is_production() {
            LogFormat::Json
        } else {
            LogFormat::Text
        };
        Self {
            format: section.choice("format", &choices).unwrap_or(usual),
            filter: read_filter(section).unwrap_or_else(|| "info".to_owned()),
        }
    }
}

fn read_filter(section: &mut Section<'_, '_>) -> Option<String> {
    let filter = section.text("filter")?;
    if EnvFilter::try_new(&filter).is_ok() {
        return Some(filter);
    }
    let shown = excerpt(&filter);
    section.problem(
        "filter",
        &format!("\"{shown}\" given, expected levels as in info,troupe=debug"),
    );
    None
}
