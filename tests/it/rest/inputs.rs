//! Bodies and query strings that are wrong: each problem names its field.

use reqwest::Method;
use serde_json::{Value, json};

use super::{AGENTS, Rest, message};
use crate::support::TestApp;

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a list of wrong bodies")]
async fn every_wrong_field_of_a_body_is_named() {
    let app = TestApp::start().await;
    let rest = Rest::of(&app, &app.home.admin).await;
    let own = format!("{AGENTS}/{}", app.home.agent);
    let chat = format!("{own}/chat");
    let create = json!({"template": "support_agent", "tier": "standard", "name": "A"});
    let with = |base: &Value, field: &str, value: Value| {
        let mut body = base.clone();
        body[field] = value;
        body
    };
    let hello = message("Hello", "1");
    let (own, chat) = (own.as_str(), chat.as_str());
    let cases = [
        (
            Method::POST,
            AGENTS,
            json!({}),
            vec!["template", "tier", "name"],
        ),
        (
            Method::POST,
            AGENTS,
            json!({"template": 1, "tier": null, "name": ["A"], "colour": "red"}),
            vec!["template", "tier", "name", "colour"],
        ),
        (
            Method::POST,
            AGENTS,
            with(&create, "activate", json!("yes")),
            vec!["activate"],
        ),
        (
            Method::POST,
            AGENTS,
            with(&create, "configuration", json!([1])),
            vec!["configuration"],
        ),
        (
            Method::POST,
            AGENTS,
            with(&create, "name", json!("")),
            vec!["name"],
        ),
        (
            Method::POST,
            AGENTS,
            with(&create, "slug", json!("Über Slug")),
            vec!["slug"],
        ),
        (
            Method::POST,
            AGENTS,
            with(&create, "name", json!("a\u{0}b")),
            vec!["name"],
        ),
        (
            Method::POST,
            AGENTS,
            with(
                &create,
                "fallbackAgentId",
                json!("run_01h455vb4pex5vsknk084sn02q"),
            ),
            vec!["fallbackAgentId"],
        ),
        (
            Method::POST,
            AGENTS,
            with(&create, "id", json!(app.home.agent)),
            vec!["id"],
        ),
        (Method::PUT, own, json!({"id": app.home.agent}), vec!["id"]),
        (
            Method::PUT,
            own,
            json!({"expectedUpdatedAt": 5}),
            vec!["expectedUpdatedAt"],
        ),
        (
            Method::POST,
            chat,
            with(&hello, "agentId", json!(app.home.agent)),
            vec!["agentId"],
        ),
        (
            Method::POST,
            chat,
            with(&hello, "message", json!({"text": "Hello"})),
            vec!["message"],
        ),
        (
            Method::POST,
            chat,
            with(&hello, "message", json!("é".repeat(32_001))),
            vec!["message"],
        ),
        (
            Method::POST,
            chat,
            with(&hello, "allowTools", json!(["a", 2, null])),
            vec!["allowTools[1]", "allowTools[2]"],
        ),
        (
            Method::POST,
            chat,
            with(&hello, "private", Value::Null),
            vec!["private"],
        ),
        (
            Method::POST,
            chat,
            with(&hello, "conversationId", json!("nonsense")),
            vec!["conversationId"],
        ),
        (
            Method::POST,
            chat,
            with(&hello, "🙂", json!(true)),
            vec!["🙂"],
        ),
    ];
    for (method, path, body, paths) in cases {
        let refused = rest.call(method.clone(), path, Some(&body)).await;
        refused.is_problem(400, "BAD_USER_INPUT");
        assert_eq!(refused.paths(), paths, "{method} {path} {body}");
        let detail = refused.body["detail"].as_str().unwrap();
        assert!(detail.starts_with(&format!("{}: ", paths[0])), "{detail}");
    }
    assert!(app.upstream.asked().is_empty());
    assert_eq!(rest.get(AGENTS).await.is(200)["totalCount"], 1);
}

