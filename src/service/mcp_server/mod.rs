//! MCP servers: registered by the operator for all or some accounts, or by an account for itself.

mod discovery;
mod input;

use std::sync::Arc;

use serde_json::json;

pub(super) use input::check_token;
pub use input::{AccountsChange, CallTimeoutChange, McpServerChange, NewMcpServer, TokenChange};

pub use discovery::{Discovery, ToolChanges};

use super::{audit::audit_note, refuse, tables::Tables};
use crate::{
    domain::{
        AccountId, Actor, AuditNote, McpServer, McpServerId, McpTransport, Operation, Page,
        PageRequest, Permission, Secret, ServerScope, ToolDefinition,
    },
    error::{Error, Problem, Result},
    port::{Clock, RequestSecret, ToolEndpoint, ToolHost, Vault},
    schema_checker::SchemaChecker,
    store::{TenantStore, WriteServerOutcome},
};

/// The noun in error messages.
const NOUN: &str = "MCP server";

/// Registers and manages MCP servers.
#[derive(Clone)]
pub struct McpServerService {
    pub(super) tables: Tables,
    pub(super) tools: Arc<dyn ToolHost>,
    pub(super) vault: Arc<dyn Vault>,
    pub(super) schemas: SchemaChecker,
    pub(super) clock: Arc<dyn Clock>,
}

impl McpServerService {
    /// The servers that the actor sees, the oldest first.
    pub async fn list(&self, actor: &Actor, page: &PageRequest) -> Result<Page<McpServer>> {
        self.tables
            .tenant(actor.authorize(Operation::McpServers)?)
            .server_page(scope_of(actor), page)
            .await
    }

    /// The total number of servers in [`Self::list`].
    pub async fn count(&self, actor: &Actor) -> Result<u64> {
        self.tables
            .tenant(actor.authorize(Operation::McpServers)?)
            .count_servers(scope_of(actor))
            .await
    }

    /// Registers a server and approves its tools. A server that does not answer is registered too, but its tools stay
    /// unusable until it is refreshed.
    pub async fn register(&self, actor: &Actor, new: NewMcpServer) -> Result<Discovery> {
        let permission = actor.authorize(Operation::RegisterMcpServer)?;
        let store = self.tables.tenant(&permission);
        let mut problems = new.problems();
        problems.extend(misplaced_accounts(actor, new.accounts.is_some()));
        refuse(problems)?;
        self.check_schemas(new.tools.as_deref()).await?;
        let sent = RequestSecret::of(new.token.as_ref());
        self.tools.check("input.endpointUrl", &new.endpoint, sent)?;
        let accounts = new.accounts.unwrap_or_default();
        self.check_accounts(&permission, &accounts).await?;
        let (id, now) = (McpServerId::new(self.clock.as_ref()), self.clock.now());
        let owner = owner_for(actor);
        let mut server = McpServer {
            id,
            account: owner,
            name: new.name,
            kind: new.kind,
            endpoint: new.endpoint,
            transport: new.transport,
            stateless: new.stateless,
            tools: new.tools.unwrap_or_default(),
            pins: std::collections::BTreeMap::new(),
            pinning: new.pinning,
            call_timeout: new.call_timeout,
            accounts,
            token: self.sealed(owner, id, new.token.as_ref())?,
            problem: None,
            discovered_at: None,
            created_at: now,
            updated_at: now,
        };
        self.discover(actor, &mut server).await?;
        server.approve();
        let note = self.audit_note(&permission, &server);
        written(store.insert_server(&server, note).await?)?;
        Ok(Discovery::of(server))
    }

    /// Changes a server. A server at a new address is discovered again, and its tools are approved.
    pub async fn update(
        &self,
        actor: &Actor,
        id: McpServerId,
        change: McpServerChange,
    ) -> Result<Discovery> {
        let permission = actor.authorize(Operation::UpdateMcpServer)?;
        let store = self.tables.tenant(&permission);
        let old = owned(&store, actor, id).await?;
        let mut problems = change.problems(old.transport);
        let named = change.accounts != AccountsChange::Keep;
        problems.extend(misplaced_accounts(actor, named));
        refuse(problems)?;
        if change
            .expected_updated_at
            .is_some_and(|expected| expected != old.updated_at)
        {
            return Err(changed_meanwhile());
        }
        self.check_schemas(change.tools.as_deref()).await?;
        let brings_token = matches!(change.token, TokenChange::Set(_));
        if change.endpoint.is_some() || brings_token {
            let endpoint = change.endpoint.as_ref().unwrap_or(&old.endpoint);
            let sent = RequestSecret::of(brings_token.then_some(&()));
            self.tools.check("input.endpointUrl", endpoint, sent)?;
        }
        if let AccountsChange::Only(accounts) = &change.accounts {
            self.check_accounts(&permission, accounts).await?;
        }
        let given = change.tools.is_some();
        let (mut server, asks) = self.changed(&old, change)?;
        if asks {
            self.discover(actor, &mut server).await?;
        }
        // the tools that another token reveals need an approval of their own
        if (asks || given) && server.pins.is_empty() {
            server.approve();
        }
        self.save(&permission, &old, &mut server).await?;
        Ok(Discovery::between(&old, server))
    }

