//! The ingestion of a document into an agent's knowledge, and its deletion.

use serde_json::{Value, json};

use super::{SHOP, ingest, known, library, progress, search, texts, vector_store};
use crate::support::until;

#[tokio::test]
#[expect(
    clippy::too_many_lines,
    reason = "one document, followed in both ways and then found"
)]
async fn an_ingested_document_reports_progress_and_is_found_under_its_headings() {
    let (app, _worker) = library().await;
    let home = &app.home;
    let gate = app.upstream.embeddings.hold();
    let taken = ingest(
        &home.admin,
        json!({"agentId": home.agent, "title": "Shop", "text": SHOP}),
    )
    .await;
    assert_eq!(taken["mediaType"], "text/markdown");
    assert!(["PENDING", "EMBEDDING"].contains(&taken["status"].as_str().unwrap()));
    let id = taken["id"].as_str().unwrap();
    let gates = async {
        gate.add_permits(1_000);
    };
    let of_agent = "subscription($id: ID!) { documentProgress(agentId: $id) { id status } }";
    let mut of_agent = home
        .reader
        .subscribe(of_agent, json!({"id": home.agent}))
        .await;
    let mut followed = async || of_agent.next().await.unwrap().data()["documentProgress"].clone();
    let first = followed().await;
    assert_eq!(first["id"], taken["id"], "{first}");
    assert_ne!(first["status"], "READY", "{first}");
    let (seen, ()) = futures::join!(progress(&home.reader, id), gates);
    while followed().await["status"] != "READY" {}
    let last = seen.last().unwrap();
    assert_eq!(
        (&last["status"], &last["passageCount"]),
        (&json!("READY"), &json!(3))
    );
    assert_eq!(last["agent"]["id"], home.agent);

    let found = search(
        &home.reader,
        &home.agent,
        "When does the refund of a returned parcel arrive?",
    )
    .await;
    assert_eq!(
        found[0]["headings"],
        json!(["Shop", "Returns"]),
        "{found:?}"
    );
    assert!(
        found[0]["text"]
            .as_str()
            .unwrap()
            .contains("five days later")
    );
    assert_eq!(found[0]["document"], json!({"id": id, "title": "Shop"}));
    let scores: Vec<f64> = found
        .iter()
        .map(|passage| passage["score"].as_f64().unwrap())
        .collect();
    assert!(
        scores.iter().all(|score| (0.0..=1.0).contains(score)),
        "{scores:?}"
    );

    let kept = vector_store(&home.reader, &home.agent).await;
    assert_eq!(kept["vectorStore"]["passageCount"], 3);
    assert_eq!(kept["vectorStore"]["embeddingModel"], "words");
    assert_eq!(kept["vectorStore"]["dimensions"], 256);
    assert_eq!(kept["vectorStore"]["migration"], Value::Null);
    assert_eq!(kept["capabilities"]["knowledge"]["documentCount"], 1);
    assert_eq!(kept["documents"]["totalCount"], 1);
}

#[tokio::test]
async fn documents_of_an_agent_are_not_found_by_another() {
    let (app, _worker) = library().await;
    let (home, stranger) = (&app.home, &app.stranger);
    let made = home
        .owner
        .ok(
            "mutation { createAgent(input: {template: \"sales_agent\", tier: \"startup\", name: \"Sales\"}) { agent { id } } }",
            json!({}),
        )
        .await;
    let sales = made["createAgent"]["agent"]["id"].as_str().unwrap();
    for (client, agent, text) in [
        (
            &home.admin,
            home.agent.as_str(),
            "The password of the vault is swordfish.",
        ),
        (&home.admin, sales, "The password of the cellar is herring."),
        (
            &stranger.admin,
            stranger.agent.as_str(),
            "The password of the tower is halibut.",
        ),
    ] {
        known(
            client,
            json!({"agentId": agent, "title": "Passwords", "source": "passwords.txt", "text": text}),
        )
        .await;
    }
    let query = "What is the password?";
    assert_eq!(
        texts(&home.reader, &home.agent, query).await,
        ["The password of the vault is swordfish."]
    );
    assert_eq!(
        texts(&home.reader, sales, query).await,
        ["The password of the cellar is herring."]
    );
    assert_eq!(
        texts(&stranger.reader, &stranger.agent, query).await,
        ["The password of the tower is halibut."]
    );
}

