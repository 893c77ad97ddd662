//! The same source again: unchanged, or replaced as a whole.

use serde_json::json;

use super::{SHOP, ingest, known, library, progress, texts, vector_store};

fn edition(number: u32) -> String {
    let chapters: Vec<String> = (0..40)
        .map(|part| format!("## Chapter {part}\n\nThe lighthouse of edition {number} shines in colour {part}.\n\n"))
        .collect();
    chapters.concat()
}

#[tokio::test]
async fn ingesting_the_same_content_again_does_nothing() {
    let (app, _worker) = library().await;
    let home = &app.home;
    let input = json!({"agentId": home.agent, "title": "Shop", "source": "shop.md", "text": SHOP});
    let id = known(&home.admin, input.clone()).await;
    let embedded = app.upstream.embeddings.texts();
    let again = ingest(&home.admin, input.clone()).await;
    assert_eq!(
        (&again["id"], &again["status"]),
        (&json!(id), &json!("READY"))
    );
    let mut renamed = input;
    renamed["title"] = json!("Our shop");
    let again = ingest(&home.admin, renamed).await;
    assert_eq!(
        (&again["id"], &again["title"]),
        (&json!(id), &json!("Our shop"))
    );
    assert_eq!(app.upstream.embeddings.texts(), embedded);
    // Without a source, the content identifies the document.
    let input = json!({"agentId": home.agent, "title": "Note", "text": "Tea is at four."});
    assert_eq!(
        known(&home.admin, input.clone()).await,
        known(&home.admin, input).await
    );
    assert_eq!(
        vector_store(&home.reader, &home.agent).await["documents"]["totalCount"],
        2
    );
}

#[tokio::test]
async fn a_new_content_replaces_the_old_one_atomically() {
    let (app, _worker) = library().await;
    let home = &app.home;
    let input = |number| json!({"agentId": home.agent, "title": "Lighthouse", "source": "lighthouse", "text": edition(number)});
    let id = known(&home.admin, input(1)).await;
    for number in 2..5 {
        let gate = app.upstream.embeddings.hold();
        let taken = ingest(&home.admin, input(number)).await;
        assert_eq!(taken["id"], id);
        let reading = async {
            let mut editions = Vec::new();
            loop {
                // A step of the ingestion, and a search that embeds its question.
                gate.add_permits(2);
                let found = texts(&home.reader, &home.agent, "lighthouse edition shines").await;
                let old = found
                    .iter()
                    .filter(|text| text.contains(&format!("edition {} ", number - 1)));
                let new = found
                    .iter()
                    .filter(|text| text.contains(&format!("edition {number} ")));
                let counts = (old.count(), new.count());
                assert!(counts.0 == 0 || counts.1 == 0, "both at once: {found:?}");
                assert!(counts.0 + counts.1 > 0, "neither: {found:?}");
                editions.push(counts.1 > 0);
                if counts.1 > 0 {
                    return editions;
                }
            }
        };
        let editions = reading.await;
        assert!(editions.is_sorted(), "back and forth: {editions:?}");
        gate.add_permits(1_000);
        let seen = progress(&home.reader, &id).await;
        assert_eq!(seen.last().unwrap()["status"], "READY");
    }
    let kept = vector_store(&home.reader, &home.agent).await;
    assert_eq!(kept["documents"]["totalCount"], 1);
}

#[tokio::test]
async fn the_last_of_many_contents_wins() {
    let (app, _worker) = library().await;
    let home = &app.home;
    let gate = app.upstream.embeddings.hold();
    let mut id = String::new();
    for number in 0..6 {
        let taken = ingest(
            &home.admin,
            json!({"agentId": home.agent, "title": "Lighthouse", "source": "lighthouse", "text": edition(number)}),
        )
        .await;
        id = taken["id"].as_str().unwrap().to_owned();
    }
    gate.add_permits(10_000);
    progress(&home.reader, &id).await;
    let found = texts(&home.reader, &home.agent, "lighthouse edition shines").await;
    assert!(!found.is_empty());
    assert!(
        found.iter().all(|text| text.contains("edition 5 ")),
        "{found:?}"
    );
}

#[tokio::test]
async fn an_unreadable_content_leaves_the_previous_one_in_place() {
    let (app, _worker) = library().await;
    let home = &app.home;
    let id = known(
        &home.admin,
        json!({"agentId": home.agent, "title": "Shop", "source": "shop", "text": SHOP}),
    )
    .await;
    // A document without any text.
    let taken = ingest(
        &home.admin,
        json!({"agentId": home.agent, "title": "Shop", "source": "shop", "mediaType": "text/html", "text": "<script>alert(1)</script>"}),
    )
    .await;
    assert_eq!(taken["id"], id);
    let seen = progress(&home.reader, &id).await;
    let last = seen.last().unwrap();
    assert_eq!(last["status"], "FAILED");
    assert!(
        last["error"].as_str().unwrap().contains("has no text"),
        "{last}"
    );
    let found = texts(&home.reader, &home.agent, "warranty of lamps").await;
    assert!(found[0].contains("four years"), "{found:?}");
    // A readable content is accepted afterwards.
    let better = json!({"agentId": home.agent, "title": "Shop", "source": "shop", "text": "Lamps carry a warranty of nine years."});
    assert_eq!(known(&home.admin, better).await, id);
    assert_eq!(
        texts(&home.reader, &home.agent, "warranty of lamps").await,
        ["Lamps carry a warranty of nine years."]
    );
}
