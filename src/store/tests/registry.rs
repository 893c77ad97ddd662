//! MCP servers, grants and the audit log: their owners, and concurrent writes.

use std::{collections::BTreeMap, sync::Arc};

use chrono::TimeDelta;
use serde_json::json;
use uuid::Uuid;

use super::fixture::{an_account, an_agent, entries_of, first, id, note, now, on_each_database};
use crate::store::GrantedTools;
use crate::{
    domain::{
        AccountId, AgentFilter, AgentId, AgentOrder, AgentOrderField, AuditChain, AuditFilter,
        AuditKeys, McpServer, McpServerId, McpTransport, Quotas, ServerScope, ToolDefinition,
        ToolGrant, ToolPinning, ToolPolicy,
    },
    error::Kind,
    store::{TenantStore, WriteServerOutcome},
};

fn server(account: Option<AccountId>, name: &str) -> McpServer {
    let now = now();
    let tool = |name: &str| ToolDefinition {
        name: name.to_owned(),
        description: "Does something.".to_owned(),
        input_schema: json!({"type": "object"}),
        output_schema: None,
        annotations: Some(json!({"readOnlyHint": true})),
        problem: None,
    };
    let mut server = McpServer {
        id: id(),
        account,
        name: name.to_owned(),
        kind: "demo".to_owned(),
        endpoint: "https://tools.example.com/mcp".to_owned(),
        transport: McpTransport::StreamableHttp,
        stateless: false,
        tools: vec![tool("find"), tool("write")],
        pins: BTreeMap::new(),
        pinning: ToolPinning::default(),
        call_timeout: None,
        accounts: Vec::new(),
        token: Some(vec![1, 2, 3]),
        problem: None,
        discovered_at: Some(now),
        created_at: now,
        updated_at: now,
    };
    server.approve();
    server
}

async fn insert(tenant: &TenantStore, server: &McpServer) -> WriteServerOutcome {
    tenant.insert_server(server, note()).await.unwrap()
}

fn one_server() -> Quotas {
    let mut quotas = Quotas::default();
    for tier in [&mut quotas.entry, &mut quotas.standard, &mut quotas.premium] {
        tier.mcp_servers = 1;
    }
    quotas
}

fn grant(agent: AgentId, server: McpServerId, tools: &[(&str, ToolPolicy)]) -> ToolGrant {
    let tools = tools
        .iter()
        .map(|(name, policy)| ((*name).to_owned(), (*policy).into()));
    ToolGrant {
        id: Uuid::now_v7(),
        agent,
        server,
        tools: tools.collect(),
        token: Some(vec![9]),
        created_at: now(),
        updated_at: now(),
    }
}

fn names(servers: &[McpServer]) -> Vec<&str> {
    servers.iter().map(|server| server.name.as_str()).collect()
}

#[tokio::test]
async fn a_server_is_read_back_unchanged() {
    on_each_database(async |store| {
        let tenant = an_account(store).await;
        let written = server(Some(tenant.account), "Workshop");
        assert_eq!(insert(&tenant, &written).await, WriteServerOutcome::Yes);
        assert_eq!(
            tenant.servers_by_ids(&[written.id]).await.unwrap(),
            vec![written.clone()]
        );
        let twin = server(Some(tenant.account), "Workshop");
        assert_eq!(insert(&tenant, &twin).await, WriteServerOutcome::NameTaken);
        let one_more = server(Some(tenant.account), "Another");
        let full = store
            .clone()
            .with_quotas(one_server())
            .tenant(tenant.account);
        let refused = full.insert_server(&one_more, note()).await.unwrap_err();
        assert_eq!(*refused.kind(), Kind::QuotaExceeded(None));
        let changed = McpServer {
            name: "Renamed".to_owned(),
            problem: Some("silent".to_owned()),
            token: None,
            updated_at: now(),
            ..written.clone()
        };
        let update = || tenant.update_server(&changed, written.updated_at, note());
        assert_eq!(update().await.unwrap(), WriteServerOutcome::Yes);
        assert_eq!(update().await.unwrap(), WriteServerOutcome::Changed);
        assert_eq!(
            tenant.servers_by_ids(&[written.id]).await.unwrap(),
            [changed]
        );
    })
    .await;
}

