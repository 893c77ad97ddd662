//! `/metrics`: measurements in the text format of Prometheus. They name models and no tenant.

use std::{fmt::Write, sync::Arc};

use axum::{
    extract::State,
    http::header::CONTENT_TYPE,
    response::{IntoResponse, Response},
};

use super::HttpState;

/// The content type of the format.
const TEXT_FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Measures one part of the process, at each request.
pub type MetricSource = Arc<dyn Fn() -> Vec<MetricFamily> + Send + Sync>;

/// The kind of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricKind {
    /// A count that only increases.
    Counter,
    /// A value that goes up and down.
    Gauge,
}

/// A metric with its samples.
#[derive(Debug, Clone)]
pub struct MetricFamily {
    /// The name, with the unit at its end.
    pub name: &'static str,
    /// A sentence about the metric.
    pub help: &'static str,
    /// The kind of the metric.
    pub kind: MetricKind,
    /// The current values.
    pub samples: Vec<MetricSample>,
}

/// A value of a metric.
#[derive(Debug, Clone)]
pub struct MetricSample {
    /// The labels, each a name and a value.
    pub labels: Vec<(&'static str, String)>,
    /// The value.
    pub value: u64,
}

/// Handles `GET /metrics`.
pub(crate) async fn measure(State(state): State<HttpState>) -> Response {
    let families = state.metrics().iter().flat_map(|source| source());
    let text: String = families.map(|family| written(&family)).collect();
    ([(CONTENT_TYPE, TEXT_FORMAT)], text).into_response()
}

fn written(family: &MetricFamily) -> String {
    let MetricFamily {
        name, help, kind, ..
    } = family;
    let kind = match kind {
        MetricKind::Counter => "counter",
        MetricKind::Gauge => "gauge",
    };
    let mut text = format!("# HELP {name} {help}\n# TYPE {name} {kind}\n");
    for MetricSample { labels, value } in &family.samples {
        let labels: Vec<_> = labels
            .iter()
            .map(|(label, value)| format!("{label}=\"{}\"", escaped(value)))
            .collect();
        // writing to a string cannot fail
        let _ = writeln!(text, "{name}{{{}}} {value}", labels.join(","));
    }
    text
}

/// A label's value with the escapes of the format.
fn escaped(value: &str) -> String {
    value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}
