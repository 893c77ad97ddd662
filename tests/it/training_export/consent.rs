//! The consent of the account and of the person: who gives it, since when it counts, and what the audit log says.

use serde_json::{Value, json};

use super::{CONSENT, account_consents, person_consents};
use crate::{
    end_users::{begin, with_token},
    support::TestApp,
};

/// The entries about consents, oldest first: the actions with what they changed.
async fn consents_in_log(app: &TestApp) -> Vec<(String, Value)> {
    let log = app.audit_log(&app.home.id).await;
    let consents = log.into_iter().filter_map(|entry| {
        let detail = &entry.note.detail;
        let given = match entry.note.action.as_str() {
            "createSession" => detail["trainingConsent"].clone(),
            "updateAccount" => json!(detail["trainingConsentAt"].is_string()),
            _ => return None,
        };
        Some((entry.note.action, given))
    });
    consents.collect()
}

#[tokio::test]
async fn an_account_gives_its_consent_once_and_withdraws_it() {
    let app = TestApp::start().await;
    let seen = "{ account { trainingConsentAt } }";
    let of_account =
        async || app.home.reader.ok(seen, json!({})).await["account"]["trainingConsentAt"].clone();
    assert_eq!(of_account().await, Value::Null);
    let first = account_consents(&app, true).await;
    assert!(first.is_string(), "{first}");
    assert_eq!(of_account().await, first);
    assert_eq!(
        account_consents(&app, true).await,
        first,
        "the first time stays"
    );
    // another change of the account leaves the consent as it is
    let rename = json!({"input": {"name": "Renamed"}});
    let renamed = app.home.owner.ok(CONSENT, rename).await;
    assert_eq!(
        renamed["updateAccount"]["account"]["trainingConsentAt"],
        first
    );
    assert_eq!(account_consents(&app, false).await, Value::Null);
    assert_eq!(of_account().await, Value::Null);
    let given: Vec<Value> = consents_in_log(&app)
        .await
        .into_iter()
        .map(|(_, given)| given)
        .collect();
    assert_eq!(given, [true, true, true, false].map(Value::from));
}

#[tokio::test]
async fn only_the_owner_gives_the_consent_of_an_account() {
    let app = TestApp::start().await;
    let of_home =
        |is_given: bool| json!({"input": {"id": app.home.id, "trainingConsent": is_given}});
    let refused = app.home.admin.ask(CONSENT, of_home(true)).await;
    assert_eq!(refused.code(), "FORBIDDEN");
    let foreign = app.stranger.owner.ask(CONSENT, of_home(true)).await;
    assert_eq!(foreign.code(), "NOT_FOUND");
    // the consent is what binds the operator
    let operator = app.operator.ask(CONSENT, of_home(true)).await;
    assert_eq!(operator.code(), "FORBIDDEN");
    assert!(
        operator.message().contains("its owner's to give"),
        "{operator:?}"
    );
    account_consents(&app, true).await;
    let withdrawn = app.operator.ok(CONSENT, of_home(false)).await;
    assert_eq!(
        withdrawn["updateAccount"]["account"]["trainingConsentAt"],
        Value::Null
    );
}

#[tokio::test]
async fn a_session_records_the_consent_of_its_person() {
    let app = TestApp::start().await;
    assert_eq!(person_consents(&app, "ada", None).await, Value::Null);
    assert_eq!(person_consents(&app, "ada", Some(false)).await, Value::Null);
    let first = person_consents(&app, "ada", Some(true)).await;
    assert!(first.is_string(), "{first}");
    assert_eq!(
        person_consents(&app, "ada", None).await,
        first,
        "absent leaves it"
    );
    assert_eq!(person_consents(&app, "ada", Some(true)).await, first);
    assert_eq!(person_consents(&app, "bob", None).await, Value::Null);
    let query = "{ endUser(externalId: \"ada\") { trainingConsentAt } }";
    let found = app.home.admin.ok(query, json!({})).await;
    assert_eq!(found["endUser"]["trainingConsentAt"], first);
    // the person sees its own
    let browser = with_token(&app, &begin(&app, json!({"endUser": "ada"})).await);
    let own = browser
        .ok("{ viewer { endUser { trainingConsentAt } } }", json!({}))
        .await;
    assert_eq!(own["viewer"]["endUser"]["trainingConsentAt"], first);
    assert_eq!(person_consents(&app, "ada", Some(false)).await, Value::Null);
    // only what changes a consent is in the log, with the person
    let log = consents_in_log(&app).await;
    let session = |given: bool| ("createSession".to_owned(), json!(given));
    assert_eq!(log, [session(true), session(false)]);
    let id = app
        .home
        .admin
        .ok("{ endUser(externalId: \"ada\") { id } }", json!({}))
        .await;
    let entries = app.audit_log(&app.home.id).await;
    let last = entries.last().unwrap();
    assert_eq!(last.note.subject.as_deref(), id["endUser"]["id"].as_str());
}
