//! A rotation of ten thousand secrets, killed and repeated, while callers chat and change their secrets.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use entity::{provider_key, vector_db_config};
use sea_orm::{ActiveValue::Set, ConnectionTrait, DatabaseConnection, EntityTrait};
use serde_json::json;
use tokio::io::{AsyncBufReadExt, BufReader};
use troupe::{
    adapter::vault::KeyRingVault,
    domain::{AccountId, AgentId, SealedColumn, Secret},
    port::{Clock, SecretLocation, SystemClock, Vault},
};
use uuid::Uuid;

use super::{ONLY_SECOND, ROTATED, SECOND, key_of, run, sealed, troupe};
use crate::{
    chat::{ask, text},
    registry::KEYS,
    support::{TestApp, ToolServer},
    tools::LOCAL,
};

const SECRETS: usize = 10_000;
/// More messages than the test sends meanwhile.
const MANY: (&str, &str) = ("TROUPE_LIMITS_MESSAGE_BURST", "100000");
const ANSWER: &str = "Hello from the scripted model.";
const FIRST: [u8; 32] = *b"01234567890123456789012345678901";
/// Every sealed secret of the four columns.
const EVERY: [&str; 4] = [
    "SELECT id, secret AS sealed FROM provider_keys",
    "SELECT id, token AS sealed FROM mcp_servers WHERE token IS NOT NULL",
    "SELECT id, token AS sealed FROM tool_grants WHERE token IS NOT NULL",
    "SELECT id, connection_details AS sealed FROM vector_db_configs WHERE connection_details IS NOT NULL",
];

fn vault(id: &str, key: [u8; 32]) -> KeyRingVault {
    KeyRingVault::new([(id.to_owned(), key)])
}

fn uuid_of(account: &str) -> AccountId {
    AccountId::parse("account", account).unwrap()
}

/// Stores secrets of the second account under the first key: many for providers, and the key of a vector store.
async fn store_secrets(app: &TestApp, database: &DatabaseConnection) {
    let (vault, account) = (vault("first", FIRST), uuid_of(&app.stranger.id));
    let now = SystemClock.now();
    let row = |number: usize| {
        let id = Uuid::now_v7();
        let location = SecretLocation::of_stored(SealedColumn::ProviderKey, Some(account), id);
        let secret = Secret::new(format!("secret {number}"));
        provider_key::ActiveModel {
            id: Set(id),
            account_id: Set(account.uuid()),
            provider: Set(format!("provider {number}")),
            origin: Set("https://models.example".to_owned()),
            secret: Set(vault.seal(location, &secret).unwrap()),
            last_characters: Set("cret".to_owned()),
            created_at: Set(now),
            updated_at: Set(now),
        }
    };
    for batch in (0..SECRETS).collect::<Vec<_>>().chunks(1_000) {
        provider_key::Entity::insert_many(batch.iter().map(|number| row(*number)))
            .exec_without_returning(database)
            .await
            .unwrap();
    }
    let id = Uuid::now_v7();
    let account = uuid_of(&app.home.id);
    let location = SecretLocation::of_stored(SealedColumn::VectorStoreKey, Some(account), id);
    let key = vault.seal(location, &Secret::new("of the store")).unwrap();
    let place = vector_db_config::ActiveModel {
        id: Set(id),
        account_id: Set(account.uuid()),
        agent_instance_id: Set(AgentId::parse("agent", &app.home.agent).unwrap().uuid()),
        kind: Set(vector_db_config::VectorDbKind::PineconeNamespace),
        role: Set(vector_db_config::VectorDbRole::Serving),
        connection_details: Set(Some(key)),
        namespace: Set(None),
        index_name: Set(None),
        dimensions: Set(384),
        generation: Set(1),
        embedder: Set("none".to_owned()),
        migration: Set(None),
        problem: Set(None),
        created_at: Set(now),
        updated_at: Set(now),
    };
    vector_db_config::Entity::insert(place)
        .exec_without_returning(database)
        .await
        .unwrap();
}

/// The number of secrets under each of the two keys.
async fn counts(database: &DatabaseConnection) -> (usize, usize) {
    let (mut first, mut second) = (0, 0);
    for select in EVERY {
        for (_, sealed) in sealed(database, select).await {
            match key_of(&sealed) {
                "first" => first += 1,
                _ => second += 1,
            }
        }
    }
    (first, second)
}

/// Sets a new key of the first account, and chats with it.
async fn use_key(app: &TestApp, number: u32) {
    let input = json!({"provider": "openai", "secret": format!("sk-of-the-owner-{number}")});
    let set = "mutation($input: SetProviderKeyInput!) { setProviderKey(input: $input) { providerKey { lastCharacters } } }";
    app.home.admin.ok(set, json!({"input": input})).await;
    let seen = ask(&app.home.member, json!({"message": "Hello?"})).await;
    assert_eq!(text(&seen), ANSWER, "{seen:?}");
    let used = app.upstream.keys().pop().unwrap();
    assert_eq!(used, format!("Bearer sk-of-the-owner-{number}"));
}

