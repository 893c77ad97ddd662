//! The fake Pinecone of the tests refuses what the real one refuses.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Pinecone, client};
use crate::adapter::tests::fake_pinecone::KEY;

/// The host of an index.
pub(super) async fn host(pinecone: &Pinecone, index: &str) -> String {
    let url = format!("{}/indexes/{index}", pinecone.url);
    let (_, described) = ask(Method::GET, &url, &Value::Null).await;
    described["host"].as_str().unwrap().to_owned()
}

async fn ask(method: Method, url: &str, body: &Value) -> (StatusCode, Value) {
    let request = client()
        .request(method, url)
        .header("api-key", KEY)
        .header("x-pinecone-api-version", "2026-04");
    let answer = request.json(body).send().await.unwrap();
    (answer.status(), answer.json().await.unwrap_or_default())
}

async fn create(pinecone: &Pinecone, name: &str) -> (StatusCode, Value) {
    let spec = json!({"serverless": {"cloud": "aws", "region": "us-east-1"}});
    let body = json!({"name": name, "dimension": 2, "metric": "cosine", "spec": spec});
    ask(Method::POST, &format!("{}/indexes", pinecone.url), &body).await
}

#[tokio::test]
async fn the_fake_control_plane_enforces_pinecones_rules() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let pinecone = Pinecone::start().await;
    pinecone.lag(0, 2);
    let url = format!("{}/indexes", pinecone.url);
    for (key, version, expected) in [("wrong", "2026-04", 401), (KEY, "2024-07", 400)] {
        let request = client().get(&url).header("api-key", key);
        let request = request.header("x-pinecone-api-version", version);
        assert_eq!(request.send().await.unwrap().status(), expected);
    }
    for name in ["", "Docs", "a_b", &"a".repeat(46)] {
        assert_eq!(create(&pinecone, name).await.0, 400, "{name}");
    }
    let (status, index) = create(&pinecone, "docs").await;
    assert_eq!(
        (status, &index["status"]["ready"]),
        (StatusCode::CREATED, &json!(false))
    );
    let (status, error) = create(&pinecone, "docs").await;
    assert_eq!(status, 409);
    assert_eq!(error["error"]["code"], "ALREADY_EXISTS");
    let docs = format!("{url}/docs");
    let mut ready = Vec::new();
    for _ in 0..3 {
        ready.push(ask(Method::GET, &docs, &Value::Null).await.1["status"]["ready"].clone());
    }
    assert_eq!(ready, [false, true, true]);
    assert!(!host(&pinecone, "docs").await.contains("://"));
    let (_, all) = ask(Method::GET, &url, &Value::Null).await;
    assert_eq!(all["indexes"][0]["name"], "docs");
    pinecone.protect("docs");
    assert_eq!(ask(Method::DELETE, &docs, &Value::Null).await.0, 403);
    assert_eq!(create(&pinecone, "drafts").await.0, 201);
    let drafts = format!("{url}/drafts");
    assert_eq!(ask(Method::DELETE, &drafts, &Value::Null).await.0, 202);
    let (_, going) = ask(Method::GET, &drafts, &Value::Null).await;
    assert_eq!(going["status"]["state"], "Terminating");
    assert_eq!(create(&pinecone, "drafts").await.0, 409);
    assert_eq!(ask(Method::GET, &drafts, &Value::Null).await.0, 404);
    assert_eq!(create(&pinecone, "drafts").await.0, 201);
}

/// An index for vectors with two numbers.
struct Docs {
    host: String,
    _pinecone: Pinecone,
}

