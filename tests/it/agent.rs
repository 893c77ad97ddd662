//! Agents: created, configured, listed, followed, suspended, deleted.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::{
    caller::Caller,
    chat::CHAT,
    support::{Client, Reply, TestApp},
    template::{publish, published, template},
};

const CREATE: &str = "mutation($input: CreateAgentInput!) { createAgent(input: $input) {
    agent { id slug name status tier configuration createdAt updatedAt template { name version } fallback { id } }
} }";
const UPDATE: &str = "mutation($input: UpdateAgentInput!) { updateAgent(input: $input) {
    agent { id slug name tier configuration updatedAt fallback { id } }
} }";
const LIST: &str = "query($filter: AgentFilter, $orderBy: AgentOrder, $first: Int, $after: String, $last: Int, $before: String) {
    agents(filter: $filter, orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before) {
        totalCount nodes { name } edges { cursor node { name } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
}";
const SETTINGS: &str =
    "query($id: ID!) { agent(by: {id: $id}) { effectiveConfiguration { path value origin } } }";

/// The input of a new support agent; the fields of `more` take precedence.
fn support(name: &str, more: Value) -> Value {
    let mut input = json!({"template": "support_agent", "tier": "standard", "name": name});
    if let Value::Object(more) = more {
        for (field, value) in more {
            input[field] = value;
        }
    }
    input
}

pub(crate) async fn create(client: &Client, input: Value) -> Value {
    client.ok(CREATE, json!({"input": input})).await["createAgent"]["agent"].clone()
}

async fn refused(client: &Client, query: &str, input: Value) -> Reply {
    let reply = client.ask(query, json!({"input": input})).await;
    assert_ne!(reply.code(), "", "{reply:?}");
    reply
}

fn problems(reply: &Reply) -> BTreeMap<&str, &str> {
    assert_eq!(reply.code(), "BAD_USER_INPUT", "{reply:?}");
    let problems = reply.0["errors"][0]["extensions"]["problems"]
        .as_array()
        .unwrap()
        .iter();
    problems
        .map(|problem| {
            (
                problem["path"].as_str().unwrap(),
                problem["message"].as_str().unwrap(),
            )
        })
        .collect()
}

fn paths(reply: &Reply) -> Vec<&str> {
    problems(reply).into_keys().collect()
}

fn names(list: &Value) -> Vec<&str> {
    let nodes = list["nodes"].as_array().unwrap();
    nodes
        .iter()
        .map(|node| node["name"].as_str().unwrap())
        .collect()
}

/// The effective settings with their origins.
async fn settings(client: &Client, id: &Value) -> BTreeMap<String, (Value, String)> {
    let agent = client.ok(SETTINGS, json!({"id": id})).await;
    let entries = agent["agent"]["effectiveConfiguration"]
        .as_array()
        .unwrap()
        .iter();
    let read = |value: &Value| value.as_str().unwrap().to_owned();
    entries
        .map(|entry| {
            (
                read(&entry["path"]),
                (entry["value"].clone(), read(&entry["origin"])),
            )
        })
        .collect()
}

#[tokio::test]
async fn a_new_agent_uses_the_newest_template_version_and_a_slug_of_its_name() {
    let app = TestApp::start().await;
    let admin = &app.home.admin;
    let agent = create(admin, support("Café & Bar – Zürich 24/7!", json!({}))).await;
    assert_eq!(agent["slug"], "caf-bar-z-rich-24-7");
    assert_eq!(
        (&agent["status"], &agent["tier"]),
        (&json!("ACTIVE"), &json!("standard"))
    );
    assert_eq!(
        agent["template"],
        json!({"name": "support_agent", "version": "1.5.0"})
    );
    assert_eq!(
        (&agent["configuration"], &agent["fallback"]),
        (&json!({}), &Value::Null)
    );
    assert_eq!(agent["createdAt"], agent["updatedAt"]);
    let second = create(
        admin,
        support("Café & Bar – Zürich 24/7!", json!({"activate": false})),
    )
    .await;
    assert_eq!(
        (&second["slug"], &second["status"]),
        (&json!("caf-bar-z-rich-24-7-2"), &json!("CONFIGURING"))
    );
    assert_eq!(
        create(admin, support("日本語", json!({}))).await["slug"],
        "agent"
    );
    let long = create(admin, support(&"ab ".repeat(39), json!({}))).await;
    let slug = long["slug"].as_str().unwrap();
    assert!(slug.len() <= 63 && !slug.ends_with('-'), "{slug}");
    let query = "query($slug: String!) { agent(by: {slug: $slug}) { id } }";
    let found = app
        .home
        .reader
        .ok(query, json!({"slug": agent["slug"]}))
        .await;
    assert_eq!(found["agent"]["id"], agent["id"]);
}

#[tokio::test]
async fn a_slug_is_well_formed_and_unique_in_its_account() {
    let app = TestApp::start().await;
    create(
        &app.home.admin,
        support("Berlin", json!({"slug": "sales-berlin"})),
    )
    .await;
    let taken = refused(
        &app.home.admin,
        CREATE,
        support("Berlin", json!({"slug": "sales-berlin"})),
    )
    .await;
    assert_eq!(taken.code(), "CONFLICT");
    assert!(
        taken.message().contains("\"sales-berlin\" is taken"),
        "{}",
        taken.message()
    );
    create(
        &app.stranger.admin,
        support("Berlin", json!({"slug": "sales-berlin"})),
    )
    .await;
    let long = "x".repeat(64);
    for slug in [
        "",
        "Sales",
        "sales berlin",
        "-sales",
        "sales-",
        "sales--berlin",
        "sälés",
        "a_b",
        "a/b",
        long.as_str(),
    ] {
        let refused = refused(
            &app.home.admin,
            CREATE,
            support("Berlin", json!({"slug": slug})),
        )
        .await;
        assert_eq!(paths(&refused), ["input.slug"], "{slug}");
    }
}

#[tokio::test]
async fn a_configuration_that_breaks_the_schema_is_refused_with_every_problem_at_its_path() {
    let app = TestApp::start().await;
    let configuration = json!({
        "temperature": 9,
        "langauge": "German",
        "voice": {"tone": "shouting", "volume": 11},
        "ticketPriorities": [],
        "escalation": {"afterAttempts": "two", "when": ["fire", "fire"]},
        "statusPageUrl": "not a url",
        "companyName": "",
    });
    let refused = refused(
        &app.home.admin,
        CREATE,
        support("Wrong", json!({"configuration": configuration})),
    )
    .await;
    let expected = [
        "input.configuration.companyName",
        "input.configuration.escalation.afterAttempts",
        "input.configuration.escalation.when",
        "input.configuration.langauge",
        "input.configuration.statusPageUrl",
        "input.configuration.temperature",
        "input.configuration.ticketPriorities",
        "input.configuration.voice.tone",
        "input.configuration.voice.volume",
    ];
    assert_eq!(paths(&refused), expected);
    let found = problems(&refused);
    assert_eq!(
        found["input.configuration.temperature"],
        "9 given, expected a number from 0 to 1.5"
    );
    assert!(
        found["input.configuration.langauge"].contains("did you mean language?"),
        "{found:?}"
    );
    assert!(
        found["input.configuration.voice.tone"].contains("\"calm\""),
        "{found:?}"
    );
    let update = refused_update(&app, json!({"configuration": {"temperature": "warm"}})).await;
    assert_eq!(paths(&update), ["input.configuration.temperature"]);
    assert_eq!(
        names(&app.home.admin.ok(LIST, json!({})).await["agents"]),
        ["Support"]
    );
}

async fn refused_update(app: &TestApp, change: Value) -> Reply {
    let mut input = change;
    input["id"] = app.home.agent.as_str().into();
    refused(&app.home.admin, UPDATE, input).await
}

#[tokio::test]
async fn a_configuration_is_an_object_with_bounded_size_and_depth() {
    let app = TestApp::start().await;
    let deep = (0..40).fold(json!(1), |inner, _| json!({"a": inner}));
    let large = json!({"instructions": "x".repeat(70_000)});
    for configuration in [
        json!([]),
        json!("text"),
        json!(7),
        deep,
        large,
        json!({"persona": "a\u{0}b"}),
        json!({"persona": "\u{202e}"}),
    ] {
        let refused = refused(
            &app.home.admin,
            CREATE,
            support("Wrong", json!({"configuration": configuration})),
        )
        .await;
        assert!(
            paths(&refused)[0].starts_with("input.configuration"),
            "{refused:?}"
        );
        assert!(refused.message().len() < 500, "{}", refused.message());
    }
}

#[tokio::test]
async fn an_agent_needs_a_template_a_version_and_a_tier_that_exist() {
    let app = TestApp::start().await;
    let cases = [
        (json!({"template": "no_such_agent"}), "input.template"),
        (json!({"template": ""}), "input.template"),
        (json!({"templateVersion": "9.9.9"}), "input.templateVersion"),
        (json!({"templateVersion": "1"}), "input.templateVersion"),
        (json!({"tier": "enterprise"}), "input.tier"),
        (json!({"tier": "Standard"}), "input.tier"),
    ];
    for (more, path) in cases {
        let refused = refused(&app.home.admin, CREATE, support("Wrong", more)).await;
        assert_eq!(paths(&refused), [path]);
    }
    let tier = refused_update(&app, json!({"tier": "platinum"})).await;
    assert!(
        tier.message().contains("standard, premium"),
        "{}",
        tier.message()
    );
}

#[tokio::test]
async fn an_update_changes_only_the_given_fields() {
    let app = TestApp::start().await;
    let agent = create(
        &app.home.admin,
        support(
            "Before",
            json!({"configuration": {"temperature": 1}, "fallbackAgentId": app.home.agent}),
        ),
    )
    .await;
    let update = async |change: Value| {
        let mut input = change;
        input["id"] = agent["id"].clone();
        app.home.admin.ok(UPDATE, json!({"input": input})).await["updateAgent"]["agent"].clone()
    };
    let named = update(json!({"name": "After", "tier": "premium"})).await;
    assert_eq!(
        (&named["name"], &named["slug"], &named["tier"]),
        (&json!("After"), &json!("before"), &json!("premium"))
    );
    assert_eq!(
        (&named["configuration"], &named["fallback"]["id"]),
        (&json!({"temperature": 1}), &json!(app.home.agent))
    );
    let configured = update(json!({"configuration": {"persona": "the calm voice"}})).await;
    assert_eq!(
        configured["configuration"],
        json!({"persona": "the calm voice"}),
        "all of it is replaced"
    );
    assert_eq!(
        update(json!({"fallbackAgentId": null})).await["fallback"],
        Value::Null
    );
    let query = "query($id: ID!) { agent(by: {id: $id}) { name tier updatedAt } }";
    let stored = app.home.reader.ok(query, json!({"id": agent["id"]})).await;
    assert_eq!(stored["agent"]["name"], "After");
    assert!(stored["agent"]["updatedAt"].as_str() > agent["updatedAt"].as_str());
}

#[tokio::test]
async fn an_update_of_a_stale_version_is_a_conflict() {
    let app = TestApp::start().await;
    let agent = create(&app.home.admin, support("Shared", json!({}))).await;
    let change = |name: &str| json!({"id": agent["id"], "name": name, "expectedUpdatedAt": agent["updatedAt"]});
    app.home
        .admin
        .ok(UPDATE, json!({"input": change("first")}))
        .await;
    let late = refused(&app.home.admin, UPDATE, change("second")).await;
    assert_eq!(late.code(), "CONFLICT");
    let query = "query($id: ID!) { agent(by: {id: $id}) { name } }";
    assert_eq!(
        app.home.reader.ok(query, json!({"id": agent["id"]})).await["agent"]["name"],
        "first"
    );
}

#[tokio::test]
async fn of_concurrent_updates_of_one_version_one_succeeds() {
    let app = TestApp::start().await;
    let agent = create(&app.home.admin, support("Shared", json!({}))).await;
    let changes = (0..8).map(|number| {
        let input = json!({"id": agent["id"], "name": format!("{number}"), "expectedUpdatedAt": agent["updatedAt"]});
        app.home.admin.ask(UPDATE, json!({"input": input}))
    });
    let replies = futures::future::join_all(changes).await;
    let won: Vec<_> = replies
        .iter()
        .filter(|reply| reply.code().is_empty())
        .collect();
    assert_eq!(won.len(), 1, "{replies:?}");
    assert_eq!(
        replies
            .iter()
            .filter(|reply| reply.code() == "CONFLICT")
            .count(),
        7,
        "{replies:?}"
    );
    let query = "query($id: ID!) { agent(by: {id: $id}) { name } }";
    let stored = app.home.reader.ok(query, json!({"id": agent["id"]})).await;
    assert_eq!(
        stored["agent"]["name"],
        won[0].data()["updateAgent"]["agent"]["name"]
    );
}

#[tokio::test]
async fn agents_created_concurrently_with_one_name_get_distinct_slugs() {
    let app = TestApp::start().await;
    let made = futures::future::join_all(
        (0..6).map(|_| create(&app.home.admin, support("Twin", json!({})))),
    )
    .await;
    let mut slugs: Vec<_> = made
        .iter()
        .map(|agent| agent["slug"].as_str().unwrap())
        .collect();
    slugs.sort_unstable();
    assert_eq!(
        slugs,
        ["twin", "twin-2", "twin-3", "twin-4", "twin-5", "twin-6"]
    );
}

#[tokio::test]
async fn a_chain_of_fallbacks_cannot_be_circular() {
    let app = TestApp::start().await;
    let admin = &app.home.admin;
    let first = app.home.agent.clone();
    let second =
        create(admin, support("Second", json!({"fallbackAgentId": first}))).await["id"].clone();
    let third =
        create(admin, support("Third", json!({"fallbackAgentId": second}))).await["id"].clone();
    for fallback in [json!(first), second.clone(), third.clone()] {
        let circle = refused(
            admin,
            UPDATE,
            json!({"id": first, "fallbackAgentId": fallback}),
        )
        .await;
        assert_eq!(paths(&circle), ["input.fallbackAgentId"]);
    }
    let mut last = third.clone();
    let mut chain = vec![second, third];
    for number in 4..=9 {
        last = create(
            admin,
            support(&format!("{number}"), json!({"fallbackAgentId": last})),
        )
        .await["id"]
            .clone();
        chain.push(last.clone());
    }
    let far = refused(
        admin,
        CREATE,
        support("Too far", json!({"fallbackAgentId": last})),
    )
    .await;
    assert_eq!(paths(&far), ["input.fallbackAgentId"]);

    // A permitted chain of fallbacks is followed to its end.
    let suspend = "mutation($id: ID!) { suspendAgent(input: {id: $id}) { agent { status } } }";
    for agent in &chain {
        admin.ok(suspend, json!({"id": agent})).await;
    }
    let send = "mutation($id: ID!) { sendMessage(input: {message: \"Hello\", agentId: $id}) { run { agent { id } route { reason } } } }";
    let run = admin.ok(send, json!({"id": last})).await["sendMessage"]["run"].clone();
    assert_eq!(
        run,
        json!({"agent": {"id": first}, "route": {"reason": "FALLBACK"}})
    );
}

#[tokio::test]
async fn every_effective_setting_reports_its_origin() {
    let app = TestApp::start().await;
    let agent = create(
        &app.home.admin,
        support(
            "Settled",
            json!({"configuration": {"temperature": 0.9, "voice": {"tone": "formal"}}}),
        ),
    )
    .await;
    let account = "mutation($configuration: JSON!) { updateAccount(input: {configuration: $configuration}) { account { configuration } } }";
    let given = json!({"companyName": "Acme", "temperature": 0.1, "voice": {"length": "detailed", "tone": "friendly"}, "unknownHere": true});
    app.home
        .owner
        .ok(account, json!({"configuration": given}))
        .await;
    let of = |value: Value, origin: &str| (value, origin.to_owned());
    let found = settings(&app.home.reader, &agent["id"]).await;
    assert_eq!(found["temperature"], of(json!(0.9), "AGENT"));
    assert_eq!(found["voice.tone"], of(json!("formal"), "AGENT"));
    assert_eq!(found["voice.length"], of(json!("detailed"), "ACCOUNT"));
    assert_eq!(found["companyName"], of(json!("Acme"), "ACCOUNT"));
    assert_eq!(found["ticketSystem"], of(json!("none"), "TEMPLATE"));
    assert_eq!(
        found["ticketPriorities"],
        of(json!(["urgent", "high", "normal", "low"]), "TEMPLATE")
    );
    assert_eq!(found["historyTokens"].1, "DEFAULT");
    assert!(
        !found.contains_key("unknownHere"),
        "a template takes what its schema declares"
    );
    app.home
        .admin
        .ok(
            UPDATE,
            json!({"input": {"id": agent["id"], "tier": "premium", "configuration": {}}}),
        )
        .await;
    let found = settings(&app.home.reader, &agent["id"]).await;
    assert_eq!(found["historyTokens"], of(json!(4000), "TIER"));
    assert_eq!(found["temperature"], of(json!(0.1), "ACCOUNT"));
    assert_eq!(found["voice.tone"], of(json!("friendly"), "ACCOUNT"));
}

#[tokio::test]
async fn a_changed_setting_applies_from_the_next_message() {
    let app = TestApp::start().await;
    let ask = async || {
        let input = json!({"message": "Hello", "agentId": app.home.agent});
        app.home
            .member
            .subscribe(CHAT, json!({"input": input}))
            .await
            .rest()
            .await;
        app.upstream.asked().last().unwrap()["messages"][0]["content"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert!(!ask().await.contains("a ship's cook"));
    app.home
        .admin
        .ok(
            UPDATE,
            json!({"input": {"id": app.home.agent, "configuration": {"persona": "a ship's cook"}}}),
        )
        .await;
    assert!(ask().await.contains("a ship's cook"));
}

#[tokio::test]
async fn a_suspended_agent_does_not_answer_until_it_is_activated() {
    let app = TestApp::start().await;
    let (admin, id) = (&app.home.admin, json!({"id": app.home.agent}));
    let suspend = "mutation($id: ID!) { suspendAgent(input: {id: $id}) { agent { status updatedAt availability { state reasons { code text } } } } }";
    let activate = "mutation($id: ID!) { activateAgent(input: {id: $id}) { agent { status updatedAt availability { state reasons { code text } } } } }";
    let send = "mutation($id: ID!) { sendMessage(input: {message: \"Hello\", agentId: $id}) { run { id } } }";
    let paused = admin.ok(suspend, id.clone()).await["suspendAgent"]["agent"].clone();
    assert_eq!(
        (&paused["status"], &paused["availability"]["state"]),
        (&json!("SUSPENDED"), &json!("UNAVAILABLE"))
    );
    assert_eq!(paused["availability"]["reasons"][0]["code"], "SUSPENDED");
    assert!(
        paused["availability"]["reasons"][0]["text"]
            .as_str()
            .unwrap()
            .contains("activate")
    );
    let again = admin.ok(suspend, id.clone()).await["suspendAgent"]["agent"].clone();
    assert_eq!(again["updatedAt"], paused["updatedAt"], "nothing changed");
    assert_eq!(
        app.home.member.ask(send, id.clone()).await.code(),
        "CONFLICT"
    );
    let active = admin.ok(activate, id.clone()).await["activateAgent"]["agent"].clone();
    assert_eq!(
        active["availability"],
        json!({"state": "AVAILABLE", "reasons": []})
    );
}

#[tokio::test]
async fn messages_of_a_deleted_agent_remain() {
    let app = TestApp::start().await;
    let (admin, id) = (&app.home.admin, json!({"id": app.home.agent}));
    let said =
        crate::conversation::Exchange::of(&app.home.member, json!({"message": "Hello"})).await;
    let deputy = create(
        admin,
        support("Deputy", json!({"fallbackAgentId": app.home.agent})),
    )
    .await;
    let delete = "mutation($id: ID!) { deleteAgent(input: {id: $id}) { deletedId } }";
    assert_eq!(
        admin.ok(delete, id.clone()).await["deleteAgent"]["deletedId"],
        app.home.agent
    );
    assert_eq!(admin.ask(delete, id.clone()).await.code(), "NOT_FOUND");
    let query = "query($id: ID!, $deputy: ID!, $conversation: ID!) {
        agent(by: {id: $id}) { id } deputy: agent(by: {id: $deputy}) { fallback { id } }
        conversation(id: $conversation) { agent { id } messages { nodes { text agent { id } run { agent { id } route { reason } } } } }
    }";
    let left = app.home.reader.ok(query, json!({"id": app.home.agent, "deputy": deputy["id"], "conversation": said.conversation})).await;
    assert_eq!(
        (&left["agent"], &left["deputy"]["fallback"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(left["conversation"]["agent"], Value::Null);
    let run = json!({"agent": null, "route": null});
    assert_eq!(
        left["conversation"]["messages"]["nodes"][1],
        json!({"text": "Hello from the scripted model.", "agent": null, "run": run}),
        "what it said stays"
    );
}

#[tokio::test]
async fn an_agent_filter_combines_all_its_conditions() {
    let app = TestApp::start().await;
    let admin = &app.home.admin;
    create(admin, json!({"template": "sales_agent", "tier": "startup", "name": "Berlin 100%", "slug": "sales-berlin"})).await;
    create(
        admin,
        support("ÉTOILE", json!({"tier": "premium", "activate": false})),
    )
    .await;
    let list = async |filter: Value| {
        let list = admin.ok(LIST, json!({"filter": filter})).await["agents"].clone();
        assert_eq!(list["totalCount"], list["nodes"].as_array().unwrap().len());
        names(&list).join(" ")
    };
    let sales_skill = "{ agentTemplate(name: \"sales_agent\") { skills { id } } }";
    let skill = admin.ok(sales_skill, json!({})).await["agentTemplate"]["skills"][0]["id"].clone();
    let cases = [
        (json!({}), "Support Berlin 100% ÉTOILE"),
        (json!({"status": ["CONFIGURING"]}), "ÉTOILE"),
        (
            json!({"status": ["ACTIVE", "CONFIGURING"]}),
            "Support Berlin 100% ÉTOILE",
        ),
        (
            json!({"status": ["ACTIVE", "ACTIVE"]}),
            "Support Berlin 100%",
        ),
        (json!({"status": []}), ""),
        (json!({"template": "sales_agent"}), "Berlin 100%"),
        (json!({"template": "no_such_agent"}), ""),
        (json!({"tier": "premium"}), "ÉTOILE"),
        (json!({"skill": skill}), "Berlin 100%"),
        (json!({"skill": "no_such_skill"}), ""),
        (json!({"search": "berl"}), "Berlin 100%"),
        (json!({"search": "SALES-b"}), "Berlin 100%"),
        (json!({"search": "étoi"}), "ÉTOILE"),
        (json!({"search": "%"}), "Berlin 100%"),
        (json!({"search": "_"}), ""),
        (json!({"search": "'; --"}), ""),
        (
            json!({"template": "support_agent", "status": ["ACTIVE"], "search": "S"}),
            "Support",
        ),
    ];
    for (filter, expected) in cases {
        assert_eq!(list(filter.clone()).await, expected, "{filter}");
    }
}

#[tokio::test]
async fn agents_are_ordered_and_paginated_in_both_directions() {
    let app = TestApp::start().await;
    let admin = &app.home.admin;
    for name in ["delta", "Alpha", "charlie", "Bravo", "alpha"] {
        create(admin, support(name, json!({}))).await;
    }
    let rename =
        "mutation($id: ID!) { updateAgent(input: {id: $id, name: \"Zulu\"}) { agent { id } } }";
    admin.ok(rename, json!({"id": app.home.agent})).await;
    let by = |field: &str, direction: &str| json!({"field": field, "direction": direction});
    let sorted = async |order: Value| {
        let list = admin.ok(LIST, json!({"orderBy": order})).await["agents"].clone();
        names(&list).join(" ")
    };
    assert_eq!(
        sorted(by("NAME", "ASC")).await,
        "Alpha alpha Bravo charlie delta Zulu"
    );
    assert_eq!(
        sorted(by("NAME", "DESC")).await,
        "Zulu delta charlie Bravo alpha Alpha"
    );
    assert_eq!(
        sorted(by("CREATED_AT", "ASC")).await,
        "Zulu delta Alpha charlie Bravo alpha"
    );
    assert_eq!(
        sorted(by("UPDATED_AT", "DESC")).await,
        "Zulu alpha Bravo charlie Alpha delta"
    );

    for order in [
        by("NAME", "ASC"),
        by("NAME", "DESC"),
        by("UPDATED_AT", "ASC"),
        by("CREATED_AT", "DESC"),
    ] {
        let whole = sorted(order.clone()).await;
        assert_eq!(forth(admin, &order).await, whole);
        assert_eq!(back(admin, &order).await, whole);
    }
}

/// The names of all agents, read two at a time from the start.
async fn forth(client: &Client, order: &Value) -> String {
    let (mut found, mut cursor) = (Vec::new(), Value::Null);
    loop {
        let variables = json!({"orderBy": order, "first": 2, "after": cursor});
        let page = client.ok(LIST, variables).await["agents"].clone();
        let around = &page["pageInfo"];
        assert_eq!(around["hasPreviousPage"], !cursor.is_null());
        assert_eq!(page["totalCount"], 6);
        assert_eq!(around["endCursor"], page["edges"][1]["cursor"]);
        found.extend(names(&page).into_iter().map(str::to_owned));
        cursor = around["endCursor"].clone();
        if around["hasNextPage"] == false {
            return found.join(" ");
        }
    }
}

/// The names of all agents, read four at a time from the end.
async fn back(client: &Client, order: &Value) -> String {
    let (mut found, mut cursor) = (Vec::new(), Value::Null);
    loop {
        let variables = json!({"orderBy": order, "last": 4, "before": cursor});
        let page = client.ok(LIST, variables).await["agents"].clone();
        let around = &page["pageInfo"];
        assert_eq!(around["hasNextPage"], !cursor.is_null());
        found.insert(0, names(&page).join(" "));
        cursor = around["startCursor"].clone();
        if around["hasPreviousPage"] == false {
            return found.join(" ");
        }
    }
}

#[tokio::test]
async fn invalid_page_arguments_are_refused_naming_the_argument() {
    let app = TestApp::start().await;
    let admin = &app.home.admin;
    let cursor = async |query: &str, list: &str| {
        admin.ok(query, json!({})).await[list]["pageInfo"]["endCursor"].clone()
    };
    let own = cursor(LIST, "agents").await;
    let templates = cursor(
        "{ agentTemplates { pageInfo { endCursor } } }",
        "agentTemplates",
    )
    .await;
    let by_name = "{ agents(orderBy: {field: NAME, direction: ASC}) { pageInfo { endCursor } } }";
    let by_name = cursor(by_name, "agents").await;
    let foreign =
        app.stranger.admin.ok(LIST, json!({})).await["agents"]["pageInfo"]["endCursor"].clone();
    let cases = [
        (json!({"first": 0}), "first"),
        (json!({"first": 101}), "first"),
        (json!({"first": -1}), "first"),
        (json!({"last": 0}), "last"),
        (json!({"last": 101}), "last"),
        (json!({"last": -1}), "last"),
        (json!({"first": 1, "last": 1}), "last"),
        (json!({"first": 1, "after": ""}), "after"),
        (json!({"first": 1, "after": "nonsense"}), "after"),
        (
            json!({"first": 1, "after": "bm9uc2Vuc2Ugbm9uc2Vuc2Ugbm9uc2Vuc2U"}),
            "after",
        ),
        (json!({"first": 1, "after": templates}), "after"),
        (json!({"first": 1, "after": by_name}), "after"),
        (json!({"first": 1, "after": foreign}), "after"),
        (json!({"last": 1, "before": foreign}), "before"),
    ];
    for (arguments, path) in cases {
        let refused = admin.ask(LIST, arguments.clone()).await;
        assert_eq!(paths(&refused), [path], "{arguments}");
    }
    admin.ok(LIST, json!({"first": 100, "after": own})).await;
    let twice = admin.ask(LIST, json!({"first": 0, "last": 101})).await;
    assert_eq!(
        twice.0["errors"][0]["extensions"]["problems"]
            .as_array()
            .unwrap()
            .len(),
        3
    );
    for much in ["2147483648", "99999999999999999999", "1.5", "\"1\"", "true"] {
        let refused = admin
            .ask(
                &format!("{{ agents(first: {much}) {{ totalCount }} }}"),
                json!({}),
            )
            .await;
        assert!(
            ["BAD_USER_INPUT", "GRAPHQL_VALIDATION_FAILED"].contains(&refused.code()),
            "{much}: {refused:?}"
        );
    }
}

#[tokio::test]
async fn an_agent_subscription_delivers_every_change() {
    let app = TestApp::start().await;
    let reader = Caller::of(&app, &app.home.reader);
    let admin = &app.home.admin;
    let other = create(admin, support("Other", json!({}))).await["id"].clone();
    let rename = async |id: &Value, name: &str| {
        admin
            .ok(UPDATE, json!({"input": {"id": id, "name": name}}))
            .await;
    };
    let mut one = reader
        .subscribe(
            "subscription($id: ID) { agentChanged(agentId: $id) { id name } }",
            json!({"id": app.home.agent}),
        )
        .await;
    let mut all = reader
        .subscribe(
            "subscription { agentChanged { id name status } }",
            json!({}),
        )
        .await;
    // Both subscriptions are active once they have received an event.
    let touched = json!(app.home.agent);
    one.answer_while(async || rename(&touched, "touched").await)
        .await
        .data();
    all.answer_while(async || rename(&touched, "touched").await)
        .await
        .data();

    rename(&other, "Changed").await;
    let made = create(admin, support("Made", json!({}))).await["id"].clone();
    rename(&touched, "last").await;
    let mut heard = Vec::new();
    loop {
        let agent = all.answer().await.data()["agentChanged"].clone();
        heard.push((agent["id"].clone(), agent["name"].clone()));
        if agent["name"] == "last" {
            break;
        }
    }
    heard.retain(|(_, name)| name != "touched");
    assert_eq!(
        heard,
        [
            (other, json!("Changed")),
            (made, json!("Made")),
            (touched.clone(), json!("last"))
        ]
    );
    loop {
        let agent = one.answer().await.data()["agentChanged"].clone();
        assert_eq!(agent["id"], touched, "it follows one agent only");
        if agent["name"] == "last" {
            break;
        }
    }
}

#[tokio::test]
async fn a_newer_template_version_is_offered_as_an_upgrade() {
    let app = TestApp::start().await;
    published(&app.operator, "greeter", "1.9.0").await;
    let agent = create(
        &app.home.admin,
        json!({"template": "greeter", "tier": "standard", "name": "Greeter"}),
    )
    .await;
    let upgrade = async || {
        let query =
            "query($id: ID!) { agent(by: {id: $id}) { template { version } upgrade { version } } }";
        let agent = app.home.reader.ok(query, json!({"id": agent["id"]})).await["agent"].clone();
        assert_eq!(
            agent["template"]["version"], "1.9.0",
            "an agent stays on its version"
        );
        agent["upgrade"]["version"].clone()
    };
    assert_eq!(upgrade().await, Value::Null);
    published(&app.operator, "greeter", "1.2.0").await;
    assert_eq!(upgrade().await, Value::Null, "older ones are no upgrade");
    published(&app.operator, "greeter", "1.10.0").await;
    let newest = published(&app.operator, "greeter", "2.0.0").await;
    assert_eq!(upgrade().await, "2.0.0");
    let deprecate =
        "mutation($id: ID!) { deprecateAgentTemplate(input: {id: $id}) { template { id } } }";
    app.operator.ok(deprecate, json!({"id": newest})).await;
    assert_eq!(upgrade().await, "1.10.0", "a deprecated one is none");
}

#[tokio::test]
async fn an_agent_without_a_configured_model_reports_it() {
    let app = TestApp::start().await;
    let mut input = template("greeter", "1.0.0");
    input["pricingTiers"][0]["models"] = json!(["no_such_model"]);
    publish(&app.operator, input).await.data();
    let agent = create(
        &app.home.admin,
        json!({"template": "greeter", "tier": "standard", "name": "Greeter"}),
    )
    .await;
    let query = "query($id: ID!) { agent(by: {id: $id}) { availability { state reasons { code text } checkedAt } capabilities { models skills { id } latencyClass streaming } } }";
    let seen = app.home.reader.ok(query, json!({"id": agent["id"]})).await["agent"].clone();
    assert_eq!(seen["availability"]["state"], "UNAVAILABLE");
    assert_eq!(seen["availability"]["reasons"][0]["code"], "NO_MODEL");
    assert!(
        seen["availability"]["reasons"][0]["text"]
            .as_str()
            .unwrap()
            .contains("no_such_model"),
        "{seen}"
    );
    let capabilities = json!({"models": ["no_such_model"], "skills": [{"id": "help"}], "latencyClass": "INTERACTIVE", "streaming": true});
    assert_eq!(seen["capabilities"], capabilities);
}
