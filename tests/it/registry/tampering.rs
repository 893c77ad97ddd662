//! An audit log under a key: every change of the tables without the key is detected.

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend};
use serde_json::{Value, json};
use tokio::process::Command;
use troupe::domain::{AuditEntry, AuditKeys};

use super::{KEYS, at, registered, try_grant, try_refresh, try_remove, updated};
use crate::{
    support::{Client, TestApp, ToolServer},
    tools::LOCAL,
};

/// A key ring with a new first key, and the older one.
const ROTATED: (&str, &str) = (
    "TROUPE_ENCRYPTION_KEYS",
    "second:YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXowMTIzNDU=,first:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
);
/// The same without the older key.
const ONLY_SECOND: (&str, &str) = (
    "TROUPE_ENCRYPTION_KEYS",
    "second:YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXowMTIzNDU=",
);
const HOME: &str = "account_id = (SELECT id FROM accounts WHERE name = 'Home')";
const STRANGER: &str = "account_id = (SELECT id FROM accounts WHERE name = 'Stranger')";
/// The columns of an entry besides its sequence and its id.
const COLUMNS: &str =
    "at, actor, action, subject, agent_id, conversation_id, detail, previous_hash, hash, hash_key";

/// An account whose log has ten entries.
async fn busy(settings: &[(&str, &str)]) -> (TestApp, ToolServer) {
    let app = TestApp::with(&[&[LOCAL], settings].concat()).await;
    let tools = ToolServer::start().await;
    work(&app, &tools.url, "Workshop").await;
    assert_eq!(head(&app.home.admin).await.split_once(':').unwrap().0, "10");
    (app, tools)
}

/// Adds five entries.
async fn work(app: &TestApp, url: &str, name: &str) {
    let admin = &app.home.admin;
    let server = registered(admin, at(name, url)).await["id"].clone();
    let grant = json!({"agentId": app.home.agent, "serverId": server, "tools": ["find"], "policy": "APPROVE"});
    try_grant(admin, grant).await.data();
    updated(admin, &server, json!({"name": format!("{name} 2")})).await;
    try_refresh(admin, &server).await.data();
    try_remove(admin, &server).await.data();
}

async fn head(admin: &Client) -> String {
    let found = admin.ok("{ account { auditHead } }", json!({})).await;
    found["account"]["auditHead"].as_str().unwrap().to_owned()
}

/// Runs `troupe audit` with these arguments and settings; returns whether it succeeds, and its output.
async fn audit(app: &TestApp, arguments: &[&str], settings: &[(&str, &str)]) -> (bool, String) {
    let done = Command::new(env!("CARGO_BIN_EXE_troupe"))
        .arg("audit")
        .args(arguments)
        .env_clear()
        .env("TROUPE_DATABASE_URL", app.database_url())
        .envs(settings.iter().copied())
        .output()
        .await
        .unwrap();
    let said = [done.stdout, done.stderr].concat();
    (done.status.success(), String::from_utf8(said).unwrap())
}

async fn assert_whole(app: &TestApp, settings: &[(&str, &str)]) -> String {
    let (whole, said) = audit(app, &["verify"], settings).await;
    assert!(whole, "{said}");
    said
}

/// Removes every guard of the tables, as their owner can.
async fn unguard(database: &DatabaseConnection) {
    let statements: &[&str] = match database.get_database_backend() {
        DbBackend::Postgres => &[
            "DROP TRIGGER audit_entries_no_change ON audit_entries",
            "ALTER TABLE audit_entries DROP CONSTRAINT audit_entries_place",
        ],
        _ => &[
            "DROP TRIGGER audit_entries_no_update",
            "DROP TRIGGER audit_entries_no_delete",
            "PRAGMA ignore_check_constraints = ON",
        ],
    };
    execute(database, statements).await;
    let unique = match database.get_database_backend() {
        DbBackend::Postgres => {
            "SELECT indexname AS name FROM pg_indexes WHERE tablename = 'audit_entries' AND indexdef LIKE 'CREATE UNIQUE%sequence%'"
        }
        _ => {
            "SELECT name FROM sqlite_master WHERE tbl_name = 'audit_entries' AND sql LIKE 'CREATE UNIQUE%sequence%'"
        }
    };
    let statement =
        sea_orm::Statement::from_string(database.get_database_backend(), unique.to_owned());
    let index = database.query_one_raw(statement).await.unwrap().unwrap();
    let index: String = index.try_get("", "name").unwrap();
    execute(database, &[&format!("DROP INDEX \"{index}\"")]).await;
}

