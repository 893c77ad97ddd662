//! The keys that encrypt secrets: rotated while processes serve, and required at a start while they are in use.

mod rotation;
mod start;

use std::process::Stdio;

use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};
use tokio::process::Command;

use crate::support::TestApp;

/// A ring with a new first key, and the older one.
const ROTATED: (&str, &str) = (
    "TROUPE_ENCRYPTION_KEYS",
    "second:YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXowMTIzNDU=,first:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
);
/// The same without the older key.
const ONLY_SECOND: (&str, &str) = (
    "TROUPE_ENCRYPTION_KEYS",
    "second:YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXowMTIzNDU=",
);
/// The second key.
const SECOND: [u8; 32] = *b"abcdefghijklmnopqrstuvwxyz012345";

/// The program with these arguments and this key ring, over the app's database, not started.
fn troupe(app: &TestApp, arguments: &[&str], ring: (&str, &str)) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_troupe"));
    command
        .args(arguments)
        .current_dir(app.folder())
        .env_clear()
        .envs(app.of_processes())
        .env(ring.0, ring.1)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

/// Runs the program to its end; returns whether it succeeds, and its output.
async fn run(app: &TestApp, arguments: &[&str], ring: (&str, &str)) -> (bool, String) {
    let done = troupe(app, arguments, ring).output().await.unwrap();
    let said = [done.stdout, done.stderr].concat();
    (done.status.success(), String::from_utf8(said).unwrap())
}

/// The sealed values that a statement selects as `sealed`, with their rows as `id`.
async fn sealed(database: &DatabaseConnection, select: &str) -> Vec<(uuid::Uuid, Vec<u8>)> {
    let statement = Statement::from_string(database.get_database_backend(), select);
    let rows = database.query_all_raw(statement).await.unwrap();
    let value = |row: &sea_orm::QueryResult| {
        (
            row.try_get("", "id").unwrap(),
            row.try_get("", "sealed").unwrap(),
        )
    };
    rows.iter().map(value).collect()
}

/// The id of the key that a sealed value names.
fn key_of(sealed: &[u8]) -> &str {
    std::str::from_utf8(&sealed[2..2 + usize::from(sealed[1])]).unwrap()
}
