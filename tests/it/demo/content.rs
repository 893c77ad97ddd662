//! The content of the demo account, as a client sees it.

use serde_json::json;

use super::{ask, server::DemoServer};

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
}
