//! What a pricing tier allows each of its agents, and which accounts may have such agents.

use futures::future::join_all;
use serde_json::{Value, json};

use super::{assert_refused, at, reservations::prompt_tokens};
use crate::{
    knowledge::{ingest, try_ingest},
    support::{Client, Reply, Script, TestApp, until, within_one_month},
    template::{publish, template},
};

const SEND: &str = "mutation($agent: ID!, $message: String!) {
    sendMessage(input: {agentId: $agent, message: $message}) { run { id status } }
}";
const CREATE: &str =
    "mutation($input: CreateAgentInput!) { createAgent(input: $input) { agent { id tier } } }";
const UPDATE: &str =
    "mutation($input: UpdateAgentInput!) { updateAgent(input: $input) { agent { id tier } } }";

/// An agent of the home account whose pricing tier `small` has these limits in this version of its template.
async fn limited(app: &TestApp, version: &str, limits: Value) -> String {
    let mut desk = template("desk", version);
    desk["pricingTiers"][0]["name"] = "small".into();
    desk["pricingTiers"][0]["limits"] = limits;
    publish(&app.operator, desk).await.data();
    let input = json!({"template": "desk", "tier": "small", "name": "Desk"});
    let made = app.home.admin.ok(CREATE, json!({"input": input})).await;
    made["createAgent"]["agent"]["id"]
        .as_str()
        .unwrap()
        .to_owned()
}

async fn send(client: &Client, agent: &str, message: &str) -> Reply {
    let variables = json!({"agent": agent, "message": message});
    client.ask(SEND, variables).await
}

#[tokio::test]
async fn an_agent_gets_as_many_messages_a_minute_as_its_tier_says() {
    let app = TestApp::start().await;
    let agent = limited(&app, "1.0.0", json!({"messagesPerMinute": 3})).await;
    let second = app.second(&[]).await;
    let elsewhere = at(&app, &second.url, &app.home.member);
    let clients = [&app.home.member, &elsewhere];
    let sent = (0..6).map(|number| send(clients[number % 2], &agent, "Hello"));
    let replies = join_all(sent).await;
    let (refused, taken): (Vec<_>, Vec<_>) = replies
        .iter()
        .partition(|reply| reply.0.get("errors").is_some());
    // without Redis, each process counts for itself
    let processes = if app.has_redis() { 1 } else { 2 };
    assert_eq!(taken.len(), 3 * processes, "{replies:?}");
    for reply in refused {
        assert_eq!(reply.code(), "RATE_LIMITED");
        let said = reply.message();
        assert!(
            said.starts_with(
                "too many messages: an agent of this pricing tier may have 3 a minute"
            ),
            "{said}"
        );
        assert!(reply.0["errors"][0]["extensions"]["retryAfterSeconds"].as_u64() > Some(0));
    }
    // it is the limit of one agent, and not of the account
    send(&app.home.member, &app.home.agent, "Hello")
        .await
        .data();
}

#[tokio::test]
async fn an_agent_has_as_many_unfinished_runs_as_its_tier_says() {
    let app = TestApp::start().await;
    let agent = limited(&app, "1.0.0", json!({"concurrentRuns": 3})).await;
    app.upstream
        .thinks(|_| Script::default().gate().text("Done.").done());
    let second = app.second(&[]).await;
    let elsewhere = at(&app, &second.url, &app.home.member);
    let clients = [&app.home.member, &elsewhere];
    let sent = (0..20).map(|number| send(clients[number % 2], &agent, "Hello"));
    let replies = join_all(sent).await;
    let (refused, taken): (Vec<_>, Vec<_>) = replies
        .iter()
        .partition(|reply| reply.0.get("errors").is_some());
    assert_eq!(taken.len(), 3, "{replies:?}");
    for reply in refused {
        assert_eq!(reply.code(), "RATE_LIMITED");
        assert!(
            reply
                .message()
                .starts_with("3 messages to this agent wait or are being answered"),
            "{reply:?}"
        );
    }
    let status = "query($id: ID!) { run(id: $id) { status } }";
    let first = &taken[0].data()["sendMessage"]["run"]["id"];
    app.upstream.release(taken.len());
    until("an answer ends", async || {
        let run = app.home.member.ok(status, json!({"id": first})).await;
        run["run"]["status"] == "SUCCEEDED"
    })
    .await;
    send(&app.home.member, &agent, "Again").await.data();
    app.upstream.release(1);
}