#[tokio::test]
async fn deleted_documents_and_documents_of_deleted_agents_are_not_found() {
    let (app, _worker) = library().await;
    let home = &app.home;
    let id = known(
        &home.admin,
        json!({"agentId": home.agent, "title": "Shop", "text": SHOP}),
    )
    .await;
    let other = known(
        &home.admin,
        json!({"agentId": home.agent, "title": "Note", "text": "Ferries sleep on Sundays."}),
    )
    .await;
    let delete = "mutation($id: ID!) { deleteDocument(input: {id: $id}) { deletedId } }";
    let deleted = home.admin.ok(delete, json!({"id": id})).await;
    assert_eq!(deleted["deleteDocument"]["deletedId"], id);
    assert_eq!(
        texts(&home.reader, &home.agent, "ferry ferries parcels").await,
        ["Ferries sleep on Sundays."]
    );
    assert_eq!(
        home.admin.ask(delete, json!({"id": id})).await.code(),
        "NOT_FOUND"
    );
    home.admin
        .ok(
            "mutation($id: ID!) { deleteAgent(input: {id: $id}) { deletedId } }",
            json!({"id": home.agent}),
        )
        .await;
    let gone = home
        .reader
        .ok(
            "query($id: ID!) { node(id: $id) { id } }",
            json!({"id": other}),
        )
        .await;
    assert_eq!(gone["node"], Value::Null);
}

#[tokio::test]
async fn ingestion_survives_a_temporary_failure_of_the_provider() {
    let (app, _worker) = library().await;
    let home = &app.home;
    app.upstream.embeddings.fail(4);
    known(
        &home.admin,
        json!({"agentId": home.agent, "title": "Shop", "text": SHOP}),
    )
    .await;
    assert_eq!(
        vector_store(&home.reader, &home.agent).await["vectorStore"]["passageCount"],
        3
    );
}

#[tokio::test]
async fn a_search_without_embeddings_falls_back_to_full_text() {
    let (app, _worker) = library().await;
    let home = &app.home;
    known(
        &home.admin,
        json!({"agentId": home.agent, "title": "Shop", "text": SHOP}),
    )
    .await;
    app.upstream.embeddings.fail(1_000);
    let found = search(&home.reader, &home.agent, "Which batteries are excluded?").await;
    assert_eq!(
        found[0]["headings"],
        json!(["Shop", "Warranty"]),
        "{found:?}"
    );
}

#[tokio::test]
async fn jobs_of_a_stopped_worker_are_taken_over_by_the_next_one() {
    let (app, worker) = library().await;
    let home = &app.home;
    let gate = app.upstream.embeddings.hold();
    let filler = "It stands in the long corridor behind the second stair, between the window and the clock. ".repeat(3);
    let long: Vec<String> = (0..120)
        .map(|number| {
            let code = number * 37;
            format!("## Part {number}\n\nThe code of locker {number} is key{code}. {filler}\n\n")
        })
        .collect();
    // The request for the vector length, and the first batch.
    gate.add_permits(2);
    let id = ingest(
        &home.admin,
        json!({"agentId": home.agent, "title": "Lockers", "text": long.concat()}),
    )
    .await["id"]
        .as_str()
        .unwrap()
        .to_owned();
    until("some of it is embedded", || async {
        let seen = home
            .reader
            .ok(
                "query($id: ID!) { node(id: $id) { ... on Document { progress } } }",
                json!({"id": id}),
            )
            .await;
        seen["node"]["progress"]
            .as_f64()
            .is_some_and(|done| done > 0.0)
    })
    .await;
    worker.stop().await;
    gate.add_permits(1_000);
    let _next = app.worker(&[crate::support::EMBEDDINGS]).await;
    let seen = progress(&home.reader, &id).await;
    assert_eq!(seen.last().unwrap()["status"], "READY", "{seen:?}");
    let kept = vector_store(&home.reader, &home.agent).await;
    let passages = kept["vectorStore"]["passageCount"].as_u64().unwrap();
    // A batch that was embedded before is not embedded again.
    let embedded = u64::try_from(app.upstream.embeddings.texts()).unwrap();
    assert!(
        embedded <= passages + 2 * 32 + 2,
        "{embedded} of {passages}"
    );
    let found = texts(
        &home.reader,
        &home.agent,
        "Which locker has the code key2849?",
    )
    .await;
    assert!(found[0].contains("locker 77 is key2849"), "{found:?}");
}
