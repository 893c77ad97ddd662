//! Agent templates: published by the operator, versioned, deprecated.

use serde_json::{Value, json};

use crate::support::{Client, Reply, TestApp};

/// A template that may be published.
pub(crate) fn template(name: &str, version: &str) -> Value {
    let nothing = json!({"type": "object", "additionalProperties": false, "properties": {}});
    json!({
        "name": name,
        "version": version,
        "workflow": "SupportAgentWorkflow",
        "description": "Helps.",
        "latencyClass": "INTERACTIVE",
        "configSchema": nothing,
        "contextSchema": nothing,
        "pricingTiers": [{"name": "standard", "tools": [], "vectorStore": "EMBEDDED", "models": ["default"]}],
        "skills": [{"id": "help", "name": "Help", "description": "Helps.", "examples": ["help me", "what now", "how so"]}],
        "systemPrompt": "You are {{ agent.name }}.",
    })
}

/// Sends a publication that may be refused.
pub(crate) async fn publish(client: &Client, input: Value) -> Reply {
    let publish = "mutation($input: PublishAgentTemplateInput!) {
        publishAgentTemplate(input: $input) { template { id name version deprecatedAt versions { version } } }
    }";
    client.ask(publish, json!({"input": input})).await
}

/// Publishes a template; returns its id.
pub(crate) async fn published(client: &Client, name: &str, version: &str) -> String {
    let reply = publish(client, template(name, version)).await;
    let id = reply.data()["publishAgentTemplate"]["template"]["id"].clone();
    id.as_str().unwrap().to_owned()
}

fn problems(reply: &Reply) -> Vec<String> {
    assert_eq!(reply.code(), "BAD_USER_INPUT", "{reply:?}");
    let problems = reply.0["errors"][0]["extensions"]["problems"]
        .as_array()
        .unwrap()
        .iter();
    problems
        .map(|problem| problem["path"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn the_shipped_templates_are_listed_with_their_descriptions() {
    let app = TestApp::start().await;
    let query = "{ agentTemplates { totalCount nodes {
        id name version workflow description latencyClass configSchema contextSchema deprecatedAt
        pricingTiers { name tools vectorStore models limits } skills { id name description examples } versions { id }
    } } }";
    let list = app.home.reader.ok(query, json!({})).await["agentTemplates"].clone();
    assert_eq!(list["totalCount"], 4);
    let nodes = list["nodes"].as_array().unwrap();
    let mut names: Vec<_> = nodes
        .iter()
        .map(|node| node["name"].as_str().unwrap())
        .collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "digital_expert",
            "research_agent",
            "sales_agent",
            "support_agent"
        ]
    );
    for node in nodes {
        assert!(
            node["id"].as_str().unwrap().starts_with("template_"),
            "{node:#}"
        );
        assert_eq!(node["configSchema"]["type"], "object");
        assert!(node["pricingTiers"].as_array().unwrap().len() >= 2);
        for skill in node["skills"].as_array().unwrap() {
            assert!(
                skill["examples"].as_array().unwrap().len() >= 12,
                "{skill:#}"
            );
        }
        assert_eq!(node["versions"], json!([{"id": node["id"]}]));
    }
}

