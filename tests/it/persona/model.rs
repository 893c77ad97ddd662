//! What a model extracts from documents, and what of it is believed.

use serde_json::{Value, json};

use super::{
    FAIR_PRICE, REPAIR, article, assert_sources_stand, built, documents, expert, extracts, item,
    message, persona, rebuild, texts,
};
use crate::{
    knowledge::library,
    support::{EMBEDDINGS, Script, TestApp, until},
};

/// The texts of the requests that ask the model to read.
fn readings(app: &TestApp) -> Vec<String> {
    let asked = app.upstream.extracted();
    let texts = asked.iter().map(|asked| message(asked, 1).to_owned());
    texts.collect()
}

/// A model that finds a trait, a position and a fact in the articles, and invents others.
fn reads(_name: &str, asked: &Value) -> Script {
    let (mut tone, mut positions, mut facts) = (Vec::new(), Vec::new(), Vec::new());
    if message(asked, 1).contains("never compete on price") {
        tone.push(json!({"trait": "vain", "quote": "Everybody admires my bikes."}));
        positions.extend([
            json!({"statement": "Handmade things cannot win by price.", "quote": "never compete on price with a\nmachine"}),
            json!({"statement": "Sales are good.", "quote": "We hold a sale every week, and everybody loves it."}),
        ]);
        facts.extend([
            json!({"statement": "Material makes up 41 of each 100 euros.", "quote": "41 pay for material, 33 for wages"}),
            json!({"statement": "The founder is rich.", "quote": "I have nine million euros"}),
        ]);
    }
    if message(asked, 1).contains("my worst mistake") {
        tone.push(json!({"trait": "admits mistakes", "quote": "That was my worst mistake as a designer."}));
    }
    extracts(&json!(tone), &json!(positions), &json!(facts))
}

#[tokio::test]
async fn a_model_extracts_with_quotes_and_invented_quotes_are_dropped() {
    let (app, _worker) = library().await;
    let home = &app.home;
    app.upstream.extracts(reads);
    let agent = expert(&home.admin).await;
    let price = article(&home.admin, &agent, "A fair price", FAIR_PRICE).await;
    let first = built(&home.reader, &agent, |persona| documents(persona) == 1).await;
    let position = item(&first, "positions", "Handmade things cannot win by price.");
    let source = &position["sources"][0];
    assert_eq!(source["quote"], "never compete on price with a machine");
    assert_eq!(source["document"]["id"], price.as_str());
    assert_eq!(
        texts(&first, "facts"),
        ["Material makes up 41 of each 100 euros."]
    );
    assert!(texts(&first, "tone").is_empty(), "invented: {first:#}");
    assert!(!texts(&first, "positions").contains(&"Sales are good."));
    assert_sources_stand(&first, &[(&price, FAIR_PRICE)]);
    // the account pays for what was read
    let spent = "{ viewer { account { billing { spentTokens } } } }";
    let spent = home.owner.ok(spent, json!({})).await;
    let spent = &spent["viewer"]["account"]["billing"]["spentTokens"];
    // and for the embedding of its only passage, one token of the scripted provider
    assert_eq!(spent, 18 * readings(&app).len() + 1);

    // only the new document is read, and what is known of the other one stays
    let before = readings(&app).len();
    let repair = article(&home.admin, &agent, "Repair", REPAIR).await;
    let second = built(&home.reader, &agent, |persona| documents(persona) == 2).await;
    let read = readings(&app).split_off(before);
    assert!(
        !read.is_empty() && read.iter().all(|text| !text.contains("November")),
        "{read:#?}"
    );
    assert_eq!(texts(&second, "tone"), ["admits mistakes"]);
    assert_eq!(
        item(&second, "facts", "Material makes up 41 of each 100 euros.")["id"],
        first["facts"][0]["id"]
    );
    assert_sources_stand(&second, &[(&price, FAIR_PRICE), (&repair, REPAIR)]);

    // a rebuild reads everything again
    let before = readings(&app).len();
    rebuild(&home.admin, &agent).await;
    let third = built(&home.reader, &agent, |_| readings(&app).len() > before).await;
    let read = readings(&app).split_off(before).concat();
    assert!(read.contains("November") && read.contains("kitchen table rule"));
    assert_eq!(third["facts"], second["facts"]);
    assert_eq!(third["version"], second["version"], "nothing has changed");
}

