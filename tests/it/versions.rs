//! The template versions of agents: upgrades with their problems, and canaries.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::{
    agent::create,
    chat::ask,
    support::{Client, Reply, Script, TestApp, until},
    template::{publish, template},
};

const UPGRADE: &str = "mutation($input: UpgradeAgentInput!) { upgradeAgent(input: $input) {
    agent { id template { version } } problems { path message blocking } } }";
const START: &str = "mutation($input: StartCanaryInput!) { startCanary(input: $input) {
    agent { canary { state version share } template { version } } problems { path blocking } } }";
const END: &str = "mutation($input: EndCanaryInput!) { endCanary(input: $input) {
    agent { template { version } canary { state reason endedAt } } } }";
const UPDATE: &str =
    "mutation($input: UpdateAgentInput!) { updateAgent(input: $input) { agent { id } } }";
const CANARY: &str = "query($id: ID!) { agent(by: {id: $id}) { template { version } canary {
    version share state reason since endedAt maxErrorRate
    stable { runs failed } candidate { runs failed failures { count } usage { inputTokens } } } } }";

/// A version of a template; `tones` are the values that the setting `tone` takes.
fn version(number: &str, tones: &[&str]) -> Value {
    let mut version = template("greeter", number);
    version["configSchema"]["properties"] = json!({
        "tone": {"description": "The tone.", "enum": tones},
        "handoff": {"description": "Whom it hands over to.", "type": "object"},
    });
    version["systemPrompt"] = format!("You are version {number}.").into();
    version
}

async fn publish_all(app: &TestApp, versions: &[Value]) {
    for version in versions {
        publish(&app.operator, version.clone()).await.data();
    }
}

async fn greeter(client: &Client, name: &str, configuration: Value) -> String {
    let input = json!({"template": "greeter", "templateVersion": "1.0.0", "tier": "standard", "name": name,
        "configuration": configuration});
    let agent = create(client, input).await;
    agent["id"].as_str().unwrap().to_owned()
}

/// Replies with the version whose prompt a request has; the version `broken` is refused.
fn reply_with_version(app: &TestApp, broken: Option<&'static str>) {
    app.upstream.thinks(move |request| {
        let prompt = request["messages"][0]["content"].as_str().unwrap();
        let (_, version) = prompt.split_once("You are version ").unwrap();
        let version = version.get(..5).unwrap();
        if broken == Some(version) {
            return Script::refuses(
                400,
                None,
                json!({"error": {"message": "no such parameter"}}),
            );
        }
        Script::says(&[version])
    });
}

/// The version that answers a message; `FAILED` when the run failed.
async fn answering(client: &Client, input: Value) -> String {
    let events = ask(client, input).await;
    let last = events.last().unwrap();
    match last["__typename"].as_str().unwrap() {
        "RunSucceeded" => last["message"]["text"].as_str().unwrap().to_owned(),
        "RunFailed" => "FAILED".to_owned(),
        other => panic!("{other}: {last:#}"),
    }
}

async fn upgrade(client: &Client, id: &str, version: &str, dry_run: bool) -> Reply {
    let input = json!({"id": id, "version": version, "dryRun": dry_run});
    client.ask(UPGRADE, json!({"input": input})).await
}