#[tokio::test]
async fn an_agent_has_as_many_documents_as_its_tier_says() {
    let app = TestApp::start().await;
    let agent = limited(&app, "1.0.0", json!({"documents": 2})).await;
    let admin = &app.home.admin;
    let note = |agent: &str, source: &str| json!({"agentId": agent, "title": "Note", "source": source, "text": format!("Tea {source}.")});
    ingest(admin, note(&app.home.agent, "other")).await;
    let first = ingest(admin, note(&agent, "a")).await;
    ingest(admin, note(&agent, "b")).await;
    let refused = try_ingest(admin, note(&agent, "c")).await;
    assert_refused(
        &refused,
        "documents: 2 of 2 of this agent used, the most of its pricing tier; delete some, or choose a larger tier",
    );
    // a document that is replaced is not one more
    ingest(
        admin,
        json!({"agentId": agent, "title": "Note", "source": "a", "text": "Coffee."}),
    )
    .await;
    ingest(admin, note(&app.home.agent, "c")).await;
    let delete = "mutation($id: ID!) { deleteDocument(input: {id: $id}) { deletedId } }";
    admin.ok(delete, json!({"id": first["id"]})).await;
    ingest(admin, note(&agent, "c")).await;
}

#[tokio::test]
async fn a_model_writes_no_more_tokens_than_the_tier_says() {
    let app = TestApp::start().await;
    let agent = limited(&app, "1.0.0", json!({"maxOutputTokens": 77})).await;
    send(&app.home.member, &agent, "Hello").await.data();
    until("the model is asked", async || {
        !app.upstream.asked().is_empty()
    })
    .await;
    let asked = app.upstream.asked();
    let asked = asked.first().unwrap();
    let most = [&asked["max_tokens"], &asked["max_completion_tokens"]];
    assert!(most.contains(&&json!(77)), "{asked:#}");
}

#[tokio::test]
async fn limits_that_do_not_exist_are_refused_when_a_template_is_published() {
    let app = TestApp::start().await;
    let mut desk = template("desk", "1.0.0");
    desk["pricingTiers"][0]["limits"] =
        json!({"messagesPerHour": 3, "concurrentRuns": 0, "documents": 1.5});
    let refused = publish(&app.operator, desk).await;
    assert_eq!(refused.code(), "BAD_USER_INPUT");
    assert_eq!(
        refused.problem_paths(),
        [
            "input.pricingTiers[0].limits.concurrentRuns",
            "input.pricingTiers[0].limits.documents",
            "input.pricingTiers[0].limits.messagesPerHour"
        ],
        "{refused:?}"
    );
    let said = refused.message();
    assert!(said.contains("concurrentRuns"), "{said}");
}

#[tokio::test]
async fn the_tier_of_an_account_bounds_the_tiers_of_its_agents() {
    let app = TestApp::start().await;
    let admin = &app.home.admin;
    let account = async |tier: &str| {
        let update = "mutation($input: UpdateAccountInput!) { updateAccount(input: $input) { account { tier } } }";
        let input = json!({"input": {"id": app.home.id, "tier": tier}});
        app.operator.ok(update, input).await;
    };
    let premium =
        json!({"input": {"template": "support_agent", "tier": "premium", "name": "Large"}});
    let made = admin.ok(CREATE, premium.clone()).await;
    let large = made["createAgent"]["agent"]["id"].clone();
    account("ENTRY").await;
    let refused = admin.ask(CREATE, premium).await;
    assert_eq!(refused.code(), "BAD_USER_INPUT");
    assert_eq!(refused.problem_paths(), ["input.tier"]);
    assert!(
        refused.message().contains(
            "\"premium\" is for accounts of the tier STANDARD or a larger one, and this account's tier is ENTRY"
        ),
        "{refused:?}"
    );
    let raise = json!({"input": {"id": app.home.agent, "tier": "premium"}});
    let refused = admin.ask(UPDATE, raise).await;
    assert_eq!(refused.problem_paths(), ["input.tier"]);
    // what an agent has stays
    let rename = json!({"input": {"id": large, "tier": "premium", "name": "Still large"}});
    admin.ok(UPDATE, rename).await;
    let shown = "{ agentTemplate(name: \"support_agent\") { pricingTiers { name accountTier } } }";
    let shown = app.home.reader.ok(shown, json!({})).await;
    assert_eq!(
        shown["agentTemplate"]["pricingTiers"],
        json!([{"name": "standard", "accountTier": "ENTRY"}, {"name": "premium", "accountTier": "STANDARD"}])
    );
}

