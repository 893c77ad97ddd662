//! A model's choice between two agents whose skills fit a message about equally well.

use serde_json::{Value, json};

use super::{create, preview};
use crate::{
    chat::{ask, conversation_of, ended, send},
    support::{Client, Process, Script, TestApp, TestDatabase, Upstream, models, unknown, until},
};

/// The classifier gives it to sales.
const QUOTE: &str = "Can I get a quote for eighty licences?";

/// Starts an app in which every message about a skill is a contest, with a support and a sales agent. Returns the sales
/// agent.
async fn app(variables: &[(&str, &str)]) -> (TestApp, String) {
    let models = models();
    let mut all = vec![
        ("TROUPE_MODELS_DIR", models.as_str()),
        ("TROUPE_RUNS_ROUTING_MARGIN_PERCENT", "100"),
    ];
    all.extend(variables);
    let app = TestApp::with(&all).await;
    let sales = create(&app.home.admin, "sales_agent", "startup").await;
    until_fitted(&app.home.reader).await;
    (app, sales)
}

/// Waits for the classifier: a message does not wait for it on a busy machine.
async fn until_fitted(client: &Client) {
    until("messages are compared with skills", async || {
        !preview(client, QUOTE, None).await["threshold"].is_null()
    })
    .await;
}

async fn allow(owner: &Client) {
    let allow =
        "mutation { updateAccount(input: {routesByModel: true}) { account { routesByModel } } }";
    let changed = owner.ok(allow, json!({})).await;
    assert_eq!(changed["updateAccount"]["account"]["routesByModel"], true);
}

/// The requests for a choice so far.
fn choices(app: &TestApp) -> Vec<Value> {
    let asked = app.upstream.extracted().into_iter();
    asked
        .filter(|request| request["response_format"]["json_schema"]["name"] == "agent_choice")
        .collect()
}

async fn stored_route(client: &Client, run: &str) -> Value {
    let route = "query($id: ID!) { run(id: $id) { route { agent { id } reason explanation } } }";
    client.ok(route, json!({"id": run})).await["run"]["route"].clone()
}

/// The route of a message, after its answer.
async fn route(app: &TestApp, message: &Value) -> Value {
    let events = ask(&app.home.member, message.clone()).await;
    stored_route(&app.home.reader, events[0]["runId"].as_str().unwrap()).await
}

