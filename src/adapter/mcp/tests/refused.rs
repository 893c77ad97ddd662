//! Addresses that must never be reached, in every spelling and by every operation.

use super::{LIMITS, endpoint, guarded_host, plain};
use crate::{
    adapter::web::tests::{
        FakeResolver, nothing_known,
        server::{Server, reply},
        shapes::SHAPES,
    },
    domain::McpTransport::{ActionHttp, StreamableHttp},
    error::Kind,
    port::{RequestSecret, ToolHost},
};

#[tokio::test]
async fn no_spelling_of_an_address_reaches_a_private_network() {
    let canary = Server::start("127.0.0.1", reply("200 OK", "", "reached")).await;
    let port = format!(":{}", canary.address.port());
    let host = guarded_host(&[], nothing_known(), LIMITS);
    assert!(SHAPES.len() >= 60);
    for shape in SHAPES {
        let url = shape.replace(":P", &port);
        let checked = host.check("input.endpointUrl", &url, RequestSecret::NoSecret);
        for transport in [StreamableHttp, ActionHttp] {
            let endpoint = endpoint(&url, transport);
            let failure = host.call(&endpoint, plain("a")).await.expect_err(&url);
            let is_refused = matches!(failure.error.kind(), Kind::BadInput(_));
            assert!(
                is_refused && !failure.may_have_happened,
                "{url}: {failure:?}"
            );
            let error = host.list(&endpoint).await.expect_err(&url);
            let is_refused = matches!(error.kind(), Kind::BadInput(_));
            // A server whose tools cannot be listed is not called.
            assert!(
                is_refused || (checked.is_ok() && transport == ActionHttp),
                "{url}: {error:?}"
            );
        }
    }
    assert_eq!(canary.connections().await, 0);
}

#[tokio::test]
async fn a_host_name_rebound_to_a_private_address_is_refused() {
    let canary = Server::start("127.0.0.1", reply("200 OK", "", "reached")).await;
    let port = canary.address.port();
    for transport in [StreamableHttp, ActionHttp] {
        let first = Server::start("127.0.0.2", reply("503 Busy", "", "")).await;
        let answers = vec![[127, 0, 0, 2].into(), [127, 0, 0, 1].into()];
        let resolver = FakeResolver::new([("flip.test", answers)]);
        let host = guarded_host(&["127.0.0.2/32"], resolver, LIMITS);
        let url = format!("http://flip.test:{}/", first.address.port());
        host.check("endpointUrl", &url, RequestSecret::NoSecret)
            .unwrap();
        // The name resolves to the public address once, and then to another one.
        let before = endpoint(&url, transport);
        host.call(&before, plain("a")).await.unwrap_err();
        let url = format!("http://flip.test:{port}/");
        let after = endpoint(&url, transport);
        let failure = host.call(&after, plain("a")).await.unwrap_err();
        assert_eq!(
            failure.error.message(),
            "endpointUrl: the host has no public address"
        );
        assert!(!failure.may_have_happened);
        if transport == StreamableHttp {
            let error = host.list(&after).await.unwrap_err();
            assert_eq!(
                error.message(),
                "endpointUrl: the host has no public address"
            );
        }
        assert!(first.connections().await >= 1);
    }
    assert_eq!(canary.connections().await, 0);
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_the_token_is_not_sent() {
    let canary = Server::start("127.0.0.1", reply("200 OK", "", "reached")).await;
    let public = Server::start("127.0.0.3", reply("200 OK", "", "reached")).await;
    for place in [canary.address, public.address] {
        for status in [
            "301 Moved",
            "302 Found",
            "303 Other",
            "307 Temporary",
            "308 Permanent",
        ] {
            let location = format!("location: http://{place}/\r\n");
            let first = Server::start("127.0.0.2", reply(status, &location, "")).await;
            let allowed = ["127.0.0.2/32", "127.0.0.3/32"];
            let host = guarded_host(&allowed, nothing_known(), LIMITS);
            for transport in [StreamableHttp, ActionHttp] {
                let endpoint = endpoint(&format!("http://{}/", first.address), transport);
                let failure = host.call(&endpoint, plain("a")).await.unwrap_err();
                let message = failure.error.message();
                assert!(
                    message.contains("redirects to another address"),
                    "{message}"
                );
                assert!(!failure.may_have_happened);
                if transport == StreamableHttp {
                    let error = host.list(&endpoint).await.unwrap_err();
                    assert!(error.message().contains("redirects to another address"));
                }
            }
        }
    }
    assert_eq!(canary.connections().await, 0);
    assert_eq!(public.connections().await, 0);
}
