//! MCP servers, and who did what.

use async_graphql::{Context, Object};

use crate::graphql::{
    audit::{AuditEntry, AuditFilter, audit_list},
    connection::{List, PageArgs},
    error::Result,
    mcp_server::{McpServer, server_list},
};

/// What can be asked of servers and the audit log.
#[derive(Default)]
pub(super) struct ToolQueries;

#[Object]
impl ToolQueries {
    /// The MCP servers whose tools the account's agents may be granted: its own and the operator's that are open to it, the
    /// oldest first. An operator outside any account sees all of the operator's.
    #[expect(clippy::too_many_arguments, reason = "the contract's arguments")]
    async fn mcp_servers(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "So many from the start, 1 to 100; 20 when left out.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> Result<List<McpServer>> {
        let args = PageArgs {
            first,
            after,
            last,
            before,
        };
        server_list(ctx, args).await
    }

    /// Who did what in the account, the newest first. Needs the role ADMIN.
    #[expect(clippy::too_many_arguments, reason = "the contract's arguments")]
    async fn audit_log(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which entries; everything that is set must hold.")] filter: Option<
            AuditFilter,
        >,
        #[graphql(desc = "So many from the start, 1 to 100; 20 when left out.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> Result<List<AuditEntry>> {
        let args = PageArgs {
            first,
            after,
            last,
            before,
        };
        audit_list(ctx, filter, args).await
    }
}
