//! Problems that prevent the start, and their texts.

use super::*;
use crate::domain::Durability;

#[test]
fn all_problems_are_reported_at_once() {
    let yaml = "
databse:
  url: sqlite://x
database:
  max_connections: lots
runs:
  lease_seconds: 4
  heartbeat_seconds: 3
  concurrent: 0
log: {format: xml}
knowledge: {reading_memory_mib: 256}
http:
  allowed_origins: https://a.example
  document: {depth: deep, colour: red}
addr: 8080
";
    let environment = [
        ("TROUPE_DATABSE_URL", "postgres://u:hunter2@h/d"),
        ("TROUPE_EGRESS_ALLOW", "10.0.0.0/33,crm:8443,nonsense"),
        ("TROUPE_SHUTDOWN_DRAIN_SECONDS", "30"),
        ("TROUPE_OPERATOR_KEY", "hunter2"),
    ];
    let found = problems(Mode::Serve, yaml, &environment);
    let expected = [
        "TROUPE_DATABASE_URL: is not set, and `troupe serve` needs a database",
        "app.yaml: database.max_connections: \"lots\" given, expected a whole number from 1 to 1000",
        "app.yaml: addr: 8080 given, expected a text",
        "app.yaml: runs.concurrent: 0 given, expected a whole number from 1 to 100000",
        "app.yaml: runs.heartbeat_seconds: 3 with a lease of 4: one lost heartbeat would lose the run",
        "app.yaml: knowledge.reading_memory_mib: 256 with documents of 512: no document could be read",
        "TROUPE_SHUTDOWN_DRAIN_SECONDS: 30 with a deadline of 25",
        "app.yaml: http.allowed_origins: invalid type: string \"https://a.example\", expected a list",
        "app.yaml: http.document.colour: unknown field colour, expected one of bytes, tokens,",
        "app.yaml: http.document.depth: invalid type: string \"deep\", expected a whole number of at least 0",
        "TROUPE_OPERATOR_KEY: 7 characters, expected at least 32",
        "TROUPE_EGRESS_ALLOW: \"10.0.0.0/33\" given, expected host:port or a network such as 10.1.0.0/16",
        "TROUPE_EGRESS_ALLOW: \"nonsense\" given, expected host:port",
        "app.yaml: log.format: \"xml\" given, expected one of: json, text",
        "app.yaml: databse: unknown setting, did you mean database?",
        "TROUPE_DATABSE_URL: unknown variable, did you mean TROUPE_DATABASE_URL?",
    ];
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for start in expected {
        assert!(
            found.iter().any(|problem| problem.starts_with(start)),
            "{start}: {found:#?}"
        );
    }
    assert!(!found.concat().contains("hunter2"), "{found:#?}");
}

#[test]
fn unknown_names_are_refused_except_test_variables() {
    let environment = [
        ("TROUPE_TEST_DATABASE_URL", "x"),
        ("OTHER_NAME", "y"),
        ("TROUPE_XYZZY", "z"),
    ];
    assert_eq!(
        problems(Mode::Dev, "runs: {quantum: 1}", &environment),
        [
            "app.yaml: runs.quantum: unknown setting, expected one of: lease_seconds, heartbeat_seconds, \
             deadline_seconds, concurrent, concurrent_per_account, attempts, retention_hours, max_output_tokens, \
             tool_rounds, document_wait_seconds, approval_seconds, handoffs, routing_margin_percent, \
             routing_milliseconds",
            "TROUPE_XYZZY: unknown variable, docs/configuration.md lists them all",
        ]
    );
}

#[test]
fn variables_of_container_platforms_are_no_settings_and_mistakes_still_are() {
    let injected = [
        ("TROUPE_SERVICE_HOST", "10.96.14.3"),
        ("TROUPE_SERVICE_PORT", "8080"),
        ("TROUPE_SERVICE_PORT_HTTP", "8080"),
        ("TROUPE_PORT", "tcp://10.96.14.3:8080"),
        ("TROUPE_PORT_8080_TCP", "tcp://10.96.14.3:8080"),
        ("TROUPE_PORT_8080_TCP_PROTO", "tcp"),
        ("TROUPE_PORT_8080_TCP_PORT", "8080"),
        ("TROUPE_PORT_8080_TCP_ADDR", "10.96.14.3"),
        ("TROUPE_WORKER_SERVICE_HOST", "fd00::3"),
        ("TROUPE_WORKER_PORT_9000_UDP", "udp://[fd00::3]:9000"),
    ];
    load(Mode::Dev, "", &injected).unwrap();
    let mistakes = [
        ("TROUPE_PORT", "8080"),
        ("TROUPE_PORT_8080_TCP_ADR", "10.96.14.3"),
        ("TROUPE_PORT_8080_TCP_PORT", "8081"),
        ("TROUPE_SERVICE_HOST", "db.example"),
        ("TROUPE_SERVICE_PORTS", "8080"),
        ("TROUPE_DATABASE_PORT", "5432"),
    ];
    for (name, value) in mistakes {
        let found = problems(Mode::Dev, "", &[(name, value)]);
        let expected = format!("{name}: unknown variable, ");
        assert!(
            found.len() == 1 && found[0].starts_with(&expected),
            "{found:?}"
        );
    }
}

