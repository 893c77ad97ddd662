//! The registry entries of the built-in servers. Their ids never change, and their tools are approved as shipped.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::Toolbox;
use crate::domain::{McpServer, McpServerId, McpTransport, ToolPinning};

/// The part that the ids of all built-in servers share. The letters of the kind fill the remaining bits.
const IDS: u128 = 0x0193_6a00_0000_7000_8000_0000_0000_0000;

/// The path of the built-in server of this kind on this program's own address.
pub(super) fn path_of(kind: &str) -> String {
    format!("/mcp/{kind}")
}

/// The id of the built-in server of this kind. It never changes, because grants refer to it.
pub(super) fn id_of(kind: &str) -> McpServerId {
    let letters = kind.bytes().fold(0_u128, |number, byte| {
        // of a kind longer than seven letters, the last seven are used
        ((number << 8) | u128::from(byte)) & 0x00ff_ffff_ffff_ffff
    });
    McpServerId::from_uuid(Uuid::from_u128(IDS | letters))
}

impl Toolbox {
    /// The registry entries of the built-in servers. Their tools are approved, because they ship with this program.
    pub fn registered(&self, at: DateTime<Utc>) -> Vec<McpServer> {
        let servers = self.servers.iter().map(|entry| {
            let kind = entry.server.kind();
            let tools = entry.tools.iter().map(|tool| tool.definition.clone());
            let mut server = McpServer {
                id: id_of(kind),
                account: None,
                name: entry.server.name().to_owned(),
                kind: kind.to_owned(),
                endpoint: path_of(kind),
                transport: McpTransport::BuiltIn,
                stateless: false,
                tools: tools.collect(),
                pins: std::collections::BTreeMap::new(),
                pinning: ToolPinning::default(),
                call_timeout: None,
                accounts: Vec::new(),
                token: None,
                problem: None,
                discovered_at: Some(at),
                created_at: at,
                updated_at: at,
            };
            server.approve();
            server
        });
        servers.collect()
    }
}
