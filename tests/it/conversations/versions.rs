//! Versions of messages: regenerated answers, edited questions, the choice between them, and continued answers.

use serde_json::{Value, json};

use super::{cut_at_length, ended, shown, talk};
use crate::support::{Client, Reply, Script, TestApp, until};

const REGENERATE: &str =
    "mutation($input: RegenerateMessageInput!) { regenerateMessage(input: $input) { run { id } } }";
const EDIT: &str =
    "mutation($input: EditMessageInput!) { editMessage(input: $input) { run { id } } }";
const CONTINUE: &str =
    "mutation($input: ContinueMessageInput!) { continueMessage(input: $input) { run { id } } }";
const SELECT: &str =
    "mutation($id: ID!) { selectAlternative(input: {messageId: $id}) { conversation { id } } }";

/// Asks for a version with a key; returns the run.
async fn run_of(client: &Client, mutation: &str, input: Value) -> Value {
    let made = client.ok(mutation, json!({"input": input})).await;
    let payload = made.as_object().unwrap().values().next().unwrap();
    payload["run"]["id"].clone()
}

/// The texts of the other versions of a message.
async fn versions(client: &Client, message: &Value) -> Vec<String> {
    let query = "query($id: ID!) { node(id: $id) { ... on Message { alternatives { text } } } }";
    let found = client.ok(query, json!({"id": message})).await;
    let nodes = found["node"]["alternatives"].as_array().unwrap();
    nodes
        .iter()
        .map(|node| node["text"].as_str().unwrap().to_owned())
        .collect()
}

