//! MCP servers: an account's own ones, and the operator's that are open to it.

mod server_cache;

pub use server_cache::GrantedTools;
mod row;

use chrono::{DateTime, Utc};
use entity::{mcp_server, tool_grant};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, Condition, ConnectionTrait, DbBackend, EntityTrait, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect, Select,
    sea_query::{Expr, LockType},
};

use self::row::{server_of, server_row};
use crate::{
    domain::{
        AccountId, AuditNote, McpServer, McpServerId, Page, PageRequest, ServerScope,
        ToolDefinition,
    },
    error::Result,
    store::{
        PlatformStore, TenantStore,
        connection::{Database, Transaction},
        page::Listing,
        row::to_json,
        row_security::Reach,
    },
};

/// The result of writing a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteServerOutcome {
    /// The server was written.
    Yes,
    /// Another server of the same owner has this name.
    NameTaken,
    /// Another caller has changed or removed the server.
    Changed,
}

impl TenantStore {
    /// All servers whose tools the account's agents may be granted: the operator's, then the account's own, each oldest
    /// first.
    pub async fn servers(&self) -> Result<Vec<McpServer>> {
        let rows = self
            .seen_servers(ServerScope::Open)
            .order_by_asc(mcp_server::Column::Id)
            .all(self.database.primary())
            .await?;
        let mut servers: Vec<McpServer> = rows.into_iter().map(server_of).collect::<Result<_>>()?;
        servers.sort_by_key(|server| server.account.is_some());
        Ok(servers)
    }

    /// The servers with these ids whose tools the account's agents may be granted, in no particular order.
    pub async fn servers_by_ids(&self, ids: &[McpServerId]) -> Result<Vec<McpServer>> {
        self.seen_servers_by_ids(ids, ServerScope::Open).await
    }

    /// The servers with these ids that are visible in this scope, in no particular order.
    pub async fn seen_servers_by_ids(
        &self,
        ids: &[McpServerId],
        scope: ServerScope,
    ) -> Result<Vec<McpServer>> {
        self.seen_servers(scope)
            .filter(mcp_server::Column::Id.is_in(ids.iter().map(|id| id.uuid())))
            .all(self.database.primary())
            .await?
            .into_iter()
            .map(server_of)
            .collect()
    }

    /// The servers that are visible in this scope, oldest first.
    pub async fn server_page(
        &self,
        scope: ServerScope,
        request: &PageRequest,
    ) -> Result<Page<McpServer>> {
        Listing::oldest_first(mcp_server::Column::Id)
            .page(
                self.seen_servers(scope),
                request,
                self.database.replica(),
                server_of,
            )
            .await
    }

    /// The total number of servers that [`Self::server_page`] lists.
    pub async fn count_servers(&self, scope: ServerScope) -> Result<u64> {
        let list = self.seen_servers(scope);
        Ok(list.count(self.database.replica()).await?)
    }

    /// Adds a server and an audit entry in the account's log. `QUOTA_EXCEEDED` when the server's owner has reached the
    /// number that the account's tier allows.
    pub async fn insert_server(
        &self,
        server: &McpServer,
        note: AuditNote,
    ) -> Result<WriteServerOutcome> {
        let transaction = self.shared_database().begin().await?;
        // the lock makes concurrent additions follow each other
        let account = self.lock_account(&transaction).await?;
        let others = owned_by(server.account).count(&*transaction).await?;
        self.check_servers(&account, others)?;
        if let Some(refused) = name_taken(server, &transaction).await? {
            transaction.roll_back().await?;
            return Ok(refused);
        }
        mcp_server::Entity::insert(server_row(server)?)
            .exec_without_returning(&*transaction)
            .await?;
        self.note(vec![note], &transaction).await?;
        transaction.commit().await?;
        Ok(WriteServerOutcome::Yes)
    }

    /// Writes a server if its owner is the same and its `updated_at` is still `expected_updated_at`, and writes an
    /// audit entry. When the address changes, the agents' own tokens for the old address are deleted.
    pub async fn update_server(
        &self,
        server: &McpServer,
        expected_updated_at: DateTime<Utc>,
        note: AuditNote,
    ) -> Result<WriteServerOutcome> {
        let transaction = self.shared_database().begin().await?;
        // the server's lock before the account's, as in a deletion, so that the two cannot deadlock
        let same = owned_by(server.account)
            .filter(mcp_server::Column::Id.eq(server.id.uuid()))
            .filter(mcp_server::Column::UpdatedAt.eq(expected_updated_at))
            .lock(LockType::NoKeyUpdate)
            .one(&*transaction)
            .await?;
        let Some(before) = same else {
            transaction.roll_back().await?;
            return Ok(WriteServerOutcome::Changed);
        };
        if before.endpoint_url != server.endpoint {
            forget_tokens(server.id, &transaction).await?;
        }
        self.lock_account(&transaction).await?;
        if let Some(refused) = name_taken(server, &transaction).await? {
            transaction.roll_back().await?;
            return Ok(refused);
        }
        PlatformStore::change::<mcp_server::Entity>()
            .filter(mcp_server::Column::Id.eq(server.id.uuid()))
            .set(mcp_server::ActiveModel {
                id: NotSet,
                account_id: NotSet,
                created_at: NotSet,
                ..server_row(server)?
            })
            .exec(&*transaction)
            .await?;
        self.note(vec![note], &transaction).await?;
        transaction.commit().await?;
        Ok(WriteServerOutcome::Yes)
    }

