//! Which callers share a connection, what a server learns about its callers, and when a session ends.

use std::{collections::BTreeSet, time::Duration};

use serde_json::json;

use super::{
    LIMITS, another_agent, endpoint, host, plain, request,
    tool_server::{BOTH, Generation, ToolServer},
};
use crate::{
    adapter::mcp::McpToolHost,
    domain::{AccountId, McpTransport::StreamableHttp, Secret},
    port::{SystemClock, ToolEndpoint, ToolHost},
};

fn stateful(server: &ToolServer) -> ToolEndpoint {
    ToolEndpoint {
        stateless: false,
        ..endpoint(&server.url, StreamableHttp)
    }
}

async fn count(host: &McpToolHost, endpoint: &ToolEndpoint) -> String {
    host.call(endpoint, plain("count")).await.unwrap().text
}

#[tokio::test]
async fn an_agent_keeps_a_session_of_its_own() {
    let server = ToolServer::start(Generation::Sessions).await;
    let host = host(LIMITS);
    let first = stateful(&server);
    let second = another_agent(&first);
    let elsewhere = ToolEndpoint {
        account: AccountId::new(&SystemClock),
        ..first.clone()
    };
    assert_eq!(count(&host, &first).await, "1");
    assert_eq!(count(&host, &first).await, "2");
    assert_eq!(count(&host, &second).await, "1");
    assert_eq!(count(&host, &elsewhere).await, "1");
    assert_eq!(count(&host, &first).await, "3");
    assert_eq!(server.seen.sessions().len(), 3);
}

#[tokio::test]
async fn concurrent_calls_of_one_agent_open_one_session() {
    let server = ToolServer::start(Generation::Sessions).await;
    let host = host(LIMITS);
    let endpoint = stateful(&server);
    let calls = (0..8).map(|_| count(&host, &endpoint));
    let mut counted = futures::future::join_all(calls).await;
    counted.sort();
    assert_eq!(counted, ["1", "2", "3", "4", "5", "6", "7", "8"]);
    assert_eq!(server.seen.sessions().len(), 1);
}

#[tokio::test]
async fn a_stateful_server_receives_the_agent_headers() {
    for generation in BOTH {
        let server = ToolServer::start(generation).await;
        let host = host(LIMITS);
        let first = stateful(&server);
        let second = another_agent(&first);
        for endpoint in [&first, &second] {
            let answer = host
                .call(endpoint, request("echo", json!({})))
                .await
                .unwrap();
            let agent = endpoint.agent.unwrap().to_string();
            assert_eq!(answer.content["agent"], agent, "{generation:?}");
        }
        let accounts = server.seen.header("x-account-id");
        assert_eq!(accounts, BTreeSet::from([first.account.to_string()]));
        assert_eq!(server.seen.header("x-agent-instance-id").len(), 2);
        assert_eq!(
            server.seen.header("authorization"),
            BTreeSet::from(["Bearer token-of-the-test".to_owned()])
        );
    }
}

#[tokio::test]
async fn a_stateless_server_is_shared_and_receives_no_agent_headers() {
    for generation in BOTH {
        let server = ToolServer::start(generation).await;
        let host = host(LIMITS);
        let first = endpoint(&server.url, StreamableHttp);
        count(&host, &first).await;
        let before = server.seen.requests();
        count(&host, &another_agent(&first)).await;
        assert_eq!(server.seen.requests(), before + 1, "{generation:?}");
        assert!(server.seen.header("x-account-id").is_empty());
        assert!(server.seen.header("x-agent-instance-id").is_empty());
    }
}

#[tokio::test]
async fn a_changed_token_opens_a_new_session() {
    let server = ToolServer::start(Generation::Sessions).await;
    let host = host(LIMITS);
    let first = endpoint(&server.url, StreamableHttp);
    let second = ToolEndpoint {
        token: Some(Secret::new("another-token")),
        ..first.clone()
    };
    let none = ToolEndpoint {
        token: None,
        ..first.clone()
    };
    assert_eq!(count(&host, &first).await, "1");
    assert_eq!(count(&host, &second).await, "1");
    assert_eq!(count(&host, &none).await, "1");
    let tokens = server.seen.header("authorization");
    let expected = ["Bearer another-token", "Bearer token-of-the-test"];
    assert_eq!(tokens.iter().collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn a_session_lost_by_the_server_is_reopened() {
    let server = ToolServer::start(Generation::Sessions).await;
    let host = host(LIMITS);
    let endpoint = stateful(&server);
    assert_eq!(count(&host, &endpoint).await, "1");
    server.forget_sessions().await;
    assert_eq!(count(&host, &endpoint).await, "1");
    assert_eq!(count(&host, &endpoint).await, "2");
    assert_eq!(server.seen.sessions().len(), 2);
}

#[tokio::test]
async fn an_unused_session_is_ended() {
    let server = ToolServer::start(Generation::Sessions).await;
    let mut limits = LIMITS;
    limits.idle = Duration::from_millis(50);
    let host = host(limits);
    count(&host, &stateful(&server)).await;
    server.seen.ended(1).await;
}

#[tokio::test]
async fn sessions_of_a_changed_server_are_ended_and_those_of_others_are_not() {
    let server = ToolServer::start(Generation::Sessions).await;
    let host = host(LIMITS);
    let changed = stateful(&server);
    let other = stateful(&server);
    count(&host, &changed).await;
    count(&host, &other).await;
    host.forget(changed.server).await;
    server.seen.ended(1).await;
    assert_eq!(count(&host, &changed).await, "1");
    assert_eq!(count(&host, &other).await, "2");
}

#[tokio::test]
async fn sessions_end_with_the_host() {
    let server = ToolServer::start(Generation::Sessions).await;
    let tasks = tokio_util::task::TaskTracker::new();
    let egress = crate::adapter::web::tests::egress(
        &["127.0.0.0/8"],
        crate::adapter::web::tests::nothing_known(),
    );
    let host = McpToolHost::new(&egress, LIMITS, tasks.clone()).unwrap();
    count(&host, &stateful(&server)).await;
    drop(host);
    tasks.close();
    tasks.wait().await;
    server.seen.ended(1).await;
}

#[tokio::test]
async fn the_oldest_session_is_evicted_for_a_new_one() {
    let server = ToolServer::start(Generation::Sessions).await;
    let mut limits = LIMITS;
    limits.sessions = 2;
    let host = host(limits);
    let agents = [stateful(&server), stateful(&server), stateful(&server)];
    for agent in &agents {
        assert_eq!(count(&host, agent).await, "1");
    }
    server.seen.ended(1).await;
    assert_eq!(count(&host, &agents[2]).await, "2");
    assert_eq!(count(&host, &agents[1]).await, "2");
    assert_eq!(count(&host, &agents[0]).await, "1");
}
