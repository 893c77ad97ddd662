//! Composes the tool hosts: the built-in servers within this process, and all others over the network.

use std::sync::Arc;

use async_trait::async_trait;
use tokio_util::task::TaskTracker;

use crate::{
    adapter::{
        mcp::{McpLimits, McpToolHost},
        web::Egress,
    },
    config::{Config, Mode},
    domain::{McpServerId, McpTransport, ToolDefinition},
    error::Result,
    port::{
        RequestSecret, ToolAnswer, ToolEndpoint, ToolFailure, ToolHealth, ToolHost, ToolRequest,
    },
};

/// The host of every server whose tools an agent may be granted.
pub(super) fn tool_host(
    config: &Config,
    built_in: Arc<dyn ToolHost>,
    tracker: &TaskTracker,
) -> Result<Arc<dyn ToolHost>> {
    let mut egress = Egress::new(&config.egress_allow)?;
    if config.mode == Mode::Dev {
        egress = egress.with_plain_secrets();
    }
    let others = McpToolHost::new(&egress, McpLimits::USUAL, tracker.clone())?;
    Ok(Arc::new(ToolHosts {
        built_in,
        others: Arc::new(others),
    }))
}

/// Sends calls of built-in servers to the built-in host, and all other calls over the network.
struct ToolHosts {
    built_in: Arc<dyn ToolHost>,
    others: Arc<dyn ToolHost>,
}

impl ToolHosts {
    fn of(&self, endpoint: &ToolEndpoint) -> &dyn ToolHost {
        match endpoint.transport {
            McpTransport::BuiltIn => self.built_in.as_ref(),
            McpTransport::StreamableHttp | McpTransport::ActionHttp => self.others.as_ref(),
        }
    }
}

#[async_trait]
impl ToolHost for ToolHosts {
    /// Only servers outside this process have an address to check.
    fn check(&self, field: &str, url: &str, sent: RequestSecret) -> Result<()> {
        self.others.check(field, url, sent)
    }

    async fn list(&self, endpoint: &ToolEndpoint) -> Result<Vec<ToolDefinition>> {
        self.of(endpoint).list(endpoint).await
    }

    async fn call(
        &self,
        endpoint: &ToolEndpoint,
        request: ToolRequest,
    ) -> Result<ToolAnswer, ToolFailure> {
        self.of(endpoint).call(endpoint, request).await
    }

    /// Each host reports a server that it never called as available, so the worse report is the right one.
    fn health(&self, server: McpServerId) -> ToolHealth {
        match self.others.health(server) {
            ToolHealth::Available => self.built_in.health(server),
            worse @ (ToolHealth::Degraded(_) | ToolHealth::Unavailable(_)) => worse,
        }
    }

    async fn forget(&self, server: McpServerId) {
        self.others.forget(server).await;
        self.built_in.forget(server).await;
    }
}
