//! Addresses that must never be reached, in every spelling.

use super::{
    super::{FetchLimits, GuardedFetcher},
    FakeResolver, egress, nothing_known,
    server::{Server, reply},
    shapes::SHAPES,
};
use crate::{error::Kind, port::WebFetcher};

fn fetcher(allow: &[&str], resolver: FakeResolver) -> GuardedFetcher {
    GuardedFetcher::new(egress(allow, resolver), FetchLimits::USUAL)
}

#[tokio::test]
async fn no_spelling_of_an_address_reaches_a_private_network() {
    let canary = Server::start("127.0.0.1", reply("200 OK", "", "reached")).await;
    let port = format!(":{}", canary.address.port());
    let fetcher = fetcher(&[], nothing_known());
    let mut refused_before_asking = 0;
    for shape in SHAPES {
        let url = shape.replace(":P", &port);
        refused_before_asking += usize::from(fetcher.check("url", &url).is_err());
        let error = fetcher.fetch(&url, 1000).await.expect_err(&url);
        assert!(
            matches!(error.kind(), Kind::BadInput(_)),
            "{url}: {error:?}"
        );
    }
    assert_eq!(canary.connections().await, 0);
    // Only names that are harmless before they are resolved pass the first check.
    assert_eq!(SHAPES.len() - refused_before_asking, 5);
}

#[tokio::test]
async fn a_host_name_rebound_to_a_private_address_is_refused() {
    let canary = Server::start("127.0.0.1", reply("200 OK", "", "reached")).await;
    let to_canary = format!("location: http://flip.test:{}/\r\n", canary.address.port());
    let first = Server::start("127.0.0.2", reply("302 Found", &to_canary, "")).await;
    let resolver = FakeResolver::new([(
        "flip.test",
        vec![[127, 0, 0, 2].into(), [127, 0, 0, 1].into()],
    )]);
    let fetcher = fetcher(&["127.0.0.2/32"], resolver);
    let url = format!("http://flip.test:{}/", first.address.port());
    let error = fetcher.fetch(&url, 1000).await.unwrap_err();
    assert_eq!(error.message(), "url: the host has no public address");
    assert_eq!(canary.connections().await, 0);
    assert_eq!(first.connections().await, 1);
}

#[tokio::test]
async fn a_redirect_to_a_private_address_is_refused() {
    let canary = Server::start("127.0.0.1", reply("200 OK", "", "reached")).await;
    let port = canary.address.port();
    for place in [
        format!("http://127.0.0.1:{port}/"),
        format!("//127.1:{port}/"),
        format!("http://localhost:{port}/"),
        format!("http://rebind.test:{port}/"),
        format!("http://[::ffff:127.0.0.1]:{port}/"),
        "file:///etc/passwd".to_owned(),
    ] {
        let location = format!("location: {place}\r\n");
        let first = Server::start("127.0.0.2", reply("307 Temporary", &location, "")).await;
        let fetcher = fetcher(&["127.0.0.2/32"], nothing_known());
        let url = format!("http://{}/", first.address);
        let error = fetcher.fetch(&url, 1000).await.expect_err(&place);
        assert!(
            matches!(error.kind(), Kind::BadInput(_)),
            "{place}: {error:?}"
        );
        assert_eq!(first.connections().await, 1);
    }
    assert_eq!(canary.connections().await, 0);
}

#[tokio::test]
async fn an_allowed_host_is_reachable_on_its_port_only() {
    let open = Server::start("127.0.0.1", reply("200 OK", "", "open")).await;
    let canary = Server::start("127.0.0.1", reply("200 OK", "", "reached")).await;
    let entries = [
        format!("127.0.0.1:{}", open.address.port()),
        format!("inside.test:{}", open.address.port()),
    ];
    let fetcher = fetcher(&[&entries[0], &entries[1]], nothing_known());
    for host in ["127.0.0.1", "127.1", "inside.test", "INSIDE.test"] {
        let url = format!("http://{host}:{}/", open.address.port());
        assert_eq!(fetcher.fetch(&url, 1000).await.unwrap().content, b"open");
        let url = format!("http://{host}:{}/", canary.address.port());
        assert!(fetcher.fetch(&url, 1000).await.is_err(), "{url}");
    }
    assert_eq!(canary.connections().await, 0);
}

