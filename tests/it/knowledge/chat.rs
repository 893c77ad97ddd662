//! Answers based on the agent's documents.

use serde_json::{Value, json};

use super::{SHOP, known, library};

const CHAT: &str = "subscription($input: ChatInput!) { chat(input: $input) { __typename
    ... on KnowledgeRetrieved { passages { text score document { id title } } }
    ... on RunSucceeded { message { id text sources { text headings score position document { id } } } } } }";

async fn chat(client: &crate::support::Client, agent: &str, message: &str) -> Vec<Value> {
    let input = json!({"message": message, "agentId": agent});
    let stream = client.subscribe(CHAT, json!({"input": input})).await;
    let replies = stream.rest().await;
    replies
        .iter()
        .map(|reply| reply.data()["chat"].clone())
        .collect()
}

#[tokio::test]
async fn the_sources_of_an_answer_are_the_passages_in_its_prompt() {
    let (app, _worker) = library().await;
    let home = &app.home;
    let id = known(
        &home.admin,
        json!({"agentId": home.agent, "title": "Shop rules", "text": SHOP}),
    )
    .await;
    let events = chat(
        &home.member,
        &home.agent,
        "How long is the warranty of lamps?",
    )
    .await;
    let kinds: Vec<_> = events
        .iter()
        .map(|event| event["__typename"].as_str().unwrap())
        .filter(|kind| *kind != "TokenDelta")
        .collect();
    assert_eq!(
        kinds,
        [
            "MessageAdded",
            "RunStarted",
            "AgentSelected",
            "KnowledgeRetrieved",
            "RunSucceeded"
        ]
    );
    let retrieved = &events[3]["passages"];
    assert_eq!(
        retrieved[0]["document"],
        json!({"id": id, "title": "Shop rules"})
    );
    assert!(
        retrieved[0]["text"]
            .as_str()
            .unwrap()
            .contains("four years"),
        "{retrieved}"
    );
    let message = &events.last().unwrap()["message"];
    let given = &message["sources"][0];
    assert_eq!(given["headings"], json!(["Shop", "Warranty"]));
    assert_eq!(
        (&given["text"], &given["score"], &given["document"]["id"]),
        (&retrieved[0]["text"], &retrieved[0]["score"], &json!(id))
    );
    // The sources are in the prompt.
    let asked = app.upstream.asked();
    let instructions = asked.last().unwrap()["messages"][0]["content"]
        .as_str()
        .unwrap();
    assert!(
        instructions
            .contains("[1] Shop rules › Shop › Warranty\nLamps carry a warranty of four years"),
        "{instructions}"
    );
}

#[tokio::test]
async fn a_deleted_document_is_no_source_any_more() {
    let (app, _worker) = library().await;
    let home = &app.home;
    let id = known(
        &home.admin,
        json!({"agentId": home.agent, "title": "Shop rules", "text": SHOP}),
    )
    .await;
    let events = chat(
        &home.member,
        &home.agent,
        "How long is the warranty of lamps?",
    )
    .await;
    let message = &events.last().unwrap()["message"];
    assert_ne!(message["sources"], json!([]));
    home.admin
        .ok(
            "mutation($id: ID!) { deleteDocument(input: {id: $id}) { deletedId } }",
            json!({"id": id}),
        )
        .await;
    let left = home
        .reader
        .ok(
            "query($id: ID!) { node(id: $id) { ... on Message { text sources { text } } } }",
            json!({"id": message["id"]}),
        )
        .await;
    assert_eq!(left["node"]["sources"], json!([]));
    assert_eq!(left["node"]["text"], message["text"]);
}

#[tokio::test]
async fn an_agent_without_relevant_knowledge_retrieves_nothing() {
    let (app, _worker) = library().await;
    let home = &app.home;
    known(
        &home.admin,
        json!({"agentId": home.agent, "title": "Shop", "text": SHOP}),
    )
    .await;
    let events = chat(&home.member, &home.agent, "Qui est le roi?").await;
    assert!(
        events
            .iter()
            .all(|event| event["__typename"] != "KnowledgeRetrieved"),
        "{events:?}"
    );
    assert_eq!(events.last().unwrap()["message"]["sources"], json!([]));
}

#[tokio::test]
async fn a_short_question_is_searched_together_with_the_previous_one() {
    let (app, _worker) = library().await;
    let home = &app.home;
    known(
        &home.admin,
        json!({"agentId": home.agent, "title": "Shop", "text": SHOP}),
    )
    .await;
    let first = home
        .member
        .ok(
            "mutation($agent: ID!) { sendMessage(input: {message: \"Do parcels travel to islands?\", agentId: $agent}) { run { id conversation { id } } } }",
            json!({"agent": home.agent}),
        )
        .await;
    let conversation = &first["sendMessage"]["run"]["conversation"]["id"];
    let input = json!({"message": "And when?", "conversationId": conversation});
    let stream = home.member.subscribe(CHAT, json!({"input": input})).await;
    let replies = stream.rest().await;
    let retrieved = replies
        .iter()
        .map(|reply| &reply.data()["chat"])
        .find(|event| event["__typename"] == "KnowledgeRetrieved")
        .unwrap()
        .clone();
    let passages = retrieved["passages"].as_array().unwrap();
    let about_ferries = |passage: &Value| passage["text"].as_str().unwrap().contains("Tuesdays");
    assert!(passages.iter().any(about_ferries), "{retrieved}");
}
