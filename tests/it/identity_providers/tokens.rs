//! Tokens: whom they act as, and which are refused.

use serde_json::{Value, json};

use super::{
    CONVERSATIONS, SEND, Stage, VIEWER,
    provider::{SigningKey, TestProvider, in_seconds, sign_with_secret, unsigned},
    register,
};
use crate::support::Script;

#[tokio::test]
async fn a_token_acts_as_its_end_user_who_sees_only_its_own_conversations() {
    let stage = Stage::set().await;
    let (ada, bob) = (stage.browser("ada"), stage.browser("bob"));
    let viewer = ada.ok(VIEWER, json!({})).await["viewer"].clone();
    assert_eq!(viewer["role"], "END_USER");
    assert_eq!(viewer["session"], Value::Null);
    assert_eq!(viewer["endUser"]["externalId"], "ada");
    assert_eq!(viewer["endUser"]["displayName"], "The ada");
    assert!(viewer["endUser"]["lastSeenAt"].is_string());

    stage.app.upstream.will(Script::says(&["Hello, ", "Ada"]));
    let chat =
        "subscription { chat(input: {message: \"Hello\", clientMessageId: \"1\"}) { __typename
        ... on RunSucceeded { message { text } } } }";
    let events = ada.subscribe(chat, json!({})).await.rest().await;
    let last = events.last().unwrap().data();
    assert_eq!(last["chat"]["message"]["text"], "Hello, Ada");
    let sent = bob.ok(SEND, json!({"input": {"message": "Hello"}})).await;
    let conversation = &sent["sendMessage"]["run"]["conversation"];
    assert_eq!(conversation["endUser"], "bob");
    let bobs = bob.ok(CONVERSATIONS, json!({})).await;
    assert_eq!(
        bobs["conversations"]["nodes"],
        json!([{"id": conversation["id"]}])
    );
    let adas = ada.ok(CONVERSATIONS, json!({})).await;
    let adas = adas["conversations"]["nodes"].as_array().unwrap().clone();
    assert_eq!(adas.len(), 1);
    assert_ne!(adas[0]["id"], conversation["id"]);
    let query = "query($id: ID!) { conversation(id: $id) { id } }";
    let foreign = ada.ok(query, json!({"id": conversation["id"]})).await;
    assert_eq!(foreign["conversation"], Value::Null);
    let secret = "{ endUsers { totalCount } }";
    assert_eq!(ada.ask(secret, json!({})).await.code(), "FORBIDDEN");

    // a session of the same person is the same end user
    let begin = "mutation { createSession(input: {endUser: \"bob\"}) { token } }";
    let made = stage.app.home.admin.ok(begin, json!({})).await;
    let session = stage.client(made["createSession"]["token"].as_str().unwrap());
    assert_eq!(session.ok(CONVERSATIONS, json!({})).await, bobs);
    let renewed = "mutation { renewSession(input: {token: \"ts_x\"}) { session { id } } }";
    assert_eq!(ada.ask(renewed, json!({})).await.code(), "FORBIDDEN");
}

#[tokio::test]
async fn each_kind_of_key_signs() {
    let keys = [
        SigningKey::p256("a"),
        SigningKey::ed25519("b"),
        SigningKey::rsa("c"),
    ];
    let stage = Stage::set().await;
    stage.provider.publish(&[&keys[0], &keys[1], &keys[2]]);
    for key in &keys {
        let token = key.sign(&stage.provider.claims("ada", &json!({})));
        assert!(stage.accepts(&token).await, "{}", key.algorithm());
        // the last character of a signature may have bits that count for nothing
        let (text, signature) = token.rsplit_once('.').unwrap();
        let flipped = if signature.starts_with('A') { "B" } else { "A" };
        let forged = format!("{text}.{flipped}{}", &signature[1..]);
        assert_eq!(
            stage.refusal(&forged).await,
            "the signature of the token is not valid"
        );
    }
}

