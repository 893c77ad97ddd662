//! Recovery of the operator's access: the last key cannot be revoked, a lost one is replaced, a changed one is
//! reported, and files are private.

use std::{os::unix::fs::PermissionsExt, path::Path, process::Stdio};

use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::Command,
};

use crate::support::{Client, PATIENCE, Reply, TestApp, TestDatabase, until};

const CREATE: &str = "mutation($at: DateTime) { createApiKey(input: {name: \"deputy\", role: OPERATOR, expiresAt: $at}) { secret apiKey { id } } }";
const REVOKE: &str =
    "mutation($id: ID!) { revokeApiKey(input: {id: $id}) { apiKey { revokedAt } } }";
const VIEWER: &str = "{ viewer { role apiKey { id } } }";
const LATER: &str = "2100-01-01T00:00:00Z";

async fn own_key(client: &Client) -> Value {
    client.ok(VIEWER, json!({})).await["viewer"]["apiKey"]["id"].clone()
}

async fn deputy(client: &Client, expires_at: Option<&str>) -> (Value, String) {
    let made = client.ok(CREATE, json!({"at": expires_at})).await["createApiKey"].clone();
    let secret = made["secret"].as_str().unwrap().to_owned();
    (made["apiKey"]["id"].clone(), secret)
}

fn assert_last(reply: &Reply) {
    assert_eq!(reply.code(), "CONFLICT", "{reply:?}");
    assert_eq!(
        reply.message(),
        "this is the last operator key that does not expire; make another OPERATOR key without expiresAt first, then revoke \
         this one"
    );
}

#[tokio::test]
async fn the_last_operator_key_cannot_be_revoked() {
    let app = TestApp::start().await;
    let first = own_key(&app.operator).await;
    assert_last(&app.operator.ask(REVOKE, json!({"id": first})).await);
    // A key with an expiry does not count as a replacement.
    let (expiring, _) = deputy(&app.operator, Some(LATER)).await;
    assert_last(&app.operator.ask(REVOKE, json!({"id": first})).await);
    app.operator.ok(REVOKE, json!({"id": expiring})).await;

    let (second, secret) = deputy(&app.operator, None).await;
    let other = app.operator.with_key(&secret);
    other.ok(REVOKE, json!({"id": first})).await;
    assert_last(&other.ask(REVOKE, json!({"id": second})).await);
    // Revoking a revoked key succeeds.
    other.ok(REVOKE, json!({"id": first})).await;
    assert_eq!(
        other.ok(VIEWER, json!({})).await["viewer"]["role"],
        "OPERATOR"
    );
}

#[tokio::test]
async fn of_two_concurrent_revocations_one_is_refused() {
    let app = TestApp::start().await;
    let second_process = app.second(&[]).await;
    for _ in 0..5 {
        let first = own_key(&app.operator).await;
        let (second, secret) = deputy(&app.operator, None).await;
        let other = Client::new(&second_process.url, Some(&secret));
        let (one, two) = futures::join!(
            app.operator.ask(REVOKE, json!({"id": second})),
            other.ask(REVOKE, json!({"id": first})),
        );
        let done = [&one, &two].map(|reply| reply.0.get("errors").is_none());
        assert!(done != [true, true], "{one:?} {two:?}");
        if done[1] {
            // The first key is gone: the second is the last one.
            assert_last(&other.ask(REVOKE, json!({"id": second})).await);
            return;
        }
        if !done[0] {
            other.ok(REVOKE, json!({"id": second})).await;
        }
    }
    assert_last(
        &app.operator
            .ask(REVOKE, json!({"id": own_key(&app.operator).await}))
            .await,
    );
}

/// The program over a test's database.
fn command(database_url: &str, folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_troupe"));
    command
        .current_dir(folder)
        .env_clear()
        .env("TROUPE_DATABASE_URL", database_url)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

#[tokio::test]
async fn a_reset_makes_a_working_key_and_an_audit_entry() {
    let app = TestApp::with(&[("TROUPE_QUOTAS_PREMIUM_API_KEYS", "1")]).await;
    let output = command(app.database_url(), &std::env::temp_dir())
        .args(["operator", "reset"])
        .output()
        .await
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let log = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said} {log}");
    let key = said.trim();
    assert!(
        key.starts_with("troupe_") && !key.contains(char::is_whitespace),
        "{said}"
    );
    assert!(
        !log.contains(key),
        "it is said once, and where it can be piped"
    );

    let client = app.operator.with_key(key);
    let viewer = client.ok(VIEWER, json!({})).await["viewer"].clone();
    assert_eq!(viewer["role"], "OPERATOR");
    let query = "{ auditLog(first: 1) { nodes { actor action subject detail } } }";
    let entry = client.ok(query, json!({})).await["auditLog"]["nodes"][0].clone();
    assert_eq!(entry["actor"], "troupe operator reset");
    assert_eq!(entry["action"], "resetOperator");
    assert_eq!(entry["subject"], viewer["apiKey"]["id"]);
    assert!(!entry.to_string().contains(key));
    // The lost key can be revoked.
    let lost = own_key(&app.operator).await;
    client.ok(REVOKE, json!({"id": lost})).await;
    let verified = command(app.database_url(), &std::env::temp_dir())
        .args(["audit", "verify"])
        .output()
        .await
        .unwrap();
    assert!(verified.status.success(), "{verified:?}");
}

