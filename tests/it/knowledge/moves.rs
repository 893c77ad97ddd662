//! An agent's vectors are moved from store to store while it answers.

use serde_json::{Value, json};

use super::{SHOP, ingest, known, progress, texts, vector_store};
use crate::{
    pinecone::{Fault, KEY, Pinecone},
    support::{Client, EMBEDDINGS, TestApp, Worker, until},
};

/// The key of an account with a Pinecone project of its own.
const OWN_KEY: &str = "pcsk_of_the_account_itself";
const SEALED: (&str, &str) = (
    "TROUPE_ENCRYPTION_KEYS",
    "first:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
);

struct Stage {
    pinecone: Pinecone,
    app: TestApp,
    _worker: Worker,
}

impl Stage {
    async fn set(more: &[(&str, &str)]) -> Self {
        let pinecone = Pinecone::start().await;
        let url = pinecone.url.clone();
        let mut settings = vec![
            EMBEDDINGS,
            SEALED,
            ("TROUPE_PINECONE_URL", url.as_str()),
            ("TROUPE_PINECONE_API_KEY", KEY),
        ];
        settings.extend(more);
        let app = TestApp::with(&settings).await;
        let worker = app.worker(&settings).await;
        Self {
            pinecone,
            app,
            _worker: worker,
        }
    }

    fn admin(&self) -> &Client {
        &self.app.home.admin
    }

    fn agent(&self) -> &str {
        &self.app.home.agent
    }

    async fn begin(&self, kind: &str) {
        let change = "mutation($agent: ID!, $kind: VectorStoreKind!) { changeVectorStore(input: {agentId: $agent, kind: $kind}) { agent { id } } }";
        self.admin()
            .ok(change, json!({"agent": self.agent(), "kind": kind}))
            .await;
    }

    /// Waits until the move has ended; returns the vector store.
    async fn ended(&self) -> Value {
        until("the move has ended", || async {
            let state = vector_store(self.admin(), self.agent()).await;
            let state = &state["vectorStore"]["migration"]["state"];
            state == "DONE" || state == "FAILED"
        })
        .await;
        vector_store(self.admin(), self.agent()).await["vectorStore"].clone()
    }

    async fn search(&self) -> Vec<String> {
        texts(
            self.admin(),
            self.agent(),
            "When do parcels travel to islands?",
        )
        .await
    }
}

/// The kind of an agent's store before a move.
fn usual(app: &TestApp) -> &'static str {
    if app.has_redis() {
        "PGVECTOR"
    } else {
        "EMBEDDED"
    }
}

#[tokio::test]
async fn vectors_move_through_every_store_kind_while_being_searched() {
    let stage = Stage::set(&[]).await;
    let id = known(
        stage.admin(),
        json!({"agentId": stage.agent(), "title": "Shop", "text": SHOP}),
    )
    .await;
    let first = usual(&stage.app);
    let before = stage.search().await;
    assert!(before[0].contains("Tuesdays"), "{before:?}");
    let kept = vector_store(stage.admin(), stage.agent()).await;
    assert_eq!(kept["vectorStore"]["kind"], first);
    for kind in [
        "PINECONE_NAMESPACE",
        "PINECONE_DEDICATED",
        "EMBEDDED",
        "PINECONE_NAMESPACE",
        first,
    ] {
        stage.begin(kind).await;
        until("the move has ended", || async {
            assert_eq!(stage.search().await, before, "during the move to {kind}");
            let now = vector_store(stage.admin(), stage.agent()).await;
            let now = &now["vectorStore"];
            now["kind"] == kind && now["migration"]["state"] == "DONE"
        })
        .await;
        let store = stage.ended().await;
        assert_eq!(
            (&store["migration"]["copied"], &store["migration"]["total"]),
            (&json!(3), &json!(3)),
            "{store}"
        );
        assert_eq!(stage.search().await, before, "after the move to {kind}");
        assert_eq!(
            store["indexName"].is_string(),
            kind.starts_with("PINECONE"),
            "{store}"
        );
    }
    // Nothing is left in the old store.
    until("the namespaces are gone", || async {
        stage.pinecone.asked("DELETE /namespaces").len() >= 3
    })
    .await;
    let deleted = stage
        .admin()
        .ok(
            "mutation($id: ID!) { deleteDocument(input: {id: $id}) { deletedId } }",
            json!({"id": id}),
        )
        .await;
    assert_eq!(deleted["deleteDocument"]["deletedId"], id);
    assert!(stage.search().await.is_empty());
}

