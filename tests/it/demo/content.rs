//! The content of the demo account, as a client sees it.

use serde_json::json;

use super::{ask, server::DemoServer};
use crate::support::until;

#[tokio::test]
async fn the_demo_account_has_documents_for_each_agent() {
    let server = Box::pin(DemoServer::start()).await;
    let query = "{ agents { nodes { slug documents { nodes { title } } } } }";
    let found = server.owner.ok(query, json!({})).await;
    let count = |slug: &str| {
        let agents = found["agents"]["nodes"].as_array().unwrap();
        let agent = agents.iter().find(|agent| agent["slug"] == slug).unwrap();
        agent["documents"]["nodes"].as_array().unwrap().len()
    };
    let counts = ["sales", "digital-expert", "support", "research"].map(count);
    assert_eq!(counts, [2, 3, 2, 3]);
}

#[tokio::test]
async fn a_question_at_the_start_waits_for_the_documents() {
    let server = Box::pin(DemoServer::start()).await;
    let answer = ask(&server, "sales", "What does the Pelican cost?").await;
    assert!(answer.text.contains("6,350 euros"), "{}", answer.text);
    assert_eq!(answer.citations[0].1, "Price list 2026");

    // a row that stands in no document: the tool's answer, and only for a message that asks for one
    let answer = ask(&server, "support", "What is the state of ticket 1?").await;
    assert!(
        answer.text.starts_with("get_ticket answered:")
            && answer
                .text
                .contains("state: OPEN; subject: Display goes dark"),
        "{}",
        answer.text
    );
    let answer = ask(&server, "support", "Where is my train ticket?").await;
    assert!(
        answer.text.starts_with("My documents do not answer that."),
        "{}",
        answer.text
    );
}

#[tokio::test]
async fn the_demo_expert_has_a_measured_persona_and_says_what_it_has_not_written_about() {
    let server = Box::pin(DemoServer::start()).await;
    let query = "query($id: ID!) { agent(by: {id: $id}) { persona { state documents { title }
        topics { text } tone { text } positions { text sources { quote document { title } } } facts { text } } } }";
    let mut persona = json!(null);
    until("the persona is built", async || {
        let id = json!({"id": server.agent("digital-expert")});
        persona = server.owner.ok(query, id).await["agent"]["persona"].clone();
        persona["state"] == "READY" && persona["documents"].as_array().unwrap().len() == 3
    })
    .await;
    let law = "I am in favour of a right to repair by law.";
    let mut positions = persona["positions"].as_array().unwrap().iter();
    let position = positions.find(|position| position["text"] == law);
    let source = &position.unwrap()["sources"][0];
    assert_eq!(
        (&source["quote"], &source["document"]["title"]),
        (&json!(law), &json!("Repair is a feature"))
    );
    assert!(
        !persona["topics"].as_array().unwrap().is_empty(),
        "{persona}"
    );
    // they need a model whose text is shown
    assert_eq!(
        (&persona["tone"], &persona["facts"]),
        (&json!([]), &json!([]))
    );
    let answer = ask(
        &server,
        "digital-expert",
        "What do you think of nuclear power?",
    )
    .await;
    assert!(
        answer.text.starts_with("My documents do not answer that."),
        "{}",
        answer.text
    );
    assert!(answer.citations.is_empty());
}