#[tokio::test]
async fn a_reset_of_an_empty_database_explains_what_to_do() {
    let database = TestDatabase::create().await;
    let migrated = command(&database.url, &database.folder)
        .args(["migrate", "up"])
        .output()
        .await
        .unwrap();
    assert!(migrated.status.success(), "{migrated:?}");
    let output = command(&database.url, &database.folder)
        .args(["operator", "reset"])
        .output()
        .await
        .unwrap();
    assert!(!output.status.success());
    assert!(output.stdout.is_empty());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("no operator yet: set TROUPE_OPERATOR_KEY"),
        "{said}"
    );
}

#[tokio::test]
async fn a_database_of_before_the_first_release_is_refused_at_the_start() {
    let database = TestDatabase::create().await;
    let run = async |arguments: &[&str]| {
        let mut command = command(&database.url, &database.folder);
        command.env("TROUPE_LOG_FILTER", "error").args(arguments);
        command.output().await.unwrap()
    };
    assert!(run(&["migrate", "up"]).await.status.success());
    let older = "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261122_000001_create_accounts', 0)";
    let connection = sea_orm::Database::connect(&database.url).await.unwrap();
    connection.execute_unprepared(older).await.unwrap();
    for arguments in [
        &["dev", "--addr", "127.0.0.1:0"][..],
        &["serve", "--addr", "127.0.0.1:0"],
        &["worker"],
        &["migrate", "up"],
        &["operator", "reset"],
    ] {
        let output = run(arguments).await;
        assert!(!output.status.success(), "{arguments:?}");
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(
            said.trim_end(),
            "troupe: this database was created before the first release, and no migration leads from it to this version: use \
             a new database (`make clean-data` deletes that of `make run`)",
            "{arguments:?}"
        );
    }
}

/// The first line of a starting server's log that names the operator's key.
async fn told_of_key(app: &TestApp, key: &str) -> Option<String> {
    let mut server = command(app.database_url(), &std::env::temp_dir())
        .args(["serve", "--addr", "127.0.0.1:0"])
        .envs(app.of_processes())
        .env("TROUPE_OPERATOR_KEY", key)
        .env("TROUPE_OPENAI_BASE_URL", &app.upstream.url)
        .env("TROUPE_LOG_FILTER", "info")
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(server.stderr.take().unwrap()).lines();
    let reading = async {
        while let Some(line) = lines.next_line().await.unwrap() {
            assert!(!line.contains(key), "{line}");
            if line.contains("TROUPE_OPERATOR_KEY") {
                return Some(line);
            }
        }
        None
    };
    let line = tokio::time::timeout(PATIENCE, reading).await.ok().flatten();
    server.kill().await.unwrap();
    line
}

#[tokio::test]
async fn a_changed_operator_key_is_reported_at_startup() {
    let app = TestApp::start().await;
    let line = told_of_key(&app, "another_operator_key_of_more_than_32_characters").await;
    let line = line.unwrap();
    assert!(
        line.contains("WARN") && line.contains("is not a key of this database"),
        "{line}"
    );
    assert!(line.contains("troupe operator reset"), "{line}");
    let line = told_of_key(&app, app.home.owner.key()).await.unwrap();
    assert!(line.contains("no operator's"), "{line}");
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn files_of_dev_are_readable_by_their_owner_only() {
    let database = TestDatabase::create().await;
    let upstream = crate::support::Upstream::start().await;
    let data = database.folder.join("data");
    // Once without files, and once with the readable files of an earlier version.
    for _ in 0..2 {
        let mut dev = Command::new("sh")
            .args([
                "-c",
                "umask 022; exec \"$0\" \"$@\"",
                env!("CARGO_BIN_EXE_troupe"),
            ])
            .args(["dev", "--addr", "127.0.0.1:0", "--data-dir"])
            .arg(&data)
            .current_dir(&database.folder)
            .env_clear()
            .env("TROUPE_OPENAI_BASE_URL", &upstream.url)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let files = ["troupe.db", "troupe.db-wal", "troupe.db-shm", "dev.json"];
        let paths = files.map(|file| data.join(file));
        until("it has made its files, for its owner alone", async || {
            paths
                .iter()
                .all(|path| path.exists() && mode(path) == 0o600)
                && mode(&data) == 0o700
        })
        .await;
        dev.kill().await.unwrap();
        for path in &paths {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o644)).unwrap();
        }
        std::fs::set_permissions(&data, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
}