#[tokio::test]
async fn a_token_with_a_wrong_claim_is_refused_with_the_reason() {
    const UNKNOWN: &str = "the issuer (iss) and audience (aud) of the token are not those of a registered identity provider";
    const NEITHER: &str = "the token has no issuer (iss) or no audience (aud)";
    const EXPIRED: &str = "the token has expired";
    let stage = Stage::set().await;
    let cases = [
        (json!({"iss": "https://other.example"}), UNKNOWN),
        (json!({"aud": "another"}), UNKNOWN),
        (json!({"aud": ["another", "third"]}), UNKNOWN),
        (json!({"iss": null}), NEITHER),
        (json!({"iss": [stage.provider.url]}), NEITHER),
        (json!({"aud": null}), NEITHER),
        (json!({"aud": 7}), NEITHER),
        (json!({"exp": in_seconds(-90)}), EXPIRED),
        (json!({"exp": null}), "the token has no expiry (exp)"),
        (
            json!({"exp": "tomorrow"}),
            "the claim \"exp\" of the token is no time in seconds",
        ),
        (
            json!({"exp": 1e300}),
            "the claim \"exp\" of the token is no time in seconds",
        ),
        (
            json!({"nbf": in_seconds(90)}),
            "the token is not valid yet (nbf)",
        ),
        (
            json!({"iat": in_seconds(90)}),
            "the token was issued in the future (iat)",
        ),
        (
            json!({"sub": null}),
            "the claim \"sub\" of the token names no end user",
        ),
        (
            json!({"sub": "a".repeat(121)}),
            "the claim \"sub\" of the token is no id of 1 to 120 characters in one line",
        ),
    ];
    for (claims, reason) in cases {
        let token = stage.token("ada", &claims);
        assert_eq!(stage.refusal(&token).await, reason, "{claims}");
    }
    // within the difference of the clocks, and as providers spell it
    for claims in [
        json!({"exp": in_seconds(-30)}),
        json!({"nbf": in_seconds(30), "iat": in_seconds(30)}),
        json!({"aud": ["another", "troupe"]}),
        json!({"exp": 4_102_444_800.5}),
        json!({"sub": 4711, "iat": null}),
    ] {
        assert!(
            stage.accepts(&stage.token("ada", &claims)).await,
            "{claims}"
        );
    }
}

#[tokio::test]
async fn the_allowed_difference_of_the_clocks_is_a_setting() {
    let skew = ("TROUPE_IDENTITY_PROVIDERS_CLOCK_SKEW_SECONDS", "0");
    let stage = Stage::with(&[skew], &json!({})).await;
    let token = stage.token("ada", &json!({"exp": in_seconds(-1)}));
    assert_eq!(stage.refusal(&token).await, "the token has expired");
    let token = stage.token("ada", &json!({"nbf": in_seconds(30)}));
    assert_eq!(
        stage.refusal(&token).await,
        "the token is not valid yet (nbf)"
    );
}

#[tokio::test]
async fn an_algorithm_cannot_be_confused() {
    const NOT_ALLOWED: &str = "the algorithm of the token is not allowed";
    const NOT_VALID: &str = "the signature of the token is not valid";
    let rsa = SigningKey::rsa("rsa");
    let ed = SigningKey::ed25519("ed");
    let only = json!({"algorithms": ["ES256", "RS256"]});
    let stage = Stage::with(&[], &only).await;
    stage.provider.publish(&[&stage.key, &rsa, &ed]);
    let claims = stage.provider.claims("mallory", &json!({}));

    // the public key as the secret of HMAC, in each form that it has
    let public = rsa.public();
    let modulus = public["n"].as_str().unwrap();
    for secret in [public.to_string(), modulus.to_owned(), String::new()] {
        let header = json!({"alg": "HS256", "kid": "rsa"});
        let token = sign_with_secret(secret.as_bytes(), &header, &claims);
        assert_eq!(stage.refusal(&token).await, NOT_ALLOWED);
        // and as a signature of the right name
        let header = json!({"alg": "RS256", "kid": "rsa"});
        let token = sign_with_secret(secret.as_bytes(), &header, &claims);
        assert_eq!(stage.refusal(&token).await, NOT_VALID);
    }
    for algorithm in ["none", "None", "HS512", "ES384", "PS256", "es256", ""] {
        let header = json!({"alg": algorithm, "kid": "first"});
        let token = format!("{}.", unsigned(&header, &claims));
        assert_eq!(stage.refusal(&token).await, NOT_ALLOWED, "{algorithm}");
    }
    // an algorithm that is not in the row, and one that is not the key's
    assert_eq!(stage.refusal(&ed.sign(&claims)).await, NOT_ALLOWED);
    let header = json!({"alg": "RS256", "kid": "first"});
    let token = rsa.sign_with(&header, &claims);
    assert_eq!(stage.refusal(&token).await, NOT_ALLOWED);
    let header = json!({"alg": "ES256", "kid": "rsa"});
    let token = stage.key.sign_with(&header, &claims);
    assert_eq!(stage.refusal(&token).await, NOT_ALLOWED);
    // a signature that is empty
    let header = json!({"alg": "ES256", "kid": "first"});
    let token = format!("{}.", unsigned(&header, &claims));
    assert_eq!(stage.refusal(&token).await, NOT_VALID);
    // keys that the token brings along
    let mallory = SigningKey::p256("first");
    let header = json!({
        "alg": "ES256", "kid": "first", "jwk": mallory.public(), "jku": "https://mallory.example/jwks",
    });
    let token = mallory.sign_with(&header, &claims);
    assert_eq!(stage.refusal(&token).await, NOT_VALID);
    // an extension that must be understood
    let header = json!({"alg": "ES256", "kid": "first", "crit": ["x"], "x": 1});
    let token = stage.key.sign_with(&header, &claims);
    assert_eq!(stage.refusal(&token).await, NOT_VALID);
}

