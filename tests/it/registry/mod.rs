//! The registry of tools: servers are registered, discovered and changed, their tools granted, and every change
//! audited.

mod audit;
mod capabilities;
mod change;
mod grants;
mod owner;
mod refresh;
mod register;
mod tampering;
mod token;

use serde_json::{Value, json};

use crate::support::{Client, Reply};

/// A key ring, so that tokens can be stored.
pub(crate) const KEYS: (&str, &str) = (
    "TROUPE_ENCRYPTION_KEYS",
    "first:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
);

/// The selected fields of a server.
const SERVER: &str = "id name type endpointUrl transport stateless global hasToken status problem toolsChangedSinceApproval
    discoveredAt createdAt updatedAt supportedTools { name description inputSchema annotations policy available unavailableReason server { id } }";

/// Sends a registration that may be refused.
async fn try_register(client: &Client, input: Value) -> Reply {
    let query = format!(
        "mutation($input: RegisterMcpServerInput!) {{ registerMcpServer(input: $input) {{ mcpServer {{ {SERVER} }} }} }}"
    );
    client.ask(&query, json!({"input": input})).await
}

/// Registers a server and returns it.
async fn registered(client: &Client, input: Value) -> Value {
    try_register(client, input).await.data()["registerMcpServer"]["mcpServer"].clone()
}

/// The input for a stateless server at an address.
fn at(name: &str, url: &str) -> Value {
    json!({"name": name, "type": "demo", "endpointUrl": url, "stateless": true})
}

/// Sends a change that may be refused.
async fn try_update(client: &Client, id: &Value, change: Value) -> Reply {
    let query = format!(
        "mutation($input: UpdateMcpServerInput!) {{ updateMcpServer(input: $input) {{ mcpServer {{ {SERVER} }} }} }}"
    );
    let mut input = change;
    input["id"] = id.clone();
    client.ask(&query, json!({"input": input})).await
}

/// Changes a server and returns it.
async fn updated(client: &Client, id: &Value, change: Value) -> Value {
    try_update(client, id, change).await.data()["updateMcpServer"]["mcpServer"].clone()
}

/// Sends a refresh that may be refused.
async fn try_refresh(client: &Client, id: &Value) -> Reply {
    let query = format!(
        "mutation($id: ID!) {{ refreshMcpServer(input: {{id: $id}}) {{ mcpServer {{ {SERVER} }} added removed changed }} }}"
    );
    client.ask(&query, json!({"id": id})).await
}

/// Sends a removal that may be refused.
async fn try_remove(client: &Client, id: &Value) -> Reply {
    let query = "mutation($id: ID!) { removeMcpServer(input: {id: $id}) { deletedId } }";
    client.ask(query, json!({"id": id})).await
}

/// The server as a caller sees it; null when the caller sees none.
async fn server(client: &Client, id: &Value) -> Value {
    let query =
        format!("query($id: ID!) {{ node(id: $id) {{ ... on McpServer {{ {SERVER} }} }} }}");
    client.ok(&query, json!({"id": id})).await["node"].clone()
}

/// The names of the servers that a caller sees, without the built-in ones.
async fn names(client: &Client) -> Vec<String> {
    let found = client
        .ok(
            "{ mcpServers(first: 100) { nodes { name endpointUrl } } }",
            json!({}),
        )
        .await;
    let nodes = found["mcpServers"]["nodes"].as_array().unwrap();
    let registered = nodes
        .iter()
        .filter(|server| server["endpointUrl"].as_str().unwrap().starts_with("http"));
    registered
        .map(|server| server["name"].as_str().unwrap().to_owned())
        .collect()
}

async fn built_in(client: &Client, kind: &str) -> Value {
    let query = "{ mcpServers(first: 100) { nodes { id endpointUrl } } }";
    let found = client.ok(query, json!({})).await;
    let nodes = found["mcpServers"]["nodes"].as_array().unwrap();
    let path = format!("/mcp/{kind}");
    let known = nodes.iter().find(|server| server["endpointUrl"] == path);
    server(client, &known.unwrap()["id"]).await
}

/// Sends a grant that may be refused.
async fn try_grant(client: &Client, input: Value) -> Reply {
    let query = "mutation($input: GrantToolsInput!) { grantTools(input: $input) { agent { toolGrants { server { id } tools policy hasToken } } } }";
    client.ask(query, json!({"input": input})).await
}

/// Sends a revocation that may be refused.
async fn try_revoke(client: &Client, input: Value) -> Reply {
    let query = "mutation($input: RevokeToolsInput!) { revokeTools(input: $input) { agent { toolGrants { server { id } tools policy hasToken } } } }";
    client.ask(query, json!({"input": input})).await
}

/// The grant of an agent for a server.
fn grants_of(agent: &Value, server: &Value) -> Vec<Value> {
    let grants = agent["toolGrants"].as_array().unwrap().iter();
    let grants = grants.filter(|grant| grant["server"]["id"] == *server);
    grants
        .map(|grant| json!({"tools": grant["tools"], "policy": grant["policy"]}))
        .collect()
}

fn tool<'t>(tools: &'t Value, name: &str) -> &'t Value {
    let tools = tools.as_array().unwrap();
    tools.iter().find(|tool| tool["name"] == name).unwrap()
}

/// The path and the message of a refusal's first problem.
fn problem(reply: &Reply) -> (String, String) {
    assert_eq!(reply.code(), "BAD_USER_INPUT", "{reply:?}");
    let problem = &reply.0["errors"][0]["extensions"]["problems"][0];
    let text = |name: &str| problem[name].as_str().unwrap().to_owned();
    (text("path"), text("message"))
}
