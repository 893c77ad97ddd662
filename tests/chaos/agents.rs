//! The agents of a scenario besides the first one, and their tool policies.

use serde_json::{Value, json};

use crate::{cluster::Cluster, tool_server::ToolServer};

/// The server's tool that agents are granted.
const TOOL: &str = "write";

/// The policy for the tool calls of an agent.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Policy {
    /// Calls are made without approval.
    Auto,
    /// Each call needs an approval.
    Approve,
}

/// The answering agents: of each pair, web processes answer for one and workers for the other.
pub(crate) struct Cast {
    /// Agents that may use the tool without approval.
    pub(crate) free: [String; 2],
    /// Agents whose tool calls need an approval.
    pub(crate) careful: [String; 2],
}

impl Cast {
    /// Creates the agents and registers the server; none where no template's runs go to workers.
    pub(crate) async fn hired(cluster: &Cluster, tools: &ToolServer) -> Option<Self> {
        let cast = Self {
            free: [
                interactive(cluster, "Free").await,
                deep(cluster, "Free and deep").await?,
            ],
            careful: [
                interactive(cluster, "Careful").await,
                deep(cluster, "Careful and deep").await?,
            ],
        };
        let server = register(cluster, tools).await;
        let policies = [(&cast.free, Policy::Auto), (&cast.careful, Policy::Approve)];
        for (agents, policy) in policies {
            for agent in agents {
                grant(cluster, agent, &server, policy).await;
            }
        }
        Some(cast)
    }
}

/// An agent whose runs are answered by web processes.
async fn interactive(cluster: &Cluster, name: &str) -> String {
    let input = json!({"template": "support_agent", "tier": "standard", "name": name});
    let made = make(cluster, input).await;
    made.unwrap_or_else(|why| panic!("{name}: {why}"))
}

/// An agent whose runs go to workers; none where no template has that latency class.
pub(crate) async fn deep(cluster: &Cluster, name: &str) -> Option<String> {
    let web = &cluster.web()[0];
    let query =
        "{ agentTemplates(first: 50) { nodes { name latencyClass pricingTiers { name } } } }";
    let asked = cluster.api.ask(web, cluster.owner(), query, json!({}));
    let data = asked.await.0.data().ok()?;
    let templates = data["agentTemplates"]["nodes"].as_array()?;
    let deep = templates
        .iter()
        .find(|template| template["latencyClass"] == "DEEP")?;
    let tier = &deep["pricingTiers"][0]["name"];
    let input = json!({"template": deep["name"], "tier": tier, "name": name});
    make(cluster, input).await.ok()
}

async fn make(cluster: &Cluster, input: Value) -> Result<String, String> {
    let query =
        "mutation($input: CreateAgentInput!) { createAgent(input: $input) { agent { id } } }";
    let (web, key) = (&cluster.web()[0], cluster.owner());
    let asked = cluster.api.ask(web, key, query, json!({"input": input}));
    let made = asked.await.0.data()?;
    let id = made["createAgent"]["agent"]["id"].as_str();
    Ok(id.unwrap_or_default().to_owned())
}

/// Registers a tool server; returns its id.
pub(crate) async fn register(cluster: &Cluster, tools: &ToolServer) -> String {
    let query = "mutation($input: RegisterMcpServerInput!) { registerMcpServer(input: $input) { mcpServer { id } } }";
    let input =
        json!({"name": "Notes", "type": "notes", "endpointUrl": tools.url, "stateless": true});
    let (web, key) = (&cluster.web()[0], cluster.owner());
    let made = cluster
        .api
        .ok(web, key, query, json!({"input": input}))
        .await;
    let server = &made["registerMcpServer"]["mcpServer"]["id"];
    server.as_str().unwrap().to_owned()
}

/// Grants the server's tool to an agent.
pub(crate) async fn grant(cluster: &Cluster, agent: &str, server: &str, policy: Policy) {
    let query = "mutation($input: GrantToolsInput!) { grantTools(input: $input) { agent { id } } }";
    let policy = match policy {
        Policy::Auto => "AUTO",
        Policy::Approve => "APPROVE",
    };
    let input = json!({"agentId": agent, "serverId": server, "tools": [TOOL], "policy": policy});
    let (web, key) = (&cluster.web()[0], cluster.owner());
    cluster
        .api
        .ok(web, key, query, json!({"input": input}))
        .await;
}
