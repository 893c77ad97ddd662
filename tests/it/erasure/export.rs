//! An export has everything that one person gave and got, and nothing of another.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Canaries, Stage, dump::found_in, erase, plant};
use crate::support::Client;

const EXPORT: &str =
    "mutation($user: String!) { exportEndUser(input: {endUser: $user}) { url expiresAt } }";

async fn link(client: &Client, person: &str) -> String {
    let made = client.ok(EXPORT, json!({"user": person})).await;
    made["exportEndUser"]["url"].as_str().unwrap().to_owned()
}

/// The status and the body of a link.
async fn download(stage: &Stage, path: &str) -> (u16, String) {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = http
        .get(format!("{}{path}", stage.app.url))
        .send()
        .await
        .unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

#[tokio::test]
async fn an_export_has_all_of_one_person_and_nothing_of_another() {
    let stage = Stage::open().await;
    let (mut ada, mut bob) = (Canaries::of("ada"), Canaries::of("bob"));
    let person = plant(&stage, &mut ada).await;
    plant(&stage, &mut bob).await;
    let admin = &stage.app.home.admin;
    let path = link(admin, &person).await;
    let (status, body) = download(&stage, &path).await;
    assert_eq!(status, 200, "{body}");
    let missing: Vec<_> = ada
        .all
        .iter()
        .filter(|text| !body.contains(text.as_str()))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
    assert_eq!(found_in(body.as_bytes(), &bob.all), Vec::<&str>::new());

    let lines: Vec<Value> = body
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for line in &lines {
        *kinds.entry(line["kind"].as_str().unwrap()).or_default() += 1;
        for secret in ["hash", "idempotencyKey", "accountId", "leaseOwner"] {
            assert!(line.get(secret).is_none(), "{line}");
        }
    }
    assert_eq!(
        (
            kinds["conversation"],
            kinds["session"],
            kinds["endUser"],
            kinds["rating"]
        ),
        (19, 2, 1, 16)
    );
    let last = lines.last().unwrap();
    assert_eq!(*last, json!({"kind": "end", "lines": lines.len() - 1}));
    let conversation = lines
        .iter()
        .find(|line| line["kind"] == "conversation")
        .unwrap();
    assert!(
        conversation["id"]
            .as_str()
            .unwrap()
            .starts_with("conversation_")
    );
}

#[tokio::test]
async fn a_link_leads_to_nothing_when_it_was_changed_and_when_the_person_is_erased() {
    let stage = Stage::open().await;
    let home = &stage.app.home;
    let input = json!({"message": "Hello", "agentId": home.agent, "endUser": "ada"});
    crate::chat::ask(&home.member, input).await;
    let (admin, person) = (&home.admin, "ada");
    let path = link(admin, person).await;
    assert_eq!(download(&stage, &path).await.0, 200);
    let mut changed = path.clone();
    changed.pop();
    assert_eq!(download(&stage, &changed).await.0, 404);
    assert_eq!(download(&stage, "/exports/abc").await.0, 404);
    let unknown = admin.ask(EXPORT, json!({"user": "nobody"})).await;
    assert_eq!(unknown.code(), "NOT_FOUND");
    let foreign = stage
        .app
        .stranger
        .admin
        .ask(EXPORT, json!({"user": person}))
        .await;
    assert_eq!(foreign.code(), "NOT_FOUND");
    erase(admin, person).await;
    assert_eq!(download(&stage, &path).await.0, 404);
}