async fn execute(database: &DatabaseConnection, statements: &[&str]) {
    for statement in statements {
        let done = database.execute_unprepared(statement).await;
        done.unwrap_or_else(|error| panic!("{statement}: {error}"));
    }
}

/// The tables' content, to be restored after each tampering.
struct Snapshot(String);

impl Snapshot {
    async fn take(database: &DatabaseConnection, name: &str) -> Self {
        let statements = [
            format!("CREATE TABLE {name}_entries AS SELECT * FROM audit_entries"),
            format!("CREATE TABLE {name}_accounts AS SELECT * FROM accounts"),
        ];
        execute(database, &statements.each_ref().map(String::as_str)).await;
        Self(name.to_owned())
    }

    /// The statements that restore the log.
    fn restore(&self) -> [String; 3] {
        let name = &self.0;
        [
            "DELETE FROM audit_entries".to_owned(),
            format!("INSERT INTO audit_entries SELECT * FROM {name}_entries"),
            format!(
                "UPDATE accounts SET (audit_length, audit_key, audit_mac) = (SELECT audit_length, audit_key, audit_mac FROM {name}_accounts old WHERE old.id = accounts.id)"
            ),
        ]
    }
}

/// A copy of the entry at `from`, of any account, as a row with an id of its own.
fn copy(number: usize, from: &str, sequence: i64) -> String {
    let id = format!("01900000-0000-7000-8000-{number:012}");
    format!(
        "INSERT INTO audit_entries (id, account_id, sequence, {COLUMNS}) SELECT $ID:{id}$, (SELECT id FROM accounts WHERE name = 'Home'), {sequence}, {COLUMNS} FROM audit_entries WHERE {from}"
    )
}

fn entry(change: &str, sequence: i64) -> String {
    format!("UPDATE audit_entries SET {change} WHERE {HOME} AND sequence = {sequence}")
}

fn account(change: &str) -> String {
    format!("UPDATE accounts SET {change} WHERE name = 'Home'")
}