    /// Deletes a server of this owner with its grants, and writes an audit entry; returns false when it does not exist.
    pub async fn delete_server(
        &self,
        id: McpServerId,
        owner: Option<AccountId>,
        note: AuditNote,
    ) -> Result<bool> {
        let transaction = self.shared_database().begin().await?;
        let deleted = PlatformStore::delete::<mcp_server::Entity>()
            .filter(mcp_server::Column::Id.eq(id.uuid()))
            .filter(is_owner(owner))
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

    /// Stores the tools that a server offers now; approves none of them.
    pub async fn note_offer(
        &self,
        id: McpServerId,
        tools: &[ToolDefinition],
        at: DateTime<Utc>,
    ) -> Result<()> {
        let writer = self.shared_database().writer().await;
        PlatformStore::change::<mcp_server::Entity>()
            .filter(mcp_server::Column::Id.eq(id.uuid()))
            .filter(self.sees(ServerScope::Open))
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

    /// The database for changes of servers, which may be the platform's own and then have grants in every account.
    fn shared_database(&self) -> Database {
        self.database.bound_to(Reach::Platform)
    }

    /// The account's own servers, and the operator's that are visible in this scope.
    fn seen_servers(&self, scope: ServerScope) -> Select<mcp_server::Entity> {
        PlatformStore::rows::<mcp_server::Entity>().filter(self.sees(scope))
    }

    fn sees(&self, scope: ServerScope) -> Condition {
        let of_operator = match scope {
            ServerScope::All => None,
            ServerScope::Open => {
                let backend = self.database.primary().get_database_backend();
                let open = Condition::any()
                    .add(mcp_server::Column::AccountRestrictions.is_null())
                    .add(names_account(self.account, backend));
                Some(open)
            }
        };
        Condition::any()
            .add(mcp_server::Column::AccountId.eq(self.account.uuid()))
            .add(
                Condition::all()
                    .add(mcp_server::Column::AccountId.is_null())
                    .add_option(of_operator),
            )
    }
}

/// Matches servers whose restrictions name the account. Each database has its own syntax for a list inside a JSON
/// column.
fn names_account(account: AccountId, backend: DbBackend) -> Expr {
    let sql = match backend {
        DbBackend::Postgres => {
            "EXISTS (SELECT 1 FROM jsonb_array_elements_text(account_restrictions) AS named WHERE named = $1)"
        }
        _ => {
            "EXISTS (SELECT 1 FROM json_each(account_restrictions) AS named WHERE named.value = ?)"
        }
    };
    Expr::cust_with_values(sql, [account.uuid().to_string()])
}

fn owned_by(owner: Option<AccountId>) -> Select<mcp_server::Entity> {
    PlatformStore::rows::<mcp_server::Entity>().filter(is_owner(owner))
}

fn is_owner(owner: Option<AccountId>) -> Expr {
    match owner {
        Some(account) => mcp_server::Column::AccountId.eq(account.uuid()),
        None => mcp_server::Column::AccountId.is_null(),
    }
}

async fn name_taken(
    server: &McpServer,
    transaction: &Transaction,
) -> Result<Option<WriteServerOutcome>> {
    let other = owned_by(server.account)
        .filter(mcp_server::Column::Id.ne(server.id.uuid()))
        .filter(mcp_server::Column::Name.eq(server.name.as_str()))
        .one(&**transaction)
        .await?;
    Ok(other.map(|_| WriteServerOutcome::NameTaken))
}

/// Deletes the agents' tokens for a server: a token is only for the address that it was given for.
async fn forget_tokens(server: McpServerId, transaction: &Transaction) -> Result<()> {
    PlatformStore::change::<tool_grant::Entity>()
        .filter(tool_grant::Column::ServerId.eq(server.uuid()))
        .set(tool_grant::ActiveModel {
            token: Set(None),
            ..Default::default()
        })
        .exec(&**transaction)
        .await?;
    Ok(())
}

impl PlatformStore {
    /// Inserts or replaces a server of the platform.
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

/// Another process may insert the same server at the same time.
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
