//! Servers as they were read before: a look at their versions says whether they still are so, and only what has changed is
//! read and worked out again. Definitions are large, and every run begins with them.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use entity::{mcp_server, tool_grant};
use sea_orm::{
    ColumnTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect,
    sea_query::JoinType,
};
use uuid::Uuid;

use crate::{
    domain::{AgentId, KnownServer, McpServerId, ServerScope, ToolGrant},
    error::Result,
    store::{TenantStore, tool_grant::grant_of},
};

/// A server's id, when it was changed last, and when it said last what it offers: it is the same while they are.
type Version = (Uuid, DateTime<Utc>, Option<DateTime<Utc>>);

/// A row of [`TenantStore::granted`]: a grant, and the version of its server, if that is open to the account.
#[derive(FromQueryResult)]
struct Granted {
    #[sea_orm(nested)]
    grant: tool_grant::Model,
    open_id: Option<Uuid>,
    open_updated_at: Option<DateTime<Utc>>,
    open_discovered_at: Option<DateTime<Utc>>,
}

impl TenantStore {
    /// Those of these whose tools the account's agents may be granted, in the order of their ids, each worked out once for as
    /// long as its row does not change.
    pub async fn known_servers(&self, ids: &[McpServerId]) -> Result<Vec<Arc<KnownServer>>> {
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

    /// What an agent was granted, and those of its servers that are open to the account.
    pub async fn granted(&self, agent: AgentId) -> Result<(Vec<Arc<KnownServer>>, Vec<ToolGrant>)> {
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
            .into_model::<Granted>()
            .all(self.database.primary())
            .await?;
        let (mut grants, mut servers) = (Vec::with_capacity(rows.len()), Vec::new());
        for row in rows {
            grants.push(grant_of(row.grant)?);
            if let (Some(id), Some(updated_at)) = (row.open_id, row.open_updated_at) {
                servers.push((id, updated_at, row.open_discovered_at));
            }
        }
        Ok((self.known_as_of(servers).await?, grants))
    }

    /// Servers that are known as they are now; what has changed is read.
    async fn known_as_of(&self, now: Vec<Version>) -> Result<Vec<Arc<KnownServer>>> {
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
                let server = Arc::new(KnownServer::new(server));
                self.known.insert(server.id, Arc::clone(&server)).await;
                known.push(server);
            }
        }
        // whatever was read anew: names that models were given before depend on the order
        known.sort_by_key(|server| server.id.uuid());
        Ok(known)
    }
}