/// Everything that a writer of the tables without the key can do, by name.
#[expect(clippy::too_many_lines, reason = "a table")]
fn tamperings() -> Vec<(&'static str, Vec<String>)> {
    let delete = |which: &str| format!("DELETE FROM audit_entries WHERE {HOME} AND {which}");
    let of_home =
        |number, sequence, place| copy(number, &format!("{HOME} AND sequence = {sequence}"), place);
    let sixth = |column: &str| {
        format!("{column} = (SELECT {column} FROM audit_entries WHERE {HOME} AND sequence = 6)")
    };
    let renumbered = |from: &str, by: i64| {
        format!("UPDATE audit_entries SET sequence = sequence + {by} WHERE {HOME} AND {from}")
    };
    vec![
        ("another time", vec![entry(&sixth("at"), 3)]),
        ("another actor", vec![entry("actor = 'somebody'", 3)]),
        ("another action", vec![entry("action = 'updateAgent'", 3)]),
        ("another subject", vec![entry("subject = 'agent_1'", 3)]),
        ("no subject", vec![entry("subject = NULL", 3)]),
        ("another agent", vec![entry("agent_id = id", 3)]),
        ("another conversation", vec![entry("conversation_id = id", 3)]),
        ("another detail", vec![entry("detail = '{\"a\": 1}'", 3)]),
        ("another id", vec![entry("id = account_id", 3)]),
        ("another previous hash", vec![entry("previous_hash = hash", 3)]),
        ("another hash", vec![entry("hash = previous_hash", 3)]),
        ("another last hash", vec![entry("hash = previous_hash", 10)]),
        ("no hash", vec![entry("hash = ''", 3)]),
        ("another key", vec![entry("hash_key = 'second'", 3)]),
        ("no key", vec![entry("hash_key = NULL", 3)]),
        ("no key at the end", vec![entry("hash_key = NULL", 10)]),
        ("place 0", vec![entry("sequence = 0", 3)]),
        ("place 99", vec![entry("sequence = 99", 3)]),
        ("the last at 99", vec![entry("sequence = 99", 10)]),
        (
            "two in each other's place",
            vec![
                entry("sequence = -2", 2),
                entry("sequence = 2", 3),
                entry("sequence = 3", -2),
            ],
        ),
        ("the first gone", vec![delete("sequence = 1")]),
        ("one gone", vec![delete("sequence = 5")]),
        ("several gone", vec![delete("sequence IN (2, 5, 6)")]),
        (
            "one gone, and the others moved up",
            vec![delete("sequence = 5"), renumbered("sequence > 5", -1), account("audit_length = 9")],
        ),
        ("the last gone", vec![delete("sequence = 10")]),
        (
            "the last three gone, and the length with them",
            vec![delete("sequence > 7"), account("audit_length = 7")],
        ),
        ("all gone", vec![delete("sequence > 0")]),
        (
            "all gone, and the length with them",
            vec![delete("sequence > 0"), account("audit_length = 0")],
        ),
        (
            "all gone, and the seal with them",
            vec![
                delete("sequence > 0"),
                account("audit_length = 0, audit_key = NULL, audit_mac = NULL"),
            ],
        ),
        ("one more at 0", vec![of_home(1, 3, 0)]),
        ("one more at -5", vec![of_home(1, 3, -5)]),
        ("one more at a place that is taken", vec![of_home(1, 3, 4)]),
        ("the same once more", vec![of_home(1, 3, 3)]),
        ("one more at the end", vec![of_home(1, 3, 11)]),
        (
            "one more at the end, and the length with it",
            vec![of_home(1, 3, 11), account("audit_length = 11")],
        ),
        (
            "one more in the middle",
            vec![
                renumbered("sequence > 3", 100),
                of_home(1, 3, 4),
                renumbered("sequence > 100", -99),
                account("audit_length = 11"),
            ],
        ),
        (
            "one of another account at the end",
            vec![
                copy(1, &format!("{STRANGER} AND sequence = 3"), 11),
                account("audit_length = 11"),
            ],
        ),
        (
            "one moved to another account",
            vec![format!(
                "UPDATE audit_entries SET account_id = (SELECT id FROM accounts WHERE name = 'Stranger') WHERE {HOME} AND sequence = 10"
            )],
        ),
        (
            "the logs of two accounts in each other's place",
            vec![
                format!("UPDATE audit_entries SET sequence = sequence + 1000 WHERE {STRANGER}"),
                format!("UPDATE audit_entries SET account_id = (SELECT id FROM accounts WHERE name = 'Stranger') WHERE {HOME}"),
                "UPDATE audit_entries SET account_id = (SELECT id FROM accounts WHERE name = 'Home'), sequence = sequence - 1000 WHERE sequence > 1000".to_owned(),
                "UPDATE accounts SET (audit_length, audit_key, audit_mac) = (SELECT audit_length, audit_key, audit_mac FROM whole_accounts old WHERE old.name = CASE accounts.name WHEN 'Home' THEN 'Stranger' WHEN 'Stranger' THEN 'Home' ELSE accounts.name END)".to_owned(),
            ],
        ),
        (
            "the seals of two accounts in each other's place",
            vec!["UPDATE accounts SET (audit_key, audit_mac) = (SELECT audit_key, audit_mac FROM whole_accounts old WHERE old.name = CASE accounts.name WHEN 'Home' THEN 'Stranger' WHEN 'Stranger' THEN 'Home' ELSE accounts.name END)".to_owned()],
        ),
        ("a greater length", vec![account("audit_length = 11")]),
        ("a smaller length", vec![account("audit_length = 9")]),
        ("another seal", vec![account("audit_mac = (SELECT hash FROM audit_entries LIMIT 1)")]),
        ("half a seal", vec![account("audit_mac = NULL")]),
        ("a seal of another key", vec![account("audit_key = 'second'")]),
        ("a seal of no key", vec![account("audit_key = NULL")]),
        ("no seal", vec![account("audit_key = NULL, audit_mac = NULL")]),
        (
            "no keys at all",
            vec![
                format!("UPDATE audit_entries SET hash_key = NULL WHERE {HOME}"),
                account("audit_key = NULL, audit_mac = NULL"),
            ],
        ),
    ]
}