#[tokio::test]
async fn an_allowed_network_is_reachable_by_name_and_address() {
    let open = Server::start("127.0.0.1", reply("200 OK", "", "open")).await;
    let fetcher = fetcher(&["127.0.0.0/8", "::1/128"], nothing_known());
    for host in ["127.0.0.1", "localhost", "any.test", "[::ffff:127.0.0.1]"] {
        let url = format!("http://{host}:{}/", open.address.port());
        fetcher.check("url", &url).unwrap();
    }
    let url = format!("http://any.test:{}/", open.address.port());
    assert_eq!(fetcher.fetch(&url, 1000).await.unwrap().content, b"open");
    assert!(fetcher.check("url", "http://10.0.0.1/").is_err());
}

#[test]
fn public_addresses_are_not_refused() {
    let egress = egress(&[], nothing_known());
    for url in [
        "https://example.com/policy.pdf?version=2#page=3",
        "http://example.com:8080/",
        "https://8.8.8.8/",
        "https://172.15.255.255/",
        "https://172.32.0.1/",
        "https://100.63.255.255/",
        "https://192.0.1.1/",
        "https://[2606:4700::1111]/",
        "https://[2a00:1450:4001::1]/",
        "https://xn--bcher-kva.example/",
    ] {
        egress.check("url", url).expect(url);
    }
}

#[test]
fn a_refusal_names_the_field_and_the_reason() {
    let egress = egress(&[], nothing_known());
    let message = |url: &str| {
        egress
            .check("input.url", url)
            .unwrap_err()
            .message()
            .to_owned()
    };
    assert_eq!(
        message("http://10.1.2.3/"),
        "input.url: the address is private (RFC 1918), expected a public one"
    );
    assert_eq!(
        message("ftp://example.com/"),
        "input.url: has the scheme ftp, expected https or http"
    );
    assert_eq!(
        message("https://a:b@example.com/"),
        "input.url: has a user name or a password; leave them out"
    );
    assert_eq!(
        message(&format!("https://example.com/{}", "a".repeat(3000))),
        "input.url: 3020 bytes, at most 2048"
    );
}

#[tokio::test]
async fn a_secret_is_sent_unencrypted_only_to_allowed_hosts() {
    let canary = Server::start("127.0.0.2", reply("200 OK", "", "reached")).await;
    let port = canary.address.port();
    let opened = format!("opened.test:{port}");
    let names = |name: &'static str| FakeResolver::new([(name, vec![[127, 0, 0, 2].into()])]);
    let may = |allow: &[&str], url: &str| {
        let guard = egress(allow, nothing_known());
        guard.check_for_secret("url", url).is_ok()
    };
    assert!(may(&[], "https://tools.example.com/mcp"));
    for (allow, url, expected) in [
        (&[][..], "http://tools.example.com/mcp", false),
        (&[], "http://203.0.114.7/mcp", false),
        (&["10.0.0.0/8"], "http://203.0.114.7/mcp", false),
        (&["10.0.0.0/8"], "http://10.1.2.3/mcp", true),
        // The address behind the name is checked at connect time.
        (&["10.0.0.0/8"], "http://tools.example.com/mcp", true),
        (
            &["tools.example.com:80"],
            "http://tools.example.com/mcp",
            true,
        ),
        (
            &["tools.example.com:81"],
            "http://tools.example.com/mcp",
            false,
        ),
    ] {
        assert_eq!(may(allow, url), expected, "{allow:?} {url}");
    }
    let lenient = egress(&[], nothing_known()).with_plain_secrets();
    assert!(
        lenient
            .check_for_secret("url", "http://tools.example.com/mcp")
            .is_ok()
    );

    let reached = async |allow: &[&str], name: &'static str| {
        let guard = egress(allow, names(name));
        let url = url::Url::parse(&format!("http://{name}:{port}/")).unwrap();
        let sent = guard.client_for_secret(&url).get(url).send().await;
        sent.is_ok()
    };
    assert!(reached(&["127.0.0.2/32"], "inside.test").await);
    assert!(!reached(&["127.0.0.1/32"], "inside.test").await);
    assert!(reached(&[&opened], "opened.test").await);
    assert_eq!(canary.connections().await, 2);
}
