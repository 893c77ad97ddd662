//! A run with tools, from the question to the answer.

use serde_json::{Value, json};

use super::{Workshop, calls_of, follow, grant, run_of, told, updates};
use crate::{
    chat::{kinds, text},
    support::{Script, until},
};

/// The offered tools of the workshop's server, without the built-in ones.
fn ours(request: &Value) -> Vec<&Value> {
    let tools = request["tools"].as_array().unwrap().iter();
    let is_ours = |tool: &&Value| tool["name"].as_str().unwrap().starts_with("workshop__");
    tools
        .map(|tool| &tool["function"])
        .filter(is_ours)
        .collect()
}

fn pair(tool: &str, status: &str) -> (String, String) {
    (tool.to_owned(), status.to_owned())
}

#[tokio::test]
async fn a_model_calls_a_tool_and_answers_with_its_result() {
    let workshop = Workshop::granting(&["find", "put"], "AUTO").await;
    workshop.model_calls(&[("workshop__find", json!({"text": "Ann"}))]);
    workshop.model_says("Ann is there.");
    let seen = workshop.chat().await;
    assert_eq!(
        kinds(&seen),
        [
            "MessageAdded",
            "RunStarted",
            "AgentSelected",
            "ToolCallUpdated",
            "ToolCallUpdated",
            "TokenDelta",
            "RunSucceeded"
        ]
    );
    assert_eq!(
        updates(&seen),
        [pair("find", "RUNNING"), pair("find", "SUCCEEDED")]
    );
    let result = json!({"did": "find", "arguments": {"text": "Ann"}});
    assert_eq!(seen[3]["toolCall"]["result"], Value::Null);
    assert_eq!(seen[4]["toolCall"]["result"], result);
    assert_eq!(text(&seen), "Ann is there.");
    // The usage of both model replies counts.
    assert_eq!(
        seen.last().unwrap()["usage"],
        json!({"inputTokens": 22, "outputTokens": 14})
    );

    let asked = workshop.asked();
    let offered = ours(&asked[0]);
    let names: Vec<_> = offered.iter().map(|tool| &tool["name"]).collect();
    assert_eq!(names, ["workshop__find", "workshop__put"]);
    assert_eq!(offered[0]["description"], "Does find.");
    let messages = asked[1]["messages"].as_array().unwrap();
    let call = &messages[messages.len() - 2]["tool_calls"][0];
    assert_eq!(
        call["function"],
        json!({"name": "workshop__find", "arguments": r#"{"text":"Ann"}"#})
    );
    assert_eq!(messages.last().unwrap()["tool_call_id"], call["id"]);
    assert!(told(&asked[1]).contains("find done"), "{}", told(&asked[1]));

    let calls = calls_of(&workshop.app.home.reader, &run_of(&seen)).await;
    assert_eq!(calls.len(), 1);
    assert_eq!(calls[0]["result"], result);
    let reached = workshop.tools.calls();
    assert_eq!(reached.len(), 1);
    assert!(reached[0].key.starts_with("run_"));
    assert_eq!(reached[0].headers["x-account-id"], workshop.app.home.id);
    assert_eq!(
        reached[0].headers["x-agent-instance-id"],
        workshop.app.home.agent
    );
    assert_eq!(reached[0].headers.get("authorization"), None);
}

#[tokio::test]
async fn text_before_and_after_a_tool_call_is_one_answer() {
    let workshop = Workshop::granting(&["find"], "AUTO").await;
    let first = Script::default()
        .text("Let me ")
        .text("look.")
        .then_calls(&[("workshop__find", json!({}))]);
    workshop.app.upstream.will(first);
    workshop.model_says("Süß, found it.");
    let seen = workshop.chat().await;
    let whole = "Let me look.\n\nSüß, found it.";
    assert_eq!(text(&seen), whole);
    assert_eq!(seen.last().unwrap()["message"]["text"], whole);
    let asked = workshop.asked();
    let messages = asked[1]["messages"].as_array().unwrap();
    assert_eq!(messages[messages.len() - 2]["content"], "Let me look.");
}

#[tokio::test]
async fn tool_calls_of_one_step_run_concurrently() {
    let workshop = Workshop::granting(&["wait", "find"], "AUTO").await;
    workshop.model_calls(&[
        ("workshop__wait", json!({"text": "1"})),
        ("workshop__wait", json!({"text": "2"})),
        ("workshop__find", json!({})),
    ]);
    workshop.model_says("Both waited.");
    let chat = workshop.chat();
    let release = async {
        until("both calls have reached the server", async || {
            workshop.tools.count("wait") == 2
        })
        .await;
        workshop.tools.release(2);
    };
    let (seen, ()) = futures::join!(chat, release);
    assert_eq!(seen.last().unwrap()["message"]["text"], "Both waited.");
    // The results are in the order of the model's calls, whichever finished first.
    let asked = workshop.asked();
    let answers: Vec<_> = asked[1]["messages"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|message| message["role"] == "tool")
        .map(|message| message["tool_call_id"].clone())
        .collect();
    assert_eq!(answers, ["call_0", "call_1", "call_2"]);
}

#[tokio::test]
async fn invalid_arguments_never_reach_the_tools_server() {
    let workshop = Workshop::granting(&["write"], "AUTO").await;
    let wrong = [
        json!({"text": 7}),
        json!({"other": "x"}),
        json!("[1]"),
        json!("{\"text\": "),
        json!("{\"text\": \"a\\u0000b\"}"),
    ];
    let calls: Vec<_> = wrong
        .iter()
        .take(4)
        .map(|arguments| ("workshop__write", arguments.clone()))
        .collect();
    workshop.model_calls(&calls);
    workshop.model_calls(&[("workshop__nothing", json!({}))]);
    workshop.model_says("I cannot.");
    let seen = workshop.chat().await;
    assert_eq!(seen.last().unwrap()["message"]["text"], "I cannot.");
    let calls = calls_of(&workshop.app.home.reader, &run_of(&seen)).await;
    let statuses: Vec<_> = calls
        .iter()
        .map(|call| call["status"].as_str().unwrap())
        .collect();
    assert_eq!(statuses, ["FAILED", "FAILED", "FAILED", "FAILED", "DENIED"]);
    assert!(
        calls[0]["error"]
            .as_str()
            .unwrap()
            .starts_with("arguments.text: "),
        "{}",
        calls[0]
    );
    assert!(
        calls[1]["error"]
            .as_str()
            .unwrap()
            .contains("arguments.other"),
        "{}",
        calls[1]
    );
    assert_eq!(workshop.tools.calls().len(), 0);
}

#[tokio::test]
async fn an_error_of_a_tool_is_passed_to_the_model_as_an_error() {
    let workshop = Workshop::granting(&["fail"], "AUTO").await;
    workshop.model_calls(&[("workshop__fail", json!({}))]);
    workshop.model_says("It failed.");
    let seen = workshop.chat().await;
    assert_eq!(
        updates(&seen),
        [pair("fail", "RUNNING"), pair("fail", "FAILED")]
    );
    assert_eq!(
        told(&workshop.asked()[1]),
        "The tool failed: it does not work"
    );
}

#[tokio::test]
async fn an_unreachable_server_fails_its_calls_and_not_the_answer() {
    let workshop = Workshop::granting(&["find"], "AUTO").await;
    workshop.model_calls(&[("workshop__find", json!({}))]);
    workshop.model_says("It is not there.");
    let Workshop { app, tools, .. } = workshop;
    drop(tools);
    let input = json!({"message": "Do it.", "agentId": app.home.agent});
    let seen = follow(&app.home.member, input).await;
    assert_eq!(updates(&seen).last().unwrap().1, "FAILED");
    assert_eq!(seen.last().unwrap()["message"]["text"], "It is not there.");
}

#[tokio::test]
async fn a_message_can_only_narrow_the_allowed_tools() {
    let workshop = Workshop::granting(&["find", "put"], "AUTO").await;
    workshop.model_calls(&[
        ("workshop__put", json!({})),
        ("workshop__find", json!({})),
        ("workshop__write", json!({})),
    ]);
    workshop.model_says("Done.");
    let home = &workshop.app.home;
    let input =
        json!({"message": "Do it.", "agentId": home.agent, "allowTools": ["find", "write"]});
    let seen = follow(&home.member, input).await;
    let calls = calls_of(&home.reader, &run_of(&seen)).await;
    let statuses: Vec<_> = calls
        .iter()
        .map(|call| call["status"].as_str().unwrap())
        .collect();
    assert_eq!(statuses, ["DENIED", "SUCCEEDED", "DENIED"]);
    assert_eq!(workshop.asked()[0]["tools"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_model_that_never_stops_calling_tools_is_made_to_answer() {
    let workshop = Workshop::with(&[("TROUPE_RUNS_TOOL_ROUNDS", "2")]).await;
    workshop.grant(&["find"], "AUTO").await;
    for _ in 0..3 {
        workshop.model_calls(&[("workshop__find", json!({}))]);
    }
    let seen = workshop.chat().await;
    assert_eq!(seen.last().unwrap()["error"]["code"], "UNAVAILABLE");
    let asked = workshop.asked();
    assert_eq!(asked.len(), 3);
    assert_eq!(asked[1].get("tool_choice"), None);
    assert_eq!(asked[2]["tool_choice"], "none");
    assert_eq!(workshop.tools.count("find"), 2);
}

#[tokio::test]
async fn a_tier_bounds_the_calls_of_a_message() {
    let workshop = Workshop::granting(&["find"], "AUTO").await;
    // `toolCallsPerMessage` of the support agent's tier is four
    let calls = vec![("workshop__find", json!({})); 6];
    workshop.model_calls(&calls);
    workshop.model_says("Enough.");
    let seen = workshop.chat().await;
    let made = calls_of(&workshop.app.home.reader, &run_of(&seen)).await;
    let denied = made
        .iter()
        .filter(|call| call["status"] == "DENIED")
        .count();
    assert_eq!((made.len(), denied), (6, 2));
    assert_eq!(workshop.asked()[1]["tool_choice"], "none");
}

#[tokio::test]
async fn each_agent_keeps_an_mcp_session_of_its_own() {
    let workshop = Workshop::granting(&["count"], "AUTO").await;
    let home = &workshop.app.home;
    let made = home.admin.ok("mutation { createAgent(input: {template: \"support_agent\", tier: \"standard\", name: \"Other\"}) { agent { id } } }", json!({})).await;
    let other = made["createAgent"]["agent"]["id"].as_str().unwrap();
    grant(&home.admin, other, &workshop.server, &["count"], "AUTO").await;
    let mut counted = Vec::new();
    for agent in [&home.agent, other, &home.agent, &home.agent, other] {
        workshop.model_calls(&[("workshop__count", json!({}))]);
        workshop.model_says("Counted.");
        follow(&home.member, json!({"message": "Count.", "agentId": agent})).await;
        counted.push(told(workshop.asked().last().unwrap()).to_owned());
    }
    assert_eq!(counted, ["1", "1", "2", "3", "2"]);
}