/// The statement with the database's form of ids.
fn with_ids(statement: &str, backend: DbBackend) -> String {
    let Some((before, rest)) = statement.split_once("$ID:") else {
        return statement.to_owned();
    };
    let (id, after) = rest.split_once('$').unwrap();
    let id = match backend {
        DbBackend::Postgres => format!("CAST('{id}' AS uuid)"),
        _ => format!("X'{}'", id.replace('-', "")),
    };
    format!("{before}{id}{after}")
}

/// The log with another third entry, chained again under these keys, as statements.
fn written_anew(log: &[AuditEntry], keys: &AuditKeys, backend: DbBackend) -> Vec<String> {
    let bytes = |bytes: &[u8]| {
        let hex = data_encoding::HEXLOWER.encode(bytes);
        match backend {
            DbBackend::Postgres => format!("'\\x{hex}'"),
            _ => format!("X'{hex}'"),
        }
    };
    let mut before = [0; 32];
    let mut statements = Vec::new();
    for known in log {
        let mut note = known.note.clone();
        if known.sequence == 3 {
            "somebody".clone_into(&mut note.actor);
        }
        let (account, key) = (known.account, keys.current());
        let forged = AuditEntry::chained(account, known.sequence, before, note, key);
        before = forged.hash;
        let key = forged
            .key
            .map_or_else(|| "NULL".to_owned(), |key| format!("'{key}'"));
        let change = format!(
            "actor = '{}', previous_hash = {}, hash = {}, hash_key = {key}",
            forged.note.actor,
            bytes(&forged.previous_hash),
            bytes(&forged.hash)
        );
        statements.push(entry(&change, known.sequence));
        if known.sequence == 10
            && let Some(key) = keys.current()
        {
            let seal = forged_head(before).seal(account, key);
            statements.push(self::account(&format!("audit_mac = {}", bytes(&seal.mac))));
        }
    }
    statements
}

fn forged_head(hash: [u8; 32]) -> troupe::domain::AuditHead {
    troupe::domain::AuditHead { length: 10, hash }
}

#[tokio::test]
async fn every_tampering_without_the_key_is_detected() {
    let (mut app, _tools) = busy(&[KEYS]).await;
    let log = app.audit_log(&app.home.id).await;
    app.stop().await;
    let said = assert_whole(&app, &[KEYS]).await;
    let home = format!("{}: 10 entries, whole, head 10:", app.home.id);
    assert!(said.contains(&home), "{said}");
    assert!(said.contains("under the key \"first\""), "{said}");

    let database = app.connect().await;
    let backend = database.get_database_backend();
    unguard(&database).await;
    let whole = Snapshot::take(&database, "whole").await;
    let mut tamperings = tamperings();
    let (plain, guessed) = (
        AuditKeys::default(),
        AuditKeys::derived_from([("first".to_owned(), [7; 32])]),
    );
    let anew = written_anew(&log, &plain, backend);
    tamperings.push(("written anew without a key", anew.clone()));
    let unsealed = [anew, vec![account("audit_key = NULL, audit_mac = NULL")]].concat();
    tamperings.push(("written anew without a key, and no seal", unsealed));
    tamperings.push((
        "written anew with another key of that name",
        written_anew(&log, &guessed, backend),
    ));
    let mut missed = Vec::new();
    for (what, statements) in tamperings {
        for statement in &statements {
            execute(&database, &[&with_ids(statement, backend)]).await;
        }
        let (is_whole, said) = audit(&app, &["verify"], &[KEYS]).await;
        let is_named = said.contains(&format!("{}: ", app.home.id));
        if is_whole || !is_named || said.contains("panicked") {
            missed.push(format!("{what}: {said}"));
        }
        execute(&database, &whole.restore().each_ref().map(String::as_str)).await;
    }
    assert!(missed.is_empty(), "{missed:#?}");
    // The restoration itself was not the reason.
    assert_whole(&app, &[KEYS]).await;
}

