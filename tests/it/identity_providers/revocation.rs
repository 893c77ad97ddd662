//! The end of tokens: they expire, are revoked with their end user, or go with their provider.

use serde_json::{Value, json};

use super::{REMOVE, Stage, VIEWER, provider::in_seconds};
use crate::{
    caller::{Caller, Heard, Socket},
    support::{Script, until},
};

const REVOKE: &str = "mutation { revokeSessions(input: {endUser: \"ada\"}) { revoked } }";
const CHAT: &str =
    "subscription { chat(input: {message: \"Hello\", clientMessageId: \"1\"}) { __typename } }";

/// A socket on which an answer hangs.
async fn waiting_chat(stage: &Stage, token: &str) -> Socket {
    stage
        .app
        .upstream
        .will(Script::default().text("Hello").hang());
    let caller = Caller::nobody(&stage.app).with_key(token);
    let mut socket = caller.subscribe(CHAT, json!({})).await;
    loop {
        match socket.hear().await {
            Heard::Answer(answer) if answer["data"]["chat"]["__typename"] == "RunStarted" => {
                return socket;
            }
            Heard::Answer(answer) => assert!(answer.get("errors").is_none(), "{answer}"),
            other => panic!("the chat has not begun: {other:?}"),
        }
    }
}

/// The message of the error that ended the operation, and the code that the socket was closed with.
async fn end_of(socket: &mut Socket) -> (String, u16) {
    let mut why = String::new();
    loop {
        match socket.hear().await {
            Heard::Answer(answer) if answer.get("errors").is_some() => {
                let error: &Value = &answer["errors"][0];
                assert_eq!(error["extensions"]["code"], "UNAUTHENTICATED");
                error["message"].as_str().unwrap().clone_into(&mut why);
            }
            Heard::Closed(code) => return (why, code),
            Heard::Answer(_) | Heard::Acknowledged | Heard::Complete => {}
        }
    }
}

#[tokio::test]
async fn a_token_that_expires_ends_its_socket() {
    let skew = ("TROUPE_IDENTITY_PROVIDERS_CLOCK_SKEW_SECONDS", "0");
    let stage = Stage::with(&[skew], &json!({})).await;
    let token = stage.token("ada", &json!({"exp": in_seconds(10)}));
    let mut socket = waiting_chat(&stage, &token).await;
    assert_eq!(
        end_of(&mut socket).await,
        ("token expired".to_owned(), 4403)
    );
    assert_eq!(stage.refusal(&token).await, "the token has expired");
}

#[tokio::test]
async fn the_tokens_of_an_end_user_are_revoked_and_later_ones_are_not() {
    let stage = Stage::set().await;
    let earlier = json!({"iat": in_seconds(-5)});
    let (ada, bob) = (stage.token("ada", &earlier), stage.token("bob", &earlier));
    let undated = stage.token("ada", &json!({"iat": null}));
    for token in [&ada, &bob, &undated] {
        assert!(stage.accepts(token).await);
    }
    let mut socket = waiting_chat(&stage, &ada).await;
    let revoked = stage.app.home.admin.ok(REVOKE, json!({})).await;
    assert_eq!(revoked["revokeSessions"]["revoked"], 0);
    assert_eq!(stage.refusal(&ada).await, "the token was revoked");
    assert_eq!(
        end_of(&mut socket).await,
        ("token revoked".to_owned(), 4401)
    );
    assert_eq!(stage.refusal(&undated).await, "the token was revoked");
    let another = stage.token("ada", &json!({"iat": in_seconds(-4)}));
    assert_eq!(stage.refusal(&another).await, "the token was revoked");
    assert!(stage.accepts(&bob).await);
    let later = stage.token("ada", &json!({"iat": in_seconds(2)}));
    assert!(stage.accepts(&later).await);
    // at once, although the revocation is fresh
    let caller = Caller::nobody(&stage.app).with_key(&later);
    let mut socket = caller.connect().await;
    assert_eq!(socket.hear().await, Heard::Acknowledged);
    let log = stage.app.audit_log(&stage.app.home.id).await;
    assert!(
        log.iter()
            .any(|entry| entry.note.action == "revokeSessions")
    );
}

#[tokio::test]
async fn a_removed_provider_ends_its_tokens() {
    let stage = Stage::set().await;
    let token = stage.token("ada", &json!({}));
    let mut socket = waiting_chat(&stage, &token).await;
    let id = json!({"id": stage.id});
    stage.app.home.admin.ok(REMOVE, id).await;
    assert_eq!(
        end_of(&mut socket).await,
        ("token revoked".to_owned(), 4401)
    );
    let unknown = "the issuer (iss) and audience (aud) of the token are not those of a registered identity provider";
    assert_eq!(stage.refusal(&token).await, unknown);
    let fresh = stage.token("bob", &json!({}));
    assert_eq!(stage.refusal(&fresh).await, unknown);
    let people = "{ endUsers { nodes { externalId } } }";
    let people = stage.app.home.admin.ok(people, json!({})).await;
    assert_eq!(people["endUsers"]["nodes"], json!([{"externalId": "ada"}]));
}

#[tokio::test]
async fn a_revocation_reaches_every_process() {
    let stage = Stage::set().await;
    let second = stage.app.second(&[crate::tools::LOCAL]).await;
    let mut there = stage.client(&stage.token("ada", &json!({"iat": in_seconds(-5)})));
    there.moves_to(&second.url);
    there.ok(VIEWER, json!({})).await;
    stage.app.home.admin.ok(REVOKE, json!({})).await;
    until("the other process refuses the token", || async {
        there.ask(VIEWER, json!({})).await.message() == "the token was revoked"
    })
    .await;
}