#[tokio::test]
async fn a_key_of_another_provider_signs_nothing() {
    let stage = Stage::set().await;
    let other_key = SigningKey::p256("other");
    let other = TestProvider::start(&[&other_key]).await;
    register(&stage.app.stranger.admin, &other.input(&json!({}))).await;
    let own = other_key.sign(&other.claims("eve", &json!({})));
    assert!(stage.accepts(&own).await);
    let token = other_key.sign(&stage.provider.claims("ada", &json!({})));
    let unknown = "the identity provider has no key as the token names it (kid)";
    assert_eq!(stage.refusal(&token).await, unknown);
    let header = json!({"alg": "ES256", "kid": "first"});
    let token = other_key.sign_with(&header, &stage.provider.claims("ada", &json!({})));
    let not_valid = "the signature of the token is not valid";
    assert_eq!(stage.refusal(&token).await, not_valid);
}

#[tokio::test]
async fn a_token_without_a_key_id_needs_a_single_key() {
    let stage = Stage::set().await;
    let header = json!({"alg": "ES256"});
    let claims = stage.provider.claims("ada", &json!({}));
    let token = stage.key.sign_with(&header, &claims);
    assert!(stage.accepts(&token).await);
    let second = SigningKey::p256("second");
    let several = TestProvider::start(&[&stage.key, &second]).await;
    register(&stage.app.home.admin, &several.input(&json!({}))).await;
    let claims = several.claims("ada", &json!({}));
    let token = stage.key.sign_with(&header, &claims);
    assert_eq!(
        stage.refusal(&token).await,
        "the algorithm of the token is not allowed"
    );
}

#[tokio::test]
async fn the_claims_that_are_read_are_mapped() {
    let map = json!({"claims": {
        "endUser": "https://example.com/id", "displayName": "nick", "agents": "may_ask", "messagesPerMinute": "rate",
    }});
    let stage = Stage::with(&[], &map).await;
    let agent = &stage.app.home.agent;
    let all = json!({"https://example.com/id": "ada", "nick": "A", "may_ask": [agent, "x", 7], "rate": 2});
    let ada = stage.client(&stage.token("ignored", &all));
    let viewer = ada.ok(VIEWER, json!({})).await["viewer"].clone();
    assert_eq!(viewer["endUser"]["externalId"], "ada");
    assert_eq!(viewer["endUser"]["displayName"], "A");
    let agents = "{ agents { nodes { id } } }";
    let found = ada.ok(agents, json!({})).await;
    assert_eq!(found["agents"]["nodes"], json!([{"id": agent}]));
    let hello = json!({"input": {"message": "Hello"}});
    ada.ok(SEND, hello.clone()).await;
    assert_eq!(ada.ask(SEND, hello).await.code(), "RATE_LIMITED");

    // the restriction does not fall away with the claim
    let without = json!({"https://example.com/id": "bob", "nick": "a\nb"});
    let bob = stage.client(&stage.token("ignored", &without));
    assert_eq!(
        bob.ok(agents, json!({})).await["agents"]["nodes"],
        json!([])
    );
    let viewer = bob.ok(VIEWER, json!({})).await["viewer"].clone();
    assert_eq!(viewer["endUser"]["displayName"], Value::Null);
    let wrong = json!({"https://example.com/id": "eve", "may_ask": "all"});
    assert_eq!(
        stage.refusal(&stage.token("ignored", &wrong)).await,
        "the claim \"may_ask\" of the token is no list of ids of agents"
    );
    let wrong = "the claim \"https://example.com/id\" of the token names no end user";
    assert_eq!(
        stage.refusal(&stage.token("ignored", &json!({}))).await,
        wrong
    );
}

#[tokio::test]
async fn what_is_no_token_is_bounded_and_refused() {
    let stage = Stage::set().await;
    let long = stage.token("ada", &json!({"more": "x".repeat(8_000)}));
    assert_eq!(stage.refusal(&long).await, "the token has over 8192 bytes");
    let header = "eyJhbGciOiJFUzI1NiJ9";
    let deep = unsigned(&json!({"alg": "ES256"}), &json!({}));
    let deep = deep.split_once('.').unwrap().0.to_owned();
    assert_eq!(
        stage.refusal(&format!("{deep}.W1tbW1tbW1tbW1s.x")).await,
        "the claims of the token cannot be read"
    );
    assert_eq!(
        stage.refusal(&format!("{header}.!.x")).await,
        "the claims of the token cannot be read"
    );
    let invalid_key = "the API key is unknown, revoked or expired";
    for credential in ["a.b.c", "..", "a.b.c.d", "e30", "e30.e30"] {
        assert_eq!(stage.refusal(credential).await, invalid_key, "{credential}");
    }
    let no_algorithm = format!(
        "e30.{}.x",
        unsigned(&json!({}), &stage.provider.claims("ada", &json!({})))
            .split_once('.')
            .unwrap()
            .1
    );
    assert_eq!(
        stage.refusal(&no_algorithm).await,
        "the header of the token cannot be read"
    );
    assert_eq!(stage.provider.requests(), 0, "no key was needed");
}
