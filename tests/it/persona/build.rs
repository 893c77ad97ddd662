//! Profiles are built from documents, and follow them.

use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};

use super::{
    FAIR_PRICE, LISTS, REPAIR, SLOWLY, article, assert_sources_stand, built, documents, expert,
    item, persona, texts,
};
use crate::{
    knowledge::{ingest, library},
    support::Client,
};

const DELETE: &str = "mutation($id: ID!) { deleteDocument(input: {id: $id}) { deletedId } }";

/// The titles of the documents that a persona names as sources.
fn sources(persona: &Value) -> Vec<String> {
    let lists = LISTS
        .iter()
        .flat_map(|list| persona[*list].as_array().unwrap());
    lists
        .flat_map(|item| item["sources"].as_array().unwrap())
        .map(|source| source["document"]["title"].as_str().unwrap().to_owned())
        .collect()
}

async fn versions(client: &Client, agent: &str) -> Vec<i64> {
    let query = "query($id: ID!) { agent(by: {id: $id}) { personaVersions { version createdAt items { text sources { quote } } } } }";
    let found = client.ok(query, json!({"id": agent})).await;
    let versions = found["agent"]["personaVersions"].as_array().unwrap();
    versions
        .iter()
        .map(|version| version["version"].as_i64().unwrap())
        .collect()
}

#[tokio::test]
async fn a_profile_with_sources_is_built_from_the_documents() {
    let (app, _worker) = library().await;
    let home = &app.home;
    let agent = expert(&home.admin).await;
    assert_eq!(persona(&home.reader, &agent).await, Value::Null);
    let price = article(&home.admin, &agent, "A fair price", FAIR_PRICE).await;
    let repair = article(&home.admin, &agent, "Repair", REPAIR).await;
    let slowly = article(&home.admin, &agent, "Slowly", SLOWLY).await;
    let built = built(&home.reader, &agent, |persona| documents(persona) == 3).await;
    assert!(texts(&built, "topics").contains(&"cargo bike"), "{built:#}");
    let words = [texts(&built, "topics"), texts(&built, "vocabulary")].concat();
    assert!(words.contains(&"repair"), "{built:#}");
    let law = item(
        &built,
        "positions",
        "I am in favour of a right to repair by law.",
    );
    assert_eq!(law["sources"][0]["quote"], law["text"]);
    assert_eq!(
        law["sources"][0]["document"],
        json!({"id": repair, "title": "Repair"})
    );
    assert!(
        texts(&built, "positions")
            .iter()
            .any(|text| text.starts_with("My advice to young founders"))
    );
    assert_eq!(built["topics"][0]["weight"], 1.0);
    assert_eq!(law["origin"], "BUILT");
    let style = &built["style"];
    let words = style["wordsPerSentence"].as_f64().unwrap();
    assert!((10.0..25.0).contains(&words), "{style}");
    assert!(style["firstPersonShare"].as_f64().unwrap() > 0.3, "{style}");
    assert!(built["builtAt"].is_string() && built["editedAt"].is_null());
    assert_sources_stand(
        &built,
        &[(&price, FAIR_PRICE), (&repair, REPAIR), (&slowly, SLOWLY)],
    );
    let current = built["version"].as_i64().unwrap();
    assert_eq!(versions(&home.reader, &agent).await[0], current);
    // another workflow has no persona, whatever its documents are
    article(&home.admin, &home.agent, "A fair price", FAIR_PRICE).await;
    assert_eq!(persona(&home.reader, &home.agent).await, Value::Null);
    let foreign = "query($id: ID!) { agent(by: {id: $id}) { persona { version } } }";
    let seen = app.stranger.owner.ok(foreign, json!({"id": agent})).await;
    assert_eq!(seen["agent"], Value::Null);
}