/// The texts of the conversation in the last request to the model, without the instructions.
fn told(app: &TestApp) -> Vec<String> {
    let asked = app.upstream.asked();
    let messages = asked.last().unwrap()["messages"].as_array().unwrap();
    let said = messages
        .iter()
        .filter(|message| message["role"] != "system");
    said.map(|message| message["content"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_regenerated_answer_stands_beside_the_first_and_the_model_sees_one_line() {
    let app = TestApp::start().await;
    let member = &app.home.member;
    app.upstream.will(Script::says(&["one"]));
    let first = talk(member, "1", None).await;
    let id = &first.conversation;
    app.upstream.will(Script::says(&["two"]));
    talk(member, "2", Some(id)).await;
    app.upstream.will(Script::says(&["uno"]));
    let input = json!({"messageId": first.answer, "clientMessageId": "again"});
    let run = run_of(member, REGENERATE, input.clone()).await;
    let answer = ended(member, &run).await;
    assert_eq!(
        told(&app),
        ["1"],
        "neither the first answer nor what follows it"
    );
    assert_eq!(shown(member, id).await, ["1", "uno"]);
    assert_eq!(versions(member, &answer).await, ["one"]);
    assert_eq!(versions(member, &json!(first.answer)).await, ["uno"]);
    assert_eq!(
        run_of(member, REGENERATE, input).await,
        run,
        "a repeated key attaches"
    );

    app.upstream.will(Script::says(&["due"]));
    talk(member, "deux", Some(id)).await;
    assert_eq!(told(&app), ["1", "uno", "deux"]);
    member.ok(SELECT, json!({"id": first.answer})).await;
    assert_eq!(shown(member, id).await, ["1", "one", "2", "two"]);
    app.upstream.will(Script::says(&["three"]));
    talk(member, "3", Some(id)).await;
    assert_eq!(told(&app), ["1", "one", "2", "two", "3"]);
    member.ok(SELECT, json!({"id": answer})).await;
    assert_eq!(shown(member, id).await, ["1", "uno", "deux", "due"]);
}

#[tokio::test]
async fn an_edited_question_is_answered_beside_the_first() {
    let app = TestApp::start().await;
    let member = &app.home.member;
    app.upstream.will(Script::says(&["one"]));
    let first = talk(member, "1", None).await;
    let id = &first.conversation;
    app.upstream.will(Script::says(&["two"]));
    let second = talk(member, "2", Some(id)).await;
    app.upstream.will(Script::says(&["zwei"]));
    let input = json!({"messageId": second.question, "message": "II", "clientMessageId": "edit"});
    let run = run_of(member, EDIT, input.clone()).await;
    ended(member, &run).await;
    assert_eq!(told(&app), ["1", "one", "II"]);
    assert_eq!(shown(member, id).await, ["1", "one", "II", "zwei"]);
    assert_eq!(run_of(member, EDIT, input).await, run);
    assert_eq!(versions(member, &json!(second.question)).await, ["II"]);

    app.upstream.will(Script::says(&["hello"]));
    let input = json!({"messageId": first.question, "message": "Start", "clientMessageId": "top"});
    let run = run_of(member, EDIT, input).await;
    ended(member, &run).await;
    assert_eq!(told(&app), ["Start"]);
    assert_eq!(shown(member, id).await, ["Start", "hello"]);
    let query = "query($id: ID!) { conversation(id: $id) { title } }";
    let kept = member.ok(query, json!({"id": id})).await;
    assert_eq!(
        kept["conversation"]["title"], "1",
        "the title is of the first message as it was sent"
    );
    member.ok(SELECT, json!({"id": second.question})).await;
    assert_eq!(shown(member, id).await, ["1", "one", "2", "two"]);
}

#[tokio::test]
async fn what_has_no_version_is_refused_with_its_reason() {
    let app = TestApp::start().await;
    let member = &app.home.member;
    let said = talk(member, "Hello", None).await;
    let ask = async |mutation: &str, message: &str, key: &str| -> Reply {
        let mut input = json!({"messageId": message, "clientMessageId": key});
        if mutation == EDIT {
            input["message"] = "Hi".into();
        }
        member.ask(mutation, json!({"input": input})).await
    };
    for (mutation, message) in [
        (REGENERATE, &said.question),
        (EDIT, &said.answer),
        (CONTINUE, &said.question),
        (CONTINUE, &said.answer),
    ] {
        let refused = ask(mutation, message, "wrong").await;
        assert_eq!(
            (refused.code(), refused.problem_paths()),
            ("BAD_USER_INPUT", vec!["input.messageId"]),
            "{mutation}"
        );
    }
    // a version that is not shown cannot be continued from
    let input = json!({"messageId": said.answer, "clientMessageId": "second"});
    ended(member, &run_of(member, REGENERATE, input).await).await;
    let refused = ask(REGENERATE, &said.answer, "third").await;
    assert_eq!(refused.code(), "CONFLICT");
    assert!(
        refused.message().contains("selectAlternative"),
        "{refused:?}"
    );
    // a key of another message
    let other = talk(member, "Other", None).await;
    let refused = ask(REGENERATE, &other.answer, "second").await;
    assert_eq!(refused.code(), "CONFLICT");

    app.upstream
        .will(Script::default().text("Once").gate().done());
    let send = "mutation($id: ID!) { sendMessage(input: {message: \"More\", conversationId: $id}) { run { id } } }";
    let active = member.ok(send, json!({"id": other.conversation})).await;
    let active = &active["sendMessage"]["run"]["id"];
    for (mutation, message) in [(REGENERATE, &other.answer), (EDIT, &other.question)] {
        let refused = ask(mutation, message, "busy").await;
        assert_eq!(refused.code(), "CONFLICT", "{refused:?}");
    }
    app.upstream.release(1);
    ended(member, active).await;
    let delete = "mutation($id: ID!) { deleteConversation(input: {id: $id}) { deletedId } }";
    member.ok(delete, json!({"id": other.conversation})).await;
    let gone = ask(REGENERATE, &other.answer, "gone").await;
    assert_eq!(gone.code(), "NOT_FOUND");
    let gone = member.ask(SELECT, json!({"id": other.answer})).await;
    assert_eq!(gone.code(), "NOT_FOUND");
}

#[tokio::test]
async fn a_regeneration_without_an_answer_leaves_the_first_one_shown() {
    let app = TestApp::start().await;
    let member = &app.home.member;
    app.upstream.will(Script::says(&["one"]));
    let said = talk(member, "1", None).await;
    app.upstream.will(Script::says_nothing());
    let input = json!({"messageId": said.answer, "clientMessageId": "again"});
    let run = run_of(member, REGENERATE, input).await;
    until("the model is asked", async || app.upstream.open() == 1).await;
    let cancel = "mutation($id: ID!) { cancelRun(input: {runId: $id}) { run { id } } }";
    member.ok(cancel, json!({"id": run})).await;
    assert_eq!(ended(member, &run).await, Value::Null);
    assert_eq!(shown(member, &said.conversation).await, ["1", "one"]);
}

#[tokio::test]
async fn two_requests_with_one_key_start_one_run() {
    let app = TestApp::start().await;
    let member = &app.home.member;
    let said = talk(member, "Hello", None).await;
    let input = json!({"messageId": said.answer, "clientMessageId": "once"});
    let runs = futures::future::join_all((0..8).map(|_| run_of(member, REGENERATE, input.clone())));
    let runs = runs.await;
    assert!(runs.iter().all(|run| *run == runs[0]), "{runs:?}");
    ended(member, &runs[0]).await;
    assert_eq!(shown(member, &said.conversation).await.len(), 2);
}

#[tokio::test]
async fn an_answer_that_was_cut_is_continued_by_another_message() {
    let app = TestApp::start().await;
    let member = &app.home.member;
    app.upstream.will(cut_at_length("Once upon"));
    let said = talk(member, "A story", None).await;
    let id = &said.conversation;
    app.upstream.will(Script::says(&[" a time."]));
    let input = json!({"messageId": said.answer, "clientMessageId": "more"});
    let run = run_of(member, CONTINUE, input.clone()).await;
    let more = ended(member, &run).await;
    let told = told(&app);
    assert_eq!(told[..2], ["A story", "Once upon"]);
    assert!(told[2].contains("Continue"), "{told:?}");
    assert_eq!(
        shown(member, id).await,
        ["A story", "Once upon", " a time."]
    );
    assert_eq!(run_of(member, CONTINUE, input).await, run);
    assert_eq!(versions(member, &more).await, Vec::<String>::new());
    let again = json!({"messageId": said.answer, "clientMessageId": "twice"});
    let refused = member.ask(CONTINUE, json!({"input": again})).await;
    assert_eq!(refused.code(), "CONFLICT", "{refused:?}");
}
