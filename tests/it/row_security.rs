//! PostgreSQL's row-level security: what a process needs for its start, and what the command does. All other tests on PostgreSQL
//! run with it.

use std::process::{Output, Stdio};

use sea_orm::{ConnectionTrait, Database, Statement};
use tokio::process::Command;

use crate::support::TestDatabase;

/// Runs a command of the program over a database.
async fn troupe(database: &TestDatabase, url: &str, arguments: &[&str], mode: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_troupe"))
        .args(arguments)
        .current_dir(&database.folder)
        .env_clear()
        .env("TROUPE_DATABASE_URL", url)
        .env("TROUPE_DATABASE_ROW_SECURITY", mode)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .unwrap()
}

/// Starts a worker that must not start; returns what it says.
async fn refusal(database: &TestDatabase, url: &str, mode: &str) -> String {
    let output = troupe(database, url, &["worker"], mode).await;
    assert!(!output.status.success(), "{output:?}");
    String::from_utf8(output.stderr).unwrap()
}

async fn run(url: &str, sql: &str) {
    let connection = Database::connect(url).await.unwrap();
    connection.execute_unprepared(sql).await.unwrap();
    connection.close().await.unwrap();
}

/// The number of accounts that a connection sees which does not say whose rows it is about.
async fn accounts(url: &str) -> i64 {
    let connection = Database::connect(url).await.unwrap();
    let backend = connection.get_database_backend();
    let question = Statement::from_string(backend, "SELECT count(*) AS accounts FROM accounts");
    let row = connection.query_one_raw(question).await.unwrap().unwrap();
    connection.close().await.unwrap();
    row.try_get("", "accounts").unwrap()
}

#[tokio::test]
async fn a_process_starts_only_where_the_policies_bind_it() {
    let database = TestDatabase::create().await;
    let [(_, of_role), (_, mode)] = &database.of_processes;
    if mode != "require" {
        let refused = refusal(&database, &database.url, "require").await;
        assert!(refused.contains("is a feature of PostgreSQL"), "{refused}");
        return;
    }
    let of_owner = refusal(&database, &database.url, "require").await;
    assert!(
        of_owner.contains("is a superuser") || of_owner.contains("owns the table"),
        "{of_owner}"
    );
    let unbound = refusal(&database, of_role, "none").await;
    assert!(
        unbound.contains("the database enforces row-level security"),
        "{unbound}"
    );
    run(&database.url, "DROP POLICY troupe_end_user ON messages").await;
    let without = refusal(&database, of_role, "require").await;
    assert!(
        without.contains("the table messages is without its policies"),
        "{without}"
    );
    run(
        &database.url,
        "ALTER TABLE messages NO FORCE ROW LEVEL SECURITY",
    )
    .await;
    run(&database.url, "ALTER TABLE runs OWNER TO troupe_process").await;
    let again = ["row-security", "on", "--role", "troupe_process"];
    let done = troupe(&database, &database.url, &again, "none").await;
    assert!(done.status.success(), "{done:?}");
    let owns = refusal(&database, of_role, "require").await;
    assert!(
        owns.contains("the role troupe_process owns the table runs"),
        "{owns}"
    );
}

#[tokio::test]
async fn the_policies_are_switched_off_and_on_again() {
    let database = TestDatabase::create().await;
    let [(_, of_role), (_, mode)] = &database.of_processes;
    if mode != "require" {
        let on = ["row-security", "on", "--role", "anyone"];
        let refused = troupe(&database, &database.url, &on, "none").await;
        let said = String::from_utf8(refused.stderr).unwrap();
        assert!(
            said.contains("row-level security is a feature of PostgreSQL"),
            "{said}"
        );
        return;
    }
    let account = "INSERT INTO accounts (id, name, tier, billing_settings, configuration, created_at) VALUES \
         (gen_random_uuid(), 'One', 'ENTRY', '{}', '{}', now())";
    run(&database.url, account).await;
    assert_eq!(accounts(&database.url).await, 1);
    assert_eq!(accounts(of_role).await, 0);
    let off = troupe(&database, &database.url, &["row-security", "off"], "none").await;
    assert!(off.status.success(), "{off:?}");
    assert_eq!(accounts(of_role).await, 1);
    let unknown = ["row-security", "on", "--role", "nobody; DROP TABLE runs"];
    let refused = troupe(&database, &database.url, &unknown, "none").await;
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(said.contains("no such role"), "{said}");
    let on = ["row-security", "on", "--role", "troupe_process"];
    let on = troupe(&database, &database.url, &on, "none").await;
    assert!(on.status.success(), "{on:?}");
    assert_eq!(accounts(of_role).await, 0);
}
