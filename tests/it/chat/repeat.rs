//! The same message twice.

use futures::future::join_all;
use serde_json::json;

use super::{
    CHAT, SEND, ask, conversation_of, conversations, ended, events, exchange, kinds, read_to, said,
    send, text,
};
use crate::support::{Reply, Script, TestApp};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_chats_with_one_key_follow_one_run() {
    let app = TestApp::start().await;
    let pieces = ["Wir", " sehen", " das", " Gleiche", " 👀"];
    app.upstream.will(
        pieces
            .iter()
            .fold(Script::default(), |script, piece| script.gate().text(piece))
            .gate()
            .done(),
    );
    let input = json!({"input": {"message": "Hallo", "clientMessageId": "one"}});
    let member = &app.home.member;
    let (mut left, mut right) = futures::join!(
        member.subscribe(CHAT, input.clone()),
        member.subscribe(CHAT, input)
    );
    let mut seen = [Vec::new(), Vec::new()];
    for kind in ["AgentSelected"]
        .into_iter()
        .chain(pieces.iter().map(|_| "TokenDelta"))
    {
        let (one, other) = futures::join!(
            read_to(kind, "chat", &mut left),
            read_to(kind, "chat", &mut right)
        );
        seen[0].extend(one);
        seen[1].extend(other);
        app.upstream.release(1);
    }
    let (one, other) = futures::join!(left.rest(), right.rest());
    seen[0].extend(events("chat", &one));
    seen[1].extend(events("chat", &other));
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0].len(), 3 + pieces.len() + 1);
    assert_eq!(text(&seen[0]), pieces.concat());
    assert_eq!(app.upstream.asked().len(), 1);
    assert_eq!(conversations(member).await, 1);
    assert_eq!(
        said(member, &conversation_of(&seen[0])).await,
        exchange("Hallo", &pieces.concat())
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_messages_with_one_key_are_one_run() {
    let app = TestApp::start().await;
    let member = &app.home.member;
    let sent = join_all((0..20).map(|_| {
        send(
            member,
            json!({"message": "Hallo", "clientMessageId": "one"}),
        )
    }))
    .await;
    assert!(sent.iter().all(|ids| *ids == sent[0]), "{sent:?}");
    ended(member, &sent[0].0).await;
    assert_eq!(app.upstream.asked().len(), 1);
    assert_eq!(conversations(member).await, 1);
    // The same in an existing conversation.
    let input = json!({"message": "Hallo", "clientMessageId": "two", "conversationId": sent[0].1});
    let again = join_all((0..20).map(|_| send(member, input.clone()))).await;
    assert!(again.iter().all(|ids| *ids == again[0]), "{again:?}");
    assert_ne!(again[0].0, sent[0].0);
    ended(member, &again[0].0).await;
    assert_eq!(said(member, &sent[0].1).await.len(), 4);
    // The same key in another account is independent.
    assert_ne!(
        send(
            &app.stranger.member,
            json!({"message": "Hallo", "clientMessageId": "one"})
        )
        .await
        .0,
        sent[0].0
    );
}

#[tokio::test]
async fn a_key_with_another_text_is_a_conflict() {
    let app = TestApp::start().await;
    let member = &app.home.member;
    let (id, _) = send(
        member,
        json!({"message": "Hallo", "clientMessageId": "one"}),
    )
    .await;
    let input = json!({"input": {"message": "Hello", "clientMessageId": "one"}});
    assert_eq!(member.ask(SEND, input.clone()).await.code(), "CONFLICT");
    ended(member, &id).await;
    let refused = member.subscribe(CHAT, input).await.rest().await;
    assert_eq!(
        refused.iter().map(Reply::code).collect::<Vec<_>>(),
        ["CONFLICT"]
    );
    assert_eq!(app.upstream.asked().len(), 1);
}

#[tokio::test]
async fn a_repeated_chat_after_the_end_replays_the_run() {
    let app = TestApp::start().await;
    let input = json!({"message": "Hallo", "clientMessageId": "one"});
    let live = ask(&app.home.member, input.clone()).await;
    let replayed = ask(&app.home.member, input).await;
    assert_eq!(kinds(&replayed), kinds(&live));
    assert_eq!(text(&replayed), text(&live));
    assert_eq!(replayed.last(), live.last());
    assert_eq!(app.upstream.asked().len(), 1);
}

#[tokio::test]
async fn a_chat_with_an_invalid_cursor_sends_no_message() {
    let app = TestApp::start().await;
    let member = &app.home.member;
    let other = ask(
        member,
        json!({"message": "Hallo", "clientMessageId": "other"}),
    )
    .await;
    let foreign = ask(&app.stranger.member, json!({"message": "Hallo"})).await;
    for cursor in [
        &json!(""),
        &json!("nonsense"),
        &other[2]["cursor"],
        &foreign[0]["cursor"],
    ] {
        let input = json!({"message": "Hello", "clientMessageId": "fresh"});
        let refused = member
            .subscribe(CHAT, json!({"input": input, "after": cursor}))
            .await
            .rest()
            .await;
        let refused: Vec<_> = refused
            .iter()
            .map(|reply| (reply.code(), reply.problem_paths()))
            .collect();
        assert_eq!(refused, [("BAD_USER_INPUT", vec!["after"])], "{cursor}");
    }
    assert_eq!(conversations(member).await, 1);
    assert_eq!(app.upstream.asked().len(), 2);
}
