//! A cache of MCP servers. A query of their versions shows which have changed, and only those are read and parsed
//! again. Tool definitions are large, and every run needs them.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use entity::{mcp_server, tool_grant};
use sea_orm::{
    ColumnTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect,
    sea_query::JoinType,
};
use uuid::Uuid;

use crate::{
    domain::{AgentId, CachedServer, McpServerId, ServerScope, ToolGrant},
    error::Result,
    store::{TenantStore, tool_grant::grant_of},
};

/// A server's id, its last change, and its last discovery of tools; the server is unchanged while these are equal.
type Version = (Uuid, DateTime<Utc>, Option<DateTime<Utc>>);

/// A row of [`TenantStore::granted`]: a grant, and the version of its server when the server is open to the account.
#[derive(FromQueryResult)]
struct GrantRow {
    #[sea_orm(nested)]
    grant: tool_grant::Model,
    open_id: Option<Uuid>,
    open_updated_at: Option<DateTime<Utc>>,
    open_discovered_at: Option<DateTime<Utc>>,
}

/// The grants of an agent, and those of their servers that are open to its account.
#[derive(Debug, Clone)]
pub struct GrantedTools {
    /// The servers.
    pub servers: Vec<Arc<CachedServer>>,
    /// The grants, in the order of servers.
    pub grants: Vec<ToolGrant>,
}

impl TenantStore {
    /// The servers with these ids whose tools the account's agents may be granted, in the order of their ids; unchanged
    /// ones come from the cache.
    pub async fn cached_servers(&self, ids: &[McpServerId]) -> Result<Vec<Arc<CachedServer>>> {
        let now: Vec<Version> = self
            .seen_servers(ServerScope::Open)
            .filter(mcp_server::Column::Id.is_in(ids.iter().map(|id| id.uuid())))
            .select_only()
            .columns([
                mcp_server::Column::Id,
                mcp_server::Column::UpdatedAt,
                mcp_server::Column::DiscoveredAt,
            ])
            .into_tuple()
            .all(self.database.primary())
            .await?;
        self.known_as_of(now).await
    }

    /// An agent's grants, and those of its servers that are open to the account.
    pub async fn granted(&self, agent: AgentId) -> Result<GrantedTools> {
        let is_open = self.sees(ServerScope::Open);
        let to_server = tool_grant::Entity::belongs_to(mcp_server::Entity)
            .from(tool_grant::Column::ServerId)
            .to(mcp_server::Column::Id)
            .on_condition(move |_, _| is_open.clone());
        let rows = self
            .rows::<tool_grant::Entity>()
            .filter(tool_grant::Column::AgentId.eq(agent.uuid()))
            .join(JoinType::LeftJoin, to_server.into())
            .column_as(mcp_server::Column::Id, "open_id")
            .column_as(mcp_server::Column::UpdatedAt, "open_updated_at")
            .column_as(mcp_server::Column::DiscoveredAt, "open_discovered_at")
            .order_by_asc(tool_grant::Column::ServerId)
            .into_model::<GrantRow>()
            .all(self.database.primary())
            .await?;
        let (mut grants, mut servers) = (Vec::with_capacity(rows.len()), Vec::new());
        for row in rows {
            grants.push(grant_of(row.grant)?);
            if let (Some(id), Some(updated_at)) = (row.open_id, row.open_updated_at) {
                servers.push((id, updated_at, row.open_discovered_at));
            }
        }
        Ok(GrantedTools {
            servers: self.known_as_of(servers).await?,
            grants,
        })
    }

    /// The servers of these versions: unchanged ones from the cache, the others from the database.
    async fn known_as_of(&self, now: Vec<Version>) -> Result<Vec<Arc<CachedServer>>> {
        let (mut known, mut changed) = (Vec::with_capacity(now.len()), Vec::new());
        for (id, updated_at, discovered_at) in now {
            let id = McpServerId::from_uuid(id);
            let version = (updated_at, discovered_at);
            match self.known.get(&id).await {
                Some(server) if (server.updated_at, server.discovered_at) == version => {
                    known.push(server);
                }
                _ => changed.push(id),
            }
        }
        if !changed.is_empty() {
            for server in self.servers_by_ids(&changed).await? {
                let server = Arc::new(CachedServer::new(server));
                self.known.insert(server.id, Arc::clone(&server)).await;
                known.push(server);
            }
        }
        // sorted again after the reads: names that models were given before depend on the order
        known.sort_by_key(|server| server.id.uuid());
        Ok(known)
    }
}
