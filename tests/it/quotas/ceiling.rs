//! The operator's ceiling and the owner's budget.

use serde_json::{Value, json};

use crate::{
    conversation::Exchange,
    support::{Reply, TestApp},
};

const UPDATE: &str = "mutation($input: UpdateAccountInput!) { updateAccount(input: $input) {
    account { billing { monthlyTokenBudget enforcement ceilingTokens ceilingCostUsd } }
} }";
const SEND: &str = "mutation { sendMessage(input: {message: \"Hello\"}) { run { id } } }";

async fn by_operator(app: &TestApp, mut input: Value) -> Reply {
    input["id"] = json!(app.home.id);
    app.operator.ask(UPDATE, json!({"input": input})).await
}

async fn by_owner(app: &TestApp, input: Value) -> Reply {
    app.home.owner.ask(UPDATE, json!({"input": input})).await
}

#[tokio::test]
async fn an_owner_cannot_lift_the_operators_ceiling() {
    let app = TestApp::start().await;
    Exchange::of(&app.home.member, json!({"message": "Hello"})).await;
    let set = by_operator(&app, json!({"ceilingTokens": 18})).await;
    let billing = &set.data()["updateAccount"]["account"]["billing"];
    assert_eq!(billing["ceilingTokens"], 18);
    // The account's own budget only warns and is unlimited.
    let refused = app.home.member.ask(SEND, json!({})).await;
    assert_eq!(refused.code(), "QUOTA_EXCEEDED");
    assert!(
        refused.message().contains("token ceiling"),
        "{}",
        refused.message()
    );
    for lift in [
        json!({"ceilingTokens": null}),
        json!({"ceilingTokens": 1_000_000}),
        json!({"ceilingCostUsd": 1_000_000.0, "name": "Mine"}),
    ] {
        let refused = by_owner(&app, lift).await;
        assert_eq!(refused.code(), "FORBIDDEN", "{refused:?}");
    }
    let own =
        json!({"monthlyTokenBudget": null, "monthlyCostBudgetUsd": null, "enforcement": "WARN"});
    let left = by_owner(&app, own).await;
    let billing = &left.data()["updateAccount"]["account"]["billing"];
    assert_eq!(billing["ceilingTokens"], 18);
    assert_eq!(
        app.home.member.ask(SEND, json!({})).await.code(),
        "QUOTA_EXCEEDED"
    );
    Exchange::of(&app.stranger.member, json!({"message": "Hello"})).await;

    by_operator(&app, json!({"ceilingTokens": null, "ceilingCostUsd": 5.5}))
        .await
        .data();
    Exchange::of(&app.home.member, json!({"message": "Hello"})).await;
}

#[tokio::test]
async fn the_smaller_of_budget_and_ceiling_applies() {
    let app = TestApp::start().await;
    by_operator(&app, json!({"ceilingTokens": 1_000_000}))
        .await
        .data();
    Exchange::of(&app.home.member, json!({"message": "Hello"})).await;
    by_owner(
        &app,
        json!({"monthlyTokenBudget": 18, "enforcement": "BLOCK"}),
    )
    .await
    .data();
    let refused = app.home.member.ask(SEND, json!({})).await;
    assert_eq!(refused.code(), "QUOTA_EXCEEDED");
    assert!(
        refused.message().contains("token budget"),
        "{}",
        refused.message()
    );
}

#[tokio::test]
async fn concurrent_changes_of_an_owner_do_not_undo_the_ceiling() {
    let app = TestApp::start().await;
    let renames = futures::future::join_all(
        (0..10).map(|number| by_owner(&app, json!({"name": format!("Name {number}")}))),
    );
    let terms = by_operator(&app, json!({"ceilingTokens": 7, "tier": "PREMIUM"}));
    let (replies, set) = futures::join!(renames, terms);
    set.data();
    for reply in replies {
        reply.data();
    }
    let query = "{ account { tier billing { ceilingTokens } } }";
    assert_eq!(
        app.home.reader.ok(query, json!({})).await["account"],
        json!({"tier": "PREMIUM", "billing": {"ceilingTokens": 7}})
    );
}

#[tokio::test]
async fn a_ceiling_is_not_negative_and_can_be_set_at_creation() {
    let app = TestApp::start().await;
    let wrong = by_operator(&app, json!({"ceilingTokens": -1, "ceilingCostUsd": -0.5})).await;
    assert_eq!(
        wrong.problem_paths(),
        ["input.ceilingTokens", "input.ceilingCostUsd"]
    );
    let create = "mutation($input: CreateAccountInput!) { createAccount(input: $input) { account { billing { ceilingTokens ceilingCostUsd } } } }";
    let input =
        json!({"name": "Small", "tier": "ENTRY", "ceilingTokens": 0, "ceilingCostUsd": 1.5});
    let made = app.operator.ok(create, json!({"input": input})).await;
    assert_eq!(
        made["createAccount"]["account"]["billing"],
        json!({"ceilingTokens": 0, "ceilingCostUsd": 1.5})
    );
}