fn names(agent: &'static str) -> impl Fn(&str, &Value) -> Script + Send + Sync + 'static {
    move |name, request| {
        let object = if name == "agent_choice" {
            json!({"agent": agent})
        } else {
            unknown(&request["response_format"]["json_schema"]["schema"])
        };
        Script::says(&[&object.to_string()])
    }
}

#[tokio::test]
async fn without_the_accounts_consent_no_model_is_asked() {
    let (app, sales) = app(&[]).await;
    app.upstream.extracts(names("B"));
    assert_eq!(
        route(&app, &json!({"message": QUOTE})).await["agent"]["id"],
        sales
    );
    assert!(choices(&app).is_empty());
}

#[tokio::test]
async fn the_model_chooses_the_second_agent_and_its_call_is_metered() {
    let (app, sales) = app(&[]).await;
    allow(&app.home.owner).await;
    app.upstream.extracts(names("B"));
    let spent = "{ viewer { account { billing { spentTokens } } } }";
    let route = route(&app, &json!({"message": QUOTE})).await;
    assert_eq!(
        (&route["agent"]["id"], &route["reason"]),
        (&json!(app.home.agent), &json!("INTENT")),
        "{route}"
    );
    let explanation = route["explanation"].as_str().unwrap();
    assert!(explanation.contains("; a model chose"), "{explanation}");
    let asked = choices(&app);
    assert_eq!(asked.len(), 1);
    let text = asked[0]["messages"].to_string();
    assert!(
        text.contains("Prices and quotes") && text.contains(QUOTE),
        "{text}"
    );
    assert!(!text.contains(&sales), "{text}");
    let spent = app.home.owner.ok(spent, json!({})).await;
    let spent = &spent["viewer"]["account"]["billing"]["spentTokens"];
    // 18 tokens for each call: the choice, and at least the answer
    assert!(spent.as_i64().unwrap() >= 36, "{spent}");
}

#[tokio::test]
async fn a_model_that_does_not_choose_leaves_the_classifiers_choice() {
    let (app, sales) = app(&[("TROUPE_RUNS_ROUTING_MILLISECONDS", "100")]).await;
    allow(&app.home.owner).await;
    let broken: [fn() -> Script; 4] = [
        || Script::says(&["{\"agent\": \"none\"}"]),
        || Script::says(&["no JSON at all"]),
        || Script::refuses(400, None, json!({"error": {"message": "no"}})),
        Script::says_nothing,
    ];
    for script in broken {
        app.upstream.extracts(move |name, request| {
            if name == "agent_choice" {
                script()
            } else {
                names("none")(name, request)
            }
        });
        let before = choices(&app).len();
        let route = route(&app, &json!({"message": QUOTE})).await;
        assert!(choices(&app).len() > before);
        assert_eq!(route["agent"]["id"], sales, "{route}");
        let explanation = route["explanation"].as_str().unwrap();
        assert!(
            explanation.contains("a model gave no choice"),
            "{explanation}"
        );
    }
}

#[tokio::test]
async fn a_preview_and_a_private_message_ask_no_model() {
    let (app, sales) = app(&[]).await;
    allow(&app.home.owner).await;
    app.upstream.extracts(names("B"));
    let shown = preview(&app.home.reader, QUOTE, None).await;
    assert_eq!(shown["agent"]["id"], sales);
    let explanation = shown["explanation"].as_str().unwrap();
    assert!(
        explanation.contains("a model is asked to choose"),
        "{explanation}"
    );
    let private = route(&app, &json!({"message": QUOTE, "private": true})).await;
    assert_eq!(private["agent"]["id"], sales);
    assert!(choices(&app).is_empty());
}

#[tokio::test]
async fn a_private_message_of_the_conversation_does_not_reach_the_choosing_model() {
    let (app, sales) = app(&[]).await;
    allow(&app.home.owner).await;
    app.upstream.extracts(names("none"));
    let open = json!({"message": "We need a quote for our Lisbon office.", "agentId": sales});
    let first = ask(&app.home.member, open).await;
    let conversation = conversation_of(&first);
    let secret = json!({"message": "Our budget is 70,000 euros.", "private": true, "conversationId": conversation});
    ask(&app.home.member, secret).await;
    ask(
        &app.home.member,
        json!({"message": QUOTE, "conversationId": conversation}),
    )
    .await;
    let text = choices(&app).pop().unwrap()["messages"].to_string();
    assert!(text.contains("Lisbon"), "{text}");
    assert!(!text.contains("70,000"), "{text}");
}

#[tokio::test]
async fn a_run_that_is_taken_over_keeps_the_chosen_agent() {
    let database = TestDatabase::create().await;
    let upstream = Upstream::start().await;
    let models = models();
    let variables = [
        ("TROUPE_MODELS_DIR", models.as_str()),
        ("TROUPE_RUNS_ROUTING_MARGIN_PERCENT", "100"),
        // so that a busy machine can renew its lease in time
        ("TROUPE_RUNS_LEASE_SECONDS", "5"),
        ("TROUPE_RUNS_HEARTBEAT_SECONDS", "1"),
    ];
    let process = Process::start(&database, &upstream, &variables).await;
    let owner = process.owner.clone();
    allow(&owner).await;
    until_fitted(&owner).await;
    upstream.extracts(names("B"));
    // the answer never comes
    upstream.will(Script::says_nothing());
    let (run, _) = send(&owner, json!({"message": QUOTE})).await;
    until("the model was asked for the answer", async || {
        upstream.asked().len() == 1
    })
    .await;
    let chosen = stored_route(&owner, &run).await;
    let explanation = chosen["explanation"].as_str().unwrap();
    assert!(explanation.contains("; a model chose"), "{explanation}");
    process.kill().await;

    // a second choice would be another one
    upstream.extracts(names("A"));
    upstream.will(Script::says(&["Done."]));
    let next = Process::start(&database, &upstream, &variables).await;
    let ended = ended(&next.owner, &run).await;
    assert_eq!(ended["message"]["text"], "Done.", "{ended}");
    assert_eq!(stored_route(&next.owner, &run).await, chosen);
}
