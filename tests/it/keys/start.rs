//! A start without a key that is in use.

use serde_json::json;

use super::{ONLY_SECOND, ROTATED, run};
use crate::{registry::KEYS, support::TestApp};

const SET: &str = "mutation($secret: String!) { setProviderKey(input: {provider: \"openai\", secret: $secret}) { providerKey { id } } }";

#[tokio::test]
async fn a_start_without_a_key_in_use_is_refused_with_the_number_of_its_values() {
    let app = TestApp::with(&[KEYS]).await;
    let secret = json!({"secret": "sk-of-the-owner-1"});
    app.home.admin.ok(SET, secret.clone()).await;
    app.stranger.admin.ok(SET, secret).await;
    // the operator's account and the two of the test have a sealed log each
    let expected = "TROUPE_ENCRYPTION_KEYS lacks keys that are in use: the key \"first\" has sealed 5 values (2 provider keys, 3 seals of audit logs)";
    for arguments in [&["serve", "--addr", "127.0.0.1:0"][..], &["worker"]] {
        let (started, said) = run(&app, arguments, ONLY_SECOND).await;
        assert!(!started && said.contains(expected), "{arguments:?}: {said}");
        assert!(said.contains("`troupe keys rotate`"), "{said}");
        let without = ("TROUPE_LOG_FILTER", "info");
        let (started, said) = run(&app, arguments, without).await;
        assert!(!started && said.contains(expected), "{arguments:?}: {said}");
    }
    let (done, said) = run(&app, &["keys", "rotate"], ONLY_SECOND).await;
    assert!(!done && said.contains("it is not there"), "{said}");
    let (done, said) = run(&app, &["keys", "rotate"], ROTATED).await;
    assert!(done, "{said}");
    let (whole, said) = run(&app, &["audit", "verify"], ROTATED).await;
    assert!(whole && said.contains("under the key \"second\""), "{said}");
    // a process whose first key is the older one cannot start without the newer one either
    let (started, said) = run(&app, &["worker"], KEYS).await;
    assert!(
        !started && said.contains("the key \"second\" has sealed 5 values"),
        "{said}"
    );
}

#[tokio::test]
async fn a_process_that_started_without_a_key_refuses_audited_changes_of_a_sealed_log() {
    let app = TestApp::start().await;
    let second = app.second(&[KEYS]).await;
    let mut operator = app.operator.clone();
    operator.moves_to(&second.url);
    let create = "mutation { createAccount(input: {name: \"Late\", tier: ENTRY}) { ownerKey } }";
    let made = operator.ok(create, json!({})).await;
    let owner = app
        .operator
        .with_key(made["createAccount"]["ownerKey"].as_str().unwrap());
    let create = "mutation { createApiKey(input: {name: \"one more\", role: MEMBER}) { secret } }";
    let refused = owner.ask(create, json!({})).await;
    assert_eq!(refused.code(), "UNAVAILABLE", "{refused:?}");
    assert!(
        refused.message().contains("ask the operator"),
        "{refused:?}"
    );
    assert!(!refused.message().contains("TROUPE_"), "{refused:?}");
}
