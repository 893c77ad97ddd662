//! The lines of an export: which answers they have, in which form, and what is left out of them.

use serde_json::{Value, json};

use super::{account_consents, export, json_of, person_consents, rate, written};
use crate::{
    chat::ended,
    conversation::Exchange,
    conversations::cut_at_length,
    end_users::begin,
    support::{Client, Script, TestApp},
};

const EDIT: &str =
    "mutation($input: EditMessageInput!) { editMessage(input: $input) { run { id } } }";
const CONTINUE: &str =
    "mutation($input: ContinueMessageInput!) { continueMessage(input: $input) { run { id } } }";

/// Conversations with rated answers of every kind, in an account that consents.
struct Stage {
    app: TestApp,
    /// The conversation of the person who consents.
    adas: String,
    /// The rated answers that may be exported, in the order in which they were given.
    answers: Vec<String>,
}

impl Stage {
    async fn set() -> Self {
        let app = TestApp::start().await;
        account_consents(&app, true).await;
        let named =
            json!({"endUser": "ada", "displayName": "Ada Lovelace", "trainingConsent": true});
        begin(&app, named).await;
        person_consents(&app, "bob", None).await;
        let mut stage = Self {
            app,
            adas: String::new(),
            answers: Vec::new(),
        };
        stage.talk_with_ada().await;
        stage.leave_out_bob_and_the_private().await;
        stage.continue_a_story().await;
        stage.talk_with_the_staff().await;
        stage
    }

    fn member(&self) -> &Client {
        &self.app.home.member
    }

    /// Sends a message; the model answers with this text.
    async fn ask(&self, input: Value, answer: &str) -> Exchange {
        self.app.upstream.will(Script::says(&[answer]));
        Exchange::of(self.member(), input).await
    }

    /// Starts a run by a mutation of messages; returns the id of its answer.
    async fn answer_of(&self, mutation: &str, input: Value) -> String {
        let made = self.member().ok(mutation, json!({"input": input})).await;
        let payload = made.as_object().unwrap().values().next().unwrap();
        let run = payload["run"]["id"].as_str().unwrap();
        ended(self.member(), run).await;
        let query = "query($id: ID!) { run(id: $id) { message { id } } }";
        let found = self.member().ok(query, json!({"id": run})).await;
        found["run"]["message"]["id"].as_str().unwrap().to_owned()
    }

    /// Three exchanges, of which the last is edited.
    async fn talk_with_ada(&mut self) {
        let first = json!({"message": "Hello, I am Ada.", "endUser": "ada"});
        let first = self.ask(first, "Hello Ada, how can I help?").await;
        self.adas = first.conversation;
        let more = |message: &str| json!({"message": message, "conversationId": self.adas});
        let second = more("My card is 4111 1111 1111 1111, my order 4711-0815.");
        let second = self
            .ask(second, "Your order 4711-0815 is on its way.")
            .await;
        let comment = Some("Thanks! Write to ada@example.com.");
        rate(self.member(), &second.answer, "UP", comment).await;
        let third = self.ask(more("Where is it?"), "In Bonn.").await;
        rate(self.member(), &third.answer, "UP", None).await;
        self.app.upstream.will(Script::says(&["In Berlin."]));
        let input = json!({"messageId": third.question, "message": "Where is my order?", "clientMessageId": "edit"});
        let edited = self.answer_of(EDIT, input).await;
        rate(self.member(), &edited, "UP", None).await;
        self.answers.extend([second.answer, edited]);
    }

    async fn leave_out_bob_and_the_private(&self) {
        let bobs = json!({"message": "I am Bob.", "endUser": "bob"});
        let private = json!({"message": "My code is 4711.", "endUser": "ada", "private": true});
        for input in [bobs, private] {
            let left_out = self.ask(input, "Good to know.").await;
            rate(self.member(), &left_out.answer, "UP", None).await;
        }
    }

    /// An answer that is cut, and its continuation.
    async fn continue_a_story(&mut self) {
        self.app.upstream.will(cut_at_length("Once upon"));
        let story = json!({"message": "A story?", "endUser": "ada"});
        let cut = Exchange::of(self.member(), story).await;
        rate(self.member(), &cut.answer, "UP", None).await;
        self.app.upstream.will(Script::says(&[" a time."]));
        let input = json!({"messageId": cut.answer, "clientMessageId": "more"});
        let continued = self.answer_of(CONTINUE, input).await;
        rate(self.member(), &continued, "UP", None).await;
        self.answers.push(continued);
    }

    /// A conversation of the account's own staff, whose second answer is rated, after an exchange that is private.
    async fn talk_with_the_staff(&mut self) {
        let first = self
            .ask(json!({"message": "Who are you?"}), "The support.")
            .await;
        let input = json!({"message": "What is the plan?", "conversationId": first.conversation});
        let second = self.ask(input, "Ship it with token: 9f8e7d6c5b4a.").await;
        rate(self.member(), &second.answer, "DOWN", Some("too early")).await;
        self.answers.push(second.answer);
    }
}