/// Kills a rotation after its first sentence, then runs one to its end.
async fn rotate_twice(app: &TestApp, database: &DatabaseConnection) {
    let mut child = troupe(app, &["keys", "rotate"], ROTATED).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let line = lines.next_line().await.unwrap().unwrap();
    // a key that the load has replaced since the batch was read is left for the next pass
    let rotated = ["provider keys: 100 of", "provider keys: 99 of"];
    assert!(rotated.iter().any(|said| line.contains(said)), "{line}");
    child.kill().await.unwrap();
    let (first, second) = counts(database).await;
    assert!(first > 0 && second >= 99, "{first}, {second}");

    let (done, said) = run(app, &["keys", "rotate"], ROTATED).await;
    assert!(done, "{said}");
    // what the first one has sealed is skipped
    let rest = said.lines().next().unwrap_or_default();
    assert!(!rest.contains(&format!("of {SECRETS} of")), "{said}");
    assert!(said.contains("every value is sealed with the key \"second\""));
}

#[tokio::test]
async fn ten_thousand_secrets_are_rotated_under_load_and_after_a_kill() {
    let mut app = TestApp::with(&[LOCAL, KEYS, MANY]).await;
    let tools = ToolServer::start().await;
    let admin = &app.home.admin;
    let input = json!({"name": "Workshop", "type": "demo", "endpointUrl": tools.url, "stateless": true, "token": "of-the-server"});
    let server = "mutation($input: RegisterMcpServerInput!) { registerMcpServer(input: $input) { mcpServer { id } } }";
    let server = admin.ok(server, json!({"input": input})).await;
    let server = &server["registerMcpServer"]["mcpServer"]["id"];
    let grant = "mutation($input: GrantToolsInput!) { grantTools(input: $input) { agent { id } } }";
    let input = json!({"agentId": app.home.agent, "serverId": server, "tools": ["find"], "token": "of-the-agent"});
    admin.ok(grant, json!({"input": input})).await;
    use_key(&app, 0).await;
    let database = app.connect().await;
    store_secrets(&app, &database).await;
    assert_eq!(counts(&database).await, (SECRETS + 4, 0));

    app.restart(&[LOCAL, ROTATED, MANY]).await;
    let (is_done, used) = (AtomicBool::new(false), AtomicU32::new(1_000));
    let load = async {
        while !is_done.load(Ordering::Relaxed) {
            use_key(&app, used.fetch_add(1, Ordering::Relaxed)).await;
        }
    };
    let rotation = async {
        rotate_twice(&app, &database).await;
        is_done.store(true, Ordering::Relaxed);
    };
    futures::join!(load, rotation);

    assert_eq!(counts(&database).await, (0, SECRETS + 4));
    let (vault, account) = (vault("second", SECOND), uuid_of(&app.stranger.id));
    let select = "SELECT id, secret AS sealed FROM provider_keys WHERE account_id = (SELECT id FROM accounts WHERE name = 'Stranger') ORDER BY id";
    let secrets = sealed(&database, select).await;
    assert_eq!(secrets.len(), SECRETS);
    for (number, (id, sealed)) in secrets.iter().enumerate() {
        let location = SecretLocation::of_stored(SealedColumn::ProviderKey, Some(account), *id);
        let secret = vault.open(location, sealed).unwrap();
        assert_eq!(secret.reveal(), format!("secret {number}"));
    }

    // the older key is needed by nothing any more
    app.restart(&[LOCAL, ONLY_SECOND, MANY]).await;
    use_key(&app, 1).await;
    let refresh =
        "mutation($id: ID!) { refreshMcpServer(input: {id: $id}) { mcpServer { problem } } }";
    let refreshed = app.home.admin.ok(refresh, json!({"id": server})).await;
    assert!(refreshed["refreshMcpServer"]["mcpServer"]["problem"].is_null());
    let (again, said) = run(&app, &["keys", "rotate"], ONLY_SECOND).await;
    assert!(
        again && !said.contains("are sealed with the first key"),
        "{said}"
    );
}

#[tokio::test]
async fn a_value_that_cannot_be_opened_stays_and_fails_the_rotation() {
    let app = TestApp::with(&[KEYS]).await;
    for number in [1, 2] {
        use_key(&app, number).await;
    }
    let database = app.connect().await;
    // the account of the row is part of what a secret is bound to
    let moved =
        "UPDATE provider_keys SET account_id = (SELECT id FROM accounts WHERE name = 'Stranger')";
    database.execute_unprepared(moved).await.unwrap();
    use_key(&app, 3).await;
    let before = sealed(&database, EVERY[0]).await;
    let (done, said) = run(&app, &["keys", "rotate"], ROTATED).await;
    assert!(!done, "{said}");
    assert!(
        said.contains("stays as it is: it was changed, or lies where it was not sealed for"),
        "{said}"
    );
    assert!(said.contains("the key \"first\" must stay"), "{said}");
    let after = sealed(&database, EVERY[0]).await;
    let keys = |rows: &[(Uuid, Vec<u8>)]| {
        let mut keys: Vec<_> = rows
            .iter()
            .map(|(_, sealed)| key_of(sealed).to_owned())
            .collect();
        keys.sort();
        keys
    };
    assert_eq!(keys(&before), ["first", "first"]);
    assert_eq!(keys(&after), ["first", "second"]);
    assert!(!said.contains("sk-of-the-owner"), "{said}");
}
