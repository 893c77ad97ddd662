//! Many operations of one socket that follow the same run: each gets every character once, in its own selection.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::support::{Server, Socket};
use crate::{
    agent::create,
    chat,
    support::Script,
    template::{publish, template},
};

/// A model with room for a very long answer.
const ROOMY: &str =
    "models: {default: roomy, chat: {roomy: {provider: openai, context_tokens: 1000000}}}";
/// Selections of a piece of text.
const SELECTIONS: [&str; 3] = [
    "cursor ... on TokenDelta { offset text }",
    "at cursor ... on TokenDelta { text utf16Offset offset sequence runId }",
    "... on RunSucceeded { message { id } } ... on TokenDelta { cursor offset text __typename }",
];

/// The operations of a socket by id, and what each has read.
struct Crowd {
    socket: Socket,
    selections: Vec<String>,
    run: String,
    conversation: String,
    readers: BTreeMap<String, Reader>,
    next: usize,
}

/// What an operation has read.
#[derive(Default)]
struct Reader {
    /// The number of characters before its first one.
    begins: Option<usize>,
    /// The number of characters up to its last one.
    ends: usize,
    text: String,
    cursor: Option<Value>,
    is_complete: bool,
}

impl Reader {
    /// Adds an event, which must begin where the text so far ends.
    fn read(&mut self, event: &Value) {
        self.cursor = Some(event["cursor"].clone());
        let Some(text) = event["text"].as_str() else {
            return;
        };
        let offset = usize::try_from(event["offset"].as_i64().unwrap()).unwrap();
        let begins = *self.begins.get_or_insert(offset);
        assert!(offset == self.ends || offset == begins && self.text.is_empty());
        self.ends = offset + text.chars().count();
        self.text.push_str(text);
    }

    fn has_read(&self, characters: usize) -> bool {
        self.is_complete || self.ends >= characters
    }
}

impl Crowd {
    /// Sends a message whose answer is this script, and waits until its run waits for the model.
    async fn of(server: &Server, agent: Option<&Value>, script: Script) -> Self {
        server.app.upstream.will(script);
        let member = &server.app.home.member;
        let message = json!({ "message": "Count.", "agentId": agent });
        let (run, conversation) = chat::send(member, message).await;
        let mut crowd = Self {
            socket: server.ready_socket().await,
            selections: SELECTIONS.map(str::to_owned).into(),
            run,
            conversation,
            readers: BTreeMap::new(),
            next: 0,
        };
        crowd.join(None).await;
        while crowd.read_one().await.as_deref() != Some("AgentSelected") {}
        crowd
    }

    /// Adds an operation, which begins after the cursor.
    async fn join(&mut self, after: Option<&Value>) {
        let number = self.next;
        self.next += 1;
        let selection = &self.selections[number % self.selections.len()];
        let after = after.map_or_else(String::new, |after| format!(", after: {after}"));
        let field = if number % 5 == 4 {
            format!(
                "conversationEvents(conversationId: \"{}\"{after})",
                self.conversation
            )
        } else {
            format!("runEvents(runId: \"{}\"{after})", self.run)
        };
        let id = format!("{number:03}");
        let query = format!("subscription {{ events: {field} {{ __typename {selection} }} }}");
        self.socket.subscribe(&id, &query).await;
        self.readers.insert(id, Reader::default());
    }

    /// Ends the operation with the smallest id, which is the one that reads for others, and begins another one where it
    /// was.
    async fn replace_first(&mut self) {
        let (id, reader) = self.readers.pop_first().unwrap();
        self.socket
            .send(json!({ "id": id, "type": "complete" }))
            .await;
        self.join(reader.cursor.as_ref()).await;
    }

    /// Reads a message; returns the kind of its event.
    async fn read_one(&mut self) -> Option<String> {
        let message = self.socket.next().await;
        let reader = self.readers.get_mut(message["id"].as_str().unwrap());
        let event = &message["payload"]["data"]["events"];
        match (message["type"].as_str().unwrap(), reader) {
            // sent before the server knew that the operation was completed
            ("next", None) => {}
            ("next", Some(reader)) => {
                assert!(message["payload"]["errors"].is_null(), "{message}");
                reader.read(event);
            }
            ("complete", Some(reader)) => reader.is_complete = true,
            _ => panic!("{message}"),
        }
        event["__typename"].as_str().map(str::to_owned)
    }