    /// Discovers a server's tools again, and approves them. UNAVAILABLE when the server does not answer; the tools that
    /// are approved stay usable.
    pub async fn refresh(&self, actor: &Actor, id: McpServerId) -> Result<Discovery> {
        let permission = actor.authorize(Operation::RefreshMcpServer)?;
        let store = self.tables.tenant(&permission);
        let old = owned(&store, actor, id).await?;
        let mut server = old.clone();
        let is_listed = self.discover(actor, &mut server).await?;
        if is_listed {
            server.approve();
        }
        // the approved tools stay as they are when the server does not answer
        if is_listed || old.problem.is_some() {
            self.save(&permission, &old, &mut server).await?;
        }
        match &server.problem {
            Some(problem) if !is_listed => Err(Error::unavailable(format!(
                "the server could not be asked for its tools: {problem}"
            ))),
            _ => Ok(Discovery::between(&old, server)),
        }
    }

    /// Removes a server and all grants of its tools.
    pub async fn remove(&self, actor: &Actor, id: McpServerId) -> Result<()> {
        let permission = actor.authorize(Operation::RemoveMcpServer)?;
        let store = self.tables.tenant(&permission);
        let server = owned(&store, actor, id).await?;
        let note = self.audit_note(&permission, &server);
        if !store.delete_server(id, server.account, note).await? {
            return Err(Error::not_found(NOUN));
        }
        self.tools.forget(id).await;
        Ok(())
    }

    async fn save(
        &self,
        permission: &Permission,
        old: &McpServer,
        server: &mut McpServer,
    ) -> Result<()> {
        // timestamps stay distinct even for two changes within a microsecond
        let later = old.updated_at + chrono::TimeDelta::microseconds(1);
        server.updated_at = self.clock.now().max(later);
        let note = self.audit_note(permission, server);
        let store = self.tables.tenant(permission);
        written(store.update_server(server, old.updated_at, note).await?)?;
        self.tools.forget(server.id).await;
        Ok(())
    }

    fn sealed(
        &self,
        owner: Option<AccountId>,
        id: McpServerId,
        token: Option<&Secret>,
    ) -> Result<Option<Vec<u8>>> {
        let place = ToolEndpoint::of_server(owner, id);
        token.map(|token| self.vault.seal(place, token)).transpose()
    }

    /// Refuses given tools whose schemas cannot be used.
    async fn check_schemas(&self, tools: Option<&[ToolDefinition]>) -> Result<()> {
        let problems = self
            .schemas
            .tool_problems(tools.unwrap_or_default())
            .await?;
        let at = |(index, problem): (usize, Option<String>)| {
            problem.map(|problem| Problem::new(format!("input.tools[{index}]"), problem))
        };
        refuse(problems.into_iter().enumerate().filter_map(at).collect())
    }

    async fn check_accounts(&self, permission: &Permission, accounts: &[AccountId]) -> Result<()> {
        let known = self
            .tables
            .platform(permission)
            .accounts_by_ids(accounts)
            .await?;
        let unknown = accounts
            .iter()
            .enumerate()
            .filter(|(_, id)| known.iter().all(|account| account.id != **id));
        refuse(
            unknown
                .map(|(index, _)| {
                    Problem::new(format!("input.accountIds[{index}]"), "no such account")
                })
                .collect(),
        )
    }

    fn audit_note(&self, permission: &Permission, server: &McpServer) -> AuditNote {
        let detail = json!({
            "name": server.name,
            "type": server.kind,
            "endpointUrl": server.endpoint,
            "transport": server.transport,
            "stateless": server.stateless,
            "hasToken": server.token.is_some(),
            "accountIds": server.accounts.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "approvedTools": server.pins,
            "pinning": server.pinning,
            "callTimeoutSeconds": server.call_timeout,
            "problem": server.problem,
        });
        audit_note(self.clock.as_ref(), permission, server.id, detail)
    }
}

/// The scope of the operator's servers that the actor sees.
pub(super) fn scope_of(actor: &Actor) -> ServerScope {
    if actor.acts_for_platform() {
        ServerScope::All
    } else {
        ServerScope::Open
    }
}

/// The owner of a server that the actor registers; `None` for the platform.
fn owner_for(actor: &Actor) -> Option<AccountId> {
    (!actor.acts_for_platform()).then_some(actor.account())
}

fn misplaced_accounts(actor: &Actor, given: bool) -> Option<Problem> {
    (given && !actor.acts_for_platform()).then(|| {
        Problem::new(
            "input.accountIds",
            "is for the operator's servers only; leave it out: this server is the account's own",
        )
    })
}

/// The server, if the actor sees it; `NOT_FOUND` otherwise.
pub(super) async fn seen(store: &TenantStore, actor: &Actor, id: McpServerId) -> Result<McpServer> {
    store
        .seen_servers_by_ids(&[id], scope_of(actor))
        .await?
        .pop()
        .ok_or_else(|| Error::not_found(NOUN))
}

/// The server, if the actor may change it.
async fn owned(store: &TenantStore, actor: &Actor, id: McpServerId) -> Result<McpServer> {
    let server = seen(store, actor, id).await?;
    if server.transport == McpTransport::BuiltIn {
        return Err(Error::forbidden(
            "the server is a part of this program, and nobody's to change",
        ));
    }
    if server.account == owner_for(actor) {
        return Ok(server);
    }
    Err(Error::forbidden(if server.account.is_none() {
        "the server is the operator's, and only the operator may change it, outside any account"
    } else {
        "the server is an account's, and only that account may change it"
    }))
}

fn written(outcome: WriteServerOutcome) -> Result<()> {
    match outcome {
        WriteServerOutcome::Yes => Ok(()),
        WriteServerOutcome::NameTaken => Err(Error::conflict(
            "input.name: another server has this name; choose one that tells the two apart",
        )),
        WriteServerOutcome::Changed => Err(changed_meanwhile()),
    }
}

fn changed_meanwhile() -> Error {
    Error::conflict("the server has changed meanwhile; read it again and repeat the change")
}
