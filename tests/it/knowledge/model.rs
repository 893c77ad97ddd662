//! The real embedded model, where other tests use a scripted one.

use std::collections::BTreeSet;

use serde_json::json;

use super::{SHOP, known, search};
use crate::support::{TestApp, models};

fn words(text: &str) -> BTreeSet<String> {
    text.to_lowercase()
        .split(|character: char| !character.is_alphanumeric())
        .map(str::to_owned)
        .filter(|word| !word.is_empty())
        .collect()
}

#[tokio::test]
async fn a_question_finds_a_passage_by_meaning_without_common_words() {
    let models = models();
    let settings = [("TROUPE_MODELS_DIR", models.as_str())];
    let app = TestApp::with(&settings).await;
    let _worker = app.worker(&settings).await;
    let home = &app.home;
    known(
        &home.admin,
        json!({"agentId": home.agent, "title": "Rules", "text": SHOP}),
    )
    .await;
    for (question, heading) in [
        ("Who mends broken lights?", "Warranty"),
        ("How do I get reimbursed?", "Returns"),
        ("Do you deliver overseas?", "Shipping"),
    ] {
        let found = search(&home.reader, &home.agent, question).await;
        let best = found.first().unwrap();
        assert_eq!(best["headings"], json!(["Shop", heading]), "{found:?}");
        let text = words(best["text"].as_str().unwrap());
        assert!(text.is_disjoint(&words(question)), "{question}: {text:?}");
    }
}
