//! The probes of a process, and their port.

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{App, metrics, readiness};
use crate::{
    config::Config,
    error::{Error, Result},
    http::{self, OpenConnections, ProbePort, Probes},
};

/// The port on which the probes of this configuration are answered.
pub(super) fn port(config: &Config) -> ProbePort {
    match config.probes.addr {
        Some(_) => ProbePort::Own,
        None => ProbePort::Shared,
    }
}

/// The probes of the process; with the connections of one that serves the API. Answers them on their own port, if one is
/// configured, until the returned token is cancelled.
pub(super) async fn start(
    app: &App,
    connections: Option<&OpenConnections>,
) -> Result<(Probes, CancellationToken)> {
    let mut checks = readiness::checks(app);
    checks.push(app.config_status.check());
    let probes = Probes::new(checks, metrics::sources(app, connections));
    let end = CancellationToken::new();
    let Some(addr) = app.config.probes.addr else {
        return Ok((probes, end));
    };
    let listener = TcpListener::bind(addr).await.map_err(|error| {
        Error::unavailable(format!(
            "listening for probes on {addr} failed: {error}; choose another address in TROUPE_PROBES_ADDR"
        ))
    })?;
    let addr = listener.local_addr().unwrap_or(addr);
    tracing::info!(%addr, "answering probes");
    let answering = http::serve_probes(listener, probes.clone(), end.clone());
    app.tracker.spawn(async move {
        if let Err(error) = answering.await {
            tracing::error!(
                cause = error.cause(),
                "the probes are not answered any more"
            );
        }
    });
    Ok((probes, end))
}
