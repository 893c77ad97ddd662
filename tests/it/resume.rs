//! Readers that come late, reconnect, or are slow.

use serde_json::{Value, json};

use crate::{
    agent::create,
    chat::{
        CHAT, CONVERSATION_EVENTS, RUN_EVENTS, ask, ended, events, kinds, read_to, run, send, text,
    },
    support::{Client, Reply, Script, TestApp, until},
    template::{publish, template},
};

/// A model with room for a very long answer.
const ROOMY: &str =
    "models: {default: roomy, chat: {roomy: {provider: openai, context_tokens: 1000000}}}";

/// The kinds of the events of a run without knowledge and tools.
const ONE_RUN: [&str; 5] = [
    "MessageAdded",
    "RunStarted",
    "AgentSelected",
    "TokenDelta",
    "RunSucceeded",
];

/// Checks that each event follows the one before it; events are compared within their run.
fn assert_nothing_twice(events: &[Value]) {
    let mut last: Option<(&Value, i64)> = None;
    for event in events {
        let sequence = event["sequence"].as_i64().unwrap();
        if let Some((run, before)) = last.filter(|(run, _)| **run == event["runId"]) {
            assert!(before < sequence, "{run}: {sequence} after {before}");
        }
        last = Some((&event["runId"], sequence));
    }
}

async fn run_events(client: &Client, run: &Value, after: Option<&Value>) -> Vec<Value> {
    events(
        "runEvents",
        &client
            .subscribe(RUN_EVENTS, json!({"id": run, "after": after}))
            .await
            .rest()
            .await,
    )
}

#[tokio::test]
async fn a_connection_killed_fifty_times_loses_nothing_and_repeats_nothing() {
    let app = TestApp::start().await;
    let member = &app.home.member;
    let pieces: Vec<String> = (0..150).map(|number| format!("{number}→✓ ")).collect();
    app.upstream.will(
        pieces
            .iter()
            .fold(Script::default(), |script, piece| script.gate().text(piece))
            .gate()
            .done(),
    );
    let message = json!({"message": "Count.", "clientMessageId": "count"});
    let mut seen = events_until_cut(
        member.subscribe(CHAT, json!({"input": message})).await,
        "chat",
        2,
    )
    .await;
    for round in 0..50 {
        app.upstream.release(if round % 7 == 0 { 3 } else { 2 });
        let after = seen.last().unwrap()["cursor"].clone();
        // In some rounds the connection ends before the reader has read an event.
        let wanted = usize::from(round % 5 != 4);
        if round % 2 == 0 {
            let stream = member
                .subscribe(CHAT, json!({"input": message, "after": after}))
                .await;
            seen.extend(events_until_cut(stream, "chat", wanted).await);
        } else {
            let stream = member
                .subscribe(RUN_EVENTS, json!({"id": seen[0]["runId"], "after": after}))
                .await;
            seen.extend(events_until_cut(stream, "runEvents", wanted).await);
        }
    }
    assert_eq!(app.upstream.open(), 1, "the answer is still under way");
    app.upstream.release(pieces.len());
    let after = seen.last().unwrap()["cursor"].clone();
    seen.extend(run_events(member, &seen[0]["runId"].clone(), Some(&after)).await);
    assert_nothing_twice(&seen);
    assert_eq!(kinds(&seen), ONE_RUN);
    assert_eq!(text(&seen), pieces.concat());
    assert_eq!(seen.last().unwrap()["message"]["text"], pieces.concat());
    assert_eq!(app.upstream.asked().len(), 1);
}

/// Reads this number of events and breaks the connection.
async fn events_until_cut(
    mut stream: crate::support::Stream,
    field: &str,
    wanted: usize,
) -> Vec<Value> {
    let mut seen = Vec::new();
    for _ in 0..wanted {
        seen.push(stream.next().await.unwrap());
    }
    drop(stream);
    events(field, &seen)
}

#[tokio::test]
async fn events_of_an_ended_run_are_read_from_any_cursor() {
    let app = TestApp::start().await;
    let member = &app.home.member;
    let pieces = ["a", "b", "c", "d", "e"];
    app.upstream.will(
        pieces
            .iter()
            .fold(Script::default(), |script, piece| script.gate().text(piece))
            .done(),
    );
    let mut stream = member
        .subscribe(CHAT, json!({"input": {"message": "Spell."}}))
        .await;
    let mut live = read_to("AgentSelected", "chat", &mut stream).await;
    for _ in pieces {
        app.upstream.release(1);
        live.extend(read_to("TokenDelta", "chat", &mut stream).await);
    }
    live.extend(events("chat", &stream.rest().await));
    assert_eq!(live.len(), 3 + pieces.len() + 1);
    let id = &live[0]["runId"];
    for reader in [member, &app.home.reader] {
        let whole = run_events(reader, id, None).await;
        assert_eq!((kinds(&whole), text(&whole)), (kinds(&live), text(&live)));
        assert_eq!(whole.last(), live.last());
        for (place, event) in live.iter().enumerate() {
            let rest = run_events(reader, id, Some(&event["cursor"])).await;
            let both: Vec<Value> = live[..=place].iter().chain(&rest).cloned().collect();
            assert_nothing_twice(&both);
            assert_eq!(
                (kinds(&both), text(&both)),
                (kinds(&live), text(&live)),
                "after {event}"
            );
            assert_eq!(both.last(), live.last());
        }
    }
}