fn problems(reply: &Reply) -> BTreeMap<String, (bool, String)> {
    let problems = reply.data()["upgradeAgent"]["problems"].as_array().unwrap();
    let of = |problem: &Value| {
        let text = |name: &str| problem[name].as_str().unwrap().to_owned();
        let blocking = problem["blocking"].as_bool().unwrap();
        (text("path"), (blocking, text("message")))
    };
    problems.iter().map(of).collect()
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one story")]
async fn an_upgrade_lists_what_changes_and_is_refused_while_something_would_not_work() {
    let app = TestApp::start().await;
    let (admin, member) = (&app.home.admin, &app.home.member);
    let field = |kind: &str| json!({"order": {"description": "The order.", "type": kind}});
    let mut first = version("1.0.0", &["plain", "warm"]);
    first["contextSchema"]["properties"] = field("string");
    first["pricingTiers"][0]["tools"] = json!(["tickets.create_ticket"]);
    let mut second = version("2.0.0", &["warm", "cold"]);
    second["skills"][0]["id"] = "advise".into();
    second["pricingTiers"][0]["tools"] = json!(["crm.find_contacts"]);
    let mut queued = second.clone();
    queued["version"] = "2.1.0".into();
    queued["latencyClass"] = "DEEP".into();
    let mut third = version("3.0.0", &["warm"]);
    third["pricingTiers"][0]["name"] = "gold".into();
    publish_all(&app, &[first, second, queued, third]).await;
    reply_with_version(&app, None);
    let agent = greeter(admin, "Greeter", json!({"tone": "plain"})).await;
    let leading = json!({"handoff": {"targets": ["greeter"]}});
    greeter(admin, "Leader", leading).await;
    let to_agent = json!({"message": "Hi", "agentId": agent, "context": {"order": "A-17"}});
    assert_eq!(answering(member, to_agent.clone()).await, "1.0.0");

    let dry = upgrade(admin, &agent, "2.0.0", true).await;
    assert_eq!(
        dry.data()["upgradeAgent"]["agent"]["template"]["version"],
        "1.0.0"
    );
    let found = problems(&dry);
    let blocking: Vec<_> = found
        .iter()
        .filter(|(_, (blocking, _))| *blocking)
        .map(|(path, _)| path.as_str())
        .collect();
    assert_eq!(
        blocking,
        ["configuration.tone", "tools.tickets.create_ticket"],
        "{found:#?}"
    );
    let notable = [
        "context.order",
        "dependents.leader.context.order",
        "skills.help",
        "tools.crm.find_contacts",
    ];
    for path in notable {
        assert!(found.contains_key(path), "{path}: {found:#?}");
    }
    assert!(
        found["context.order"].1.contains("1 of the last 1"),
        "{found:#?}"
    );
    assert!(found["skills.help"].1.contains("leader"), "{found:#?}");
    let of_queued = problems(&upgrade(admin, &agent, "2.1.0", true).await);
    assert!(
        of_queued["dependents.leader"].1.contains("queue"),
        "{of_queued:#?}"
    );
    // the same problems refuse it, and nothing has changed
    let refused = upgrade(admin, &agent, "2.0.0", false).await;
    assert_eq!(refused.code(), "BAD_USER_INPUT");
    assert_eq!(refused.problem_paths(), ["input.version", "input.version"]);
    assert_eq!(answering(member, to_agent).await, "1.0.0");

    // mended, it is taken, and the next message is answered by it
    let warm = json!({"id": agent, "configuration": {"tone": "warm"}});
    admin.ok(UPDATE, json!({"input": warm})).await;
    let granted = "query($id: ID!) { agent(by: {id: $id}) { toolGrants { server { id } } } }";
    let grants = admin.ok(granted, json!({"id": agent})).await;
    let revoke =
        "mutation($input: RevokeToolsInput!) { revokeTools(input: $input) { agent { id } } }";
    for grant in grants["agent"]["toolGrants"].as_array().unwrap() {
        let input = json!({"agentId": agent, "serverId": grant["server"]["id"]});
        admin.ok(revoke, json!({"input": input})).await;
    }
    let done = upgrade(admin, &agent, "2.0.0", false).await;
    let upgraded = &done.data()["upgradeAgent"];
    assert_eq!(upgraded["agent"]["template"]["version"], "2.0.0");
    assert!(problems(&done).values().all(|(blocking, _)| !blocking));
    let to_agent = json!({"message": "Hi", "agentId": agent});
    assert_eq!(answering(member, to_agent.clone()).await, "2.0.0");
    // again: nothing to do. Back: the tone "warm" is known to both
    assert_eq!(
        problems(&upgrade(admin, &agent, "2.0.0", false).await),
        BTreeMap::new()
    );
    upgrade(admin, &agent, "1.0.0", false).await.data();
    assert_eq!(answering(member, to_agent).await, "1.0.0");

    let no_tier = problems(&upgrade(admin, &agent, "3.0.0", true).await);
    assert_eq!(no_tier.keys().collect::<Vec<_>>(), ["tier"]);
    let unknown = upgrade(admin, &agent, "9.9.9", true).await;
    assert_eq!(unknown.problem_paths(), ["input.version"]);
    assert!(unknown.message().contains("3.0.0"), "{unknown:?}");
    let audited = app.audit_log(&app.home.id).await;
    let noted: Vec<_> = audited
        .iter()
        .filter(|entry| entry.note.action == "upgradeAgent")
        .map(|entry| entry.note.detail.clone())
        .collect();
    let of = |from: &str, to: &str| json!({"template": "greeter", "from": from, "to": to});
    assert_eq!(noted, [of("1.0.0", "2.0.0"), of("2.0.0", "1.0.0")]);
}

#[tokio::test]
async fn a_canary_answers_the_same_people_and_both_versions_are_counted() {
    let app = TestApp::start().await;
    let (admin, member) = (&app.home.admin, &app.home.member);
    publish_all(
        &app,
        &[
            version("1.0.0", &["warm"]),
            version("2.0.0", &["cold", "warm"]),
        ],
    )
    .await;
    reply_with_version(&app, None);
    let agent = greeter(admin, "Greeter", json!({"tone": "warm"})).await;
    let start = json!({"agentId": agent, "version": "2.0.0", "share": 0.5});
    let started = admin.ok(START, json!({"input": start})).await["startCanary"]["agent"].clone();
    assert_eq!(
        started["canary"],
        json!({"state": "RUNNING", "version": "2.0.0", "share": 0.5})
    );
    assert_eq!(started["template"]["version"], "1.0.0");

    let mut versions: BTreeMap<String, String> = BTreeMap::new();
    let both: BTreeSet<&str> = ["1.0.0", "2.0.0"].into();
    let seen = |versions: &BTreeMap<String, String>| {
        both.iter()
            .all(|version| versions.values().any(|it| it == version))
    };
    while versions.len() < 4 || !seen(&versions) {
        let end_user = format!("user-{}", versions.len());
        let input = json!({"message": "Hi", "agentId": agent, "endUser": end_user});
        let version = answering(member, input).await;
        versions.insert(end_user, version);
        assert!(versions.len() < 100, "{versions:?}");
    }
    for (end_user, version) in &versions {
        let input = json!({"message": "Again", "agentId": agent, "endUser": end_user});
        assert_eq!(answering(member, input).await, *version, "{end_user}");
    }
    let canary = admin.ok(CANARY, json!({"id": agent})).await["agent"]["canary"].clone();
    let runs_of = |wanted: &str| 2 * versions.values().filter(|it| *it == wanted).count();
    assert_eq!(canary["stable"]["runs"], runs_of("1.0.0"), "{canary:#}");
    assert_eq!(canary["candidate"]["runs"], runs_of("2.0.0"), "{canary:#}");
    let tokens = &canary["candidate"]["usage"]["inputTokens"];
    assert!(tokens.as_i64() > Some(0), "{canary:#}");

    // what both versions must take, and what waits for the end
    let cold = json!({"id": agent, "configuration": {"tone": "cold"}});
    let refused = admin.ask(UPDATE, json!({"input": cold})).await;
    assert_eq!(refused.problem_paths(), ["input.configuration.tone"]);
    let again = json!({"agentId": agent, "version": "2.0.0", "share": 1.0});
    let second = admin.ask(START, json!({"input": again})).await;
    assert_eq!(second.code(), "CONFLICT");
    let upgraded = upgrade(admin, &agent, "2.0.0", false).await;
    assert_eq!(upgraded.code(), "CONFLICT");

    let promote = json!({"agentId": agent, "promote": true});
    let ended = admin.ok(END, json!({"input": promote})).await["endCanary"]["agent"].clone();
    assert_eq!(ended["template"]["version"], "2.0.0");
    assert_eq!(ended["canary"]["state"], "PROMOTED");
    for end_user in versions.keys() {
        let input = json!({"message": "Now?", "agentId": agent, "endUser": end_user});
        assert_eq!(answering(member, input).await, "2.0.0", "{end_user}");
    }
    let over = admin.ask(END, json!({"input": promote})).await;
    assert_eq!(over.code(), "CONFLICT");
}

#[tokio::test]
async fn a_canary_that_fails_is_rolled_back_also_after_a_restart() {
    let mut app = TestApp::start().await;
    publish_all(
        &app,
        &[version("1.0.0", &["warm"]), version("2.0.0", &["warm"])],
    )
    .await;
    reply_with_version(&app, Some("2.0.0"));
    let agent = greeter(&app.home.admin, "Greeter", json!({})).await;
    let start = json!({"agentId": agent, "version": "2.0.0", "share": 1.0, "maxErrorRate": 0.2});
    app.home.admin.ok(START, json!({"input": start})).await;
    let input = json!({"message": "Hi", "agentId": agent});
    for _ in 0..5 {
        assert_eq!(answering(&app.home.member, input.clone()).await, "FAILED");
    }
    app.restart(&[]).await;
    let admin = &app.home.admin;
    let canary = async || {
        let found = admin.ok(CANARY, json!({"id": agent})).await;
        found["agent"]["canary"].clone()
    };
    until("the canary is rolled back", async || {
        canary().await["state"] == "ROLLED_BACK"
    })
    .await;
    let ended = canary().await;
    assert_eq!(ended["reason"], "5 of 5 runs failed, at most 20% may");
    assert!(ended["endedAt"].is_string());
    assert_eq!(ended["candidate"]["failed"], 5);
    assert_eq!(answering(&app.home.member, input).await, "1.0.0");
    let audited = app.audit_log(&app.home.id).await;
    let end = audited
        .iter()
        .find(|entry| entry.note.action == "endCanary");
    assert_eq!(end.unwrap().note.actor, "platform");
}

#[tokio::test]
async fn a_canary_with_impossible_figures_is_refused() {
    let app = TestApp::start().await;
    let admin = &app.home.admin;
    publish_all(
        &app,
        &[version("1.0.0", &["warm"]), version("2.0.0", &["cold"])],
    )
    .await;
    let agent = greeter(admin, "Greeter", json!({"tone": "warm"})).await;
    for (more, paths) in [
        (json!({"share": 0}), vec!["input.share"]),
        (json!({"share": 1.1}), vec!["input.share"]),
        (
            json!({"maxErrorRate": -0.1, "minSatisfaction": 2, "maxFirstTokenMs": 0}),
            vec![
                "input.maxErrorRate",
                "input.minSatisfaction",
                "input.maxFirstTokenMs",
            ],
        ),
        (json!({"version": "1.0.0"}), vec!["input.version"]),
        (json!({"version": "1.2.3"}), vec!["input.version"]),
        // its tone is not one of the version's
        (json!({}), vec!["input.version"]),
    ] {
        let mut input = json!({"agentId": agent, "version": "2.0.0", "share": 0.1});
        for (field, value) in more.as_object().unwrap() {
            input[field] = value.clone();
        }
        let refused = admin.ask(START, json!({"input": input})).await;
        assert_eq!(refused.code(), "BAD_USER_INPUT", "{more}");
        assert_eq!(refused.problem_paths(), paths, "{more}");
    }
    let reader = app.home.reader.ask(CANARY, json!({"id": agent})).await;
    assert_eq!(reader.code(), "FORBIDDEN");
    let none = admin.ok(CANARY, json!({"id": agent})).await;
    assert_eq!(none["agent"]["canary"], Value::Null);
}
