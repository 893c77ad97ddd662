//! Agents that scenarios need besides the first one, and what they may do.

use serde_json::{Value, json};

use crate::{cluster::Cluster, tool_server::ToolServer};

/// The tool of the server that agents are granted.
const TOOL: &str = "write";

/// Who decides about the calls of an agent.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Policy {
    /// Nobody: they are made.
    Auto,
    /// A person, about each.
    Approve,
}

/// Who answers: of each pair one is answered for by web processes and one by workers.
pub(crate) struct Cast {
    /// They may use the tool.
    pub(crate) free: [String; 2],
    /// They have to ask a person first.
    pub(crate) careful: [String; 2],
}

impl Cast {
    /// Makes them and the server; none where no template is answered for by workers.
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

/// An agent that web processes answer for.
async fn interactive(cluster: &Cluster, name: &str) -> String {
    let input = json!({"template": "support_agent", "tier": "standard", "name": name});
    let made = make(cluster, input).await;
    made.unwrap_or_else(|why| panic!("{name}: {why}"))
}

/// An agent whose runs go to workers; none where no template is for that.
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

/// Makes a server of tools known; returns its id.
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

/// Lets an agent use the server's tool.
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