#[tokio::test]
async fn the_newest_version_is_the_highest_number_not_the_last_published() {
    let app = TestApp::start().await;
    for version in ["1.9.0", "1.10.0", "1.10.0-rc.1", "1.2.0"] {
        published(&app.operator, "greeter", version).await;
    }
    let query = "query($version: String) { agentTemplate(name: \"greeter\", version: $version) { id version versions { version } } }";
    let newest = app.home.reader.ok(query, json!({})).await["agentTemplate"].clone();
    assert_eq!(newest["version"], "1.10.0");
    let versions: Vec<_> = newest["versions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|each| each["version"].as_str().unwrap())
        .collect();
    assert_eq!(versions, ["1.10.0", "1.10.0-rc.1", "1.9.0", "1.2.0"]);
    let old = app.home.reader.ok(query, json!({"version": "1.2.0"})).await;
    assert_eq!(old["agentTemplate"]["version"], "1.2.0");
    let none = app.home.reader.ok(query, json!({"version": "3.0.0"})).await;
    assert_eq!(none["agentTemplate"], Value::Null);
}

#[tokio::test]
async fn a_published_version_never_changes() {
    let app = TestApp::start().await;
    published(&app.operator, "greeter", "1.0.0").await;
    let mut changed = template("greeter", "1.0.0");
    changed["description"] = "Does something else.".into();
    let again = publish(&app.operator, changed).await;
    assert_eq!(again.code(), "CONFLICT");
    assert!(
        again.message().contains("input.version"),
        "{}",
        again.message()
    );
    let query = "{ agentTemplate(name: \"greeter\") { description } }";
    let kept = app.home.reader.ok(query, json!({})).await;
    assert_eq!(kept["agentTemplate"]["description"], "Helps.");
}

#[tokio::test]
async fn an_invalid_template_is_refused_with_every_problem() {
    let app = TestApp::start().await;
    let mut input = template("Not a name", "one");
    input["workflow"] = "NoSuchWorkflow".into();
    input["description"] = " ".into();
    input["configSchema"] = json!({"type": "text"});
    input["contextSchema"] = json!([]);
    input["pricingTiers"] = json!([
        {"name": "standard", "tools": ["a", "a"], "vectorStore": "EMBEDDED", "models": []},
        {"name": "standard", "tools": [], "vectorStore": "EMBEDDED", "models": ["default"], "limits": {"documents": -1}},
    ]);
    input["skills"] = json!([{"id": "help", "name": "Help", "description": "Helps.", "examples": ["help", "Help"]}]);
    let refused = publish(&app.operator, input).await;
    let found = problems(&refused);
    for path in [
        "input.name",
        "input.version",
        "input.workflow",
        "input.description",
        "input.configSchema.type",
        "input.contextSchema",
        "input.pricingTiers[0].tools[1]",
        "input.pricingTiers[0].models",
        "input.pricingTiers[1].name",
        "input.pricingTiers[1].limits.documents",
        "input.skills[0].examples",
        "input.skills[0].examples[1]",
    ] {
        assert!(
            found.contains(&path.to_owned()),
            "{path} is not among {found:?}"
        );
    }
    assert!(
        app.home
            .reader
            .ok("{ agentTemplates { totalCount } }", json!({}))
            .await["agentTemplates"]["totalCount"]
            == 4
    );
}

#[tokio::test]
async fn an_invalid_schema_or_prompt_is_refused_at_its_path() {
    let app = TestApp::start().await;
    let object = |properties: Value| json!({"type": "object", "additionalProperties": false, "properties": properties});
    let cases = [
        (
            "configSchema",
            json!({"type": "object", "properties": {}}),
            "input.configSchema.additionalProperties",
        ),
        (
            "configSchema",
            json!({"$schema": "http://json-schema.org/draft-07/schema#"}),
            "input.configSchema.$schema",
        ),
        (
            "configSchema",
            object(json!({"tone": {"type": "string"}})),
            "input.configSchema.properties.tone.description",
        ),
        (
            "contextSchema",
            object(json!({"a": {"description": "A.", "$ref": "https://example.com/a.json"}})),
            "input.contextSchema",
        ),
        ("contextSchema", json!("object"), "input.contextSchema"),
        ("systemPrompt", json!("{% if %}"), "input.systemPrompt"),
        (
            "systemPrompt",
            json!("{{ configuration.unknown }}"),
            "input.systemPrompt",
        ),
        ("systemPrompt", json!(""), "input.systemPrompt"),
        (
            "configuration",
            json!({"unknown": 1}),
            "input.configuration.unknown",
        ),
        ("configuration", json!([]), "input.configuration"),
        ("pricingTiers", json!([]), "input.pricingTiers"),
        ("skills", json!([]), "input.skills"),
    ];
    for (field, value, path) in cases {
        let mut input = template("greeter", "1.0.0");
        input[field] = value;
        let found = problems(&publish(&app.operator, input).await);
        assert!(found[0].starts_with(path), "{field}: {found:?}");
    }
}

#[tokio::test]
async fn a_deprecated_version_creates_no_agents_and_keeps_existing_ones() {
    let app = TestApp::start().await;
    let old = published(&app.operator, "greeter", "1.0.0").await;
    let create = "mutation($version: String) { createAgent(input: {template: \"greeter\", templateVersion: $version, tier: \"standard\", name: \"G\"}) {
        agent { id template { version } }
    } }";
    let agent = app.home.admin.ok(create, json!({})).await["createAgent"]["agent"]["id"].clone();
    let deprecate = "mutation($id: ID!) { deprecateAgentTemplate(input: {id: $id}) { template { deprecatedAt } } }";
    let done = app.operator.ok(deprecate, json!({"id": old})).await;
    let at = done["deprecateAgentTemplate"]["template"]["deprecatedAt"].clone();
    assert!(at.is_string());
    let again = app.operator.ok(deprecate, json!({"id": old})).await;
    assert_eq!(
        again["deprecateAgentTemplate"]["template"]["deprecatedAt"], at,
        "the first date stays"
    );

    let newest = app.home.admin.ask(create, json!({})).await;
    assert_eq!(problems(&newest), ["input.template"]);
    let named = app
        .home
        .admin
        .ask(create, json!({"version": "1.0.0"}))
        .await;
    assert_eq!(problems(&named), ["input.templateVersion"]);
    let query = "query($id: ID!) { agent(by: {id: $id}) { template { version deprecatedAt } availability { state } } }";
    let kept = app.home.reader.ok(query, json!({"id": agent})).await;
    assert_eq!(kept["agent"]["template"]["deprecatedAt"], at);
    assert_eq!(kept["agent"]["availability"]["state"], "AVAILABLE");

    let list = "query($all: Boolean) { agentTemplates(name: \"greeter\", includeDeprecated: $all) { totalCount } }";
    assert_eq!(
        app.home.reader.ok(list, json!({})).await["agentTemplates"]["totalCount"],
        0
    );
    assert_eq!(
        app.home.reader.ok(list, json!({"all": true})).await["agentTemplates"]["totalCount"],
        1
    );
    published(&app.operator, "greeter", "1.0.1").await;
    let newest = app.home.admin.ok(create, json!({})).await;
    assert_eq!(
        newest["createAgent"]["agent"]["template"]["version"],
        "1.0.1"
    );
}

#[tokio::test]
async fn templates_are_paginated_in_order_of_publication() {
    let app = TestApp::start().await;
    let first = published(&app.operator, "greeter", "1.0.0").await;
    let second = published(&app.operator, "greeter", "0.9.0").await;
    let query = "query($first: Int, $after: String) {
        agentTemplates(first: $first, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } }
    }";
    let page = app.home.reader.ok(query, json!({"first": 4})).await["agentTemplates"].clone();
    assert_eq!(page["pageInfo"]["hasNextPage"], true);
    let after = json!({"after": page["pageInfo"]["endCursor"]});
    let rest = app.home.reader.ok(query, after).await["agentTemplates"].clone();
    assert_eq!(rest["nodes"], json!([{"id": first}, {"id": second}]));
    assert_eq!(rest["pageInfo"]["hasNextPage"], false);
}