#[tokio::test]
async fn a_profile_follows_replaced_and_deleted_documents() {
    let (app, _worker) = library().await;
    let home = &app.home;
    let agent = expert(&home.admin).await;
    let price = article(&home.admin, &agent, "A fair price", FAIR_PRICE).await;
    article(&home.admin, &agent, "Repair", REPAIR).await;
    let first = built(&home.reader, &agent, |persona| documents(persona) == 2).await;
    let before = "I am in favour of a right to repair by law.";
    item(&first, "positions", before);

    let other = "# Tools\n\nI believe that every workshop needs a library of tools. We lend a library of tools to everyone.";
    let repair = article(&home.admin, &agent, "Repair", other).await;
    let now = "I believe that every workshop needs a library of tools.";
    let second = built(&home.reader, &agent, |persona| {
        texts(persona, "positions").contains(&now)
    })
    .await;
    assert!(!texts(&second, "positions").contains(&before), "{second:#}");
    assert_sources_stand(&second, &[(&price, FAIR_PRICE), (&repair, other)]);
    assert!(second["version"].as_i64() > first["version"].as_i64());

    home.admin.ok(DELETE, json!({"id": repair})).await;
    // at once, before the next build
    let meanwhile = persona(&home.reader, &agent).await;
    assert_eq!(meanwhile["state"], "BUILDING");
    assert!(!sources(&meanwhile).contains(&"Repair".to_owned()));
    assert!(
        !texts(&meanwhile, "positions").contains(&now),
        "{meanwhile:#}"
    );
    let third = built(&home.reader, &agent, |persona| documents(persona) == 1).await;
    assert_sources_stand(&third, &[(&price, FAIR_PRICE)]);
    assert!(third["version"].as_i64() > second["version"].as_i64());

    home.admin.ok(DELETE, json!({"id": price})).await;
    let last = built(&home.reader, &agent, |persona| documents(persona) == 0).await;
    assert!(
        LISTS.iter().all(|list| texts(&last, list).is_empty()),
        "{last:#}"
    );
    assert_eq!(last["style"], Value::Null);
}

#[tokio::test]
async fn documents_that_come_together_are_built_together() {
    let (app, _worker) = library().await;
    let home = &app.home;
    let agent = expert(&home.admin).await;
    let given = (0..10).map(|number| {
        let text = format!(
            "I believe that workshop number {number} needs a bell. Every workshop has a bell."
        );
        ingest(
            &home.admin,
            json!({"agentId": agent, "title": format!("Note {number}"), "text": text}),
        )
    });
    futures::future::join_all(given).await;
    let built = built(&home.reader, &agent, |persona| documents(persona) == 10).await;
    assert_eq!(texts(&built, "positions").len(), 10, "{built:#}");
    assert!(built["version"].as_i64().unwrap() <= 2, "{built:#}");
    let kept = versions(&home.reader, &agent).await;
    assert_eq!(
        kept.len(),
        usize::try_from(built["version"].as_i64().unwrap()).unwrap()
    );
}

#[tokio::test]
async fn an_agent_is_deleted_with_its_persona_while_a_build_is_due() {
    let (app, _worker) = library().await;
    let home = &app.home;
    let (agent, other) = (expert(&home.admin).await, expert(&home.admin).await);
    article(&home.admin, &agent, "Repair", REPAIR).await;
    let delete = "mutation($id: ID!) { deleteAgent(input: {id: $id}) { deletedId } }";
    home.admin.ok(delete, json!({"id": agent})).await;
    article(&home.admin, &other, "Repair", REPAIR).await;
    // the job of the deleted agent was due before
    built(&home.reader, &other, |persona| documents(persona) == 1).await;
    let database = app.connect().await;
    let statement = Statement::from_string(
        database.get_database_backend(),
        "SELECT agent_id FROM personas UNION ALL SELECT agent_id FROM persona_versions",
    );
    let rows = database.query_all_raw(statement).await.unwrap();
    assert_eq!(
        rows.len(),
        2,
        "of the other agent: its persona and one version"
    );
}