#[tokio::test]
async fn a_body_that_is_no_object_of_json_is_refused() {
    let app = TestApp::configured("http: {body_bytes: 100000}", &[]).await;
    let rest = Rest::of(&app, &app.home.admin).await;
    let json = "application/json";
    let deep = format!(
        "{{\"configuration\":{}{}}}",
        "[".repeat(100),
        "]".repeat(100)
    );
    let large = format!("{{\"message\":\"{}\"}}", "a".repeat(100_000));
    let cases: [(&str, &[u8], u16, &str); 10] = [
        (json, b"", 400, "BAD_USER_INPUT"),
        (json, b"null", 400, "BAD_USER_INPUT"),
        (json, b"[{}]", 400, "BAD_USER_INPUT"),
        (json, b"{\"message\": ", 400, "BAD_USER_INPUT"),
        (json, b"{\"message\": \"\xff\"}", 400, "BAD_USER_INPUT"),
        (json, deep.as_bytes(), 400, "BAD_USER_INPUT"),
        (json, large.as_bytes(), 413, "TOO_COMPLEX"),
        ("text/plain", b"{}", 415, "BAD_USER_INPUT"),
        (
            "application/json; charset=latin1",
            b"{}",
            415,
            "BAD_USER_INPUT",
        ),
        (
            "application/x-www-form-urlencoded",
            b"message=Hello",
            415,
            "BAD_USER_INPUT",
        ),
    ];
    for (content_type, body, status, code) in cases {
        for (method, path) in [
            (Method::POST, "/chat".to_owned()),
            (Method::POST, AGENTS.to_owned()),
            (Method::PUT, format!("{AGENTS}/{}", app.home.agent)),
        ] {
            let request = rest
                .request(method.clone(), &path)
                .header("content-type", content_type);
            let refused = rest.send(request.body(body.to_vec()), &method, &path).await;
            refused.is_problem(status, code);
        }
    }
    let refused = rest
        .request(Method::POST, "/chat")
        .json(&message("Hello", "1"));
    let refused = refused.header("accept", "text/html");
    let refused = rest.send(refused, &Method::POST, "/chat").await;
    refused.is_problem(406, "BAD_USER_INPUT");
    let refused = rest
        .request(Method::GET, "/agents")
        .header("accept", "text/event-stream");
    rest.send(refused, &Method::GET, "/agents")
        .await
        .is_problem(406, "BAD_USER_INPUT");
}

#[tokio::test]
async fn every_wrong_parameter_of_a_query_string_is_named() {
    let app = TestApp::start().await;
    let rest = Rest::of(&app, &app.home.reader).await;
    for (query, path) in [
        ("first=abc", "first"),
        ("first=", "first"),
        ("first=99999999999", "first"),
        ("first=0", "first"),
        ("first=101", "first"),
        ("first=1&first=2", "first"),
        ("after=nonsense", "after"),
        ("status=ASLEEP", "status"),
        ("colour=red", "colour"),
        ("%F0%9F%99%82=1", "🙂"),
        ("orderBy=NAME", "orderBy"),
    ] {
        let refused = rest.get(&format!("{AGENTS}?{query}")).await;
        refused.is_problem(400, "BAD_USER_INPUT");
        assert_eq!(refused.paths(), [path], "{query}: {:#}", refused.body);
    }
    let templates = "/accounts/me/agentic-workflows?includeDeprecated=1";
    assert_eq!(rest.get(templates).await.paths(), ["includeDeprecated"]);
    let own = format!("{AGENTS}/{}?first=1", app.home.agent);
    assert_eq!(rest.get(&own).await.paths(), ["first"]);
}

#[tokio::test]
async fn names_in_a_path_are_ids_slugs_or_nothing() {
    let app = TestApp::start().await;
    let rest = Rest::of(&app, &app.home.reader).await;
    for account in ["nonsense", "acct_1", "%20", &app.home.agent] {
        let refused = rest.get(&format!("/accounts/{account}/agents")).await;
        refused.is_problem(400, "BAD_USER_INPUT");
        assert_eq!(refused.paths(), ["account"], "{account}");
    }
    for (agent, status) in [
        ("no-such-agent", 404),
        ("%C3%9Cber", 404),
        ("%F0%9F%99%82", 404),
        ("a%00b", 400),
        ("agent_", 400),
        (&app.home.id, 400),
        (&app.home.agent.to_uppercase(), 400),
        ("%FF", 400),
    ] {
        let refused = rest.get(&format!("{AGENTS}/{agent}")).await;
        assert_eq!(refused.status, status, "{agent}: {:#}", refused.body);
    }
    let slug = "a".repeat(3_000);
    rest.get(&format!("{AGENTS}/{slug}"))
        .await
        .is_problem(404, "NOT_FOUND");
}
