//! The built-in servers as rows of the registry: always the same ids, approved as they are in this version.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::Toolbox;
use crate::domain::{McpServer, McpServerId, McpTransport};

/// The ids of the built-in servers have this in common; what differs are the letters of the kind.
const IDS: u128 = 0x0193_6a00_0000_7000_8000_0000_0000_0000;

/// Where a built-in server of that kind is, on this program's own address.
pub(super) fn path_of(kind: &str) -> String {
    format!("/mcp/{kind}")
}

/// The id of the built-in server of that kind, for ever the same: grants name it.
pub(super) fn id_of(kind: &str) -> McpServerId {
    let letters = kind.bytes().fold(0_u128, |number, byte| {
        // a kind of more than seven letters keeps its last seven
        ((number << 8) | u128::from(byte)) & 0x00ff_ffff_ffff_ffff
    });
    McpServerId::from_uuid(Uuid::from_u128(IDS | letters))
}

impl Toolbox {
    /// The built-in servers as the registry knows them; what they offer is approved, since it comes with this program.
    pub fn registered(&self, at: DateTime<Utc>) -> Vec<McpServer> {
        let servers = self.servers.iter().map(|shelf| {
            let kind = shelf.server.kind();
            let tools = shelf.tools.iter().map(|tool| tool.definition.clone());
            let mut server = McpServer {
                id: id_of(kind),
                account: None,
                name: shelf.server.name().to_owned(),
                kind: kind.to_owned(),
                endpoint: path_of(kind),
                transport: McpTransport::BuiltIn,
                stateless: false,
                tools: tools.collect(),
                pins: std::collections::BTreeMap::new(),
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
