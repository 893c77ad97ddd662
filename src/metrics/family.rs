//! A metric as `/metrics` shows it: its name, its kind and its samples.

use std::sync::Arc;

use futures::future::BoxFuture;

/// Measures one part of the process, at each request of `/metrics`.
pub type MetricSource = Arc<dyn Fn() -> BoxFuture<'static, Vec<MetricFamily>> + Send + Sync>;

/// The kind of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricKind {
    /// A count that only increases.
    Counter,
    /// A value that goes up and down.
    Gauge,
    /// Counts of observations up to several bounds.
    Histogram,
}

impl MetricKind {
    /// The kind's name in the text format.
    pub fn name(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

/// A metric with its samples.
#[derive(Debug, Clone, PartialEq)]
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

impl MetricFamily {
    /// A gauge with these samples.
    pub fn gauge(name: &'static str, help: &'static str, samples: Vec<MetricSample>) -> Self {
        Self {
            name,
            help,
            kind: MetricKind::Gauge,
            samples,
        }
    }

    /// A counter with these samples.
    pub fn counter(name: &'static str, help: &'static str, samples: Vec<MetricSample>) -> Self {
        Self {
            kind: MetricKind::Counter,
            ..Self::gauge(name, help, samples)
        }
    }
}

/// A value of a metric.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricSample {
    /// What follows the metric's name: empty, or `_bucket`, `_sum` or `_count` of a histogram.
    pub suffix: &'static str,
    /// The labels, each a name and a value.
    pub labels: Vec<(&'static str, String)>,
    /// The value.
    pub value: f64,
}

impl MetricSample {
    /// The value of a metric without labels.
    pub fn single(value: f64) -> Self {
        Self::labelled([], value)
    }

    /// The value for these labels.
    pub fn labelled<const N: usize>(labels: [(&'static str, &str); N], value: f64) -> Self {
        let labels = labels.map(|(label, value)| (label, value.to_owned()));
        Self {
            suffix: "",
            labels: labels.into(),
            value,
        }
    }
}

/// A count as a value. Counts above 2^53 lose their last digits, which no rate shows.
#[expect(
    clippy::cast_precision_loss,
    reason = "counts are far below 2^53, and beyond it only the last digits are lost"
)]
pub fn value_of(count: u64) -> f64 {
    count as f64
}

/// A number of things as a value.
pub fn number_of(count: usize) -> f64 {
    value_of(u64::try_from(count).unwrap_or(u64::MAX))
}
