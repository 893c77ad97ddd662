//! Composes the measurements of `/metrics`: what the process has counted, and what is measured at each request.

mod budgets;
mod cached;
mod circuits;
mod waiting_work;

use std::sync::Arc;

use super::{App, shared::Shared};
use crate::{
    http::OpenConnections,
    metrics::{MetricFamily, MetricSample, MetricSource, number_of},
    store::Store,
};

/// The measurements of a process; with the connections of those that serve the API.
pub(super) fn sources(app: &App, connections: Option<&OpenConnections>) -> Vec<MetricSource> {
    let counts = app.metrics.clone();
    let (circuits, models) = (
        Arc::clone(&app.shared.circuits),
        app.live.parts.remote_models.clone(),
    );
    let configuration = app.config_status.clone();
    let store = app.store.clone();
    let engine = app.engine.clone();
    let mut sources = vec![
        at_once(about),
        at_once(move || counts.families()),
        at_once(move || circuits::families(&models.get(), circuits.as_ref())),
        at_once(move || configuration.metrics()),
        at_once(move || pools(&store)),
        at_once(move || {
            vec![MetricFamily::gauge(
                "troupe_leases_held",
                "Runs that this process answers at present, each under a lease.",
                vec![MetricSample::single(number_of(engine.live_runs()))],
            )]
        }),
        waiting_work::source(&app.store, &app.clock),
        budgets::source(&app.store, &app.clock),
        redis(&app.shared),
    ];
    if let Some(connections) = connections {
        let connections = connections.clone();
        sources.push(at_once(move || open_connections(&connections)));
    }
    sources
}

/// A source that waits for nothing.
fn at_once(measure: impl Fn() -> Vec<MetricFamily> + Send + Sync + 'static) -> MetricSource {
    Arc::new(move || {
        let families = measure();
        Box::pin(async move { families })
    })
}

/// The version of the program.
fn about() -> Vec<MetricFamily> {
    let version = [("version", env!("CARGO_PKG_VERSION"))];
    vec![MetricFamily::gauge(
        "troupe_build_info",
        "The version of the program; the value is 1.",
        vec![MetricSample::labelled(version, 1.0)],
    )]
}

/// The connection pools.
fn pools(store: &Store) -> Vec<MetricFamily> {
    let pools = store.pool_usage();
    let connections = pools.iter().flat_map(|pool| {
        let states = [
            ("idle", pool.idle),
            ("used", (pool.open - pool.idle).max(0.0)),
        ];
        states.map(|(state, value)| {
            MetricSample::labelled([("pool", pool.role), ("state", state)], value)
        })
    });
    let most = pools.iter();
    let most = most.map(|pool| MetricSample::labelled([("pool", pool.role)], pool.most));
    let waiting = pools.iter();
    let waiting = waiting.map(|pool| MetricSample::labelled([("pool", pool.role)], pool.waiting));
    vec![
        MetricFamily::gauge(
            "troupe_database_connections",
            "Open connections of this process to the database, by pool (writer, or reader for the replica) and state.",
            connections.collect(),
        ),
        MetricFamily::gauge(
            "troupe_database_connections_max",
            "The maximum number of connections of a pool.",
            most.collect(),
        ),
        MetricFamily::gauge(
            "troupe_database_waiting",
            "Statements and transactions that wait for a connection of a pool.",
            waiting.collect(),
        ),
    ]
}

/// Whether Redis answers; without a sample when none is configured.
fn redis(shared: &Shared) -> MetricSource {
    let connection = shared.redis.clone();
    Arc::new(move || {
        let connection = connection.clone();
        Box::pin(async move {
            let samples = match connection {
                Some(connection) => {
                    let answers = connection.ping().await.is_ok();
                    vec![MetricSample::single(f64::from(u8::from(answers)))]
                }
                None => Vec::new(),
            };
            vec![MetricFamily::gauge(
                "troupe_redis_up",
                "Whether Redis answers this process.",
                samples,
            )]
        })
    })
}

/// The connections of callers.
fn open_connections(connections: &OpenConnections) -> Vec<MetricFamily> {
    let samples = connections
        .counts()
        .map(|(kind, count)| MetricSample::labelled([("kind", kind)], number_of(count)));
    vec![MetricFamily::gauge(
        "troupe_connections_open",
        "Open WebSockets, streams (server-sent events, multipart, requests to MCP servers) and MCP sessions.",
        samples.into(),
    )]
}