#[tokio::test]
async fn a_reader_of_a_running_run_gets_earlier_and_later_events() {
    let app = TestApp::start().await;
    let member = &app.home.member;
    app.upstream.will(
        Script::default()
            .text("past")
            .gate()
            .text(" and future")
            .done(),
    );
    let mut first = member
        .subscribe(CHAT, json!({"input": {"message": "When?"}}))
        .await;
    let past = read_to("TokenDelta", "chat", &mut first).await;
    let mut second = member
        .subscribe(RUN_EVENTS, json!({"id": past[0]["runId"]}))
        .await;
    assert_eq!(read_to("TokenDelta", "runEvents", &mut second).await, past);
    app.upstream.release(1);
    let (first, second) = futures::join!(first.rest(), second.rest());
    assert_eq!(events("chat", &first), events("runEvents", &second));
    assert_eq!(
        text(&[past, events("chat", &first)].concat()),
        "past and future"
    );
}

#[tokio::test]
async fn a_cursor_of_another_stream_is_refused() {
    let app = TestApp::start().await;
    let member = &app.home.member;
    let mine = ask(member, json!({"message": "a"})).await;
    let other = ask(member, json!({"message": "b"})).await;
    let foreign = ask(&app.stranger.member, json!({"message": "c"})).await;
    let beyond = forged(&mine, 1_000);
    let before = forged(&mine, -1);
    let last = other.last().unwrap()["cursor"].as_str().unwrap();
    let cursors = [
        last,
        foreign[0]["cursor"].as_str().unwrap(),
        "",
        "garbage",
        "ÿ",
        "AAAA",
        &last[1..],
        &format!("{last}AA"),
        &beyond,
        &before,
    ];
    for cursor in cursors {
        let refused = member
            .subscribe(RUN_EVENTS, json!({"id": mine[0]["runId"], "after": cursor}))
            .await
            .rest()
            .await;
        let refused: Vec<_> = refused
            .iter()
            .map(|reply| (reply.code(), reply.problem_paths()))
            .collect();
        assert_eq!(refused, [("BAD_USER_INPUT", vec!["after"])], "{cursor}");
    }
    let conversation = &mine[0]["run"]["conversation"]["id"];
    for cursor in cursors {
        let refused = member
            .subscribe(
                CONVERSATION_EVENTS,
                json!({"id": conversation, "after": cursor}),
            )
            .await
            .rest()
            .await;
        let refused: Vec<_> = refused
            .iter()
            .map(|reply| (reply.code(), reply.problem_paths()))
            .collect();
        assert_eq!(refused, [("BAD_USER_INPUT", vec!["after"])], "{cursor}");
    }
}

