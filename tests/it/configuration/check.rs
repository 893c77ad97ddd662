//! `troupe check --connect`: one line for each thing that was checked, and a failure when something would stop a start.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    process::Command,
};

use crate::{
    registry::KEYS,
    support::{ReservedPort, TestApp},
};

const OTHER_KEY: (&str, &str) = (
    "TROUPE_ENCRYPTION_KEYS",
    "second:YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXowMTIzNDU=",
);
/// Few connections, because many tests share one server.
const POOL: (&str, &str) = ("TROUPE_DATABASE_MAX_CONNECTIONS", "2");

/// Runs the check over the app's systems, with further settings; returns whether it succeeds, and its output.
async fn check(app: &TestApp, role: &str, settings: &[(&str, &str)]) -> (bool, String) {
    let done = Command::new(env!("CARGO_BIN_EXE_troupe"))
        .args(["check", "--role", role, "--connect"])
        .current_dir(app.folder())
        .env_clear()
        .env("TROUPE_DATABASE_URL", app.database_url())
        .envs(app.redis().iter().map(|(name, value)| (name, value)))
        .envs([POOL, ("TROUPE_LOG_FILTER", "off")])
        .envs(settings.iter().copied())
        .output()
        .await
        .unwrap();
    let said = [done.stdout, done.stderr].concat();
    (done.status.success(), String::from_utf8(said).unwrap())
}

/// Whether a line begins with these words.
fn has_line(said: &str, words: &[&str]) -> bool {
    said.lines().any(|line| {
        let mut found = line.split_whitespace();
        words
            .iter()
            .flat_map(|words| words.split(' '))
            .all(|word| found.next() == Some(word))
    })
}

#[tokio::test]
async fn a_sound_installation_passes_and_says_what_is_missing() {
    let app = TestApp::with(&[KEYS]).await;
    let (passes, said) = check(&app, "serve", &[KEYS]).await;
    assert!(passes, "{said}");
    for line in [
        "ok database answers",
        "ok tables are of this version,",
        "ok keys the key \"first\" has sealed 3 values (3 seals of audit logs)",
        "warning workers none is running:",
    ] {
        assert!(has_line(&said, &[line]), "{line}: {said}");
    }
    assert!(!has_line(&said, &["error"]), "{said}");
    if app.has_redis() {
        assert!(
            has_line(&said, &["ok redis policy maxmemory-policy is noeviction"]),
            "{said}"
        );
        assert!(has_line(&said, &["ok connections"]), "{said}");
        assert!(said.contains("with 3 connections each may open"), "{said}");
        let (passes, said) = check(
            &app,
            "serve",
            &[KEYS, ("TROUPE_DATABASE_MAX_CONNECTIONS", "1000")],
        )
        .await;
        assert!(!passes && has_line(&said, &["error connections"]), "{said}");
    }
    let _worker = app.worker(&[KEYS]).await;
    crate::support::until("the worker is seen", async || {
        has_line(
            &check(&app, "serve", &[KEYS]).await.1,
            &["ok workers one is running"],
        )
    })
    .await;
}

#[tokio::test]
async fn what_would_stop_a_start_is_an_error() {
    let app = TestApp::with(&[KEYS]).await;
    let (passes, said) = check(&app, "worker", &[OTHER_KEY]).await;
    assert!(!passes, "{said}");
    assert!(
        has_line(&said, &["error keys the key \"first\" has sealed 3 values"]),
        "{said}"
    );
    assert!(
        has_line(&said, &["ok workers this will be the first one"]),
        "{said}"
    );

    let file = app.folder().join("empty.db");
    let empty = format!("sqlite://{}?mode=rwc", file.display());
    let (passes, said) = check(&app, "serve", &[("TROUPE_DATABASE_URL", &empty)]).await;
    assert!(!passes && has_line(&said, &["error tables"]), "{said}");
    assert!(said.contains("run `troupe migrate up`"), "{said}");

    let free = ReservedPort::new();
    let database = format!("postgres://troupe:hunter2@{}/troupe", free.address());
    let redis = format!("redis://:hunter2@{}", free.address());
    let settings = [
        ("TROUPE_DATABASE_URL", database.as_str()),
        ("TROUPE_REDIS_URL", &redis),
    ];
    let (passes, said) = check(&app, "serve", &settings).await;
    assert!(!passes, "{said}");
    assert!(
        has_line(&said, &["error database the database does not answer;"]),
        "{said}"
    );
    assert!(
        has_line(&said, &["error redis Redis does not answer:"]),
        "{said}"
    );
    assert!(!said.contains("hunter2"), "{said}");
}

#[tokio::test]
async fn a_redis_that_would_lose_events_is_an_error() {
    let app = TestApp::start().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("redis://{}", listener.local_addr().unwrap());
    let server = tokio::runtime::Handle::current().spawn(async move {
        loop {
            let (mut client, _) = listener.accept().await.unwrap();
            tokio::runtime::Handle::current().spawn(async move {
                let mut buffer = [0; 4096];
                while let Ok(read @ 1..) = client.read(&mut buffer).await {
                    answer(&mut client, &String::from_utf8_lossy(&buffer[..read])).await;
                }
            });
        }
    });
    let (passes, said) = check(&app, "serve", &[("TROUPE_REDIS_URL", &url)]).await;
    server.abort();
    assert!(!passes, "{said}");
    assert!(
        has_line(
            &said,
            &["error redis is version 5.0.3, and 6.2 or newer is needed"]
        ),
        "{said}"
    );
    assert!(
        has_line(
            &said,
            &["error redis policy maxmemory-policy is allkeys-lru:"]
        ),
        "{said}"
    );
}

/// Answers the commands of a request as an old Redis does that removes keys when its memory is full.
async fn answer(client: &mut tokio::net::TcpStream, request: &str) {
    let report = "redis_version:5.0.3\r\nmaxmemory:1000\r\nmaxmemory_policy:allkeys-lru\r\n";
    for command in request.split('*').skip(1) {
        let reply = if command.contains("\r\nINFO\r\n") {
            format!("${}\r\n{report}\r\n", report.len())
        } else {
            "+OK\r\n".to_owned()
        };
        client.write_all(reply.as_bytes()).await.unwrap();
    }
}
