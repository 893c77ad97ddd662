//! More messages than an account may send.

use serde_json::{Value, json};

use super::{CHAT, SEND, conversations, ended, send};
use crate::support::{Client, Reply, Script, TestApp, until};

fn input(key: &str) -> Value {
    json!({"message": "Hello", "clientMessageId": key})
}

async fn refused(client: &Client, key: &str) -> Reply {
    let reply = client.ask(SEND, json!({"input": input(key)})).await;
    assert_eq!(reply.code(), "RATE_LIMITED", "{reply:?}");
    reply
}

fn retry_after(reply: &Reply) -> &Value {
    &reply.0["errors"][0]["extensions"]["retryAfterSeconds"]
}

#[tokio::test]
async fn messages_over_the_rate_are_refused_with_retry_after_and_repeats_do_not_count() {
    let app = TestApp::with(&[
        ("TROUPE_LIMITS_MESSAGES_PER_MINUTE", "1"),
        ("TROUPE_LIMITS_MESSAGE_BURST", "2"),
    ])
    .await;
    let member = &app.home.member;
    let (first, _) = send(member, input("1")).await;
    // A repeated message counts once, however often it is sent.
    for _ in 0..5 {
        assert_eq!(send(member, input("1")).await.0, first);
    }
    let (second, _) = send(member, input("2")).await;

    let reply = refused(member, "3").await;
    assert!(
        (1..=60).contains(&retry_after(&reply).as_u64().unwrap()),
        "{reply:?}"
    );
    assert!(
        reply.message().starts_with(
            "too many messages: an account may have 1 a minute, 2 of them at once; try again in "
        ),
        "{reply:?}"
    );
    // Also with another key of the account, and by subscription.
    refused(&app.home.admin, "3").await;
    let chat = json!({"input": input("3")});
    let refused: Vec<_> = member.subscribe(CHAT, chat).await.rest().await;
    let codes: Vec<_> = refused.iter().map(Reply::code).collect();
    assert_eq!(codes, ["RATE_LIMITED"]);

    assert_eq!(send(member, input("1")).await.0, first);
    assert_eq!(send(member, input("2")).await.0, second);
    send(&app.stranger.member, input("3")).await;
    assert_eq!(
        conversations(member).await,
        2,
        "what is refused is not stored"
    );
}

#[tokio::test]
async fn the_number_of_queued_runs_of_an_account_is_bounded() {
    let app = TestApp::with(&[("TROUPE_LIMITS_RUNS_QUEUED_PER_ACCOUNT", "2")]).await;
    let member = &app.home.member;
    for _ in 0..2 {
        app.upstream.will(Script::default().hang());
    }
    let (first, _) = send(member, input("1")).await;
    let (second, _) = send(member, input("2")).await;
    let reply = refused(member, "3").await;
    assert_eq!(
        reply.message(),
        "2 runs of this account wait already or are being answered, at most 2 may; wait until some have ended, or cancel \
         them"
    );
    assert_eq!(*retry_after(&reply), Value::Null);
    assert_eq!(send(member, input("2")).await.0, second);

    until("both are being answered", || async {
        app.upstream.open() == 2
    })
    .await;
    let cancel = "mutation($id: ID!) { cancelRun(input: {runId: $id}) { run { id } } }";
    member.ok(cancel, json!({"id": first})).await;
    ended(member, &first).await;
    let (third, _) = send(member, input("3")).await;
    ended(member, &third).await;
}