/// The cursor of the run's first event with another sequence.
fn forged(events: &[Value], sequence: i64) -> String {
    use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
    let mut bytes = BASE64_URL_SAFE_NO_PAD
        .decode(events[0]["cursor"].as_str().unwrap())
        .unwrap();
    bytes.splice(16.., sequence.to_be_bytes());
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

#[tokio::test]
async fn an_unknown_or_foreign_run_has_no_events() {
    let app = TestApp::start().await;
    let foreign = ask(&app.stranger.member, json!({"message": "c"})).await;
    let ids = [
        (&foreign[0]["runId"], RUN_EVENTS),
        (
            &foreign[0]["run"]["conversation"]["id"],
            CONVERSATION_EVENTS,
        ),
    ];
    for (id, query) in ids {
        let refused = app
            .home
            .member
            .subscribe(query, json!({"id": id}))
            .await
            .rest()
            .await;
        assert_eq!(
            refused.iter().map(Reply::code).collect::<Vec<_>>(),
            ["NOT_FOUND"]
        );
    }
    for query in [RUN_EVENTS, CONVERSATION_EVENTS] {
        let refused = app
            .home
            .member
            .subscribe(query, json!({"id": app.home.agent}))
            .await
            .rest()
            .await;
        assert_eq!(
            refused.iter().map(Reply::code).collect::<Vec<_>>(),
            ["BAD_USER_INPUT"]
        );
    }
}

#[tokio::test]
async fn a_second_device_sees_every_run_of_a_conversation_and_resumes_between_runs() {
    let app = TestApp::start().await;
    let member = &app.home.member;
    app.upstream.will(Script::says(&["before it looked"]));
    app.upstream
        .will(Script::default().text("one").gate().text(" and").done());
    app.upstream.will(Script::says(&["two"]));
    let (before, conversation) = send(member, json!({"message": "0?"})).await;
    ended(member, &before).await;
    let (first, _) = send(
        member,
        json!({"message": "1?", "conversationId": conversation}),
    )
    .await;
    let follow = async |after: Option<&Value>| {
        member
            .subscribe(
                CONVERSATION_EVENTS,
                json!({"id": conversation, "after": after}),
            )
            .await
    };
    // Without a cursor, the subscription starts with the run that is being answered.
    let mut device = follow(None).await;
    let mut seen = read_to("TokenDelta", "conversationEvents", &mut device).await;
    assert_eq!(seen[0]["runId"], first);
    app.upstream.release(1);
    seen.extend(read_to("RunSucceeded", "conversationEvents", &mut device).await);
    let (second, _) = send(
        member,
        json!({"message": "2?", "conversationId": conversation}),
    )
    .await;
    seen.extend(read_to("RunSucceeded", "conversationEvents", &mut device).await);
    drop(device);
    assert_nothing_twice(&seen);
    assert_eq!(kinds(&seen), [ONE_RUN, ONE_RUN].concat());
    let of_second = seen
        .iter()
        .position(|event| event["runId"] == second)
        .unwrap();
    assert_eq!(
        (text(&seen[..of_second]), text(&seen[of_second..])),
        ("one and".to_owned(), "two".to_owned())
    );
    for place in 0..seen.len() - 1 {
        let mut again = follow(Some(&seen[place]["cursor"])).await;
        let mut both = seen[..=place].to_vec();
        if place < of_second - 1 {
            both.extend(read_to("RunSucceeded", "conversationEvents", &mut again).await);
        }
        both.extend(read_to("RunSucceeded", "conversationEvents", &mut again).await);
        assert_nothing_twice(&both);
        assert_eq!(kinds(&both), kinds(&seen), "after {place}");
        assert_eq!(text(&both), "two");
    }
}

#[tokio::test]
async fn a_conversations_stream_ends_with_the_conversation() {
    let app = TestApp::start().await;
    let member = &app.home.member;
    let (first, conversation) = send(member, json!({"message": "1?"})).await;
    ended(member, &first).await;
    let device = member
        .subscribe(CONVERSATION_EVENTS, json!({"id": conversation}))
        .await;
    member
        .ok(
            "mutation($id: ID!) { deleteConversation(input: {id: $id}) { deletedId } }",
            json!({"id": conversation}),
        )
        .await;
    // A late reader receives no events at all.
    let rest = device.rest().await;
    assert!(
        rest.iter().all(|reply| reply.code() == "NOT_FOUND"),
        "{rest:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_reader_gets_merged_token_events() {
    const PIECES: usize = 2_000;
    // more than the buffers of a connection take, and less than the limit of an answer
    let app = TestApp::configured(ROOMY, &[("TROUPE_RUNS_MAX_OUTPUT_TOKENS", "200000")]).await;
    let member = &app.home.member;
    let mut template = template("talker", "1.0.0");
    template["configSchema"]["properties"]["maxOutputTokens"] =
        json!({"type": "integer", "description": "The limit of an answer."});
    publish(&app.operator, template).await.data();
    let talker = json!({
        "template": "talker", "tier": "standard", "name": "Talker", "configuration": {"maxOutputTokens": 200_000},
    });
    let agent = create(&app.home.admin, talker).await;
    let piece = |number: usize| format!("{number:04}{}", "😀".repeat(780));
    app.upstream.will(
        (0..PIECES)
            .fold(Script::default(), |script, number| {
                script.gate().text(&piece(number))
            })
            .done(),
    );
    let question = json!({"message": "Tell me everything.", "agentId": agent["id"]});
    let (id, _) = send(member, question).await;
    let straw = member
        .subscribe_through_a_straw(RUN_EVENTS, json!({"id": id}))
        .await;
    let mut fast = member.subscribe(RUN_EVENTS, json!({"id": id})).await;
    let mut live = read_to("AgentSelected", "runEvents", &mut fast).await;
    for _ in 0..PIECES {
        app.upstream.release(1);
        live.extend(read_to("TokenDelta", "runEvents", &mut fast).await);
    }
    live.extend(events("runEvents", &fast.rest().await));
    until("the run has ended", || async {
        !run(member, &id).await["finishedAt"].is_null()
    })
    .await;
    let late = events("runEvents", &straw.rest().await);
    assert_nothing_twice(&late);
    assert_eq!(kinds(&late), kinds(&live));
    assert!(
        late.len() * 2 < live.len(),
        "{} events of {}",
        late.len(),
        live.len()
    );
    let whole: String = (0..PIECES).map(piece).collect();
    assert!(text(&late) == whole, "the text is not whole");
    assert!(text(&live) == whole, "the text is not whole");
    assert_eq!(
        late.last().unwrap()["sequence"],
        live.last().unwrap()["sequence"]
    );
}
