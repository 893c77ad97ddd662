//! The validation of a message.

use serde_json::{Value, json};

use super::{CHAT, SEND, ask, conversation_of, conversations, kinds, send};
use crate::support::{Reply, TestApp, within_one_month};

/// Checks that the mutation and the subscription refuse the input with the same message.
async fn assert_refused(app: &TestApp, input: Value, paths: &[&str]) {
    let member = &app.home.member;
    let refused = member.ask(SEND, json!({"input": input})).await;
    assert_eq!(
        (refused.code(), refused.problem_paths()),
        ("BAD_USER_INPUT", paths.to_vec()),
        "{input}: {refused:?}"
    );
    let streamed = member
        .subscribe(CHAT, json!({"input": input}))
        .await
        .rest()
        .await;
    assert_eq!(
        streamed.iter().map(Reply::message).collect::<Vec<_>>(),
        [refused.message()]
    );
    assert_eq!(streamed[0].problem_paths(), paths);
}

#[tokio::test]
async fn a_message_must_be_readable_text() {
    let app = TestApp::start().await;
    for message in [
        "",
        " \n\t\u{3000}",
        "a\u{0}b",
        "a\u{7f}b",
        "a\u{202e}b",
        "a\u{2066}b",
        &"é".repeat(32_001),
    ] {
        assert_refused(&app, json!({"message": message}), &["input.message"]).await;
    }
    assert_eq!(conversations(&app.home.reader).await, 0);
    let longest = ask(&app.home.member, json!({"message": "é".repeat(32_000)})).await;
    assert_eq!(kinds(&longest).last(), Some(&"RunSucceeded"));
}

#[tokio::test]
async fn all_problems_of_an_input_are_reported_at_once() {
    let app = TestApp::start().await;
    let input = json!({"message": "", "endUser": "", "clientMessageId": "", "context": [], "allowTools": ["x", "y", "x", ""]});
    let paths = [
        "input.message",
        "input.endUser",
        "input.clientMessageId",
        "input.context",
        "input.allowTools[2]",
        "input.allowTools[3]",
    ];
    assert_refused(&app, input, &paths).await;
    let tools: Vec<_> = (0..101).map(|number| number.to_string()).collect();
    assert_refused(
        &app,
        json!({"message": "a", "allowTools": tools}),
        &["input.allowTools"],
    )
    .await;
    for field in ["endUser", "clientMessageId"] {
        for name in [" ", "a\nb", "a\u{0}", &"x".repeat(121)] {
            assert_refused(
                &app,
                json!({"message": "a", field: name}),
                &[&format!("input.{field}")],
            )
            .await;
        }
    }
    assert_eq!(conversations(&app.home.reader).await, 0);
}

#[tokio::test]
async fn an_id_of_another_kind_is_refused() {
    let app = TestApp::start().await;
    let (run, conversation) = send(&app.home.member, json!({"message": "a"})).await;
    for id in [&run, &conversation, "agent_", "", "'; DROP TABLE runs; --"] {
        assert_refused(
            &app,
            json!({"message": "a", "agentId": id}),
            &["input.agentId"],
        )
        .await;
    }
    for id in [
        &run,
        &app.home.agent,
        "conversation_",
        "conversation_zzzzzzzzzzzzzzzzzzzzzzzzzz",
    ] {
        assert_refused(
            &app,
            json!({"message": "a", "conversationId": id}),
            &["input.conversationId"],
        )
        .await;
    }
}

#[tokio::test]
async fn foreign_ids_in_a_message_are_not_found() {
    let app = TestApp::start().await;
    let (_, foreign) = send(&app.stranger.member, json!({"message": "a"})).await;
    for (field, foreign) in [
        ("agentId", &app.stranger.agent),
        ("conversationId", &foreign),
    ] {
        let foreign = [foreign.clone(), other_id(foreign)]
            .map(|id| json!({"input": {"message": "a", field: id}}));
        for input in &foreign {
            let refused = app.home.member.ask(SEND, input.clone()).await;
            assert_eq!(refused.code(), "NOT_FOUND", "{refused:?}");
        }
        let [foreign, unknown] = foreign.map(|input| app.home.member.subscribe(CHAT, input));
        let (foreign, unknown) = (foreign.await.rest().await, unknown.await.rest().await);
        assert_eq!(
            (foreign[0].code(), foreign[0].message()),
            ("NOT_FOUND", unknown[0].message())
        );
    }
    assert_eq!(conversations(&app.home.reader).await, 0);
}