#[test]
fn secrets_are_absent_from_debug_output_problems_and_reports() {
    let sealing = format!("k1:{KEY}");
    let environment = [
        (
            "TROUPE_DATABASE_URL",
            "postgres://troupe:hunter2@db:5432/troupe?sslpassword=hunter2",
        ),
        (
            "TROUPE_DATABASE_READ_URL",
            "postgres://troupe:hunter2@replica/troupe",
        ),
        ("TROUPE_REDIS_URL", "redis://:hunter2@cache:6379"),
        ("TROUPE_OPENAI_API_KEY", "sk-hunter2"),
        ("TROUPE_OPENAI_BASE_URL", "https://llm.example/v1"),
        ("TROUPE_EMBEDDING_MODEL", "embed-3"),
        ("TROUPE_PINECONE_API_KEY", "pc-hunter2"),
        (
            "TROUPE_OPERATOR_KEY",
            "hunter2-hunter2-hunter2-hunter2-hunter2",
        ),
        ("TROUPE_ENCRYPTION_KEYS", &sealing),
    ];
    let config = load(Mode::Serve, "", &environment).unwrap();
    let shown = format!("{config:?}\n{}", report(&config));
    assert!(!shown.contains("hunter2"), "{shown}");
    assert!(!shown.contains("AAECAwQ"), "{shown}");
    assert!(shown.contains("postgres://db:5432/troupe"), "{shown}");
    assert!(
        shown.contains("encryption      k1, the first seals"),
        "{shown}"
    );
}

#[test]
fn a_redis_key_prefix_is_alphanumeric() {
    let redis = ("TROUPE_REDIS_URL", "redis://cache");
    let long = "x".repeat(65);
    for prefix in ["a:b", "tröupe", "a b", "*", &long] {
        let found = problems(Mode::Dev, "", &[redis, ("TROUPE_REDIS_PREFIX", prefix)]);
        assert_eq!(found.len(), 1, "{prefix}");
        assert!(
            found[0].ends_with("given, expected 1 to 64 of A-Z, a-z, 0-9, - and _"),
            "{found:?}"
        );
    }
    for (prefix, expected) in [("Troupe_2-b", "Troupe_2-b"), ("", "troupe")] {
        let config = load(Mode::Dev, "", &[redis, ("TROUPE_REDIS_PREFIX", prefix)]).unwrap();
        assert_eq!(config.redis.unwrap().prefix, expected);
    }
}

#[test]
fn a_pinecone_index_needs_a_cloud_and_one_of_its_regions() {
    let pinecone = |environment: &[_]| load(Mode::Dev, "", environment).unwrap().pinecone;
    let usual = pinecone(&[]);
    assert_eq!((&*usual.cloud, &*usual.region), ("aws", "us-east-1"));
    let region = ("TROUPE_PINECONE_REGION", "europe-west4");
    let given = pinecone(&[("TROUPE_PINECONE_CLOUD", "gcp"), region]);
    assert_eq!((&*given.cloud, &*given.region), ("gcp", "europe-west4"));
    assert_eq!(
        problems(Mode::Dev, "pinecone: {cloud: azure}", &[]),
        ["app.yaml: pinecone.region: the cloud azure has no usual region, give one of its regions"]
    );
    assert_eq!(
        problems(
            Mode::Dev,
            "",
            &[("TROUPE_PINECONE_CLOUD", "hetzner"), region]
        ),
        ["TROUPE_PINECONE_CLOUD: \"hetzner\" given, expected one of: aws, gcp, azure"]
    );
}

