//! Two hundred canaries of one person are gone, and those of another are left.

use serde_json::json;

use super::{
    Canaries, Stage, counted_runs,
    dump::{dump, found_in},
    erase, erasure, finished, plant, removed,
};
use crate::{registry::KEYS, tools::LOCAL};

/// Fails when a text is missing in the bytes.
fn assert_all_in(bytes: &[u8], canaries: &Canaries) {
    let found = found_in(bytes, &canaries.all);
    let missing: Vec<_> = canaries
        .all
        .iter()
        .filter(|text| !found.contains(&text.as_str()))
        .collect();
    assert!(missing.is_empty(), "not stored: {missing:?}");
}

#[tokio::test]
async fn nothing_of_an_erased_person_is_left_and_everything_of_another_is() {
    let stage = Stage::open().await;
    let (mut ada, mut bob) = (Canaries::of("ada"), Canaries::of("bob"));
    let person = plant(&stage, &mut ada).await;
    plant(&stage, &mut bob).await;
    assert!(ada.all.len() >= 200, "{} canaries", ada.all.len());
    let app = &stage.app;
    let bytes = dump(app.folder(), app.database_url(), app.redis()).await;
    assert_all_in(&bytes, &ada);
    assert_all_in(&bytes, &bob);

    let runs = counted_runs(&app.home.owner).await;
    let begun = erase(&app.home.admin, &person).await;
    assert_eq!(
        (&begun["endUser"], &begun["finishedAt"]),
        (&json!(person), &json!(null))
    );
    let _worker = app.worker(&[KEYS, LOCAL]).await;
    let done = finished(&app.home.admin, &person).await;

    let bytes = dump(app.folder(), app.database_url(), app.redis()).await;
    assert_eq!(found_in(&bytes, &ada.all), Vec::<&str>::new());
    assert_all_in(&bytes, &bob);
    stage.assert_audit_is_whole().await;

    for (kind, count) in [
        ("conversation", 19),
        ("rating", 16),
        ("handoff", 4),
        ("contact", 1),
        ("toolCall", 19),
        ("session", 2),
        ("endUser", 1),
    ] {
        assert_eq!(removed(&done, kind), count, "{kind} in {done}");
    }
    let sent_to = done["sentTo"].to_string();
    assert!(sent_to.contains("tool server Workshop"), "{sent_to}");
    assert!(sent_to.contains("model "), "{sent_to}");
    // a repeated request changes nothing and answers the same
    assert_eq!(erase(&app.home.admin, &person).await, done);
    assert!(counted_runs(&app.home.owner).await >= runs, "the sums stay");
}

#[tokio::test]
async fn a_person_of_another_account_with_the_same_id_is_untouched() {
    let stage = Stage::open().await;
    let app = &stage.app;
    for account in [&app.home, &app.stranger] {
        let input = json!({"message": "Hello", "agentId": account.agent, "endUser": "ada"});
        crate::chat::ask(&account.member, input).await;
    }
    let refused = app
        .stranger
        .admin
        .ask(super::ERASE, json!({"user": "nobody"}))
        .await;
    assert_eq!(refused.code(), "NOT_FOUND");
    erase(&app.home.admin, "ada").await;
    assert!(erasure(&app.stranger.admin, "ada").await.is_null());
    let _worker = app.worker(&[KEYS, LOCAL]).await;
    finished(&app.home.admin, "ada").await;
    let people = "{ endUsers { totalCount } conversations { totalCount } }";
    let left = app.stranger.admin.ok(people, json!({})).await;
    assert_eq!(
        left,
        json!({"endUsers": {"totalCount": 1}, "conversations": {"totalCount": 1}})
    );
    let left = app.home.admin.ok(people, json!({})).await;
    assert_eq!(
        left,
        json!({"endUsers": {"totalCount": 0}, "conversations": {"totalCount": 0}})
    );
    assert!(erasure(&app.stranger.admin, "ada").await.is_null());
}