#[tokio::test]
async fn a_search_finds_everything_while_the_vectors_are_moved() {
    let stage = Stage::set(&[]).await;
    known(
        stage.admin(),
        json!({"agentId": stage.agent(), "title": "Shop", "text": SHOP}),
    )
    .await;
    let first = usual(&stage.app);
    stage.begin("PINECONE_NAMESPACE").await;
    stage.ended().await;
    let before = stage.search().await;
    let embeddings = &stage.app.upstream.embeddings;
    let gate = embeddings.hold();
    let moved = async {
        until("the question is embedded", || async {
            embeddings.held() == 1
        })
        .await;
        stage.begin(first).await;
        until("they are gone from where they were", || async {
            !stage.pinecone.asked("DELETE /namespaces").is_empty()
        })
        .await;
        gate.add_permits(100);
    };
    let (found, ()) = tokio::join!(stage.search(), moved);
    assert_eq!(found, before);
    assert_eq!(stage.ended().await["kind"], first);
}

#[tokio::test]
async fn a_document_added_during_a_move_is_found_before_and_after_it() {
    let stage = Stage::set(&[]).await;
    known(
        stage.admin(),
        json!({"agentId": stage.agent(), "title": "Shop", "text": SHOP}),
    )
    .await;
    stage.begin("PINECONE_NAMESPACE").await;
    let taken = ingest(
        stage.admin(),
        json!({"agentId": stage.agent(), "title": "Notice", "text": "Umbrellas are lent at the counter."}),
    )
    .await;
    let seen = progress(stage.admin(), taken["id"].as_str().unwrap()).await;
    assert_eq!(seen.last().unwrap()["status"], "READY", "{seen:?}");
    let question = "Are umbrellas lent?";
    assert!(texts(stage.admin(), stage.agent(), question).await[0].contains("Umbrellas"));
    let store = stage.ended().await;
    assert_eq!(store["migration"]["state"], "DONE", "{store}");
    assert_eq!(store["kind"], "PINECONE_NAMESPACE");
    assert!(texts(stage.admin(), stage.agent(), question).await[0].contains("Umbrellas"));
    assert_eq!(store["passageCount"], 4);
}

#[tokio::test]
async fn a_failed_target_leaves_the_old_store_serving_and_can_be_retried() {
    let stage = Stage::set(&[("TROUPE_JOBS_ATTEMPTS", "1")]).await;
    known(
        stage.admin(),
        json!({"agentId": stage.agent(), "title": "Shop", "text": SHOP}),
    )
    .await;
    for _ in 0..3 {
        stage
            .pinecone
            .will("POST /vectors/upsert", 0, Fault::Broken);
    }
    stage.begin("PINECONE_NAMESPACE").await;
    let store = stage.ended().await;
    assert_eq!(store["migration"]["state"], "FAILED", "{store}");
    assert!(store["migration"]["error"].is_string(), "{store}");
    assert_eq!(store["kind"], usual(&stage.app));
    assert!(stage.search().await[0].contains("Tuesdays"));
    // New documents are ingested as before.
    known(
        stage.admin(),
        json!({"agentId": stage.agent(), "title": "Notice", "text": "Umbrellas are lent at the counter."}),
    )
    .await;
    stage.begin("PINECONE_NAMESPACE").await;
    until("the second move has ended well", || async {
        let now = vector_store(stage.admin(), stage.agent()).await;
        now["vectorStore"]["kind"] == "PINECONE_NAMESPACE"
    })
    .await;
    assert!(stage.search().await[0].contains("Tuesdays"));
    assert!(texts(stage.admin(), stage.agent(), "umbrellas").await[0].contains("lent"));
}

#[tokio::test]
async fn an_accounts_own_store_key_is_used_and_never_returned() {
    let stage = Stage::set(&[]).await;
    stage.pinecone.accept(OWN_KEY, "customer");
    known(
        stage.admin(),
        json!({"agentId": stage.agent(), "title": "Shop", "text": SHOP}),
    )
    .await;
    let change = "mutation($agent: ID!, $key: String, $kind: VectorStoreKind!) { changeVectorStore(input: {agentId: $agent, kind: $kind, pineconeApiKey: $key}) { agent { vectorStore { kind migration { error } } } } }";
    let reply = stage
        .admin()
        .ask(
            change,
            json!({"agent": stage.agent(), "kind": "PINECONE_DEDICATED", "key": OWN_KEY}),
        )
        .await;
    assert!(!reply.0.to_string().contains(OWN_KEY));
    let store = stage.ended().await;
    assert_eq!(store["migration"]["state"], "DONE", "{store}");
    assert!(!store.to_string().contains(OWN_KEY));
    assert!(stage.search().await[0].contains("Tuesdays"));
    assert_eq!(stage.pinecone.indexes("customer").len(), 1);
    assert!(stage.pinecone.indexes("operator").is_empty());
    // A key where none is needed.
    let reply = stage
        .admin()
        .ask(
            change,
            json!({"agent": stage.agent(), "kind": "EMBEDDED", "key": OWN_KEY}),
        )
        .await;
    assert_eq!(reply.code(), "BAD_USER_INPUT", "{reply:?}");
    assert!(!reply.0.to_string().contains(OWN_KEY));
}