#[tokio::test]
async fn a_restored_older_log_is_detected_by_an_external_head() {
    let (app, tools) = busy(&[KEYS]).await;
    let id = app.home.id.as_str();
    let earlier = head(&app.home.admin).await;
    let database = app.connect().await;
    unguard(&database).await;
    let old = Snapshot::take(&database, "old").await;
    work(&app, &tools.url, "Second workshop").await;
    let later = head(&app.home.admin).await;
    assert!(later.starts_with("15:"), "{later}");
    let expect = async |head: &str| {
        let arguments = ["verify", "--account", id, "--expect", head];
        audit(&app, &arguments, &[KEYS]).await
    };
    for head in [&earlier, &later] {
        let (whole, said) = expect(head).await;
        assert!(whole, "{said}");
    }
    let (whole, said) = expect(&later.replacen("15:", "14:", 1)).await;
    assert!(!whole && said.contains("never had the head 14:"), "{said}");
    let (done, said) = expect("15").await;
    assert!(!done && said.contains("--expect"), "{said}");

    // The whole state is restored: the tables do not show it.
    execute(&database, &old.restore().each_ref().map(String::as_str)).await;
    assert_whole(&app, &[KEYS]).await;
    let (whole, said) = expect(&later).await;
    assert!(!whole && said.contains("never had the head 15:"), "{said}");
    let (whole, said) = expect(&earlier).await;
    assert!(whole, "{said}");
}

#[tokio::test]
async fn entries_written_after_a_tampering_do_not_hide_it() {
    for statements in [
        vec![
            format!("DELETE FROM audit_entries WHERE {HOME} AND sequence > 7"),
            account("audit_length = 7"),
        ],
        vec![
            format!("DELETE FROM audit_entries WHERE {HOME}"),
            account("audit_length = 0, audit_key = NULL, audit_mac = NULL"),
        ],
        vec![copy(1, &format!("{HOME} AND sequence = 3"), 0)],
        vec![entry("actor = 'somebody'", 10)],
    ] {
        let (app, tools) = busy(&[KEYS]).await;
        let database = app.connect().await;
        unguard(&database).await;
        for statement in &statements {
            let statement = with_ids(statement, database.get_database_backend());
            execute(&database, &[&statement]).await;
        }
        work(&app, &tools.url, "Second workshop").await;
        let (whole, said) = audit(&app, &["verify"], &[KEYS]).await;
        assert!(
            !whole && said.contains(&app.home.id),
            "{statements:?}: {said}"
        );
        // Only after the operator seals the log again, which is an entry itself.
        let (sealed, said) = audit(&app, &["seal", "--account", &app.home.id], &[KEYS]).await;
        assert!(sealed, "{said}");
        let query = "{ auditLog(first: 1) { nodes { action actor detail } } }";
        let last = app.home.admin.ok(query, json!({})).await["auditLog"]["nodes"][0].clone();
        assert_eq!(
            (&last["action"], &last["actor"]),
            (&json!("sealAuditLog"), &json!("operator"))
        );
        let detail = &last["detail"];
        assert!(
            detail["was"] != "SEALED" || detail["findings"] != 0,
            "{detail}"
        );
    }
}

