//! Knowledge of agents: ingested, followed, searched, cited, replaced, deleted, moved.

mod chat;
mod crash;
mod ingest;
mod input;
mod model;
mod moves;
mod provider;
mod reading;
mod replace;
mod words;

use serde_json::{Value, json};

use crate::support::{Client, EMBEDDINGS, Reply, TestApp, Worker};

/// The selected fields of a document.
pub(crate) const DOCUMENT: &str = "id title source mediaType status passageCount progress error warnings attempts agent { id } updatedAt";

/// An app whose agents embed, and a worker process for its background jobs.
pub(crate) async fn library() -> (TestApp, Worker) {
    let app = TestApp::with(&[EMBEDDINGS]).await;
    let worker = app.worker(&[EMBEDDINGS]).await;
    (app, worker)
}

/// Sends an ingestion that may be refused.
pub(crate) async fn try_ingest(client: &Client, input: Value) -> Reply {
    let mutation = format!(
        "mutation($input: IngestDocumentInput!) {{ ingestDocument(input: $input) {{ document {{ {DOCUMENT} }} }} }}"
    );
    client.ask(&mutation, json!({"input": input})).await
}

/// Ingests a document; returns its first state.
pub(crate) async fn ingest(client: &Client, input: Value) -> Value {
    let reply = try_ingest(client, input).await;
    reply.data()["ingestDocument"]["document"].clone()
}

/// Follows a document to its end; returns all states.
pub(crate) async fn progress(client: &Client, id: &str) -> Vec<Value> {
    let subscription =
        format!("subscription($id: ID!) {{ documentProgress(documentId: $id) {{ {DOCUMENT} }} }}");
    let stream = client.subscribe(&subscription, json!({"id": id})).await;
    let seen = stream.rest().await;
    seen.iter()
        .map(|reply| reply.data()["documentProgress"].clone())
        .collect()
}

/// Ingests a document and waits until it is searchable; returns its id.
pub(crate) async fn known(client: &Client, input: Value) -> String {
    let taken = ingest(client, input).await;
    let id = taken["id"].as_str().unwrap().to_owned();
    let seen = progress(client, &id).await;
    assert_eq!(seen.last().unwrap()["status"], "READY", "{seen:?}");
    id
}

/// The passages that a search finds.
pub(crate) async fn search(client: &Client, agent: &str, query: &str) -> Vec<Value> {
    let found = client
        .ok(
            "query($agent: ID!, $query: String!) { searchKnowledge(agentId: $agent, query: $query, first: 5) {
                id text headings score position document { id title } } }",
            json!({"agent": agent, "query": query}),
        )
        .await;
    found["searchKnowledge"].as_array().unwrap().clone()
}

/// The texts that a search finds.
pub(crate) async fn texts(client: &Client, agent: &str, query: &str) -> Vec<String> {
    let found = search(client, agent, query).await;
    found
        .iter()
        .map(|passage| passage["text"].as_str().unwrap().to_owned())
        .collect()
}

/// The vector store of an agent, with its counts.
pub(crate) async fn vector_store(client: &Client, agent: &str) -> Value {
    let found = client
        .ok(
            "query($id: ID!) { agent(by: {id: $id}) {
                vectorStore { kind indexName namespace dimensions embeddingModel passageCount migration { from to state copied total error } }
                capabilities { knowledge { documentCount passageCount updatedAt } }
                documents { totalCount nodes { id title status passageCount } } } }",
            json!({"id": agent}),
        )
        .await;
    found["agent"].clone()
}

/// A page about a shop, in Markdown: three sections, each long enough to be a passage of its own.
pub(crate) const SHOP: &str = "# Shop

## Returns

Unopened parcels can be returned within thirty days. The refund arrives five days later. Whoever sends something back \
writes the number of the order on a slip of paper, puts it on top of the goods, and keeps the receipt of the post office \
until the money is there. Opened goods are exchanged for others of the same value.

## Shipping

Parcels to islands travel by ferry on Tuesdays. Everything else leaves the warehouse on the evening of the order, in \
cartons that fit through a letter box where that is possible, and is brought to the door by a carrier whose van is green. \
A message tells the hour of arrival. Neighbours may sign for it.

## Warranty

Lamps carry a warranty of four years; batteries are excluded. What breaks within that time is repaired in our workshop at \
no cost, or replaced when the part that it needs is not made any more. The bill is the proof; nothing has to be \
registered, and whoever gets a lamp as a present has the same rights.
";