    /// Reads until each operation has read this number of characters.
    async fn read_to(&mut self, characters: usize) {
        while !self
            .readers
            .values()
            .all(|reader| reader.has_read(characters))
        {
            self.read_one().await;
        }
    }
}

#[tokio::test]
async fn operations_that_follow_one_run_lose_nothing_and_repeat_nothing() {
    let server = Server::start().await;
    let pieces: Vec<String> = (0..120).map(|number| format!("{number}→✓\"\\ ")).collect();
    let script = pieces
        .iter()
        .fold(Script::default(), |script, piece| script.gate().text(piece));
    let mut crowd = Crowd::of(&server, None, script.gate().done()).await;
    // more fields than are compiled: the executor responds
    let many = "text ".repeat(520);
    let many = format!("cursor ... on TokenDelta {{ offset {many} }}");
    crowd.selections.push(many);
    for _ in 1..40 {
        crowd.join(None).await;
    }
    let (mut released, mut characters) = (0, 0);
    while released < pieces.len() {
        // one piece or several at a time, with and without waiting for them
        let some = (released % 4 + 1).min(pieces.len() - released);
        server.app.upstream.release(some);
        let all = pieces[released..released + some].iter();
        characters += all.map(|piece| piece.chars().count()).sum::<usize>();
        released += some;
        crowd.replace_first().await;
        if released % 3 == 0 {
            crowd.join(None).await;
        }
        if released % 5 != 0 {
            crowd.read_to(characters).await;
        }
    }
    server.app.upstream.release(1);
    // `conversationEvents` go on after the run
    let follows_run = |id: &str| id.parse::<usize>().unwrap() % 5 != 4;
    crowd.read_to(characters).await;
    while !crowd
        .readers
        .iter()
        .all(|(id, reader)| reader.is_complete || !follows_run(id))
    {
        crowd.read_one().await;
    }
    let whole = pieces.concat();
    for (id, reader) in &crowd.readers {
        let before: String = whole.chars().take(reader.begins.unwrap()).collect();
        assert_eq!(before + &reader.text, whole, "operation {id}");
    }
    assert_eq!(server.app.upstream.asked().len(), 1);
}

#[tokio::test]
async fn a_client_that_does_not_read_makes_its_operations_wait() {
    let settings = [("TROUPE_RUNS_MAX_OUTPUT_TOKENS", "200000")];
    let http = format!("{{socket: {{operations: 150}}}}\n{ROOMY}");
    let server = Server::configured(&http, &settings).await;
    // more for all operations than the buffers of a connection take
    let pieces: Vec<String> = (0..40)
        .map(|number| format!("{number:04}{}", "😀".repeat(780)))
        .collect();
    let start = Script::default().gate();
    let script = pieces
        .iter()
        .fold(start, |script, piece| script.text(piece));
    let talker = talker(&server).await;
    let mut crowd = Crowd::of(&server, Some(&talker), script.done()).await;
    // more than the socket has slots for messages
    for _ in 1..140 {
        crowd.join(None).await;
    }
    server.app.upstream.release(1);
    chat::ended(&server.app.home.member, &crowd.run.clone()).await;
    let whole = pieces.concat();
    crowd.read_to(whole.chars().count()).await;
    for (id, reader) in &crowd.readers {
        assert!(reader.text == whole, "operation {id}");
    }
}

/// The id of an agent that may give a very long answer.
async fn talker(server: &Server) -> Value {
    let mut template = template("talker", "1.0.0");
    template["configSchema"]["properties"]["maxOutputTokens"] =
        json!({"type": "integer", "description": "The limit of an answer."});
    publish(&server.app.operator, template).await.data();
    let talker = json!({
        "template": "talker", "tier": "standard", "name": "Talker", "configuration": {"maxOutputTokens": 200_000},
    });
    create(&server.app.home.admin, talker).await["id"].clone()
}
