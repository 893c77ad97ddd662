//! Content: documents of an agent are listed, searched, measured and compared.

use serde_json::json;

use super::{Peer, REVISIONS, ask_with};
use crate::knowledge::{SHOP, known, library};

const CAFE: &str = "# Café

The café is open on Sundays. Cakes are baked in the morning. Parcels to islands travel by ferry on Tuesdays.";

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one story")]
async fn documents_are_listed_searched_measured_and_compared() {
    let (app, _worker) = library().await;
    let home = &app.home;
    let give = async |title: &str, text: &str| {
        let input = json!({"agentId": home.agent, "title": title, "text": text, "mediaType": "text/markdown"});
        known(&home.admin, input).await
    };
    let (shop, cafe) = (give("Shop", SHOP).await, give("Café", CAFE).await);
    let content = Peer::connect(&app, "content", home.reader.key(), REVISIONS[0]).await;
    // Without an agent, the owner of the documents must be named.
    let whose = content.failure("list_documents", json!({})).await;
    assert!(
        whose.starts_with("BAD_USER_INPUT: agent: is missing"),
        "{whose}"
    );
    let listed = content
        .ok("list_documents", json!({"agent": "support"}))
        .await;
    assert_eq!(listed["documents"][0]["id"], cafe);
    assert_eq!(listed["documents"][1]["title"], "Shop");
    let found = content
        .ok(
            "search_documents",
            json!({"query": "Where is the ferry?", "agent": home.agent}),
        )
        .await;
    let found = found["passages"].as_array().unwrap();
    assert!(
        found
            .iter()
            .any(|passage| passage["documentId"] == shop.as_str()),
        "{found:?}"
    );
    assert!(
        found[0]["text"].as_str().unwrap().contains("ferry"),
        "{found:?}"
    );
    let measured = content
        .ok(
            "document_statistics",
            json!({"documentId": cafe, "agent": "support"}),
        )
        .await;
    assert_eq!(measured["sentences"], 3);
    assert_eq!(measured["words"], 20);
    assert_eq!(measured["headings"], json!(["Café"]));
    let phrases = content
        .ok(
            "key_phrases",
            json!({"documentId": shop, "agent": "support", "limit": 5}),
        )
        .await;
    assert_eq!(phrases["phrases"].as_array().unwrap().len(), 5);
    let compared = content
        .ok(
            "compare_documents",
            json!({"documentId": shop, "otherDocumentId": cafe, "agent": "support"}),
        )
        .await;
    let alike = compared["similarity"].as_f64().unwrap();
    assert!(alike > 0.0 && alike < 0.9, "{compared:#}");
    let read = content
        .ok(
            "read_document",
            json!({"documentId": shop, "agent": "support", "limit": 1}),
        )
        .await;
    assert_eq!(read["passages"].as_array().unwrap().len(), 1);
    assert_eq!(read["next"], 1);
}

#[tokio::test]
async fn an_agent_has_only_its_own_documents() {
    let (app, _worker) = library().await;
    let home = &app.home;
    let create = "mutation { createAgent(input: {template: \"sales_agent\", tier: \"startup\", name: \"Sales\", activate: true}) { agent { id } } }";
    let made = home.owner.ok(create, json!({})).await;
    let sales = made["createAgent"]["agent"]["id"].as_str().unwrap();
    let input = json!({"agentId": home.agent, "title": "Shop", "text": SHOP});
    let shop = known(&home.admin, input).await;
    let call = async |agent: &str, arguments: serde_json::Value| {
        let params = json!({"name": "document_statistics", "arguments": arguments});
        let header = [("x-agent-instance-id", agent)];
        let answer = ask_with(
            &app,
            "content",
            &home.member,
            ("tools/call", params),
            &header,
        )
        .await;
        answer.message()["result"].clone()
    };
    let own = call(&home.agent, json!({"documentId": shop})).await;
    assert_eq!(own["structuredContent"]["document"]["title"], "Shop");
    for (agent, arguments) in [
        (sales, json!({"documentId": shop})),
        (sales, json!({"documentId": shop, "agent": "support"})),
        (sales, json!({"documentId": shop, "agent": home.agent})),
        (app.stranger.agent.as_str(), json!({"documentId": shop})),
    ] {
        let foreign = call(agent, arguments).await;
        assert_eq!(foreign["isError"], true, "{foreign}");
        let text = foreign["content"][0]["text"].as_str().unwrap();
        assert!(text.starts_with("NOT_FOUND: no such "), "{text}");
    }
}