#[tokio::test]
async fn operator_servers_are_visible_to_their_allowed_accounts() {
    on_each_database(async |store| {
        let (operator, tenant, stranger) = (
            an_account(store).await,
            an_account(store).await,
            an_account(store).await,
        );
        let for_all = server(None, "For all");
        let for_tenant = McpServer {
            accounts: vec![tenant.account],
            ..server(None, "For one")
        };
        let own = server(Some(tenant.account), "Own");
        insert(&operator, &for_all).await;
        insert(&operator, &for_tenant).await;
        insert(&tenant, &own).await;
        assert_eq!(
            names(&tenant.servers().await.unwrap()),
            ["For all", "For one", "Own"]
        );
        assert_eq!(names(&stranger.servers().await.unwrap()), ["For all"]);
        let page = operator
            .server_page(ServerScope::All, &first(9))
            .await
            .unwrap();
        assert_eq!(names(&page.items), ["For all", "For one"]);
        assert_eq!(operator.count_servers(ServerScope::Open).await.unwrap(), 1);
        let foreign = [for_tenant.id, own.id];
        assert!(stranger.servers_by_ids(&foreign).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_cached_server_is_current_and_visible_to_its_allowed_accounts_only() {
    on_each_database(async |store| {
        let (tenant, stranger) = (an_account(store).await, an_account(store).await);
        let agent = an_agent(store, &tenant).await;
        let server = McpServer {
            accounts: vec![tenant.account],
            ..server(None, "For one")
        };
        insert(&tenant, &server).await;
        let wanted = grant(agent.id, server.id, &[("find", ToolPolicy::Auto)]);
        tenant
            .change_grant(agent.id, server.id, |_| Ok(wanted.clone()), note())
            .await
            .unwrap();
        let known = async || {
            let GrantedTools { servers, grants } = tenant.granted(agent.id).await.unwrap();
            assert_eq!(grants, std::slice::from_ref(&wanted));
            let again = tenant.cached_servers(&[server.id]).await.unwrap();
            assert!(
                servers
                    .iter()
                    .zip(&again)
                    .all(|(one, same)| Arc::ptr_eq(one, same))
            );
            servers.first().map(|server| McpServer::clone(server.row()))
        };
        assert_eq!(known().await, Some(server.clone()));
        assert!(
            stranger
                .cached_servers(&[server.id])
                .await
                .unwrap()
                .is_empty()
        );
        // The present offer, and the operator's changes.
        tenant.note_offer(server.id, &[], now()).await.unwrap();
        assert_eq!(known().await.unwrap().tools, []);
        let mut closed = known().await.unwrap();
        closed.accounts = vec![stranger.account];
        closed.updated_at += TimeDelta::microseconds(1);
        store.platform().put_server(&closed).await.unwrap();
        assert_eq!(known().await, None);
        let open = stranger.cached_servers(&[server.id]).await.unwrap();
        assert_eq!(open.first().map(|server| &**server.row()), Some(&closed));
    })
    .await;
}

#[tokio::test]
async fn servers_of_another_account_cannot_be_changed_and_grants_are_not_found() {
    on_each_database(async |store| {
        let (tenant, stranger) = (an_account(store).await, an_account(store).await);
        let agent = an_agent(store, &tenant).await;
        let own = server(Some(tenant.account), "Own");
        insert(&tenant, &own).await;
        let granted = grant(agent.id, own.id, &[("find", ToolPolicy::Auto)]);
        let wanted = granted.clone();
        tenant
            .change_grant(agent.id, own.id, |_| Ok(wanted), note())
            .await
            .unwrap();
        let stranger_owned = Some(stranger.account);
        assert!(
            !stranger
                .delete_server(own.id, stranger_owned, note())
                .await
                .unwrap()
        );
        let taken = McpServer {
            account: stranger_owned,
            ..own.clone()
        };
        let update = stranger.update_server(&taken, own.updated_at, note());
        assert_eq!(update.await.unwrap(), WriteServerOutcome::Changed);
        stranger.note_offer(own.id, &[], now()).await.unwrap();
        assert_eq!(
            tenant.servers_by_ids(&[own.id]).await.unwrap(),
            vec![own.clone()]
        );
        assert!(stranger.grants_of(&[agent.id]).await.unwrap().is_empty());
        let planted = granted.clone();
        let refused = stranger
            .change_grant(agent.id, own.id, |_| Ok(planted), note())
            .await;
        assert_eq!(refused.unwrap_err().kind(), &Kind::NotFound);
        assert_eq!(tenant.grants_of(&[agent.id]).await.unwrap(), [granted]);
        assert!(
            tenant
                .delete_server(own.id, Some(tenant.account), note())
                .await
                .unwrap()
        );
        assert!(tenant.grants_of(&[agent.id]).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn an_agents_token_is_deleted_when_the_servers_address_changes() {
    on_each_database(async |store| {
        let tenant = an_account(store).await;
        let agent = an_agent(store, &tenant).await;
        let own = server(Some(tenant.account), "Own");
        insert(&tenant, &own).await;
        let granted = grant(agent.id, own.id, &[("find", ToolPolicy::Auto)]);
        tenant
            .change_grant(agent.id, own.id, |_| Ok(granted), note())
            .await
            .unwrap();
        let token = async || tenant.grants_of(&[agent.id]).await.unwrap().remove(0).token;
        let renamed = McpServer {
            name: "Renamed".to_owned(),
            updated_at: now(),
            ..own.clone()
        };
        tenant
            .update_server(&renamed, own.updated_at, note())
            .await
            .unwrap();
        assert_eq!(token().await, Some(vec![9]));
        let moved = McpServer {
            endpoint: "https://elsewhere.example.com/".to_owned(),
            updated_at: now(),
            ..renamed.clone()
        };
        tenant
            .update_server(&moved, renamed.updated_at, note())
            .await
            .unwrap();
        assert_eq!(token().await, None);
    })
    .await;
}

#[tokio::test]
async fn agents_are_found_by_their_granted_tools() {
    on_each_database(async |store| {
        let tenant = an_account(store).await;
        let agent = an_agent(store, &tenant).await;
        let own = server(Some(tenant.account), "Own");
        insert(&tenant, &own).await;
        let tools = [("find", ToolPolicy::Approve), ("write", ToolPolicy::Deny)];
        let granted = grant(agent.id, own.id, &tools);
        tenant
            .change_grant(agent.id, own.id, |_| Ok(granted), note())
            .await
            .unwrap();
        let order = AgentOrder {
            field: AgentOrderField::Name,
            descending: false,
        };
        for (tool, found) in [("find", 1), ("write", 0), ("$.find", 0), ("Find", 0)] {
            let filter = AgentFilter {
                tool: Some(tool.to_owned()),
                ..AgentFilter::default()
            };
            let page = tenant.agents(&filter, order, &first(9)).await.unwrap();
            assert_eq!(page.items.len(), found, "{tool}");
        }
    })
    .await;
}

#[tokio::test]
async fn entries_of_many_writers_form_one_chain_per_account() {
    on_each_database(async |store| {
        let (tenant, stranger) = (an_account(store).await, an_account(store).await);
        let servers: Vec<_> = (0..10)
            .map(|number| server(Some(tenant.account), &format!("Server {number}")))
            .collect();
        futures::future::join_all(servers.iter().map(|server| insert(&tenant, server))).await;
        // The first entry records the creation of the account.
        assert_eq!(tenant.audit_seal().await.unwrap(), (11, None));
        let (rows, _) = tenant.audit_rows_after(None, 100).await.unwrap();
        let keys = AuditKeys::default();
        let mut chain = AuditChain::new(&keys, None);
        for row in &rows {
            chain.follow(row);
        }
        assert_eq!(chain.end(11, 11), Vec::<String>::new());
        let entries = entries_of(&rows);
        assert_eq!(stranger.audit_head().await.unwrap().length, 1);
        assert_eq!(
            stranger.audit_entry(entries[3].note.id).await.unwrap(),
            None
        );
        let all = AuditFilter::default();
        let page = tenant.audit_entries(&all, &first(3)).await.unwrap();
        let newest: Vec<_> = page.items.iter().map(|entry| entry.sequence).collect();
        assert_eq!(newest, [11, 10, 9]);
        assert_eq!(stranger.count_audit_entries(&all).await.unwrap(), 1);
    })
    .await;
}