fn message(role: &str, content: &str) -> Value {
    json!({"role": role, "content": content})
}

/// An answer before the rated one, on which no model is trained.
fn untrained(content: &str) -> Value {
    json!({"role": "assistant", "content": content, "weight": 0})
}

/// The lines for fine-tuning of the person who consents.
fn adas_examples() -> Vec<Value> {
    let card = "My card is [REDACTED:card], my order 4711-0815.";
    let way = "Your order 4711-0815 is on its way.";
    let greeting = [
        message("user", "Hello, I am [REDACTED:name]."),
        untrained("Hello [REDACTED:name], how can I help?"),
        message("user", card),
    ];
    let first = [&greeting[..], &[message("assistant", way)]].concat();
    let second = [
        untrained(way),
        message("user", "Where is my order?"),
        message("assistant", "In Berlin."),
    ];
    let second = [&greeting[..], &second].concat();
    let third = vec![
        message("user", "A story?"),
        message("assistant", "Once upon a time."),
    ];
    let lines = [first, second, third].into_iter();
    lines
        .map(|messages| json!({"messages": messages}))
        .collect()
}

#[tokio::test]
async fn lines_for_fine_tuning_have_the_line_of_each_liked_answer() {
    let stage = Stage::set().await;
    let (lines, summary) = written(export(&stage.app, &["--for", "fine-tuning"]).await);
    let parsed = lines.iter().map(|line| serde_json::from_str(line).unwrap());
    assert_eq!(parsed.collect::<Vec<Value>>(), adas_examples());
    for line in [
        "troupe: written: 3 answers, of 2 conversations",
        "troupe: answers left out: 1 without the person's consent, 1 cut or failed, 1 not on the selected line, 1 private",
        "troupe: private exchanges left out of histories: 0",
        "troupe: parts of texts redacted: 2 card, 4 name",
    ] {
        assert!(
            summary.lines().any(|shown| shown == line),
            "{line}: {summary}"
        );
    }
    let entries = stage.app.audit_log(&stage.app.home.id).await;
    let exports: Vec<_> = entries
        .iter()
        .filter(|entry| entry.note.action == "exportRatedAnswers")
        .map(|entry| (entry.note.actor.as_str(), entry.note.detail.clone()))
        .collect();
    let asked =
        json!({"for": "fine-tuning", "rating": "UP", "agent": null, "since": null, "until": null});
    let with = |more: Value| {
        let mut detail = asked.clone();
        detail
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        ("troupe export", detail)
    };
    let left_out = json!({"noConsent": 1, "incomplete": 1, "otherLine": 1, "private": 1});
    assert_eq!(
        exports,
        [
            with(json!({"stage": "STARTED"})),
            with(
                json!({"stage": "ENDED", "answers": 3, "conversations": 2, "leftOut": left_out, "redactions": 6})
            ),
        ]
    );
}

#[tokio::test]
async fn lines_for_evaluation_have_question_history_answer_and_rating() {
    let stage = Stage::set().await;
    let (lines, _) = written(export(&stage.app, &["--for", "evaluation"]).await);
    assert_eq!(lines.len(), 4, "{lines:#?}");
    let query = "query($id: ID!) { agent(by: {id: $id}) { slug template { name version } } }";
    let reader = &stage.app.home.reader;
    let agent = reader.ok(query, json!({"id": stage.app.home.agent})).await["agent"].clone();
    let mut seen = Vec::new();
    for (line, answer) in lines.iter().zip(&stage.answers) {
        assert!(
            line.starts_with("{\"input\":"),
            "in the order of reading: {line}"
        );
        let mut line: Value = serde_json::from_str(line).unwrap();
        let fields = line.as_object_mut().unwrap();
        let mut take = |name: &str| fields.remove(name).unwrap();
        assert_eq!(take("message"), answer.as_str());
        assert_eq!(take("agent"), agent["slug"]);
        assert_eq!(take("template"), agent["template"]["name"]);
        assert_eq!(take("version"), agent["template"]["version"]);
        for name in ["model", "ratedAt", "conversation"] {
            let value = take(name);
            assert!(value.is_string(), "{name}: {value}");
        }
        seen.push(line);
    }
    let way = "Your order 4711-0815 is on its way.";
    let card = "My card is [REDACTED:card], my order 4711-0815.";
    let mut history = vec![
        message("user", "Hello, I am [REDACTED:name]."),
        message("assistant", "Hello [REDACTED:name], how can I help?"),
    ];
    let first = json!({"input": card, "history": history, "answer": way, "rating": "UP", "comment": "Thanks! Write to [REDACTED:email]."});
    history.extend([message("user", card), message("assistant", way)]);
    let second = json!({"input": "Where is my order?", "history": history, "answer": "In Berlin.", "rating": "UP", "comment": null});
    let third = json!({"input": "A story?", "history": [], "answer": "Once upon a time.", "rating": "UP", "comment": null});
    let staff = [
        message("user", "Who are you?"),
        message("assistant", "The support."),
    ];
    let fourth = json!({"input": "What is the plan?", "history": staff, "answer": "Ship it with token: [REDACTED:api_key].", "rating": "DOWN", "comment": "too early"});
    assert_eq!(seen, [first, second, third, fourth]);
}

