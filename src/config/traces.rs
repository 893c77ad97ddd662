//! The export of traces to a collector of OpenTelemetry.

use percent_encoding::percent_decode_str;

use super::reader::Section;
use crate::domain::{GenAiConventions, Secret};

/// The standard variables of OpenTelemetry, which are read where the own setting is missing:
/// <https://opentelemetry.io/docs/specs/otel/protocol/exporter/>.
const STANDARD_ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
const STANDARD_HEADERS: &str = "OTEL_EXPORTER_OTLP_HEADERS";
const STANDARD_SERVICE_NAME: &str = "OTEL_SERVICE_NAME";
/// The variable of the headers.
const HEADERS: &str = "TROUPE_TRACES_HEADERS";
/// The path of the signal below the endpoint, which is often pasted with it.
const SIGNAL_PATH: &str = "/v1/traces";

/// The export of traces; section `traces` of `app.yaml`.
#[derive(Debug, Clone, PartialEq)]
pub struct TracesConfig {
    /// `TROUPE_TRACES_OTLP_ENDPOINT`, else `OTEL_EXPORTER_OTLP_ENDPOINT`: the URL of a collector that takes OTLP over HTTP
    /// with protobuf; `/v1/traces` is added. Default: none, and there are no traces.
    pub otlp_endpoint: Option<String>,
    /// `TROUPE_TRACES_HEADERS`: further headers of each request to the collector. In the variable, `name=value` separated
    /// by commas, the values percent-encoded. Without it, `OTEL_EXPORTER_OTLP_HEADERS`, if the endpoint is also the
    /// standard one. Default: none.
    pub headers: Vec<(String, Secret)>,
    /// `TROUPE_TRACES_SAMPLE`: the share of the traces that are exported, 0 to 1. Default: 1.
    pub sample: f64,
    /// `TROUPE_TRACES_CONVENTIONS`: the version of the GenAI conventions. Default: `gen_ai-0.1.0`.
    pub conventions: GenAiConventions,
    /// `TROUPE_TRACES_SERVICE_NAME`, else `OTEL_SERVICE_NAME`: the `service.name` of the processes. Default: `troupe`.
    pub service_name: String,
}

impl TracesConfig {
    pub(super) fn read(section: &mut Section<'_, '_>) -> Self {
        let [(_, usual), _] = GenAiConventions::ALL;
        let own = section.web_address("otlp_endpoint");
        let is_own = section.is_given("otlp_endpoint");
        let endpoint = if is_own {
            own
        } else {
            section.web_address(("otlp_endpoint", STANDARD_ENDPOINT))
        };
        Self {
            otlp_endpoint: endpoint.map(|url| base_of(&url).to_owned()),
            headers: read_headers(section, is_own),
            sample: section.number("sample", 0.0..=1.0).unwrap_or(1.0),
            conventions: section
                .choice("conventions", &GenAiConventions::ALL)
                .unwrap_or(usual),
            service_name: section
                .text("service_name")
                .or_else(|| section.variable(STANDARD_SERVICE_NAME))
                .unwrap_or_else(|| "troupe".to_owned()),
        }
    }
}

/// The URL without the path of the signal.
fn base_of(url: &str) -> &str {
    let base = url.strip_suffix(SIGNAL_PATH).unwrap_or(url);
    base.trim_end_matches('/')
}

/// The headers of the variable, else those of the file, else those of the standard variable. The standard ones are for the
/// standard endpoint: another collector must not get their secrets.
fn read_headers(section: &mut Section<'_, '_>, is_own: bool) -> Vec<(String, Secret)> {
    let in_file = section.headers("headers");
    let own = section.variable(HEADERS);
    let standard = section.variable(STANDARD_HEADERS);
    if let Some(text) = own {
        return parse_headers(section, HEADERS, &text);
    }
    match standard {
        Some(text) if in_file.is_empty() && !is_own => {
            parse_headers(section, STANDARD_HEADERS, &text)
        }
        _ => in_file,
    }
}

/// Parses `name=value,name=value`. A problem never repeats a value, which may be a secret.
fn parse_headers(
    section: &mut Section<'_, '_>,
    variable: &str,
    text: &str,
) -> Vec<(String, Secret)> {
    let mut headers = Vec::new();
    let given = text.split(',').map(str::trim);
    for (number, pair) in (1..).zip(given.filter(|pair| !pair.is_empty())) {
        match header_of(pair) {
            Some(header) => headers.push(header),
            None => section.problem_with(
                variable,
                &format!(
                    "header {number} cannot be sent, expected name=value with a name of letters, digits and hyphens and a \
                     percent-encoded value of printable ASCII"
                ),
            ),
        }
    }
    headers
}

fn header_of(pair: &str) -> Option<(String, Secret)> {
    let (name, value) = pair.split_once('=')?;
    let name = name.trim();
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let value = percent_decode_str(value.trim()).decode_utf8().ok()?;
    let can_be_sent = !name.is_empty()
        && name.bytes().all(is_name)
        && value.bytes().all(|byte| (32..127).contains(&byte));
    can_be_sent.then(|| (name.to_owned(), Secret::new(value)))
}
