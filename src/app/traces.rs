//! Composes the export of traces.

use std::sync::Arc;

use reqwest::Client;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::{
    adapter::otlp::{OtlpOptions, OtlpSpanProcessor},
    config::Config,
    engine::Traces,
    error::Result,
    metrics::Metrics,
    port::Clock,
};

/// Where the spans of runs go; none without a collector.
pub(super) fn traces(
    config: &Config,
    client: &Client,
    clock: &Arc<dyn Clock>,
    metrics: &Metrics,
    tracker: &TaskTracker,
) -> Result<Option<Traces>> {
    let traces = &config.traces;
    let Some(endpoint) = &traces.otlp_endpoint else {
        return Ok(None);
    };
    let options = OtlpOptions {
        endpoint: endpoint.clone(),
        headers: traces.headers.clone(),
        service_name: traces.service_name.clone(),
        instance: Uuid::now_v7().to_string(),
        conventions: traces.conventions,
    };
    let processor = OtlpSpanProcessor::start(client, options, &metrics.traces, tracker)?;
    let traces = Traces::new(Arc::new(processor), Arc::clone(clock), traces.sample);
    Ok(Some(traces))
}
