//! Conversion between the rows of MCP servers and the domain.

use std::collections::BTreeMap;

use entity::mcp_server;
use sea_orm::ActiveValue::Set;

use crate::{
    domain::{AccountId, McpServer, McpServerId, McpTransport, ToolPinning},
    error::Result,
    store::row::{from_json, same_variants, to_json},
};

pub(super) fn server_row(server: &McpServer) -> Result<mcp_server::ActiveModel> {
    let accounts = (!server.accounts.is_empty())
        .then(|| to_json("mcp_servers.account_restrictions", &server.accounts));
    Ok(mcp_server::ActiveModel {
        id: Set(server.id.uuid()),
        account_id: Set(server.account.map(AccountId::uuid)),
        name: Set(server.name.clone()),
        kind: Set(server.kind.clone()),
        endpoint_url: Set(server.endpoint.clone()),
        transport: Set(server.transport.into()),
        is_stateless: Set(server.stateless),
        supported_tools: Set(to_json("mcp_servers.supported_tools", &server.tools)?),
        approved_tools: Set(to_json("mcp_servers.approved_tools", &server.pins)?),
        pinning: Set(server.pinning.into()),
        call_timeout_seconds: Set(server
            .call_timeout
            .map(i32::try_from)
            .transpose()
            .ok()
            .flatten()),
        account_restrictions: Set(accounts.transpose()?),
        token: Set(server.token.clone()),
        problem: Set(server.problem.clone()),
        discovered_at: Set(server.discovered_at),
        created_at: Set(server.created_at),
        updated_at: Set(server.updated_at),
    })
}

pub(super) fn server_of(row: mcp_server::Model) -> Result<McpServer> {
    let pins: BTreeMap<String, String> =
        from_json("mcp_servers.approved_tools", row.approved_tools)?;
    Ok(McpServer {
        id: McpServerId::from_uuid(row.id),
        account: row.account_id.map(AccountId::from_uuid),
        name: row.name,
        kind: row.kind,
        endpoint: row.endpoint_url,
        transport: row.transport.into(),
        stateless: row.is_stateless,
        tools: from_json("mcp_servers.supported_tools", row.supported_tools)?,
        pins,
        pinning: row.pinning.into(),
        call_timeout: row
            .call_timeout_seconds
            .and_then(|seconds| u32::try_from(seconds).ok()),
        accounts: row
            .account_restrictions
            .map(|accounts| from_json("mcp_servers.account_restrictions", accounts))
            .transpose()?
            .unwrap_or_default(),
        token: row.token,
        problem: row.problem,
        discovered_at: row.discovered_at,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}

same_variants!(mcp_server::McpTransport, McpTransport: StreamableHttp, ActionHttp, BuiltIn);
same_variants!(mcp_server::ToolPinning, ToolPinning: WholeDefinition, NameAndInputSchema);
