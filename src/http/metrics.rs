//! `/metrics`: measurements in the text format of Prometheus. They name models and no tenant.

use std::fmt::Write;

use axum::{
    extract::State,
    http::header::CONTENT_TYPE,
    response::{IntoResponse, Response},
};
use futures::future::join_all;

use super::Probes;
use crate::metrics::{MetricFamily, MetricSample};

/// The content type of the format.
const TEXT_FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Handles `GET /metrics`.
pub(crate) async fn measure(State(probes): State<Probes>) -> Response {
    let families = join_all(probes.metrics().iter().map(|source| source())).await;
    let text: String = families.iter().flatten().map(written).collect();
    ([(CONTENT_TYPE, TEXT_FORMAT)], text).into_response()
}

fn written(family: &MetricFamily) -> String {
    let MetricFamily {
        name, help, kind, ..
    } = family;
    let kind = kind.name();
    let mut text = format!("# HELP {name} {help}\n# TYPE {name} {kind}\n");
    for MetricSample {
        suffix,
        labels,
        value,
    } in &family.samples
    {
        let labels: Vec<_> = labels
            .iter()
            .map(|(label, value)| format!("{label}=\"{}\"", escaped(value)))
            .collect();
        let labels = if labels.is_empty() {
            String::new()
        } else {
            format!("{{{}}}", labels.join(","))
        };
        // writing to a string cannot fail
        let _ = writeln!(text, "{name}{suffix}{labels} {value}");
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
