//! What is counted of requests and operations.

use std::time::Duration;

use super::{Counters, Histograms, LiveGauge, MetricFamily, MetricSample, value_of};

/// The bounds of the duration of requests, in seconds.
const DURATION: &[f64] = &[
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
];

/// The counts of requests in this process.
#[derive(Debug)]
pub struct HttpMetrics {
    /// The subscriptions that are open at present, over any transport.
    pub subscriptions: LiveGauge,
    requests: Counters<2>,
    duration: Histograms<1>,
    operations: Counters<1>,
    errors: Counters<1>,
    sessions: Counters<1>,
}

impl Default for HttpMetrics {
    fn default() -> Self {
        Self {
            subscriptions: LiveGauge::default(),
            requests: Counters::new(
                "troupe_http_requests_total",
                "HTTP requests that were answered, by route and status.",
                ["route", "status"],
            ),
            duration: Histograms::new(
                "troupe_http_request_duration_seconds",
                "Time from a request's head to the head of its response, by route.",
                ["route"],
                DURATION,
            ),
            operations: Counters::new(
                "troupe_graphql_operations_total",
                "GraphQL operations that were executed over any transport, by type.",
                ["type"],
            )
            .starting_with([["query"], ["mutation"], ["subscription"]]),
            errors: Counters::new(
                "troupe_graphql_errors_total",
                "Errors of GraphQL operations and refused requests, by code.",
                ["code"],
            ),
            sessions: Counters::new(
                "troupe_sessions_started_total",
                "Sessions of end users that this process has begun: with an API key (key), or with a public agent (public).",
                ["by"],
            )
            .starting_with([["key"], ["public"]]),
        }
    }
}

impl HttpMetrics {
    /// A request was answered. The route is one of the router's, the status a class such as `2xx`, or a code that has a
    /// meaning of its own.
    pub fn answered(&self, route: &str, status: u16, duration: Duration) {
        let status = match status {
            200..300 => "2xx",
            300..400 => "3xx",
            401 => "401",
            404 => "404",
            429 => "429",
            400..500 => "4xx",
            503 => "503",
            500.. => "5xx",
            _ => "1xx",
        };
        self.requests.count([route, status]);
        self.duration.observe([route], duration);
    }

    /// An operation is executed: `query`, `mutation` or `subscription`.
    pub fn operation(&self, kind: &str) {
        self.operations.count([kind]);
    }

    /// An operation, or a request before it, has failed with this code.
    pub fn failed(&self, code: &str) {
        self.errors.count([code]);
    }

    /// A session of an end user has begun.
    pub fn session_started(&self, by: &str) {
        self.sessions.count([by]);
    }

    pub(super) fn families(&self) -> Vec<MetricFamily> {
        let subscriptions = MetricSample::single(value_of(self.subscriptions.value()));
        vec![
            self.requests.family(),
            self.duration.family(),
            self.operations.family(),
            self.errors.family(),
            self.sessions.family(),
            MetricFamily::gauge(
                "troupe_subscriptions_open",
                "GraphQL subscriptions that are open, over any transport.",
                vec![subscriptions],
            ),
        ]
    }
}
