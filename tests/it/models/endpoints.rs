//! Several endpoints of one model.

use serde_json::json;

use super::{chat, count};
use crate::{
    chat::{ended, send, text},
    support::{Script, TestApp, Upstream, until},
};

const ANSWER: &str = "Hello from the scripted model.";

async fn with_two_endpoints() -> (Upstream, Upstream, TestApp) {
    let (east, west) = (Upstream::start().await, Upstream::start().await);
    let yaml = format!(
        "
models:
  default: both
  chat:
    both:
      provider: openai
      endpoints:
        east: {{ base_url: '{}' }}
        west: {{ base_url: '{}' }}
",
        east.url, west.url
    );
    let app = TestApp::configured(&yaml, &[]).await;
    (east, west, app)
}

#[tokio::test]
async fn the_endpoint_with_the_fewest_outstanding_requests_is_asked() {
    let (east, west, app) = with_two_endpoints().await;
    let member = &app.home.member;
    let mut runs = Vec::new();
    for _ in 0..4 {
        let slow = Script::default().gate().text(ANSWER).done();
        east.will(slow.clone());
        west.will(slow);
    }
    for asked in 1..=4 {
        runs.push(send(member, json!({"message": "Hello?"})).await.0);
        until("the model is asked", async || {
            east.open() + west.open() == asked
        })
        .await;
    }
    assert_eq!((east.open(), west.open()), (2, 2));
    // the endpoint that is free again gets the next two
    east.release(2);
    until("one endpoint is free", async || east.open() == 0).await;
    for asked in 1..=2 {
        runs.push(send(member, json!({"message": "Hello?"})).await.0);
        until("the free endpoint is asked", async || east.open() == asked).await;
    }
    assert_eq!((count(&east), count(&west)), (4, 2));
    east.release(2);
    west.release(2);
    for run in runs {
        assert_eq!(ended(member, &run).await["message"]["text"], ANSWER);
    }
}

#[tokio::test]
async fn an_endpoint_that_fails_is_asked_last() {
    let (east, west, app) = with_two_endpoints().await;
    let error = json!({"error": {"message": "no", "code": "invalid_api_key"}});
    east.will(Script::refuses(401, None, error));
    let agent = &app.home.agent;
    let mut answers = 0;
    while count(&east) == 0 {
        assert_eq!(text(&chat(&app.home.member, agent).await), ANSWER);
        answers += 1;
    }
    assert_eq!(count(&west), answers, "the other endpoint has answered");
    for _ in 0..4 {
        assert_eq!(text(&chat(&app.home.member, agent).await), ANSWER);
    }
    assert_eq!(count(&east), 1);
    // it is asked when the other one fails too
    let error = json!({"error": {"message": "no", "code": "server_error"}});
    west.will(Script::refuses(500, None, error));
    assert_eq!(text(&chat(&app.home.member, agent).await), ANSWER);
    assert_eq!(count(&east), 2);
}
