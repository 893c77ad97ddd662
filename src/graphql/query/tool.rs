//! Queries of MCP servers and the audit log.

use async_graphql::{Context, Object};

use crate::graphql::{
    audit::{AuditEntry, AuditFilter, audit_list},
    connection::{ItemConnection, PageArgs},
    error::Result,
    mcp_server::{McpServer, server_list},
};

/// The queries of MCP servers and the audit log.
#[derive(Default)]
pub(super) struct ToolQueries;

#[Object]
impl ToolQueries {
    /// The MCP servers whose tools the account's agents can be granted, oldest first: the account's own, and those of
    /// the operator that are open to it. An operator outside any account sees all servers of the operator.
    #[expect(clippy::too_many_arguments, reason = "the contract's arguments")]
    async fn mcp_servers(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The number of items from the start, 1 to 100. Default: 20.")]
        first: Option<i32>,
        #[graphql(desc = "Returns only the items after this cursor.")] after: Option<String>,
        #[graphql(desc = "The number of items from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Returns only the items before this cursor.")] before: Option<String>,
    ) -> Result<ItemConnection<McpServer>> {
        let args = PageArgs {
            first,
            after,
            last,
            before,
        };
        server_list(ctx, args).await
    }

    /// The audit log of the account, newest first. Requires the role ADMIN.
    #[expect(clippy::too_many_arguments, reason = "the contract's arguments")]
    async fn audit_log(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Filter; every condition that is set must match.")] filter: Option<
            AuditFilter,
        >,
        #[graphql(desc = "The number of items from the start, 1 to 100. Default: 20.")]
        first: Option<i32>,
        #[graphql(desc = "Returns only the items after this cursor.")] after: Option<String>,
        #[graphql(desc = "The number of items from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Returns only the items before this cursor.")] before: Option<String>,
    ) -> Result<ItemConnection<AuditEntry>> {
        let args = PageArgs {
            first,
            after,
            last,
            before,
        };
        audit_list(ctx, filter, args).await
    }
}