/// A well-formed id of the same kind that does not exist.
fn other_id(id: &str) -> String {
    let (start, last) = id.split_at(id.len() - 1);
    format!("{start}{}", if last == "0" { "1" } else { "0" })
}

#[tokio::test]
async fn the_context_is_validated_against_the_templates_schema() {
    let app = TestApp::start().await;
    let member = &app.home.member;
    for (context, path) in [
        (json!({"caseNumber": "1"}), "input.context.caseNumber"),
        (json!({"caseId": 7}), "input.context.caseId"),
        (json!({"caseId": ""}), "input.context.caseId"),
        (json!({"caseId": "a\u{0}b"}), "input.context.caseId"),
        (json!(["caseId"]), "input.context"),
        (json!("caseId"), "input.context"),
        (nested(40), "input.context"),
        (json!({"caseId": "x".repeat(70_000)}), "input.context"),
    ] {
        let refused = member
            .ask(SEND, json!({"input": {"message": "a", "context": context}}))
            .await;
        assert_eq!(
            (refused.code(), refused.problem_paths()),
            ("BAD_USER_INPUT", vec![path]),
            "{refused:?}"
        );
    }
    assert_eq!(conversations(&app.home.reader).await, 0);
    let events = ask(
        member,
        json!({"message": "a", "context": {"caseId": "C-4711"}}),
    )
    .await;
    let query = "query($id: ID!) { conversation(id: $id) { context } }";
    let conversation = conversation_of(&events);
    assert_eq!(
        member.ok(query, json!({"id": conversation})).await["conversation"]["context"],
        json!({"caseId": "C-4711"})
    );
    ask(
        member,
        json!({"message": "b", "conversationId": conversation}),
    )
    .await;
    assert_eq!(
        member.ok(query, json!({"id": conversation})).await["conversation"]["context"],
        json!({"caseId": "C-4711"})
    );
    ask(
        member,
        json!({"message": "c", "conversationId": conversation, "context": {"plan": "pro"}}),
    )
    .await;
    assert_eq!(
        member.ok(query, json!({"id": conversation})).await["conversation"]["context"],
        json!({"plan": "pro"})
    );
}

/// Nested objects.
fn nested(levels: usize) -> Value {
    (0..levels).fold(json!({}), |inner, _| json!({"a": inner}))
}

#[tokio::test]
async fn a_spent_budget_blocks_new_messages() {
    within_one_month().await;
    let app = TestApp::start().await;
    let budget = "mutation($tokens: Int, $how: BudgetEnforcement!) { updateAccount(input: {monthlyTokenBudget: $tokens, enforcement: $how}) { account { id } } }";
    let events = ask(
        &app.home.member,
        json!({"message": "a", "clientMessageId": "first"}),
    )
    .await;
    app.home
        .owner
        .ok(budget, json!({"tokens": 18, "how": "BLOCK"}))
        .await;
    assert_eq!(
        events.last().unwrap()["usage"],
        json!({"inputTokens": 11, "outputTokens": 7})
    );
    let refused = app
        .home
        .member
        .ask(SEND, json!({"input": {"message": "b"}}))
        .await;
    assert_eq!(refused.code(), "QUOTA_EXCEEDED", "{refused:?}");
    let refused = app
        .home
        .member
        .subscribe(CHAT, json!({"input": {"message": "b"}}))
        .await
        .rest()
        .await;
    assert_eq!(
        refused.iter().map(Reply::code).collect::<Vec<_>>(),
        ["QUOTA_EXCEEDED"]
    );
    // An accepted message can still be replayed.
    let replayed = ask(
        &app.home.member,
        json!({"message": "a", "clientMessageId": "first"}),
    )
    .await;
    assert_eq!(replayed.last(), events.last());
    // Other accounts are not affected.
    assert_eq!(
        kinds(&ask(&app.stranger.member, json!({"message": "b"})).await).last(),
        Some(&"RunSucceeded")
    );
    app.home
        .owner
        .ok(budget, json!({"tokens": 18, "how": "WARN"}))
        .await;
    assert_eq!(
        kinds(&ask(&app.home.member, json!({"message": "b"})).await).last(),
        Some(&"RunSucceeded")
    );
}
