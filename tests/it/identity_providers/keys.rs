//! The keys of identity providers: fetched when they are needed, rarely, and only from where they may be.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{
    REGISTER, Stage,
    provider::{SigningKey, TestProvider},
    register,
};
use crate::support::{SHAPES, TestApp};

const UNKNOWN_KEY: &str = "the identity provider has no key as the token names it (kid)";

#[tokio::test]
async fn a_key_that_is_added_is_fetched_once_and_made_up_ids_cause_no_requests() {
    let stage = Stage::set().await;
    let claims = stage.provider.claims("ada", &json!({}));
    for end_user in ["ada", "bob", "eve"] {
        let token = stage.token(end_user, &json!({}));
        assert!(stage.accepts(&token).await);
    }
    assert_eq!(stage.provider.requests(), 1);

    let second = SigningKey::p256("second");
    stage.provider.publish(&[&stage.key, &second]);
    let tokens = ["ada", "bob", "eve"].map(|name| {
        let claims = stage.provider.claims(name, &json!({}));
        second.sign(&claims)
    });
    let accepted = tokens.iter().map(|token| stage.accepts(token));
    let accepted = futures::future::join_all(accepted).await;
    assert_eq!(accepted, [true; 3]);
    assert_eq!(stage.provider.requests(), 2);

    for number in 0..50 {
        let header = json!({"alg": "ES256", "kid": format!("made-up-{number}")});
        let token = second.sign_with(&header, &claims);
        assert_eq!(stage.refusal(&token).await, UNKNOWN_KEY);
    }
    assert_eq!(stage.provider.requests(), 2);
    assert!(stage.accepts(&stage.token("joe", &json!({}))).await);
}

#[tokio::test]
async fn a_provider_that_is_down_signs_as_before() {
    let stage = Stage::set().await;
    assert!(stage.accepts(&stage.token("ada", &json!({}))).await);
    let failing = StatusCode::SERVICE_UNAVAILABLE;
    stage.provider.answers(failing, "down");
    assert!(stage.accepts(&stage.token("bob", &json!({}))).await);
    let new = SigningKey::p256("new");
    let token = new.sign(&stage.provider.claims("ada", &json!({})));
    assert_eq!(stage.refusal(&token).await, UNKNOWN_KEY);
    assert!(stage.accepts(&stage.token("eve", &json!({}))).await);
}

#[tokio::test]
async fn keys_that_cannot_be_fetched_are_unavailable() {
    let stage = Stage::set().await;
    let too_large = format!("{{\"keys\": [], \"more\": \"{}\"}}", "x".repeat(256 * 1024));
    for (number, body) in ["no JSON", "[]", "{\"keys\": 7}", "", &too_large]
        .iter()
        .enumerate()
    {
        let provider = TestProvider::start(&[]).await;
        provider.answers(StatusCode::OK, body);
        let audience = json!({"audience": format!("a{number}")});
        // one of five
        let id = register(&stage.app.stranger.admin, &provider.input(&audience)).await;
        let claims = provider.claims("ada", &json!({"aud": format!("a{number}")}));
        let token = stage.key.sign(&claims);
        for _ in 0..3 {
            let reply = stage.client(&token).ask(super::VIEWER, json!({})).await;
            assert_eq!(reply.code(), "UNAVAILABLE", "{reply:?}");
        }
        assert_eq!(provider.requests(), 1);
        let stranger = &stage.app.stranger.admin;
        let removed = stranger.ok(super::REMOVE, json!({"id": id})).await;
        assert_eq!(removed["removeIdentityProvider"]["deletedId"], id.as_str());
    }
}

