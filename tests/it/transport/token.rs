//! Tokens bypass the executor: over every transport they equal the executor's output, byte for byte.

use futures::StreamExt;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use super::{
    event_stream::next_events,
    support::{Reply, Server},
};
use crate::support::{PATIENCE, Script};

/// Characters that JSON escapes, that it does not escape, and that consist of several code points.
const PIECES: [&str; 6] = [
    "She said \"no\" \\o/",
    "\r\n\t\u{8}\u{c}",
    "\0\u{1}\u{1f}\u{7f}",
    "\u{2028}\u{2029}\u{feff}",
    " 👩‍👩‍👧 Grüße",
    "</script> data:\n\nevent: complete",
];

/// The run's events with aliases, fragments, conditions and a repeated key; `PADDING` is replaced by more selections.
const FOLLOW: &str = "
    query Other { __typename }
    subscription Follow($run: ID!, $yes: Boolean!) { ...Root }
    fragment Root on Subscription {
        mine: runEvents(runId: $run) {
            kind: __typename
            ...Place
            ... on TokenDelta { offset @skip(if: $yes) text again: text ...Text PADDING }
            ... on ReasoningDelta { thought: text }
            ... on RunStarted { attempt run { id } text: attempt }
            ... on RunSucceeded { message { text } again: sequence }
            ... @include(if: true) { at }
            ... @skip(if: true) { ...Text }
        }
    }
    fragment Text on TokenDelta { text offset utf16Offset }
    fragment Place on RunEvent { sequence place: cursor ... on RunEvent { runId sequence } }";

fn payload(run: &str, padding: &str) -> Value {
    json!({
        "query": FOLLOW.replace("PADDING", padding),
        "operationName": "Follow",
        "variables": { "run": run, "yes": true },
    })
}

async fn over_websocket(server: &Server, payload: &Value) -> Vec<String> {
    let mut socket = server.ready_socket().await;
    let subscribe = json!({ "id": "\"1\"", "type": "subscribe", "payload": payload });
    socket.send(subscribe).await;
    let mut answers = Vec::new();
    loop {
        let frame = tokio::time::timeout(PATIENCE, socket.0.next()).await;
        let Message::Text(text) = frame.unwrap().unwrap().unwrap() else {
            continue;
        };
        if text.as_str() == r#"{"type":"complete","id":"\"1\""}"# {
            return answers;
        }
        let answer = text
            .strip_prefix(r#"{"type":"next","id":"\"1\"","payload":"#)
            .and_then(|text| text.strip_suffix('}'));
        answers.push(answer.unwrap_or_else(|| panic!("{text}")).to_owned());
    }
}

async fn over_http(server: &Server, accept: &str, payload: &Value) -> String {
    let response = server.stream_of_body(&server.key, accept, payload).await;
    Reply::of(response).await.text
}

async fn over_events(server: &Server, payload: &Value) -> Vec<String> {
    let text = over_http(server, "text/event-stream", payload).await;
    let events = next_events(&text).into_iter();
    events.map(|event| event.data).collect()
}

async fn over_multipart(server: &Server, payload: &Value) -> Vec<String> {
    let text = over_http(server, "multipart/mixed;subscriptionSpec=1.0", payload).await;
    text.strip_prefix("\r\n--graphql")
        .and_then(|text| text.strip_suffix("\r\n--graphql--\r\n"))
        .unwrap()
        .split("\r\n--graphql")
        .map(|part| {
            part.strip_prefix("\r\ncontent-type: application/json\r\n\r\n{\"payload\":")
                .and_then(|part| part.strip_suffix('}'))
                .unwrap()
                .to_owned()
        })
        .collect()
}

#[tokio::test]
async fn token_events_are_the_same_bytes_over_every_transport_and_path() {
    let server = Server::start().await;
    server.app.upstream.will(Script::says(&PIECES));
    let run = server.ended_run().await;
    // A selection with this many fields is left to the executor.
    let executed = payload(&run, &"text ".repeat(600));
    let expected = over_events(&server, &executed).await;
    for payload in [&executed, &payload(&run, "")] {
        assert_eq!(over_websocket(&server, payload).await, expected);
        assert_eq!(over_events(&server, payload).await, expected);
        assert_eq!(over_multipart(&server, payload).await, expected);
    }
    let events: Vec<Value> = expected
        .iter()
        .map(|answer| serde_json::from_str(answer).unwrap())
        .collect();
    let events: Vec<_> = events.iter().map(|event| &event["data"]["mine"]).collect();
    assert_eq!(events[1]["run"]["id"], run);
    let tokens: Vec<_> = events
        .iter()
        .filter(|event| event["kind"] == "TokenDelta")
        .collect();
    let said: String = tokens
        .iter()
        .map(|token| token["text"].as_str().unwrap())
        .collect();
    // NUL is the only character that is removed.
    assert_eq!(said, PIECES.concat().replace('\0', ""));
    for token in tokens {
        assert_eq!(token["runId"], run);
        let keys: Vec<_> = token.as_object().unwrap().keys().collect();
        assert_eq!(keys.len(), 9, "{keys:?}");
    }
}

#[tokio::test]
async fn an_invalid_selection_is_refused_even_when_partly_supported() {
    let server = Server::start().await;
    let run = server.ended_run().await;
    let mut socket = server.ready_socket().await;
    for selection in [
        "sequence nothing",
        "... on TokenDelta { text } ... on Agent { id }",
        "text",
        "a: sequence a: runId",
        "... on TokenDelta { text(length: 1) }",
        "... on TokenDelta { text { length } }",
        "sequence @nothing",
        "...Nothing",
    ] {
        let query = format!("subscription {{ runEvents(runId: \"{run}\") {{ {selection} }} }}");
        socket.subscribe("1", &query).await;
        let refused = socket.next().await;
        assert_eq!(refused["type"], "error", "{selection}: {refused}");
        assert_eq!(
            refused["payload"][0]["extensions"]["code"], "GRAPHQL_VALIDATION_FAILED",
            "{selection}"
        );
    }
}
