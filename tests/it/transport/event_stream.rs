//! Server-Sent Events: each event of a run has its cursor as id, and a client that reconnects with the last id resumes
//! after it.

use futures::StreamExt;
use reqwest::{
    Url,
    header::{ACCEPT, AUTHORIZATION},
};
use serde_json::{Value, json};

use super::support::{Reply, Server};
use crate::support::{PATIENCE, Script};

const EVENTS: &str = "text/event-stream";
const COMPLETE: &str = "event: complete\ndata:\n\n";

/// A `next` event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NextEvent {
    pub(super) id: Option<String>,
    pub(super) data: String,
}

impl NextEvent {
    fn of(text: &str) -> Self {
        let rest = text.strip_prefix("event: next\n");
        let rest = rest.unwrap_or_else(|| panic!("not a next event: {text}"));
        let (id, data) = match rest.strip_prefix("id: ") {
            Some(rest) => {
                let (id, data) = rest.split_once('\n').unwrap();
                (Some(id.to_owned()), data)
            }
            None => (None, rest),
        };
        Self {
            id,
            data: data.strip_prefix("data: ").unwrap().to_owned(),
        }
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.data).unwrap()
    }
}

/// The `next` events of a stream that has ended.
pub(super) fn next_events(text: &str) -> Vec<NextEvent> {
    let events = text.strip_suffix(COMPLETE);
    let events = events.unwrap_or_else(|| panic!("no end: {text}"));
    let events = events.split_terminator("\n\n");
    events
        .filter(|event| *event != ":")
        .map(NextEvent::of)
        .collect()
}

/// A client that sends the same request again, with the id of the last event that it has received.
struct Reader<'s> {
    server: &'s Server,
    method: &'static str,
    body: Value,
    last: Option<String>,
}

impl<'s> Reader<'s> {
    fn of(server: &'s Server, method: &'static str, body: Value) -> Self {
        Self {
            server,
            method,
            body,
            last: None,
        }
    }

    async fn request(&self) -> reqwest::Response {
        let request = if self.method == "GET" {
            let variables = self.body["variables"].to_string();
            let pairs = [
                ("query", self.body["query"].as_str().unwrap()),
                ("variables", &variables),
            ];
            let url = Url::parse_with_params(&self.server.url("/graphql"), pairs).unwrap();
            self.server
                .get(&format!("/graphql?{}", url.query().unwrap()))
        } else {
            self.server.post(&self.body)
        };
        let last = self.last.iter();
        let request = last.fold(request, |request, id| request.header("Last-Event-ID", id));
        let mut request = request.build().unwrap();
        let headers = request.headers_mut();
        headers.insert(ACCEPT, EVENTS.parse().unwrap());
        headers.insert(AUTHORIZATION, self.server.key.parse().unwrap());
        self.server.send(request).await
    }

    /// Reads this number of events, and drops the connection.
    async fn read(&mut self, wanted: usize) -> Vec<NextEvent> {
        let mut body = self.request().await.bytes_stream();
        let mut text = String::new();
        let mut events = Vec::new();
        while events.len() < wanted {
            let chunk = tokio::time::timeout(PATIENCE, body.next()).await.unwrap();
            let chunk = chunk
                .unwrap_or_else(|| panic!("ended early: {text}"))
                .unwrap();
            text += std::str::from_utf8(&chunk).unwrap();
            let complete = text.rfind("\n\n").map_or(0, |end| end + 2);
            let events_of = text[..complete].split_terminator("\n\n");
            events = events_of
                .filter(|event| event.starts_with("event: next"))
                .map(NextEvent::of)
                .collect();
        }
        events.truncate(wanted);
        self.remember(&events);
        events
    }

    async fn read_to_end(&mut self) -> Vec<NextEvent> {
        let text = Reply::of(self.request().await).await.text;
        let events = next_events(&text);
        self.remember(&events);
        events
    }

    fn remember(&mut self, events: &[NextEvent]) {
        let last = events.iter().rev().find_map(|event| event.id.clone());
        self.last = last.or_else(|| self.last.take());
    }
}

const CHAT: &str = "subscription($input: ChatInput!) { chat(input: $input) { sequence ... on TokenDelta { text } } }";

fn text_of(events: &[NextEvent]) -> String {
    let texts = events.iter().map(NextEvent::json);
    let texts = texts.map(|event| {
        event["data"]["chat"]["text"]
            .as_str()
            .unwrap_or("")
            .to_owned()
    });
    texts.collect()
}

#[tokio::test]
async fn a_chat_that_is_cut_at_every_event_resumes_with_the_next() {
    let server = Server::start().await;
    for method in ["GET", "POST"] {
        let pieces: Vec<String> = (0..20).map(|number| format!("{number} ✓ ")).collect();
        let script = pieces.iter();
        let script = script.fold(Script::default(), |script, piece| script.gate().text(piece));
        server.app.upstream.will(script.gate().done());
        let input = json!({ "message": "Count.", "clientMessageId": method });
        let body = json!({ "query": CHAT, "variables": { "input": input } });
        let mut reader = Reader::of(&server, method, body);
        // MessageAdded, RunStarted and AgentSelected
        let mut seen = reader.read(3).await;
        for _ in &pieces {
            server.app.upstream.release(1);
            seen.extend(reader.read(1).await);
        }
        server.app.upstream.release(1);
        seen.extend(reader.read_to_end().await);
        let sequences = seen
            .iter()
            .map(|event| event.json()["data"]["chat"]["sequence"].as_i64());
        let sequences: Vec<i64> = sequences.map(Option::unwrap).collect();
        assert!(
            sequences.is_sorted_by(|one, next| one < next),
            "{sequences:?}"
        );
        assert_eq!(text_of(&seen), pieces.concat(), "{method}");
    }
    assert_eq!(
        server.app.upstream.asked().len(),
        2,
        "each message was sent once"
    );
}

