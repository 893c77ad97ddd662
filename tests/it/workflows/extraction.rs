//! Extractions whose model does not keep to the schema, or fails: the answer comes all the same.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use serde_json::json;

use super::{Desk, answer, filled};
use crate::support::Script;

#[tokio::test]
async fn a_wrong_object_gets_one_chance() {
    let desk = Desk::open("sales_agent", "startup", json!({}), &[]).await;
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    desk.app.upstream.extracts(move |name, request| {
        assert_eq!(name, "sales_lead");
        let right = filled(request, &json!({"company": "Acme"})).to_string();
        if count.fetch_add(1, Ordering::SeqCst) == 0 {
            return Script::says(&["{\"company\": 7}"]);
        }
        let last = request["messages"].as_array().unwrap().last().unwrap();
        let told = last["content"].as_str().unwrap();
        assert!(told.contains("company"), "{told}");
        Script::says(&["```json\n", &right, "\n```"])
    });
    let (_, conversation) = desk.chat("We are Acme.", None).await;
    assert_eq!(asked.load(Ordering::SeqCst), 2);
    assert_eq!(desk.context(&conversation).await["lead"]["company"], "Acme");
}

#[tokio::test]
async fn an_extraction_that_fails_costs_itself_alone() {
    let desk = Desk::open("sales_agent", "startup", json!({}), &[]).await;
    for broken in ["no JSON at all", "{\"name\": ", "[]", "{}"] {
        desk.app
            .upstream
            .extracts(move |_, _| Script::says(&[broken]));
        let (events, conversation) = desk.chat("We are Acme.", None).await;
        assert_eq!(answer(&events), "Hello from the scripted model.");
        assert_eq!(desk.context(&conversation).await, json!({}));
    }
    // twice each, never more
    assert_eq!(desk.app.upstream.extracted().len(), 8);
    desk.app
        .upstream
        .extracts(|_, _| Script::default().text("{").cut());
    let (events, _) = desk.chat("We are Acme.", None).await;
    assert_eq!(answer(&events), "Hello from the scripted model.");
}

#[tokio::test]
async fn the_provider_is_held_to_the_schema_and_what_it_takes_counts() {
    let desk = Desk::open("sales_agent", "startup", json!({}), &[]).await;
    let (events, _) = desk.chat("We are Acme.", None).await;
    let request = desk.app.upstream.extracted().pop().unwrap();
    let format = &request["response_format"];
    assert_eq!(format["type"], "json_schema");
    assert_eq!(format["json_schema"]["strict"], true);
    assert_eq!(
        format["json_schema"]["schema"]["additionalProperties"],
        false
    );
    // two calls of 11 and 7 tokens each
    assert_eq!(
        events.last().unwrap()["usage"],
        json!({"inputTokens": 22, "outputTokens": 14})
    );
}
