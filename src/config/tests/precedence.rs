//! The order of precedence: command line, environment, `app.yaml`, built-in defaults.

use super::*;

#[test]
fn the_defaults_need_no_file_and_no_environment() {
    let folder = Folder::new(&[]);
    let config = Config::load(&folder.source(Mode::Dev, &[])).unwrap();
    let url = format!(
        "sqlite://{}/troupe.db?mode=rwc",
        folder.path("data").display()
    );
    assert_eq!(config.database.url.reveal(), url);
    assert_eq!(config.database.kind(), DatabaseKind::Sqlite);
    assert_eq!(config.addr.to_string(), "127.0.0.1:8080");
    assert_eq!(config.models.default, "embedded");
    assert_eq!(config.models.dir, folder.path("data/models"));
    assert_eq!(config.runs.lease_seconds, 12);
    assert_eq!(config.shutdown.deadline_seconds, 25);
    assert!(config.http.public_introspection);
    assert_eq!(config.egress_allow, ["127.0.0.0/8", "::1/128"]);
    assert_eq!(config.templates.len(), 4);
    assert_eq!(config.read_from.file, None);
}

#[test]
fn the_environment_overrides_the_file() {
    let yaml =
        "runs: {lease_seconds: 20, attempts: 7}\nhttp: {allowed_origins: [https://a.example]}";
    let environment = [
        ("TROUPE_RUNS_LEASE_SECONDS", "40"),
        (
            "TROUPE_ALLOWED_ORIGINS",
            "https://b.example, http://localhost:5173",
        ),
    ];
    let config = load(Mode::Dev, yaml, &environment).unwrap();
    assert_eq!(config.runs.lease_seconds, 40);
    assert_eq!(config.runs.attempts, 7);
    assert_eq!(
        config.http.allowed_origins,
        ["https://b.example", "http://localhost:5173"]
    );
    assert_eq!(
        config.read_from.variables,
        ["TROUPE_ALLOWED_ORIGINS", "TROUPE_RUNS_LEASE_SECONDS"]
    );
}

#[test]
fn a_file_may_have_many_lines_of_comments_in_a_row() {
    let comments = "  # a setting that is not needed\n".repeat(500);
    let file = format!("database:\n{comments}  max_connections: 7\n");
    let config = load(Mode::Dev, &file, &[]).unwrap();
    assert_eq!(config.database.max_connections, 7);
}

#[test]
fn a_blank_variable_counts_as_unset() {
    let environment = [("TROUPE_REDIS_URL", ""), ("TROUPE_RUNS_ATTEMPTS", "  ")];
    let config = load(Mode::Dev, "database:\nruns:\n  attempts: 2", &environment).unwrap();
    assert_eq!(config.redis, None);
    assert_eq!(config.runs.attempts, 2);
}

#[test]
fn the_address_is_taken_from_the_command_then_the_environment_then_the_file() {
    let database = ("TROUPE_DATABASE_URL", "postgres://troupe@db/troupe");
    let yaml = "addr: 10.0.0.1:1000";
    let addr = |mode, environment: &[(&str, &str)]| {
        let mut environment = environment.to_vec();
        environment.push(database);
        load(mode, yaml, &environment).unwrap().addr.to_string()
    };
    assert_eq!(addr(Mode::Serve, &[]), "10.0.0.1:1000");
    assert_eq!(addr(Mode::Serve, &[("PORT", "9000")]), "0.0.0.0:9000");
    let both = [("PORT", "9000"), ("TROUPE_ADDR", "[::1]:7000")];
    assert_eq!(addr(Mode::Serve, &both), "[::1]:7000");
    assert_eq!(addr(Mode::Dev, &[("PORT", "9000")]), "10.0.0.1:1000");

    let folder = Folder::new(&[("app.yaml", yaml)]);
    let mut source = folder.source(Mode::Serve, &[both[0], both[1], database]);
    source.addr = Some(([127, 0, 0, 1], 1).into());
    assert_eq!(
        Config::load(&source).unwrap().addr.to_string(),
        "127.0.0.1:1"
    );
}

#[test]
fn a_named_file_must_exist() {
    let folder = Folder::new(&[("settings/troupe.yaml", "runs: {attempts: 9}")]);
    let named = folder.path("settings/troupe.yaml");
    let environment = [("TROUPE_CONFIG", named.to_str().unwrap())];
    let config = Config::load(&folder.source(Mode::Dev, &environment)).unwrap();
    assert_eq!(config.runs.attempts, 9);
    assert_eq!(config.read_from.file, Some(named));

    let source = folder.source(Mode::Dev, &[("TROUPE_CONFIG", "missing.yaml")]);
    let error = Config::load(&source).unwrap_err();
    let problem = &without_folder(&error, &folder)[0];
    assert!(
        problem.starts_with("missing.yaml: cannot be read"),
        "{problem}"
    );
    assert!(
        problem.contains("TROUPE_CONFIG names the file"),
        "{problem}"
    );
}

#[test]
fn agents_get_the_settings_of_the_file() {
    let config = load(
        Mode::Dev,
        "agents: {configuration: {temperature: 0.9}}",
        &[],
    )
    .unwrap();
    assert_eq!(config.agents.configuration["temperature"], 0.9);
}

#[test]
fn introspection_is_off_in_production_and_can_be_turned_off_in_dev() {
    let database = ("TROUPE_DATABASE_URL", "postgres://troupe@db/troupe");
    assert!(
        !load(Mode::Serve, "", &[database])
            .unwrap()
            .http
            .public_introspection
    );
    let closed = load(Mode::Dev, "http: {public_introspection: false}", &[]).unwrap();
    assert!(!closed.http.public_introspection);
    let opened = [database, ("TROUPE_PUBLIC_INTROSPECTION", "true")];
    assert!(
        load(Mode::Serve, "", &opened)
            .unwrap()
            .http
            .public_introspection
    );
}

#[test]
fn the_first_key_seals_and_all_open() {
    let ring = format!("new:{KEY},old:{}", KEY.trim_end_matches('='));
    let config = load(Mode::Dev, "", &[("TROUPE_ENCRYPTION_KEYS", &ring)]).unwrap();
    let ring = config.encryption_keys.unwrap();
    assert_eq!(ring.sealing().id, "new");
    assert_eq!(ring.find("old").unwrap().bytes[31], 31);
    assert_eq!(ring.find("other"), None);
    let listed = load(Mode::Dev, &format!("encryption_keys: ['a:{KEY}']"), &[]).unwrap();
    assert_eq!(listed.encryption_keys.unwrap().keys().count(), 1);
}
