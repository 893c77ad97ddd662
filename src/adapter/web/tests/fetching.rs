//! Replies of servers, and how much of them is read.

use std::{io::Write, time::Duration};

use flate2::{Compression, write::GzEncoder};

use super::{
    super::{FetchLimits, GuardedFetcher},
    egress, nothing_known,
    server::{Answer, Server, reply},
};
use crate::{
    error::{Error, Kind, Result},
    port::{Fetched, WebFetcher},
};

async fn fetch(server: &Server, path: &str, most: usize, total: Duration) -> Result<Fetched> {
    let limits = FetchLimits {
        total,
        ..FetchLimits::USUAL
    };
    let fetcher = GuardedFetcher::new(egress(&["127.0.0.0/8"], nothing_known()), limits);
    let url = format!("http://{}{path}", server.address);
    fetcher.fetch(&url, most).await
}

async fn fails(answer: Answer) -> Error {
    let server = Server::start("127.0.0.1", answer).await;
    fetch(&server, "/", 1000, Duration::from_secs(20))
        .await
        .unwrap_err()
}

#[tokio::test]
async fn the_content_its_type_and_its_name_are_passed_on() {
    let html = "content-type: text/html; charset=utf-8\r\n";
    let server = Server::start("127.0.0.1", reply("200 OK", html, "<p>hello")).await;
    let fetched = fetch(&server, "/a/policy.html?x=1", 8, Duration::from_secs(20)).await;
    let expected = Fetched {
        content: b"<p>hello".to_vec(),
        media_type: Some("text/html; charset=utf-8".to_owned()),
        name: "policy.html".to_owned(),
    };
    assert_eq!(fetched.unwrap(), expected);
    let request = server.requests().concat().to_lowercase();
    assert!(request.contains("accept-encoding: identity"), "{request}");
    assert!(request.contains("user-agent: troupe/"), "{request}");
    assert!(!request.contains("authorization"), "{request}");
}

#[tokio::test]
async fn at_most_five_redirects_are_followed() {
    let page = Server::start("127.0.0.1", reply("200 OK", "", "here")).await;
    let to_page = format!("location: http://{}/end.md\r\n", page.address);
    let first = Server::start("127.0.0.1", reply("301 Moved", &to_page, "")).await;
    let fetched = fetch(&first, "/", 10, Duration::from_secs(20)).await;
    assert_eq!(fetched.unwrap().name, "end.md");
    let round = Server::start("127.0.0.1", reply("302 Found", "location: /again\r\n", "")).await;
    let error = fetch(&round, "/", 10, Duration::from_secs(20))
        .await
        .unwrap_err();
    assert_eq!(error.message(), "url: redirects more than 5 times");
    assert_eq!(round.connections().await, 6);
}

#[tokio::test]
async fn the_response_status_decides_the_error_kind() {
    let not_there = fails(reply("404 Not Found", "", "")).await;
    assert_eq!(not_there.message(), "url: is not there (404)");
    assert!(matches!(not_there.kind(), Kind::BadInput(_)));
    let denied = fails(reply("403 Forbidden", "", "")).await;
    assert!(matches!(denied.kind(), Kind::BadInput(_)));
    for status in ["500 Oops", "503 Busy", "429 Slow down"] {
        let error = fails(reply(status, "", "")).await;
        assert_eq!(*error.kind(), Kind::Unavailable, "{status}");
    }
    let nowhere = fails(reply("302 Found", "", "")).await;
    assert!(matches!(nowhere.kind(), Kind::BadInput(_)));
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused() {
    let error = fails(reply("200 OK", "", &"x".repeat(1001))).await;
    assert_eq!(error.message(), "url: its content has over 1000 bytes");
    let error = fails(Answer::Endless).await;
    assert_eq!(error.message(), "url: its content has over 1000 bytes");
}

#[tokio::test]
async fn a_compressed_body_is_read_up_to_its_expanded_size() {
    let compressed = |size: usize| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(&vec![b'a'; size]).unwrap();
        let head = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-encoding: gzip\r\n\r\n";
        Answer::Bytes([head.as_bytes(), &encoder.finish().unwrap()].concat())
    };
    let server = Server::start("127.0.0.1", compressed(1_000)).await;
    let fetched = fetch(&server, "/", 1_000, Duration::from_secs(20)).await;
    assert_eq!(fetched.unwrap().content, [b'a'; 1_000]);
    // a thousand times larger than it is sent
    let error = fails(compressed(10_000_000)).await;
    assert_eq!(error.message(), "url: its content has over 1000 bytes");
    let error = fails(reply("200 OK", "content-encoding: gzip\r\n", "x")).await;
    assert_eq!(*error.kind(), Kind::Unavailable);
    let error = fails(reply("200 OK", "content-encoding: compress\r\n", "x")).await;
    assert!(matches!(error.kind(), Kind::BadInput(_)));
}

#[tokio::test]
async fn a_dripping_server_times_out() {
    let server = Server::start("127.0.0.1", Answer::Drip).await;
    let error = fetch(&server, "/", 1_000_000, Duration::from_millis(300))
        .await
        .unwrap_err();
    assert_eq!(*error.kind(), Kind::Unavailable);
    assert_eq!(
        error.message(),
        "the URL's server took over 0.3 s; try again later"
    );
}

#[tokio::test]
async fn an_interrupted_or_unreachable_server_may_be_retried() {
    let half = Answer::Text("HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nhalf".to_owned());
    assert_eq!(*fails(half).await.kind(), Kind::Unavailable);
    let server = Server::start("127.0.0.1", reply("200 OK", "", "")).await;
    let address = server.address;
    drop(server);
    let fetcher = GuardedFetcher::new(
        egress(&["127.0.0.0/8"], nothing_known()),
        FetchLimits::USUAL,
    );
    let error = fetcher.fetch(&format!("http://{address}/"), 10).await;
    assert!(error.is_err());
}