#[tokio::test]
async fn a_move_to_the_same_store_is_a_no_op_and_concurrent_moves_are_refused() {
    let stage = Stage::set(&[]).await;
    known(
        stage.admin(),
        json!({"agentId": stage.agent(), "title": "Shop", "text": SHOP}),
    )
    .await;
    stage.begin(usual(&stage.app)).await;
    let now = vector_store(stage.admin(), stage.agent()).await;
    assert_eq!(now["vectorStore"]["migration"], Value::Null);
    stage.pinecone.will("POST /vectors/upsert", 0, Fault::Hang);
    stage.begin("PINECONE_NAMESPACE").await;
    stage.begin("PINECONE_NAMESPACE").await;
    let change = "mutation($agent: ID!) { changeVectorStore(input: {agentId: $agent, kind: PINECONE_DEDICATED}) { agent { id } } }";
    let reply = stage
        .admin()
        .ask(change, json!({"agent": stage.agent()}))
        .await;
    assert_eq!(reply.code(), "CONFLICT", "{reply:?}");
}

#[tokio::test]
async fn a_changed_embedding_model_re_embeds_everything() {
    let mut app = TestApp::with(&[EMBEDDINGS]).await;
    let worker = app.worker(&[EMBEDDINGS]).await;
    let agent = app.home.agent.clone();
    known(
        &app.home.admin,
        json!({"agentId": agent, "title": "Shop", "text": SHOP}),
    )
    .await;
    worker.stop().await;
    let other = [("TROUPE_EMBEDDING_MODEL", "other-words")];
    app.restart(&other).await;
    let question = "Do lamps carry a warranty of four years, batteries excluded?";
    let found = texts(&app.home.admin, &agent, question).await;
    assert!(found[0].contains("batteries"), "{found:?}");
    let _worker = app.worker(&other).await;
    until("it is embedded anew", || async {
        let now = vector_store(&app.home.admin, &agent).await;
        now["vectorStore"]["embeddingModel"] == "other-words"
    })
    .await;
    let store = vector_store(&app.home.admin, &agent).await["vectorStore"].clone();
    assert_eq!(store["kind"], usual(&app));
    assert_eq!(store["passageCount"], 3, "{store}");
    assert_eq!(store["migration"]["state"], "DONE", "{store}");
    let found = texts(&app.home.admin, &agent, question).await;
    assert!(found[0].contains("batteries"), "{found:?}");
}

#[tokio::test]
async fn a_store_that_takes_no_vectors_shows_in_the_document_and_the_availability() {
    let stage = Stage::set(&[("TROUPE_JOBS_ATTEMPTS", "1")]).await;
    stage.begin("PINECONE_NAMESPACE").await;
    stage.ended().await;
    let availability = async || {
        let query = "query($id: ID!) { agent(by: {id: $id}) { availability { state reasons { code text } } } }";
        let found = stage.admin().ok(query, json!({"id": stage.agent()})).await;
        found["agent"]["availability"].clone()
    };
    assert_eq!(availability().await["state"], "AVAILABLE");
    for _ in 0..3 {
        stage
            .pinecone
            .will("POST /vectors/upsert", 0, Fault::Broken);
    }
    let shop = json!({"agentId": stage.agent(), "title": "Shop", "text": SHOP});
    let refused = ingest(stage.admin(), shop.clone()).await;
    let seen = progress(stage.admin(), refused["id"].as_str().unwrap()).await;
    assert_eq!(seen.last().unwrap()["status"], "FAILED", "{seen:?}");
    let degraded = availability().await;
    assert_eq!(degraded["state"], "DEGRADED");
    let reason = degraded["reasons"][0]["text"].as_str().unwrap();
    assert!(
        reason.starts_with("its vector store takes no new passages: "),
        "{reason}"
    );
    known(stage.admin(), shop).await;
    assert_eq!(availability().await["state"], "AVAILABLE");
}