#[tokio::test]
async fn options_select_the_answers() {
    let stage = Stage::set().await;
    let app = &stage.app;
    let down = ["--for", "fine-tuning", "--rating", "down", "--metadata"];
    let lines = json_of(export(app, &down).await);
    assert_eq!(lines.len(), 1, "{lines:#?}");
    let metadata = &lines[0]["metadata"];
    assert_eq!(metadata["rating"], "DOWN");
    assert_eq!(metadata["message"], stage.answers[3].as_str());
    assert_eq!(metadata["agent"], "support");
    let evaluation = async |more: &[&str]| {
        let arguments = [&["--for", "evaluation"][..], more].concat();
        json_of(export(app, &arguments).await).len()
    };
    assert_eq!(evaluation(&["--rating", "up"]).await, 3);
    assert_eq!(evaluation(&["--agent", &app.home.agent]).await, 4);
    assert_eq!(evaluation(&["--since", "2100-01-01T00:00:00Z"]).await, 0);
    assert_eq!(evaluation(&["--until", "2100-01-01T00:00:00Z"]).await, 4);
    assert_eq!(
        evaluation(&["--until", "2020-01-01T00:00:00+02:00"]).await,
        0
    );
    // another agent of the account has answered nothing
    let create = "mutation { createAgent(input: {template: \"sales_agent\", tier: \"startup\", name: \"Sales\"}) { agent { id } } }";
    let made = app.home.admin.ok(create, json!({})).await;
    let sales = made["createAgent"]["agent"]["id"].as_str().unwrap();
    assert_eq!(evaluation(&["--agent", sales]).await, 0);
}

#[tokio::test]
async fn a_withdrawn_consent_takes_the_lines_away() {
    let stage = Stage::set().await;
    let lines = json_of(export(&stage.app, &["--for", "evaluation"]).await);
    let of_ada = |lines: &[Value]| {
        let conversation = |line: &&Value| line["conversation"] == stage.adas.as_str();
        lines.iter().filter(conversation).count()
    };
    assert_eq!((lines.len(), of_ada(&lines)), (4, 2));
    person_consents(&stage.app, "ada", Some(false)).await;
    let lines = json_of(export(&stage.app, &["--for", "evaluation"]).await);
    assert_eq!((lines.len(), of_ada(&lines)), (1, 0), "the staff's only");
    // given again, it covers what was written before
    person_consents(&stage.app, "ada", Some(true)).await;
    let lines = json_of(export(&stage.app, &["--for", "evaluation"]).await);
    assert_eq!((lines.len(), of_ada(&lines)), (4, 2));
    // without the consent of the account, that of the person gives nothing
    account_consents(&stage.app, false).await;
    let refused = export(&stage.app, &["--for", "evaluation"]).await;
    assert_eq!(refused.status.code(), Some(1));
    assert!(refused.stdout.is_empty());
}

#[tokio::test]
async fn a_private_exchange_is_left_out_of_the_history() {
    let app = TestApp::start().await;
    account_consents(&app, true).await;
    let member = &app.home.member;
    let create = "mutation { createAgent(input: {template: \"sales_agent\", tier: \"startup\", name: \"Sales\", configuration: {keepLead: false}}) { agent { id } } }";
    let made = app.home.admin.ok(create, json!({})).await;
    let sales = &made["createAgent"]["agent"]["id"];
    app.upstream.will(Script::says(&["Noted."]));
    let private = json!({"message": "My code is 4711.", "agentId": sales, "private": true});
    let first = Exchange::of(member, private).await;
    // another agent, which does not see what is private
    app.upstream.will(Script::says(&["At nine."]));
    let open = json!({"message": "When do you open?", "conversationId": first.conversation, "agentId": app.home.agent});
    let second = Exchange::of(member, open).await;
    rate(member, &second.answer, "UP", None).await;
    let (lines, summary) = written(export(&app, &["--for", "fine-tuning"]).await);
    let line = json!({"messages": [message("user", "When do you open?"), message("assistant", "At nine.")]});
    assert_eq!(lines.len(), 1, "{summary}");
    assert_eq!(serde_json::from_str::<Value>(&lines[0]).unwrap(), line);
    assert!(
        summary.contains("private exchanges left out of histories: 1"),
        "{summary}"
    );
}
