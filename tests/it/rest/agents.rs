//! Agents and templates over REST: the same as over GraphQL.

use serde_json::{Value, json};

use super::{AGENTS, Rest, unchecked};
use crate::support::TestApp;

fn slugs(list: &Value) -> Vec<&str> {
    let nodes = list["nodes"].as_array().unwrap().iter();
    nodes.map(|agent| agent["slug"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn an_agent_is_created_read_changed_and_deleted() {
    let app = TestApp::start().await;
    let rest = Rest::of(&app, &app.home.admin).await;
    let path = format!("/accounts/{}/agents", app.home.id);
    let input = json!({"template": "sales_agent", "tier": "startup", "name": "Sälës 🚲", "slug": "sales-berlin",
        "configuration": {"temperature": 0.5}});
    let made = rest.post(&path, &input).await;
    let agent = made.is(201).clone();
    assert_eq!(agent["name"], "Sälës 🚲");
    assert_eq!(agent["status"], "ACTIVE");
    let id = agent["id"].as_str().unwrap();
    let own = format!("{path}/{id}");
    assert_eq!(made.headers["location"], own.as_str());
    assert_eq!(made.headers["cache-control"], "no-store");
    assert!(made.headers.contains_key("x-request-id") && made.headers.contains_key("ratelimit"));

    // by its id and by its slug, with any key
    let reader = rest.by(&app.home.reader);
    let [by_id, by_slug] = [own.as_str(), "/accounts/me/agents/sales-berlin"];
    let by_id_read = reader.get(by_id).await.is(200).clone();
    let by_slug_read = reader.get(by_slug).await.is(200).clone();
    assert_eq!(unchecked(by_id_read), unchecked(by_slug_read));
    let query =
        "query($id: ID!) { agent(by: {id: $id}) { configuration updatedAt template { version } } }";
    let there = app.home.reader.ok(query, json!({"id": id})).await["agent"].clone();
    for field in ["configuration", "updatedAt"] {
        assert_eq!(agent[field], there[field]);
    }

    let change = json!({"name": "Sales", "configuration": {"temperature": 0.1}, "expectedUpdatedAt": agent["updatedAt"]});
    let changed = rest.put(by_slug, &change).await;
    assert_eq!(
        changed.is(200)["configuration"],
        json!({"temperature": 0.1})
    );
    assert_eq!(changed.body["tier"], "startup", "what is left out stays");
    rest.put(by_id, &change).await.is_problem(409, "CONFLICT");
    let wrong = json!({"configuration": {"temperature": "hot", "colour": 1}});
    let refused = rest.put(by_id, &wrong).await;
    refused.is_problem(400, "BAD_USER_INPUT");
    let mut paths = refused.paths();
    paths.sort_unstable();
    assert_eq!(paths, ["configuration.colour", "configuration.temperature"]);

    rest.delete(by_slug).await.is(204);
    rest.delete(by_id).await.is_problem(404, "NOT_FOUND");
    rest.get(by_slug).await.is_problem(404, "NOT_FOUND");
    let audit = app.audit_log(&app.home.id).await;
    let deletions = audit
        .iter()
        .filter(|entry| format!("{entry:?}").contains(id));
    assert!(
        deletions.count() >= 3,
        "created, changed and deleted in the audit log"
    );
}

#[tokio::test]
async fn agents_are_listed_in_pages_and_by_filters() {
    let app = TestApp::start().await;
    let rest = Rest::of(&app, &app.home.admin).await;
    for (name, tier) in [
        ("Alpha", "startup"),
        ("Beta", "startup"),
        ("Gamma", "startup"),
    ] {
        let input = json!({"template": "sales_agent", "tier": tier, "name": name, "activate": name != "Gamma"});
        rest.post(AGENTS, &input).await.is(201);
    }
    let rest = rest.by(&app.home.reader);
    let all = rest.get(&format!("/accounts/{}/agents", app.home.id)).await;
    assert_eq!(slugs(all.is(200)), ["support", "alpha", "beta", "gamma"]);
    assert_eq!(all.body["totalCount"], 4);
    let own = rest.get("/agents").await;
    assert_eq!(
        slugs(own.is(200)),
        slugs(&all.body),
        "short for the own account"
    );
    let first = rest.get(&format!("{AGENTS}?first=3")).await.is(200).clone();
    assert_eq!(slugs(&first), ["support", "alpha", "beta"]);
    let after = first["pageInfo"]["endCursor"].as_str().unwrap();
    let next = rest.get(&format!("{AGENTS}?first=3&after={after}")).await;
    assert_eq!(slugs(next.is(200)), ["gamma"]);
    let before = next.body["pageInfo"]["startCursor"].as_str().unwrap();
    let last = rest.get(&format!("{AGENTS}?last=1&before={before}")).await;
    assert_eq!(slugs(last.is(200)), ["beta"]);
    for (filter, expected) in [
        ("template=sales_agent&status=ACTIVE", vec!["alpha", "beta"]),
        ("status=CONFIGURING&status=SUSPENDED", vec!["gamma"]),
        ("search=%C3%A4", vec![]),
        ("search=BET", vec!["beta"]),
    ] {
        let found = rest.get(&format!("{AGENTS}?{filter}")).await;
        assert_eq!(slugs(found.is(200)), expected, "{filter}");
    }
}

#[tokio::test]
async fn templates_are_listed() {
    let app = TestApp::start().await;
    let rest = Rest::of(&app, &app.home.reader).await;
    let path = format!("/accounts/{}/agentic-workflows", app.home.id);
    let list = rest.get(&path).await;
    let there = "{ agentTemplates { nodes { id version configSchema pricingTiers { name limits } } totalCount } }";
    let there = app.home.reader.ok(there, json!({})).await["agentTemplates"].clone();
    assert_eq!(list.is(200)["totalCount"], there["totalCount"]);
    for (here, there) in list.body["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .zip(there["nodes"].as_array().unwrap())
    {
        assert_eq!(here["id"], there["id"]);
        assert_eq!(here["configSchema"], there["configSchema"]);
    }
    let one = rest
        .get(&format!(
            "{path}?name=sales_agent&includeDeprecated=true&first=1"
        ))
        .await;
    assert_eq!(one.is(200)["nodes"][0]["name"], "sales_agent");
}

#[tokio::test]
async fn roles_are_those_of_the_same_operations() {
    let app = TestApp::start().await;
    let rest = Rest::of(&app, &app.home.reader).await;
    let own = format!("{AGENTS}/{}", app.home.agent);
    let input = json!({"template": "support_agent", "tier": "standard", "name": "More"});
    let chat = super::message("Hello", "roles");
    for client in [&app.home.reader, &app.home.member] {
        let rest = rest.by(client);
        rest.post(AGENTS, &input).await.is_problem(403, "FORBIDDEN");
        rest.put(&own, &json!({"name": "Mine"}))
            .await
            .is_problem(403, "FORBIDDEN");
        rest.delete(&own).await.is_problem(403, "FORBIDDEN");
        rest.get(&own).await.is(200);
    }
    let refused = rest.post("/chat", &chat).await;
    refused.is_problem(403, "FORBIDDEN");
    let graphql = "subscription($input: ChatInput!) { chat(input: $input) { runId } }";
    let graphql = app
        .home
        .reader
        .subscribe(graphql, json!({"input": chat}))
        .await;
    assert_eq!(refused.body["detail"], graphql.rest().await[0].message());

    let nobody = rest.anonymous();
    for path in ["/agents", AGENTS, "/accounts/me/agentic-workflows"] {
        let refused = nobody.get(path).await;
        refused.is_problem(401, "UNAUTHENTICATED");
        assert!(refused.headers.contains_key("www-authenticate"));
    }
    nobody
        .post("/chat", &chat)
        .await
        .is_problem(401, "UNAUTHENTICATED");
    let wrong = rest.by(&app.home.reader.with_key("tk_wrong"));
    wrong
        .get("/agents")
        .await
        .is_problem(401, "UNAUTHENTICATED");
    assert!(app.upstream.asked().is_empty());
}

#[tokio::test]
async fn an_operator_acts_in_the_account_of_the_path() {
    let app = TestApp::start().await;
    let rest = Rest::of(&app, &app.operator).await;
    let path = format!("/accounts/{}/agents", app.home.id);
    assert_eq!(
        rest.get(&path).await.is(200)["nodes"][0]["id"],
        app.home.agent
    );
    let own = rest.get(AGENTS).await;
    assert_eq!(own.is(200)["totalCount"], 0);
    let input = json!({"template": "support_agent", "tier": "standard", "name": "By the operator"});
    let made = rest.post(&path, &input).await;
    let location = made.headers["location"].to_str().unwrap();
    assert!(location.starts_with(&path), "{location}");
    made.is(201);
    let seen = rest.by(&app.home.reader).get(location).await;
    assert_eq!(seen.is(200)["name"], "By the operator");
}
