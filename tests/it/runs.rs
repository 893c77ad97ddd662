//! Lists of runs for support: of an account, and over all accounts for operators.

use serde_json::{Value, json};

use crate::{
    agent::create,
    caller::Caller,
    chat::{ask, conversation_of},
    support::{Client, Script, TestApp},
};

const RUNS: &str = "query($filter: RunFilter, $first: Int, $after: String) { runs(filter: $filter, first: $first, after: $after) {
    totalCount nodes { id } pageInfo { hasNextPage endCursor } } }";

/// The ids of the listed runs.
async fn listed(client: &Client, filter: Value) -> Vec<Value> {
    let found = client.ok(RUNS, json!({"filter": filter})).await;
    let nodes = found["runs"]["nodes"].as_array().unwrap();
    assert_eq!(found["runs"]["totalCount"], nodes.len(), "{filter}");
    nodes.iter().map(|node| node["id"].clone()).collect()
}

fn run_of(events: &[Value]) -> Value {
    events.last().unwrap()["runId"].clone()
}

/// A run that its provider refuses in these words.
async fn failed(app: &TestApp, client: &Client, input: Value) -> Vec<Value> {
    let refusal = json!({"error": {"message": "the flumph quota is exhausted"}});
    app.upstream.will(Script::refuses(403, None, refusal));
    let events = ask(client, input).await;
    assert_eq!(events.last().unwrap()["__typename"], "RunFailed");
    events
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one story")]
async fn an_administrator_lists_the_runs_of_its_account() {
    let app = TestApp::start().await;
    let (admin, member) = (&app.home.admin, &app.home.member);
    let other = create(
        admin,
        json!({"template": "support_agent", "tier": "standard", "name": "Other", "configuration": {"keepCase": false}}),
    )
    .await;
    let first = ask(
        member,
        json!({"message": "Hello", "agentId": app.home.agent, "endUser": "Ada"}),
    )
    .await;
    let input = json!({"message": "Hello", "agentId": other["id"], "endUser": "Bob"});
    let second = failed(&app, member, input).await;
    let third = json!({"message": "And now?", "conversationId": conversation_of(&first)});
    let third = ask(member, third).await;
    ask(&app.stranger.member, json!({"message": "Hello"})).await;
    let [one, two, three] = [&first, &second, &third].map(|events| run_of(events));
    let code = second.last().unwrap()["error"]["code"].clone();

    let all = vec![three.clone(), two.clone(), one.clone()];
    assert_eq!(listed(admin, json!({})).await, all);
    assert_eq!(listed(admin, json!({"accountId": app.home.id})).await, all);
    let mut at = Value::Null;
    for (place, run) in all.iter().enumerate() {
        let page = admin.ok(RUNS, json!({"first": 1, "after": at})).await["runs"].clone();
        assert_eq!(page["nodes"][0]["id"], *run);
        assert_eq!(page["totalCount"], 3);
        assert_eq!(page["pageInfo"]["hasNextPage"], place < 2);
        at = page["pageInfo"]["endCursor"].clone();
    }
    let query = "query($id: ID!) { run(id: $id) { createdAt } }";
    let created = admin.ok(query, json!({"id": two})).await["run"]["createdAt"].clone();
    for (filter, expected) in [
        (json!({"status": ["FAILED"]}), vec![&two]),
        (json!({"status": ["QUEUED", "RUNNING"]}), vec![]),
        (
            json!({"status": ["SUCCEEDED", "CANCELLED"]}),
            vec![&three, &one],
        ),
        (json!({"status": []}), vec![]),
        (json!({"agentId": app.home.agent}), vec![&three, &one]),
        (json!({"endUser": "Bob"}), vec![&two]),
        (json!({"endUser": "Ada", "status": ["FAILED"]}), vec![]),
        (
            json!({"conversationId": conversation_of(&first)}),
            vec![&three, &one],
        ),
        (json!({"errorCode": code}), vec![&two]),
        (json!({"errorCode": "TOO_LONG"}), vec![]),
        (json!({"from": created}), vec![&three, &two]),
        (json!({"to": created}), vec![&one]),
        (
            json!({"from": "2020-01-01T00:00:00Z", "to": "2021-01-01T00:00:00Z"}),
            vec![],
        ),
    ] {
        let found = listed(admin, filter.clone()).await;
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{filter}");
    }
    for (filter, path) in [
        (json!({"endUser": null}), "filter.endUser"),
        (json!({"from": created, "to": created}), "filter.to"),
        (json!({"agentId": one}), "filter.agentId"),
    ] {
        let refused = admin.ask(RUNS, json!({"filter": filter})).await;
        assert_eq!(refused.problem_paths(), [path]);
    }
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one story")]
async fn an_operator_finds_a_failed_run_of_any_account_with_all_that_belongs_to_it() {
    const FAILED: &str = "query($filter: RunFilter) { runs(filter: $filter) { totalCount nodes {
        id status attempt usage { attempts } error { code message detail } agent { slug } route { reason agent { slug } }
        toolCalls { tool } userMessage { text run { id conversation { id } } }
        conversation { id endUser agent { name } messages { totalCount nodes { text } } runs { nodes { id agent { slug } } } } } } }";
    let app = TestApp::start().await;
    let (operator, home, stranger) = (&app.operator, &app.home, &app.stranger);
    let input = |who: &str| json!({"message": format!("Hello from {who}"), "endUser": who});
    let in_home = failed(&app, &home.member, input("Ada")).await;
    let elsewhere = failed(&app, &stranger.member, input("Bob")).await;
    ask(&home.member, input("Cid")).await;

    let filter = json!({"status": ["FAILED"]});
    let found = operator.ok(FAILED, json!({"filter": filter})).await["runs"].clone();
    assert_eq!(found["totalCount"], 2);
    for (place, events, who) in [(1, &in_home, "Ada"), (0, &elsewhere, "Bob")] {
        let (run, id) = (&found["nodes"][place], run_of(events));
        assert_eq!(run["id"], id);
        let error = &run["error"];
        assert!(
            error["detail"].as_str().unwrap().contains("flumph"),
            "{error}"
        );
        assert_eq!(run["usage"]["attempts"], run["attempt"]);
        assert_eq!(
            (&run["agent"]["slug"], &run["route"]["agent"]["slug"]),
            (&json!("support"), &json!("support"))
        );
        assert_eq!(run["userMessage"]["text"], format!("Hello from {who}"));
        // all that is below a run is of its account
        let conversation = conversation_of(events);
        assert_eq!(
            run["userMessage"]["run"],
            json!({"id": id, "conversation": {"id": conversation}})
        );
        assert_eq!(run["conversation"]["id"], conversation.as_str());
        assert_eq!(run["conversation"]["endUser"], who);
        let messages = json!({"totalCount": 1, "nodes": [{"text": format!("Hello from {who}")}]});
        assert_eq!(run["conversation"]["messages"], messages);
        assert_eq!(
            run["conversation"]["runs"]["nodes"],
            json!([{"id": id, "agent": {"slug": "support"}}])
        );
    }
    // from the id that a client shows
    let by_id = "query($id: ID!) { run(id: $id) { account { id name } error { detail } conversation { endUser } } }";
    let one = operator.ok(by_id, json!({"id": run_of(&elsewhere)})).await;
    assert_eq!(one["run"]["conversation"]["endUser"], "Bob");
    assert!(one["run"]["error"]["detail"].is_string());
    assert_eq!(
        one["run"]["account"],
        json!({"id": stranger.id, "name": "Stranger"})
    );
    // and no one else sees it
    assert_eq!(
        home.owner
            .ok(by_id, json!({"id": run_of(&elsewhere)}))
            .await["run"],
        Value::Null
    );

    let all = listed(operator, json!({})).await;
    assert_eq!(all.len(), 3);
    let of_one = listed(operator, json!({"accountId": stranger.id})).await;
    assert_eq!(of_one, [run_of(&elsewhere)]);
    let acting = Caller::operator_in(&app, &stranger.id);
    let inside = acting.ask(RUNS, json!({})).await.data()["runs"].clone();
    assert_eq!(inside["nodes"], json!([{"id": of_one[0]}]));
    assert_eq!(
        listed(operator, json!({"agentId": stranger.agent})).await,
        of_one
    );
    let conversation = conversation_of(&elsewhere);
    assert_eq!(
        listed(operator, json!({"conversationId": conversation})).await,
        of_one
    );
    assert_eq!(
        listed(
            operator,
            json!({"accountId": stranger.id, "endUser": "Bob"})
        )
        .await,
        of_one
    );
    let nowhere = json!({"filter": {"endUser": "Bob"}});
    assert_eq!(
        operator.ask(RUNS, nowhere).await.problem_paths(),
        ["filter.accountId"]
    );
}
