//! Registration: what an account may register, and that a token leads to one account.

use serde_json::{Value, json};

use super::{
    REGISTER, REMOVE, SEND, Stage, VIEWER,
    provider::{SigningKey, TestProvider},
    register,
};
use crate::support::{Reply, TestApp};

const OWN: &str = "{ viewer { account { identityProviders { id name issuer audience jwksUrl algorithms claims } } } }";

#[tokio::test]
async fn a_registered_provider_is_listed_and_found_and_audited() {
    let stage = Stage::set().await;
    let admin = &stage.app.home.admin;
    let own = admin.ok(OWN, json!({})).await;
    let own = own["viewer"]["account"]["identityProviders"].clone();
    let provider = &stage.provider;
    assert_eq!(
        own,
        json!([{
            "id": stage.id, "name": "Single sign-on", "issuer": provider.url, "audience": "troupe",
            "jwksUrl": provider.jwks_url(), "algorithms": ["RS256", "ES256", "EdDSA"],
            "claims": {"endUser": "sub", "displayName": "name"},
        }])
    );
    let node = "query($id: ID!) { node(id: $id) { id ... on IdentityProvider { name } } }";
    let id = json!({"id": stage.id});
    let found = admin.ok(node, id.clone()).await;
    assert_eq!(found["node"]["name"], "Single sign-on");
    let foreign = stage.app.stranger.owner.ok(node, id.clone()).await;
    assert_eq!(foreign["node"], Value::Null);
    let browser = stage.browser("ada");
    let hidden = "query($id: ID!) { node(id: $id) { id } }";
    assert_eq!(browser.ok(hidden, id.clone()).await["node"], Value::Null);

    let refused = stage.app.stranger.owner.ask(REMOVE, id.clone()).await;
    assert_eq!(refused.code(), "NOT_FOUND");
    admin.ok(REMOVE, id.clone()).await;
    assert_eq!(admin.ask(REMOVE, id).await.code(), "NOT_FOUND");
    let log = stage.app.audit_log(&stage.app.home.id).await;
    let of_provider = log
        .iter()
        .filter(|entry| entry.note.subject.as_deref() == Some(stage.id.as_str()));
    let actions: Vec<&str> = of_provider
        .map(|entry| entry.note.action.as_str())
        .collect();
    assert_eq!(
        actions,
        ["registerIdentityProvider", "removeIdentityProvider"]
    );
}

#[tokio::test]
async fn the_input_of_a_registration_is_validated() {
    let stage = Stage::set().await;
    let wrong = json!({
        "name": " ", "issuer": "a b", "audience": "", "algorithms": ["RS256", "HS256", "none", "ES256K"],
        "claims": {"endUser": 7, "displayName": " ", "email": "email"},
    });
    let admin = &stage.app.home.admin;
    let input = json!({"input": stage.provider.input(&wrong)});
    let refused = admin.ask(REGISTER, input).await;
    let mut paths = refused.problem_paths();
    paths.sort_unstable();
    assert_eq!(
        paths,
        [
            "input.algorithms[1]",
            "input.algorithms[2]",
            "input.algorithms[3]",
            "input.audience",
            "input.claims.displayName",
            "input.claims.email",
            "input.claims.endUser",
            "input.issuer",
            "input.name",
        ]
    );
    for (field, value) in [("algorithms", json!([])), ("claims", json!([]))] {
        let input = stage.provider.input(&json!({field: value}));
        let refused = admin.ask(REGISTER, json!({"input": input})).await;
        assert_eq!(refused.problem_paths(), [format!("input.{field}")]);
    }
}

#[tokio::test]
async fn an_account_has_five_providers_with_different_issuers() {
    let stage = Stage::set().await;
    let admin = &stage.app.home.admin;
    let same = json!({"input": stage.provider.input(&json!({"audience": "another"}))});
    let refused = admin.ask(REGISTER, same).await;
    assert_eq!(refused.code(), "CONFLICT");
    let add = async |number: usize| {
        let input = stage
            .provider
            .input(&json!({"issuer": format!("issuer-{number}")}));
        admin.ask(REGISTER, json!({"input": input})).await
    };
    let added = futures::future::join_all((0..6).map(add)).await;
    let codes: Vec<&str> = added.iter().map(Reply::code).collect();
    assert_eq!(codes.iter().filter(|code| code.is_empty()).count(), 4);
    let exceeded = codes.iter().filter(|code| **code == "QUOTA_EXCEEDED");
    assert_eq!(exceeded.count(), 2, "{codes:?}");
}

#[tokio::test]
async fn a_token_acts_in_the_account_of_its_audience() {
    let stage = Stage::set().await;
    let TestApp { home, stranger, .. } = &stage.app;
    let taken = json!({"input": stage.provider.input(&json!({}))});
    let refused = stranger.admin.ask(REGISTER, taken).await;
    assert_eq!(refused.code(), "CONFLICT");
    for told in [home.id.as_str(), &stage.id, "Home", "Single sign-on"] {
        assert!(!refused.0.to_string().contains(told), "{told}");
    }
    let other = stage.provider.input(&json!({"audience": "elsewhere"}));
    register(&stranger.admin, &other).await;

    let hello = json!({"input": {"message": "Hello"}});
    let here = stage.browser("ada");
    here.ok(SEND, hello.clone()).await;
    let there = stage.client(&stage.token("ada", &json!({"aud": "elsewhere"})));
    there.ok(SEND, hello).await;
    let (here, there) = (
        here.ok(VIEWER, json!({})).await,
        there.ok(VIEWER, json!({})).await,
    );
    assert_ne!(
        here["viewer"]["endUser"]["id"],
        there["viewer"]["endUser"]["id"]
    );
    let count = "{ endUsers { totalCount } conversations { totalCount } }";
    let one = json!({"endUsers": {"totalCount": 1}, "conversations": {"totalCount": 1}});
    assert_eq!(home.admin.ok(count, json!({})).await, one);
    assert_eq!(stranger.admin.ok(count, json!({})).await, one);
    let both = stage.token("ada", &json!({"aud": ["troupe", "elsewhere"]}));
    assert_eq!(
        stage.refusal(&both).await,
        "the audiences (aud) of the token are those of several accounts, expected one"
    );
    // a token acts in no account but its own
    let reply = reqwest::Client::builder().no_proxy().build().unwrap();
    let reply = reply
        .post(format!("{}/graphql", stage.app.url))
        .bearer_auth(stage.token("ada", &json!({})))
        .header("x-account-id", &stranger.id)
        .json(&json!({"query": VIEWER}));
    let reply: Value = reply.send().await.unwrap().json().await.unwrap();
    assert_eq!(reply["errors"][0]["extensions"]["code"], "FORBIDDEN");
}

#[tokio::test]
async fn a_removed_pair_can_be_registered_by_another_account() {
    let stage = Stage::set().await;
    let id = json!({"id": stage.id});
    stage.app.home.admin.ok(REMOVE, id).await;
    let key = SigningKey::ed25519("new");
    let moved = TestProvider::start(&[&key]).await;
    let input = stage.provider.input(&json!({"jwksUrl": moved.jwks_url()}));
    register(&stage.app.stranger.admin, &input).await;
    let token = key.sign(&stage.provider.claims("ada", &json!({})));
    assert!(stage.accepts(&token).await);
    let count = "{ endUsers { totalCount } }";
    let there = stage.app.stranger.admin.ok(count, json!({})).await;
    assert_eq!(there["endUsers"]["totalCount"], 1);
    let here = stage.app.home.admin.ok(count, json!({})).await;
    assert_eq!(here["endUsers"]["totalCount"], 0);
}
