//! MCP servers: an account's own, and the operator's that are open to it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use entity::mcp_server;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, EntityTrait, QueryFilter, QueryOrder,
};

use crate::{
    domain::{AccountId, AuditNote, McpServer, McpServerId, McpTransport, ToolDefinition},
    error::Result,
    store::{
        PlatformStore, TenantStore,
        connection::Transaction,
        row::{from_json, same_variants, to_json},
    },
};

impl TenantStore {
    /// Every server whose tools the account's agents may be granted, the oldest first: the operator's, then its own.
    pub async fn servers(&self) -> Result<Vec<McpServer>> {
        let mut servers: Vec<McpServer> = PlatformStore::rows::<mcp_server::Entity>()
            .filter(mcp_server::Column::AccountId.is_null())
            .order_by_asc(mcp_server::Column::Id)
            .all(self.database.primary())
            .await?
            .into_iter()
            .map(server_of)
            .collect::<Result<_>>()?;
        servers.retain(|server| server.is_open_to(self.account));
        let own = self
            .rows::<mcp_server::Entity>()
            .order_by_asc(mcp_server::Column::Id)
            .all(self.database.primary())
            .await?;
        for row in own {
            servers.push(server_of(row)?);
        }
        Ok(servers)
    }

    /// Those of these that exist for the account, in no order.
    pub async fn servers_by_ids(&self, ids: &[McpServerId]) -> Result<Vec<McpServer>> {
        let rows = PlatformStore::rows::<mcp_server::Entity>()
            .filter(mcp_server::Column::Id.is_in(ids.iter().map(|id| id.uuid())))
            .all(self.database.primary())
            .await?;
        let mut servers = Vec::with_capacity(rows.len());
        for row in rows {
            let server = server_of(row)?;
            if server.is_open_to(self.account) {
                servers.push(server);
            }
        }
        Ok(servers)
    }

    /// Adds a server of the account, and notes it.
    pub async fn insert_server(&self, server: &McpServer, note: AuditNote) -> Result<()> {
        let transaction = self.database.begin().await?;
        mcp_server::Entity::insert(server_row(server)?)
            .exec_without_returning(&*transaction)
            .await?;
        self.note(vec![note], &transaction).await?;
        transaction.commit().await
    }

    /// Writes a server, if it is still as the caller saw it, and notes it; false when someone else was faster or it is
    /// gone.
    pub async fn update_server(
        &self,
        server: &McpServer,
        expected_updated_at: DateTime<Utc>,
        note: AuditNote,
    ) -> Result<bool> {
        let transaction = self.database.begin().await?;
        let changed = PlatformStore::change::<mcp_server::Entity>()
            .filter(mcp_server::Column::Id.eq(server.id.uuid()))
            .filter(mcp_server::Column::UpdatedAt.eq(expected_updated_at))
            .set(mcp_server::ActiveModel {
                id: NotSet,
                account_id: NotSet,
                created_at: NotSet,
                ..server_row(server)?
            })
            .exec(&*transaction)
            .await?;
        if changed.rows_affected == 0 {
            transaction.roll_back().await?;
            return Ok(false);
        }
        self.note(vec![note], &transaction).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Removes a server with its grants, and notes it; false when there is none.
    pub async fn delete_server(&self, id: McpServerId, note: AuditNote) -> Result<bool> {
        let transaction = self.database.begin().await?;
        let deleted = PlatformStore::delete::<mcp_server::Entity>()
            .filter(mcp_server::Column::Id.eq(id.uuid()))
            .exec(&*transaction)
            .await?;
        if deleted.rows_affected == 0 {
            transaction.roll_back().await?;
            return Ok(false);
        }
        self.note(vec![note], &transaction).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Keeps what a server offers now, where that is not what it offered before; approves nothing.
    pub async fn note_offer(
        &self,
        id: McpServerId,
        tools: &[ToolDefinition],
        at: DateTime<Utc>,
    ) -> Result<()> {
        let writer = self.database.writer().await;
        PlatformStore::change::<mcp_server::Entity>()
            .filter(mcp_server::Column::Id.eq(id.uuid()))
            .set(mcp_server::ActiveModel {
                supported_tools: Set(to_json("mcp_servers.supported_tools", &tools)?),
                problem: Set(None),
                discovered_at: Set(Some(at)),
                ..Default::default()
            })
            .exec(&*writer)
            .await?;
        Ok(())
    }
}

impl PlatformStore {
    /// Makes a server of the platform's be as given, whether it was there or not.
    pub async fn put_server(&self, server: &McpServer) -> Result<()> {
        let transaction = self.database.begin().await?;
        let changed = Self::change::<mcp_server::Entity>()
            .filter(mcp_server::Column::Id.eq(server.id.uuid()))
            .set(mcp_server::ActiveModel {
                id: NotSet,
                created_at: NotSet,
                ..server_row(server)?
            })
            .exec(&*transaction)
            .await?;
        if changed.rows_affected == 0 {
            insert_platform_server(server, &transaction).await?;
        }
        transaction.commit().await
    }
}

/// Another process may put the same one at the same time.
async fn insert_platform_server(server: &McpServer, transaction: &Transaction) -> Result<()> {
    let unless_there = sea_orm::sea_query::OnConflict::column(mcp_server::Column::Id)
        .do_nothing()
        .to_owned();
    mcp_server::Entity::insert(server_row(server)?)
        .on_conflict(unless_there)
        .exec_without_returning(&**transaction)
        .await?;
    Ok(())
}

fn server_row(server: &McpServer) -> Result<mcp_server::ActiveModel> {
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
        account_restrictions: Set(accounts.transpose()?),
        token: Set(server.token.clone()),
        problem: Set(server.problem.clone()),
        discovered_at: Set(server.discovered_at),
        created_at: Set(server.created_at),
        updated_at: Set(server.updated_at),
    })
}

fn server_of(row: mcp_server::Model) -> Result<McpServer> {
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