#[tokio::test]
async fn a_key_that_cannot_be_used_costs_that_key_only() {
    let stage = Stage::set().await;
    let good = SigningKey::ed25519("good");
    let encryption = SigningKey::p256("encryption");
    let mut for_encryption = encryption.public();
    for_encryption["use"] = "enc".into();
    let odd = json!([
        null, 7, "key", {}, {"kty": "future", "kid": "first"}, {"kty": "oct", "k": "c2VjcmV0", "kid": "secret"},
        {"kty": "EC", "crv": "P-521", "x": "AA", "y": "AA"}, {"kty": "EC", "crv": "P-256", "x": "AA"},
        {"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "short"}, {"kty": "RSA", "n": 7},
        {"kty": "OKP", "crv": "Ed25519", "x": "not base64!"}, for_encryption,
    ]);
    let mut keys = odd.as_array().unwrap().clone();
    keys.push(good.public());
    let body = json!({"keys": keys, "more": {"ignored": true}}).to_string();
    stage.provider.answers(StatusCode::OK, &body);
    let claims = stage.provider.claims("ada", &json!({}));
    assert!(stage.accepts(&good.sign(&claims)).await);
    assert_eq!(stage.refusal(&encryption.sign(&claims)).await, UNKNOWN_KEY);
    let header = json!({"alg": "HS256", "kid": "secret"});
    let token = super::provider::sign_with_secret(b"secret", &header, &claims);
    assert_eq!(
        stage.refusal(&token).await,
        "the algorithm of the token is not allowed"
    );
}

#[tokio::test]
async fn the_url_of_the_keys_is_discovered() {
    let stage = Stage::set().await;
    let key = SigningKey::p256("k");
    let provider = TestProvider::start(&[&key]).await;
    let input = provider.input(&json!({"jwksUrl": null}));
    let made = stage
        .app
        .home
        .admin
        .ok(REGISTER, json!({"input": input}))
        .await;
    let made = &made["registerIdentityProvider"]["identityProvider"];
    assert_eq!(made["jwksUrl"], provider.jwks_url());
    let token = key.sign(&provider.claims("ada", &json!({})));
    assert!(stage.accepts(&token).await);
    // the issuer of the configuration must be that of the tokens, to the last slash
    let other = provider.input(&json!({"jwksUrl": null, "issuer": format!("{}/", provider.url)}));
    let stranger = &stage.app.stranger.admin;
    let refused = stranger.ask(REGISTER, json!({"input": other})).await;
    assert_eq!(refused.problem_paths(), ["input.issuer"]);
}

#[tokio::test]
async fn addresses_that_are_not_public_are_refused() {
    let app = TestApp::start().await;
    let key = SigningKey::p256("k");
    let provider = TestProvider::start(&[&key]).await;
    let port = provider.url.rsplit_once(':').unwrap().1;
    let ask = async |input: Value| {
        let input = provider.input(&input);
        app.home.admin.ask(REGISTER, json!({"input": input})).await
    };
    for shape in SHAPES {
        let url = shape.replace(":P", &format!(":{port}"));
        let refused = ask(json!({"jwksUrl": url})).await;
        assert_eq!(refused.problem_paths(), ["input.jwksUrl"], "{url}");
    }
    for host in [
        "127.0.0.1",
        "0x7f.1",
        "localhost",
        "[::1]",
        "10.0.0.1",
        "169.254.169.254",
        "[fd00:ec2::254]",
    ] {
        let url = format!("https://{host}:{port}/jwks");
        let refused = ask(json!({"jwksUrl": url})).await;
        assert_eq!(refused.problem_paths(), ["input.jwksUrl"], "{url}");
        let refused = ask(json!({"jwksUrl": null, "issuer": url})).await;
        assert_eq!(refused.problem_paths(), ["input.issuer"], "{url}");
    }
    // a public address without encryption
    let refused = ask(json!({"jwksUrl": "http://example.com/jwks"})).await;
    assert_eq!(refused.problem_paths(), ["input.jwksUrl"]);
    let refused = ask(json!({"jwksUrl": null})).await;
    assert_eq!(refused.problem_paths(), ["input.issuer"]);
    let refused = ask(json!({"jwksUrl": null, "issuer": "my-issuer"})).await;
    assert_eq!(refused.problem_paths(), ["input.issuer"]);
    assert_eq!(provider.requests(), 0);
}