/// What the chat of a message to an agent ended with: the finish reason of its answer, or the code of its error.
async fn outcome(app: &TestApp, agent: &str) -> String {
    let chat = "subscription($input: ChatInput!) { chat(input: $input) { __typename
        ... on RunSucceeded { finishReason } ... on RunFailed { error { code } } } }";
    let input = json!({"input": {"agentId": agent, "message": "Hello"}});
    let stream = app.home.member.subscribe(chat, input).await;
    let last = stream.rest().await.pop().unwrap();
    if last.0.get("errors").is_some() {
        return last.code().to_owned();
    }
    let end = &last.data()["chat"];
    let reason = end["finishReason"].as_str();
    reason
        .or_else(|| end["error"]["code"].as_str())
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn an_agent_uses_no_more_tokens_a_month_than_its_tier_says() {
    const BUDGET: i64 = 2_000;
    within_one_month().await;
    let app = TestApp::start().await;
    let agent = limited(&app, "1.0.0", json!({"monthlyTokens": BUDGET})).await;
    app.upstream
        .thinks(|_| Script::default().text("Hello").done_at(300, 50));
    let outcomes = join_all((0..20).map(|_| outcome(&app, &agent))).await;
    let answered = outcomes.iter().filter(|outcome| *outcome == "STOP").count();
    let spent = i64::try_from(answered).unwrap() * 350;
    assert!(spent <= BUDGET && spent > BUDGET / 2, "{outcomes:?}");
    assert!(
        outcomes
            .iter()
            .all(|outcome| outcome == "STOP" || outcome == "QUOTA_EXCEEDED"),
        "{outcomes:?}"
    );
    let left = "query($id: ID!) { agent(by: {id: $id}) { budget { scope tokens tokensLeft enforcement } } }";
    let left = app.home.reader.ok(left, json!({"id": agent})).await;
    let expected = json!({"scope": "AGENT", "tokens": BUDGET, "tokensLeft": BUDGET - spent, "enforcement": "BLOCK"});
    assert_eq!(left["agent"]["budget"], expected);
    // the budget of one agent bounds no other
    assert_eq!(outcome(&app, &app.home.agent).await, "STOP");
}

#[tokio::test]
async fn an_agent_without_tokens_is_unavailable_and_refuses_messages() {
    let app = TestApp::start().await;
    let agent = limited(&app, "1.0.0", json!({"monthlyTokens": 0})).await;
    assert_eq!(outcome(&app, &agent).await, "QUOTA_EXCEEDED");
    let shown =
        "query($id: ID!) { agent(by: {id: $id}) { availability { state reasons { code } } } }";
    let shown = app.home.reader.ok(shown, json!({"id": agent})).await;
    assert_eq!(
        shown["agent"]["availability"],
        json!({"state": "UNAVAILABLE", "reasons": [{"code": "BUDGET_SPENT"}]})
    );
    let session = "mutation { createSession(input: {endUser: \"ada\"}) { token } }";
    let session = app.home.admin.ok(session, json!({})).await;
    let ada = Client::new(&app.url, session["createSession"]["token"].as_str());
    let list = "{ agents { nodes { id availability { state } } } }";
    let list = ada.ok(list, json!({})).await;
    let nodes = list["agents"]["nodes"].as_array().unwrap();
    let of_agent = nodes.iter().find(|node| node["id"] == agent.as_str());
    assert_eq!(of_agent.unwrap()["availability"]["state"], "UNAVAILABLE");
    assert!(app.upstream.asked().is_empty());
}

#[tokio::test]
async fn an_answer_ends_where_the_budget_of_a_message_does() {
    let app = TestApp::start().await;
    let wide = limited(&app, "1.0.0", json!({"tokensPerMessage": 1_000_000})).await;
    let prompt = prompt_tokens(&app, &wide).await;
    let tight = limited(&app, "1.1.0", json!({"tokensPerMessage": prompt + 100})).await;
    app.upstream.will(
        (0..400)
            .fold(Script::default(), |script, _| script.text("and so on "))
            .done(),
    );
    assert_eq!(outcome(&app, &tight).await, "BUDGET");
    // the prompt alone needs more
    let least = limited(&app, "1.2.0", json!({"tokensPerMessage": prompt})).await;
    assert_eq!(outcome(&app, &least).await, "QUOTA_EXCEEDED");
}