#[tokio::test]
async fn an_entry_before_the_first_sequence_is_refused() {
    let (app, _tools) = busy(&[KEYS]).await;
    let database = app.connect().await;
    if database.get_database_backend() == DbBackend::Sqlite {
        execute(
            &database,
            &[
                "DROP TRIGGER audit_entries_no_update",
                "DROP TRIGGER audit_entries_no_delete",
            ],
        )
        .await;
    }
    for place in [0, -5] {
        let statement = copy(1, &format!("{HOME} AND sequence = 3"), place);
        let statement = with_ids(&statement, database.get_database_backend());
        let refused = database.execute_unprepared(&statement).await.unwrap_err();
        let refused = refused.to_string().to_lowercase();
        assert!(refused.contains("check constraint"), "{refused}");
    }
}

#[tokio::test]
async fn a_log_without_a_key_is_sealed_once() {
    let (mut app, tools) = busy(&[]).await;
    let said = assert_whole(&app, &[]).await;
    assert!(said.contains("NOT under a key"), "{said}");
    let (whole, said) = audit(&app, &["verify"], &[KEYS]).await;
    assert!(!whole && said.contains("the log is not sealed"), "{said}");
    let (sealed, said) = audit(&app, &["seal"], &[]).await;
    assert!(!sealed && said.contains("TROUPE_ENCRYPTION_KEYS"), "{said}");

    app.restart(&[LOCAL, KEYS]).await;
    let (sealed, said) = audit(&app, &["seal"], &[KEYS]).await;
    assert!(sealed && said.contains(&app.home.id), "{said}");
    let (again, said) = audit(&app, &["seal"], &[KEYS]).await;
    assert!(again && !said.contains(&app.home.id), "{said}");
    work(&app, &tools.url, "Second workshop").await;
    let said = assert_whole(&app, &[KEYS]).await;
    assert!(
        said.contains("entries 1 to 10 are from before there was a key"),
        "{said}"
    );

    // The part without a key is protected by the entry that sealed it.
    let log = app.audit_log(&app.home.id).await;
    let database = app.connect().await;
    unguard(&database).await;
    let backend = database.get_database_backend();
    for statement in written_anew(&log[..10], &AuditKeys::default(), backend) {
        execute(&database, &[&statement]).await;
    }
    let (whole, said) = audit(&app, &["verify"], &[KEYS]).await;
    assert!(
        !whole && said.contains("does not follow entry 10"),
        "{said}"
    );
}

#[tokio::test]
async fn keys_are_rotated_and_a_missing_key_is_reported() {
    let (mut app, tools) = busy(&[KEYS]).await;
    app.restart(&[LOCAL, ROTATED]).await;
    work(&app, &tools.url, "Second workshop").await;
    let said = assert_whole(&app, &[ROTATED]).await;
    assert!(said.contains("under the key \"second\""), "{said}");
    let (whole, said) = audit(&app, &["verify"], &[ONLY_SECOND]).await;
    let missing =
        "entries 1 to 10 are under the key \"first\", which is not in TROUPE_ENCRYPTION_KEYS";
    assert!(!whole && said.contains(missing), "{said}");
    let (whole, said) = audit(&app, &["verify"], &[]).await;
    assert!(
        !whole && said.contains("without it nothing can be said"),
        "{said}"
    );
}

#[tokio::test]
async fn an_audit_head_is_visible_to_administrators() {
    let (app, _tools) = busy(&[KEYS]).await;
    let query = "{ auditLog(first: 1) { nodes { sequence hash } } }";
    let log = app.home.admin.ok(query, json!({})).await;
    let last: &Value = &log["auditLog"]["nodes"][0];
    let expected = format!("{}:{}", last["sequence"], last["hash"].as_str().unwrap());
    assert_eq!(head(&app.home.admin).await, expected);
    assert_ne!(head(&app.stranger.admin).await, expected);
    let refused = app
        .home
        .member
        .ask("{ account { auditHead } }", json!({}))
        .await;
    assert_eq!(refused.code(), "FORBIDDEN");
    let other = "query($id: ID!) { account(id: $id) { auditHead } }";
    let shown = app.operator.ok(other, json!({"id": app.home.id})).await;
    assert_eq!(shown["account"]["auditHead"], json!(expected));
}
