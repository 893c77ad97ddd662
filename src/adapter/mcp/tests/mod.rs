//! The host against servers of this test: correct ones in both protocol versions, and faulty ones.

mod breaker;
mod definitions;
mod faults;
#[path = "../../../../tests/it/support/port.rs"]
mod port;
mod real;
mod refused;
mod scripted;
mod secrets;
mod sessions;
mod talking;
mod tool_server;

use std::time::Duration;

use serde_json::{Value, json};
use tokio_util::task::TaskTracker;

use super::{McpLimits, McpToolHost};
use crate::{
    adapter::web::tests::{FakeResolver, egress, nothing_known},
    domain::{AccountId, AgentId, McpServerId, McpTransport, Secret},
    port::{SystemClock, ToolEndpoint, ToolRequest},
};

/// Limits without a pause before a retry.
const LIMITS: McpLimits = McpLimits {
    pause: Duration::from_millis(1),
    ..McpLimits::USUAL
};

/// Limits with short timeouts for servers that hang.
const HASTY: McpLimits = McpLimits {
    call: Duration::from_secs(2),
    ..LIMITS
};

/// A host whose egress guard allows this machine.
fn host(limits: McpLimits) -> McpToolHost {
    guarded_host(&["127.0.0.0/8"], nothing_known(), limits)
}

fn guarded_host(allow: &[&str], resolver: FakeResolver, limits: McpLimits) -> McpToolHost {
    McpToolHost::new(&egress(allow, resolver), limits, TaskTracker::new()).unwrap()
}

/// The endpoint of a server at `url` with a token, for a new agent.
fn endpoint(url: &str, transport: McpTransport) -> ToolEndpoint {
    ToolEndpoint {
        server: McpServerId::new(&SystemClock),
        kind: "test".to_owned(),
        url: url.to_owned(),
        transport,
        stateless: true,
        call_timeout: None,
        token: Some(Secret::new("token-of-the-test")),
        account: AccountId::new(&SystemClock),
        agent: Some(AgentId::new(&SystemClock)),
    }
}

/// The same endpoint for another agent of the same account.
fn another_agent(endpoint: &ToolEndpoint) -> ToolEndpoint {
    ToolEndpoint {
        agent: Some(AgentId::new(&SystemClock)),
        ..endpoint.clone()
    }
}

fn request(tool: &str, arguments: Value) -> ToolRequest {
    ToolRequest {
        tool: tool.to_owned(),
        arguments,
        idempotency_key: "tcall_1".to_owned(),
        may_repeat: false,
    }
}

/// A call without arguments that may not be repeated.
fn plain(tool: &str) -> ToolRequest {
    request(tool, json!({}))
}

/// A call that may be repeated.
fn repeatable(tool: &str) -> ToolRequest {
    ToolRequest {
        may_repeat: true,
        ..plain(tool)
    }
}
