//! The protocol: both versions, the description of tools, and the replies to broken or hostile clients.

use serde_json::{Value, json};

use super::{Peer, REVISIONS, ask, ask_with, post};
use crate::support::TestApp;

#[tokio::test]
async fn every_server_lists_its_tools_in_both_protocol_versions() {
    let app = TestApp::start().await;
    for (server, tools) in [
        ("crm", 15),
        ("pricing", 10),
        ("tickets", 8),
        ("content", 6),
        ("agents", 1),
    ] {
        for revision in REVISIONS {
            let peer = Peer::connect(&app, server, app.home.reader.key(), revision).await;
            let info = peer.client().peer_info().unwrap();
            let identity = json!(info)["serverInfo"].clone();
            assert_eq!(identity["name"], format!("troupe-{server}"));
            let definitions = peer.definitions().await;
            assert_eq!(
                definitions.len(),
                tools,
                "{server}: {:?}",
                peer.tools().await
            );
            for tool in definitions {
                assert!(tool["title"].is_string(), "{tool}");
                assert!(tool["annotations"]["readOnlyHint"].is_boolean(), "{tool}");
                assert_eq!(tool["inputSchema"]["type"], "object", "{tool}");
                assert_eq!(tool["outputSchema"]["type"], "object", "{tool}");
            }
        }
    }
}

#[tokio::test]
async fn invalid_arguments_are_reported_to_the_model_by_field() {
    let app = TestApp::start().await;
    for revision in REVISIONS {
        let crm = Peer::connect(&app, "crm", app.home.member.key(), revision).await;
        let wrong = crm
            .failure(
                "create_contact",
                json!({"email": "nonsense", "nmae": "Ada", "company": "\u{202E}evil"}),
            )
            .await;
        assert!(wrong.starts_with("BAD_USER_INPUT: "), "{wrong}");
        let wrong = crm
            .failure(
                "create_contact",
                json!({"email": "nonsense", "nmae": "Ada"}),
            )
            .await;
        for part in [
            "email:",
            "name: is missing",
            "nmae: unknown setting, did you mean name?",
        ] {
            assert!(wrong.contains(part), "{wrong}");
        }
        let kind = crm
            .failure("get_contact", json!({"id": app.home.agent}))
            .await;
        let agent = &app.home.agent;
        assert_eq!(
            kind,
            format!("BAD_USER_INPUT: id: \"{agent}\" is an agent id, expected a contact id")
        );
        let blank = crm.failure("create_contact", json!({"name": " \t"})).await;
        assert!(blank.starts_with("BAD_USER_INPUT: name:"), "{blank}");
        let nothing = crm.try_call("no_such_tool", json!({})).await.unwrap_err();
        assert!(nothing.contains("unknown tool: no_such_tool"), "{nothing}");
    }
}

#[tokio::test]
async fn calls_are_in_the_audit_log_without_their_content() {
    let app = TestApp::start().await;
    let crm = Peer::connect(&app, "crm", app.home.member.key(), REVISIONS[0]).await;
    crm.ok("create_contact", json!({"name": "Ada Secret"}))
        .await;
    crm.failure(
        "get_contact",
        json!({"id": "contact_01h455vb4pex5vsknk084sn02q"}),
    )
    .await;
    let log = app.audit_log(&app.home.id).await;
    let calls: Vec<_> = log
        .iter()
        .map(|entry| &entry.note)
        .filter(|note| note.action == "toolCall")
        .collect();
    assert_eq!(calls.len(), 2);
    assert_eq!(calls[0].detail["tool"], "create_contact");
    assert_eq!(calls[0].detail["outcome"], "SUCCEEDED");
    assert_eq!(calls[1].detail["outcome"], "FAILED");
    assert!(calls.iter().all(|note| note.actor.starts_with("key_")));
    assert!(!format!("{log:?}").contains("Secret"));
    let theirs = app.audit_log(&app.stranger.id).await;
    assert!(theirs.iter().all(|entry| entry.note.action != "toolCall"));
}

#[tokio::test]
async fn requests_for_unlisted_hosts_and_origins_are_refused() {
    let app = TestApp::with(&[(
        "TROUPE_MCP_ALLOWED_HOSTS",
        "troupe.example.com,other.example.com:8443",
    )])
    .await;
    let list = || ("tools/list", json!({}));
    for (host, status) in [
        ("evil.example", 403),
        ("troupe.example.com", 200),
        ("TROUPE.example.com:443", 200),
        ("other.example.com:8443", 200),
        ("other.example.com", 403),
        ("127.0.0.1:1", 200),
        ("localhost", 200),
    ] {
        let answer = ask_with(&app, "crm", &app.home.member, list(), &[("host", host)]).await;
        assert_eq!(answer.status, status, "{host}: {answer:?}");
    }
    for (name, value) in [
        ("origin", "https://evil.example"),
        ("sec-fetch-site", "cross-site"),
    ] {
        let answer = ask_with(&app, "crm", &app.home.member, list(), &[(name, value)]).await;
        assert_eq!(answer.status, 403, "{name}: {answer:?}");
    }
}

#[tokio::test]
async fn an_invalid_json_rpc_message_is_refused() {
    let app = TestApp::start().await;
    let key = format!("Bearer {}", app.home.member.key());
    let with = |more: &[(&'static str, &'static str)]| {
        let mut headers = vec![("authorization", key.clone())];
        headers.extend(
            more.iter()
                .map(|(name, value)| (*name, (*value).to_owned())),
        );
        headers
    };
    let send = async |headers: Vec<(&'static str, String)>, message: Value| {
        let headers: Vec<_> = headers
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        post(&app, "crm", &headers, &message).await
    };
    let large = json!({"jsonrpc": "2.0", "id": 1, "method": "ping", "params": {"x": "x".repeat(1024 * 1024)}});
    let refused = send(with(&[]), large).await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (413, "TOO_COMPLEX")
    );
    let array = send(
        with(&[]),
        json!([{"jsonrpc": "2.0", "id": 1, "method": "ping"}]),
    )
    .await;
    assert!((400..500).contains(&array.status), "{array:?}");
    let lost = send(
        with(&[("mcp-session-id", "nobody-knows")]),
        json!({"jsonrpc": "2.0", "id": 1, "method": "ping"}),
    )
    .await;
    assert_eq!(lost.status, 404, "{lost:?}");
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("{}/mcp/crm", app.url);
    let plain = http
        .post(&url)
        .header("authorization", &key)
        .header("content-type", "text/plain")
        .body("{}");
    assert_eq!(plain.send().await.unwrap().status().as_u16(), 415);
    let put = http
        .put(&url)
        .header("authorization", &key)
        .send()
        .await
        .unwrap();
    assert_eq!(put.status().as_u16(), 405);
    let unknown = ask(&app, "crm", &app.home.member, ("no/such", json!({}))).await;
    assert_eq!(unknown.message()["error"]["code"], -32_601);
}