#[tokio::test]
async fn an_id_is_the_cursor_of_its_event_on_the_fast_path_and_in_the_executor() {
    let server = Server::start().await;
    server.app.upstream.will(Script::says(&["a", "b", "c"]));
    let run = server.ended_run().await;
    for padding in [1, 600] {
        let query = format!(
            "subscription {{ mine: runEvents(runId: \"{run}\") {{ place: cursor {} }} }}",
            "sequence ".repeat(padding)
        );
        let reply = Reply::of(server.stream(EVENTS, &query).await).await;
        let events = next_events(&reply.text);
        assert!(events.len() >= 4, "{}", reply.text);
        for event in events {
            assert_eq!(event.json()["data"]["mine"]["place"], json!(event.id));
        }
    }
    // other results have no id
    let query = Reply::of(server.stream(EVENTS, "{ __typename }").await).await;
    assert_eq!(next_events(&query.text)[0].id, None);
}

#[tokio::test]
async fn the_last_event_id_replaces_the_argument_after() {
    let server = Server::start().await;
    server.app.upstream.will(Script::says(&["a", "b", "c"]));
    let run = server.ended_run().await;
    let query = "subscription($run: ID!, $after: String) { runEvents(runId: $run, after: $after) { cursor } }";
    let body = |after: Option<&str>| json!({ "query": query, "variables": { "run": run, "after": after } });
    let all = Reader::of(&server, "POST", body(None)).read_to_end().await;
    let first = all[0].id.as_deref();
    let mut reader = Reader::of(&server, "POST", body(first));
    assert_eq!(reader.read_to_end().await, all[1..]);
    reader.last.clone_from(&all[1].id);
    assert_eq!(reader.read_to_end().await, all[2..]);
    // an event source that has received no event sends no id, or an empty one
    reader.last = Some(String::new());
    assert_eq!(reader.read_to_end().await, all[1..]);
}

#[tokio::test]
async fn a_conversation_resumes_in_the_run_of_the_last_event() {
    let server = Server::start().await;
    let member = &server.app.home.member;
    let (run, conversation) = crate::chat::send(member, json!({ "message": "One." })).await;
    crate::chat::ended(member, &run).await;
    let query = "subscription($id: ID!, $after: String) { conversationEvents(conversationId: $id, after: $after) { runId cursor } }";
    let first = "subscription($run: ID!) { runEvents(runId: $run) { cursor } }";
    let body = json!({ "query": first, "variables": { "run": run } });
    let all = Reader::of(&server, "POST", body).read_to_end().await;
    let body = json!({ "query": query, "variables": { "id": conversation } });
    for method in ["GET", "POST"] {
        let mut reader = Reader::of(&server, method, body.clone());
        reader.last.clone_from(&all[0].id);
        let rest = reader.read(all.len() - 1).await;
        assert!(
            rest.iter()
                .zip(&all[1..])
                .all(|(one, other)| one.id == other.id)
        );
    }
}

#[tokio::test]
async fn an_id_of_another_run_or_of_nothing_is_an_error_and_sends_nothing() {
    let server = Server::start().await;
    let (run, other) = (server.ended_run().await, server.ended_run().await);
    let query = "subscription($run: ID!) { runEvents(runId: $run) { cursor } }";
    let body = |run: &str| json!({ "query": query, "variables": { "run": run } });
    let foreign = Reader::of(&server, "POST", body(&other))
        .read_to_end()
        .await;
    let asked = server.app.upstream.asked().len();
    let chat = json!({ "query": CHAT, "variables": { "input": { "message": "Again?", "clientMessageId": "k" } } });
    for (body, last) in [
        (body(&run), foreign[0].id.clone()),
        (body(&run), Some("nothing".to_owned())),
        (chat, foreign[0].id.clone()),
    ] {
        let mut reader = Reader::of(&server, "POST", body);
        reader.last = last;
        let [refused] = reader.read_to_end().await.try_into().unwrap();
        let error = &refused.json()["errors"][0]["extensions"];
        assert_eq!(error["code"], "BAD_USER_INPUT", "{refused:?}");
        assert_eq!(error["problems"][0]["path"], "after", "{refused:?}");
        assert_eq!(refused.id, None);
    }
    assert_eq!(server.app.upstream.asked().len(), asked);
}

#[tokio::test]
async fn other_transports_ignore_the_last_event_id() {
    let server = Server::start().await;
    let run = server.ended_run().await;
    let query = "subscription($run: ID!) { runEvents(runId: $run) { cursor } }";
    let body = json!({ "query": query, "variables": { "run": run } });
    let accept = "multipart/mixed;subscriptionSpec=1.0";
    let whole = Reply::of(server.stream_of_body(&server.key, accept, &body).await).await;
    let mut request = server
        .post(&body)
        .header("last-event-id", "nothing")
        .build()
        .unwrap();
    let headers = request.headers_mut();
    headers.insert(ACCEPT, accept.parse().unwrap());
    headers.insert(AUTHORIZATION, server.key.parse().unwrap());
    let ignoring = Reply::of(server.send(request).await).await;
    assert_eq!(ignoring.text, whole.text);
}
