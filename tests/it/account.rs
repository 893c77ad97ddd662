//! Accounts: created by the operator, with budgets, and changed by their owners.

use serde_json::{Value, json};

use crate::{
    conversation::Exchange,
    support::{Reply, TestApp, within_one_month},
};

const CREATE: &str = "mutation($input: CreateAccountInput!) { createAccount(input: $input) {
    account { id name tier configuration billing { monthlyTokenBudget monthlyCostBudgetUsd enforcement spentTokens spentUsd } }
    ownerKey
} }";
const UPDATE: &str = "mutation($input: UpdateAccountInput!) { updateAccount(input: $input) {
    account { id name tier configuration billing { monthlyTokenBudget monthlyCostBudgetUsd enforcement } }
} }";
const SEND: &str = "mutation { sendMessage(input: {message: \"Hello\"}) { run { id } } }";

fn problems(reply: &Reply) -> Vec<&str> {
    assert_eq!(reply.code(), "BAD_USER_INPUT", "{reply:?}");
    let problems = reply.0["errors"][0]["extensions"]["problems"]
        .as_array()
        .unwrap()
        .iter();
    problems
        .map(|problem| problem["path"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn a_new_account_has_an_owner_key_that_works() {
    let app = TestApp::start().await;
    let made = app
        .operator
        .ok(
            CREATE,
            json!({"input": {"name": "Acme", "tier": "PREMIUM"}}),
        )
        .await["createAccount"]
        .clone();
    let billing = json!({"monthlyTokenBudget": null, "monthlyCostBudgetUsd": null, "enforcement": "WARN", "spentTokens": 0, "spentUsd": 0.0});
    assert_eq!(made["account"]["billing"], billing);
    assert_eq!(
        (&made["account"]["tier"], &made["account"]["configuration"]),
        (&json!("PREMIUM"), &json!({}))
    );
    let owner = app.anonymous.with_key(made["ownerKey"].as_str().unwrap());
    let seen = owner
        .ok(
            "{ viewer { role account { id name agents { totalCount } } } }",
            json!({}),
        )
        .await;
    assert_eq!(seen["viewer"]["role"], "OWNER");
    assert_eq!(
        seen["viewer"]["account"],
        json!({"id": made["account"]["id"], "name": "Acme", "agents": {"totalCount": 0}})
    );
}

#[tokio::test]
async fn the_operator_lists_accounts_oldest_first_and_can_name_any() {
    let app = TestApp::start().await;
    let query = "query($first: Int, $after: String) { accounts(first: $first, after: $after) { totalCount nodes { id } pageInfo { hasNextPage endCursor } } }";
    let all = app.operator.ok(query, json!({})).await["accounts"].clone();
    assert_eq!(all["totalCount"], 3, "the operator's own is one of them");
    assert_eq!(all["nodes"][1]["id"], app.home.id);
    assert_eq!(all["nodes"][2]["id"], app.stranger.id);
    let first = app.operator.ok(query, json!({"first": 2})).await["accounts"].clone();
    let rest = app
        .operator
        .ok(query, json!({"after": first["pageInfo"]["endCursor"]}))
        .await["accounts"]
        .clone();
    assert_eq!(rest["nodes"], json!([{"id": app.stranger.id}]));
    let one = "query($id: ID!) { account(id: $id) { name agents { nodes { id } } apiKeys { totalCount } } }";
    let named = app.operator.ok(one, json!({"id": app.home.id})).await["account"].clone();
    assert_eq!(named["name"], "Home");
    assert_eq!(named["agents"]["nodes"], json!([{"id": app.home.agent}]));
    assert_eq!(named["apiKeys"]["totalCount"], 4);
}

#[tokio::test]
async fn an_operator_sees_the_fallback_of_an_agent_in_any_account() {
    let app = TestApp::start().await;
    let create = "mutation($fallback: ID!) { createAgent(input: {template: \"support_agent\", tier: \"standard\", name: \"Deputy\", fallbackAgentId: $fallback}) { agent { id } } }";
    app.home
        .admin
        .ok(create, json!({"fallback": app.home.agent}))
        .await;
    let query =
        "query($id: ID!) { account(id: $id) { agents { nodes { name fallback { id } } } } }";
    let seen = app.operator.ok(query, json!({"id": app.home.id})).await;
    assert_eq!(
        seen["account"]["agents"]["nodes"][1],
        json!({"name": "Deputy", "fallback": {"id": app.home.agent}})
    );
}

#[tokio::test]
async fn an_owner_changes_only_the_fields_open_to_owners() {
    let app = TestApp::start().await;
    let update = async |input: Value| app.home.owner.ask(UPDATE, json!({"input": input})).await;
    let named = update(json!({"name": "New name", "monthlyTokenBudget": 1000, "monthlyCostBudgetUsd": 2.5, "enforcement": "BLOCK"})).await;
    let account = named.data()["updateAccount"]["account"].clone();
    assert_eq!(account["name"], "New name");
    assert_eq!(
        account["billing"],
        json!({"monthlyTokenBudget": 1000, "monthlyCostBudgetUsd": 2.5, "enforcement": "BLOCK"})
    );
    let lifted = update(json!({"monthlyTokenBudget": null})).await;
    let billing = lifted.data()["updateAccount"]["account"]["billing"].clone();
    assert_eq!(
        billing,
        json!({"monthlyTokenBudget": null, "monthlyCostBudgetUsd": 2.5, "enforcement": "BLOCK"}),
        "what is left out stays, null lifts"
    );
    let stored = app
        .home
        .reader
        .ok(
            "{ account { name billing { monthlyTokenBudget monthlyCostBudgetUsd enforcement } } }",
            json!({}),
        )
        .await;
    assert_eq!(
        stored["account"],
        json!({"name": "New name", "billing": billing})
    );

    let raised = update(json!({"tier": "PREMIUM"})).await;
    assert_eq!(
        raised.code(),
        "FORBIDDEN",
        "what an account pays for is the operator's to change"
    );
    update(json!({"tier": "STANDARD"})).await.data();
    let operator = app
        .operator
        .ok(
            UPDATE,
            json!({"input": {"id": app.home.id, "tier": "PREMIUM"}}),
        )
        .await;
    assert_eq!(operator["updateAccount"]["account"]["tier"], "PREMIUM");
}

#[tokio::test]
async fn a_budget_is_not_negative_and_every_problem_is_reported() {
    let app = TestApp::start().await;
    let wrong = json!({"name": " ", "tier": "ENTRY", "monthlyTokenBudget": -1, "monthlyCostBudgetUsd": -0.01});
    let refused = app.operator.ask(CREATE, json!({"input": wrong})).await;
    assert_eq!(
        problems(&refused),
        [
            "input.name",
            "input.monthlyTokenBudget",
            "input.monthlyCostBudgetUsd"
        ]
    );
    let refused = app
        .home
        .owner
        .ask(UPDATE, json!({"input": {"monthlyTokenBudget": -5}}))
        .await;
    assert_eq!(problems(&refused), ["input.monthlyTokenBudget"]);
    let zero = json!({"name": "Zero", "tier": "ENTRY", "monthlyTokenBudget": 0, "monthlyCostBudgetUsd": 0, "enforcement": "BLOCK"});
    let made = app.operator.ok(CREATE, json!({"input": zero})).await;
    assert_eq!(
        made["createAccount"]["account"]["billing"]["monthlyTokenBudget"],
        0
    );
    for huge in [json!(3_000_000_000_u64), json!(u64::MAX), json!(1e300)] {
        let refused = app
            .operator
            .ask(
                CREATE,
                json!({"input": {"name": "Huge", "tier": "ENTRY", "monthlyTokenBudget": huge}}),
            )
            .await;
        let kept =
            refused.0["data"]["createAccount"]["account"]["billing"]["monthlyTokenBudget"] == huge;
        let refusals = ["BAD_USER_INPUT", "GRAPHQL_VALIDATION_FAILED"];
        assert!(
            kept || refusals.contains(&refused.code()),
            "{huge}: {refused:?}"
        );
    }
}

#[tokio::test]
async fn a_spent_budget_blocks_or_warns_as_the_account_configured() {
    within_one_month().await;
    let app = TestApp::start().await;
    let update = async |input: Value| {
        app.home.owner.ok(UPDATE, json!({"input": input})).await;
    };
    Exchange::of(&app.home.member, json!({"message": "Hello"})).await;
    update(json!({"monthlyTokenBudget": 18, "enforcement": "BLOCK"})).await;
    let spent = app
        .home
        .owner
        .ok("{ account { billing { spentTokens } } }", json!({}))
        .await;
    assert_eq!(spent["account"]["billing"]["spentTokens"], 18);
    let refused = app.home.member.ask(SEND, json!({})).await;
    assert_eq!(refused.code(), "QUOTA_EXCEEDED");
    assert!(
        refused.message().contains("token budget"),
        "{}",
        refused.message()
    );
    Exchange::of(&app.stranger.member, json!({"message": "Hello"})).await;
    update(json!({"enforcement": "WARN"})).await;
    Exchange::of(&app.home.member, json!({"message": "Hello"})).await;
    update(json!({"enforcement": "BLOCK", "monthlyTokenBudget": null})).await;
    Exchange::of(&app.home.member, json!({"message": "Hello"})).await;
}

#[tokio::test]
async fn account_settings_are_validated_against_every_affected_agent() {
    let app = TestApp::start().await;
    let refused = app
        .home
        .owner
        .ask(
            UPDATE,
            json!({"input": {"configuration": {"temperature": 9, "companyName": ""}}}),
        )
        .await;
    let mut found = problems(&refused);
    found.sort_unstable();
    assert_eq!(
        found,
        [
            "input.configuration.companyName",
            "input.configuration.temperature"
        ]
    );
    assert!(
        refused.message().contains("(agent support)"),
        "{}",
        refused.message()
    );
    for wrong in [json!([]), json!("text"), json!(null)] {
        let refused = app
            .home
            .owner
            .ask(UPDATE, json!({"input": {"configuration": wrong}}))
            .await;
        let unchanged = wrong.is_null()
            && refused.0["data"]["updateAccount"]["account"]["configuration"] == json!({});
        assert!(
            unchanged || refused.code() == "BAD_USER_INPUT",
            "{wrong}: {refused:?}"
        );
    }
    // A setting that no agent of the account declares may be meant for later agents.
    app.home
        .owner
        .ok(
            UPDATE,
            json!({"input": {"configuration": {"companyName": "Acme", "somethingElse": 1}}}),
        )
        .await;
}