#[tokio::test]
async fn a_malformed_extraction_is_repaired_once_and_then_left_out() {
    let (app, _worker) = library().await;
    let home = &app.home;
    // the first answer is no object; the answer to the request to correct it is; all later ones are none
    app.upstream.extracts(|_, asked| {
        let is_first_document = message(asked, 1).contains("November");
        if is_first_document && message(asked, 2) == "I would rather not." {
            let tone = json!([{"trait": "plain", "quote": "We never hold a sale"}]);
            return extracts(&tone, &json!([]), &json!([]));
        }
        Script::says(&["I would rather not."])
    });
    let agent = expert(&home.admin).await;
    article(&home.admin, &agent, "A fair price", FAIR_PRICE).await;
    let first = built(&home.reader, &agent, |persona| documents(persona) == 1).await;
    assert_eq!(texts(&first, "tone"), ["plain"]);
    assert_eq!(app.upstream.extracted().len(), 2);
    article(&home.admin, &agent, "Repair", REPAIR).await;
    let second = built(&home.reader, &agent, |persona| documents(persona) == 2).await;
    assert_eq!(texts(&second, "tone"), ["plain"]);
    assert!(texts(&second, "positions").contains(&"I am in favour of a right to repair by law."));
    assert_eq!(second["problem"], Value::Null);
    assert_eq!(app.upstream.extracted().len(), 4);
}

#[tokio::test]
async fn without_its_model_a_profile_has_what_is_measured_and_the_problem() {
    let settings = [EMBEDDINGS, ("TROUPE_JOBS_ATTEMPTS", "1")];
    let app = TestApp::with(&settings).await;
    let _worker = app.worker(&settings).await;
    let home = &app.home;
    let refusal = json!({"error": {"message": "no such key", "type": "invalid_request_error"}});
    app.upstream
        .extracts(move |_, _| Script::refuses(401, None, refusal.clone()));
    let agent = expert(&home.admin).await;
    article(&home.admin, &agent, "Repair", REPAIR).await;
    let mut last = Value::Null;
    until("the build has failed", async || {
        last = persona(&home.reader, &agent).await;
        last["state"] == "FAILED"
    })
    .await;
    assert!(last["problem"].is_string(), "{last:#}");
    assert!(!texts(&last, "positions").is_empty(), "{last:#}");
    app.upstream.extracts(reads);
    rebuild(&home.admin, &agent).await;
    let read = built(&home.reader, &agent, |_| true).await;
    assert_eq!(texts(&read, "tone"), ["admits mistakes"]);
    assert_eq!(read["problem"], Value::Null);
}

#[tokio::test]
async fn a_spent_budget_stops_the_model_and_not_the_build() {
    let (app, _worker) = library().await;
    let home = &app.home;
    app.upstream.extracts(reads);
    let budget = "mutation($id: ID!) { updateAccount(input: {id: $id, monthlyTokenBudget: 0, enforcement: BLOCK}) { account { id } } }";
    home.owner.ok(budget, json!({"id": home.id})).await;
    let agent = expert(&home.admin).await;
    article(&home.admin, &agent, "Repair", REPAIR).await;
    let built = built(&home.reader, &agent, |persona| documents(persona) == 1).await;
    assert!(readings(&app).is_empty());
    assert!(!texts(&built, "positions").is_empty());
    let problem = built["problem"].as_str().unwrap();
    assert!(problem.contains("token budget is spent"), "{problem}");
}