#[test]
fn a_problem_of_a_secret_is_reported_without_its_value() {
    let wrong = [
        ("TROUPE_DATABASE_URL", "mysql://u:hunter2@h/d"),
        ("TROUPE_DATABASE_READ_URL", "sqlite://hunter2"),
        ("TROUPE_REDIS_URL", "http://:hunter2@cache"),
        (
            "TROUPE_OPENAI_BASE_URL",
            "https://user:hunter2@llm.example/v1",
        ),
        ("TROUPE_PINECONE_URL", "hunter"),
        (
            "TROUPE_ENCRYPTION_KEYS",
            "hunter2,a:hunter2,B:hunter2,a:aHVudGVyMg==",
        ),
    ];
    let found = problems(Mode::Serve, "", &wrong);
    assert!(!found.concat().contains("hunter2"), "{found:#?}");
    assert_eq!(
        found,
        [
            "TROUPE_DATABASE_URL: mysql given, expected postgres://user:password@host/name or sqlite://file?mode=rwc",
            "TROUPE_DATABASE_READ_URL: a SQLite file has no replica, expected PostgreSQL",
            "TROUPE_REDIS_URL: is no address of Redis, expected redis://host:6379 or rediss://user:password@host:6379",
            "TROUPE_OPENAI_BASE_URL: has a user or a password in it, which belong in a key setting",
            "TROUPE_ENCRYPTION_KEYS: key 1 of 4 has no id, expected id:base64; `openssl rand -base64 32` makes a key",
            "TROUPE_ENCRYPTION_KEYS: key 2 of 4 (a) is not base64; `openssl rand -base64 32` makes a key",
            "TROUPE_ENCRYPTION_KEYS: key 3 of 4 has an id that is not 1 to 32 of a-z, 0-9, - and _; `openssl rand \
             -base64 32` makes a key",
            "TROUPE_ENCRYPTION_KEYS: key 4 of 4 (a) has 7 bytes, expected 32; `openssl rand -base64 32` makes a key",
            "TROUPE_PINECONE_URL: \"hunter\" given, expected an address such as https://api.example.com/v1",
        ]
    );
}

#[test]
fn every_role_but_dev_and_check_needs_its_database() {
    for mode in [Mode::Serve, Mode::Worker, Mode::Migrate] {
        let found = problems(mode, "", &[]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains(mode.command()), "{found:?}");
    }
    for mode in [Mode::Dev, Mode::Check, Mode::Fetch] {
        load(mode, "", &[]).unwrap();
    }
}

#[test]
fn an_address_that_names_no_database_is_refused() {
    for url in [
        "postgres://host",
        "postgres:///name",
        "troupe.db",
        "postgres://",
    ] {
        let found = problems(Mode::Dev, "", &[("TROUPE_DATABASE_URL", url)]);
        assert!(found[0].starts_with("TROUPE_DATABASE_URL: "), "{found:?}");
    }
    for url in [
        "postgres:///name?host=/run/postgresql",
        "postgresql://u@h/d",
        "sqlite::memory:",
    ] {
        load(Mode::Dev, "", &[("TROUPE_DATABASE_URL", url)]).unwrap();
    }
}

#[test]
fn a_read_replica_needs_a_postgresql_primary() {
    let found = problems(Mode::Dev, "database: {read_url: 'postgres://r/d'}", &[]);
    assert_eq!(
        found,
        [
            "app.yaml: database.read_url: is a replica of nothing: database.url is not PostgreSQL; set it, or remove this"
        ]
    );
}

#[test]
fn durability_is_a_setting_of_a_sqlite_file() {
    let durability = |value| ("TROUPE_DATABASE_DURABILITY", value);
    let config = load(Mode::Dev, "", &[durability("power")]).unwrap();
    assert_eq!(config.database.durability, Durability::Power);
    assert_eq!(
        problems(Mode::Dev, "", &[durability("paper")]),
        ["TROUPE_DATABASE_DURABILITY: \"paper\" given, expected one of: process, power"]
    );
    let postgres = ("TROUPE_DATABASE_URL", "postgres://troupe@db/troupe");
    let refused = problems(Mode::Serve, "", &[postgres, durability("power")]);
    assert!(refused[0].contains("is about SQLite"), "{refused:?}");
}

#[test]
fn an_origin_is_scheme_host_and_port_only() {
    for origin in [
        "https://a.example/",
        "a.example",
        "https://a.example/app",
        "*",
        "https://A.example",
        "capacitor://localhost/",
        "capacitor://",
        "CAPACITOR://localhost",
        "file:///",
        "data:text/html",
        "null",
    ] {
        let found = problems(Mode::Dev, "", &[("TROUPE_ALLOWED_ORIGINS", origin)]);
        assert!(
            found[0].contains(&format!("\"{origin}\" given")),
            "{found:?}"
        );
    }
}

#[test]
fn invalid_yaml_is_reported_with_its_line_only() {
    let found = problems(Mode::Dev, "openai:\n  api_key: hunter2\n base_url: [", &[]);
    assert_eq!(found.len(), 1);
    assert!(found[0].starts_with("app.yaml: line "), "{found:?}");
    assert!(!found[0].contains("hunter2"), "{found:?}");
    let found = problems(Mode::Dev, "- a\n- b", &[]);
    assert_eq!(
        found,
        ["app.yaml: expected settings, as in `addr: 127.0.0.1:8080`"]
    );
    let found = problems(Mode::Dev, "runs: {attempts: 1}\nruns: {attempts: 2}", &[]);
    assert!(found[0].starts_with("app.yaml: line 2"), "{found:?}");
}

#[test]
fn a_configuration_error_lists_its_problems() {
    let error = load(Mode::Dev, "a: 1\nb: 2", &[]).unwrap_err();
    let text = error.to_string();
    assert!(
        text.starts_with("the configuration has 2 problems:\n  - "),
        "{text}"
    );
}