impl Docs {
    async fn start() -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let pinecone = Pinecone::start().await;
        assert_eq!(create(&pinecone, "docs").await.0, 201);
        Self {
            host: host(&pinecone, "docs").await,
            _pinecone: pinecone,
        }
    }

    async fn ask(&self, method: Method, path: &str, body: Value) -> (StatusCode, Value) {
        ask(method, &format!("http://{}{path}", self.host), &body).await
    }

    async fn post(&self, path: &str, body: Value) -> (StatusCode, Value) {
        self.ask(Method::POST, path, body).await
    }

    async fn get(&self, path: &str) -> Value {
        self.ask(Method::GET, path, Value::Null).await.1
    }

    async fn upsert(&self, vectors: Value) -> (StatusCode, Value) {
        let body = json!({"vectors": vectors, "namespace": "n"});
        self.post("/vectors/upsert", body).await
    }

    async fn query(&self, most: usize, filter: Value) -> (StatusCode, Vec<Value>) {
        let body = json!({"topK": most, "vector": [1, 0], "namespace": "n", "filter": filter});
        let (status, found) = self.post("/query", body).await;
        let found = found["matches"].as_array().cloned().unwrap_or_default();
        (
            status,
            found.iter().map(|found| found["id"].clone()).collect(),
        )
    }

    async fn delete(&self, body: Value) -> StatusCode {
        self.post("/vectors/delete", body).await.0
    }
}

/// Vectors with increasing distance from (1, 0).
fn many(count: usize) -> Value {
    let vector = |at: usize| {
        let metadata = json!({"even": at.is_multiple_of(2)});
        json!({"id": format!("v{at:04}"), "values": [1, at], "metadata": metadata})
    };
    (0..count).map(vector).collect()
}

#[tokio::test]
async fn the_fake_upsert_enforces_pinecones_limits() {
    let docs = Docs::start().await;
    let (status, error) = docs.upsert(json!([{"id": "a", "values": [1, 2, 3]}])).await;
    assert_eq!((status.as_u16(), &error["code"]), (400, &json!(3)));
    let long_text = json!({"text": "x".repeat(41_000)});
    for vectors in [
        many(0),
        many(1_001),
        json!([{"id": "x".repeat(513), "values": [1, 2]}]),
        json!([{"id": "x", "values": [0, 0]}]),
        json!([{"id": "x", "values": [1, 2], "metadata": long_text}]),
    ] {
        assert_eq!(docs.upsert(vectors).await.0, 400);
    }
    let (status, error) = docs.upsert(json!("x".repeat(3 << 20))).await;
    assert_eq!((status.as_u16(), &error["code"]), (400, &json!(11)));
    assert_eq!(docs.upsert(many(1_000)).await.1["upsertedCount"], 1_000);
}

#[tokio::test]
async fn the_fake_finds_lists_and_deletes_vectors() {
    let docs = Docs::start().await;
    docs.upsert(many(250)).await;
    assert_eq!(docs.query(10_001, Value::Null).await.0, 400);
    assert_eq!(docs.query(10_000, Value::Null).await.1.len(), 250);
    let even = docs.query(3, json!({"even": {"$eq": true}})).await;
    assert_eq!(even.1, ["v0000", "v0002", "v0004"]);
    let odd = docs.query(2, json!({"even": {"$in": [false, "x"]}})).await;
    assert_eq!(odd.1, ["v0001", "v0003"]);

    let list = "/vectors/list?namespace=n&prefix=v";
    let (mut listed, mut path) = (0, list.to_owned());
    for _ in 0..3 {
        let page = docs.get(&path).await;
        listed += page["vectors"].as_array().unwrap().len();
        let next = page["pagination"]["next"].as_str().unwrap_or_default();
        path = format!("{list}&paginationToken={next}");
    }
    assert_eq!(listed, 250);
    let absent = json!({"namespace": "absent", "ids": ["a"]});
    assert_eq!(docs.delete(absent).await, 404);
    assert_eq!(docs.delete(json!({"namespace": "n"})).await, 400);
    let even = json!({"namespace": "n", "filter": {"even": true}});
    assert_eq!(docs.delete(even).await, 200);
    let (_, counted) = docs.post("/describe_index_stats", json!({})).await;
    assert_eq!(counted["namespaces"]["n"]["vectorCount"], 125);
    assert_eq!(docs.get("/namespaces/n").await["record_count"], "125");
    let all = json!({"namespace": "n", "deleteAll": true});
    assert_eq!(docs.delete(all).await, 200);
    let gone = docs.ask(Method::DELETE, "/namespaces/n", Value::Null).await;
    assert_eq!(gone.0, 404);
}
