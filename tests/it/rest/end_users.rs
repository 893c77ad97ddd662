//! End users over REST: they chat, and see what they may see over GraphQL.

use serde_json::json;

use super::{AGENTS, Rest, message, unchecked};
use crate::{
    end_users::{begin, browser, with_token},
    support::TestApp,
};

#[tokio::test]
async fn an_end_user_finds_agents_and_chats_and_does_nothing_else() {
    let app = TestApp::start().await;
    let ada = browser(&app, "ada").await;
    let rest = Rest::of(&app, &ada).await;
    let list = rest.get(&format!("/accounts/{}/agents", app.home.id)).await;
    let agent = &list.is(200)["nodes"][0];
    assert_eq!(agent["id"], app.home.agent);
    for hidden in ["configuration", "template", "tier", "vectorStore"] {
        assert!(agent.get(hidden).is_none(), "{agent}");
    }
    let own = format!("{AGENTS}/{}", app.home.agent);
    let read = rest.get(&own).await.is(200).clone();
    assert_eq!(unchecked(read), unchecked(agent.clone()));

    let answer = rest
        .post(&format!("{own}/chat"), &message("Hello", "one"))
        .await;
    assert_eq!(answer.is(200)["type"], "RunSucceeded");
    assert!(answer.body.get("usage").is_none(), "{:#}", answer.body);
    let streamed = rest
        .chat("/agents/support/chat", &message("Hello", "one"), None)
        .await;
    assert_eq!(streamed.rest().await.last().unwrap().data, answer.body);
    let other = json!({"message": "Hello", "clientMessageId": "two", "endUser": "bob"});
    assert_eq!(rest.post("/chat", &other).await.paths(), ["endUser"]);

    // the conversation of another person does not exist
    let bob = rest.by(&browser(&app, "bob").await);
    let mut into = message("Hello", "three");
    into["conversationId"] = answer.body["message"]["conversation"]["id"].clone();
    bob.post("/chat", &into).await.is_problem(404, "NOT_FOUND");

    let input = json!({"template": "support_agent", "tier": "standard", "name": "Mine"});
    rest.post(AGENTS, &input).await.is_problem(403, "FORBIDDEN");
    rest.put(&own, &json!({"name": "Mine"}))
        .await
        .is_problem(403, "FORBIDDEN");
    rest.delete(&own).await.is_problem(403, "FORBIDDEN");
    rest.get("/accounts/me/agentic-workflows")
        .await
        .is_problem(403, "FORBIDDEN");
    let foreign = format!("/accounts/{}/chat", app.stranger.id);
    rest.post(&foreign, &message("Hello", "four"))
        .await
        .is_problem(404, "NOT_FOUND");
}

#[tokio::test]
async fn where_operations_are_registered_the_documents_of_the_endpoints_can_be() {
    let app = TestApp::start().await;
    let ada = with_token(&app, &begin(&app, json!({"endUser": "ada"})).await);
    let rest = Rest::of(&app, &ada).await;
    let only =
        "mutation { updateAccount(input: {endUserOperations: REGISTERED}) { account { id } } }";
    app.home.owner.ok(only, json!({})).await;
    let chat = format!("/accounts/me/agents/{}/chat", app.home.agent);
    let input = message("Hello", "one");
    let refused = rest.post(&chat, &input).await;
    refused.is_problem(403, "FORBIDDEN");
    assert!(
        refused.body["detail"]
            .as_str()
            .unwrap()
            .contains("registerOperations")
    );
    assert!(app.upstream.asked().is_empty());

    let described =
        &rest.openapi()["paths"]["/accounts/{account}/agents/{agent}/chat"]["post"]["x-graphql"];
    let register = "mutation($document: String!) { registerOperations(input: {operations: [{document: $document}]}) { operations { id } } }";
    let document = json!({"document": described["documentForEndUsers"]});
    app.home.admin.ok(register, document).await;
    assert_eq!(
        rest.post(&chat, &input).await.is(200)["type"],
        "RunSucceeded"
    );
    let by_slug = "/agents/support/chat";
    rest.post(by_slug, &input)
        .await
        .is_problem(403, "FORBIDDEN");
    let document = json!({"document": described["documentForSlugs"]});
    app.home.admin.ok(register, document).await;
    rest.post(by_slug, &input).await.is(200);
    rest.get("/agents").await.is_problem(403, "FORBIDDEN");
}
