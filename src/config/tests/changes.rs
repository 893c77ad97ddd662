//! Files that change while a process runs.

use super::*;

#[test]
fn a_running_process_uses_some_changes_and_names_the_others() {
    let folder = Folder::new(&[("agents/README", "none")]);
    let given = |app_yaml: &str| {
        fs::write(folder.path("app.yaml"), app_yaml).unwrap();
        Config::load(&folder.source(Mode::Dev, &[])).unwrap()
    };
    let mut config = given("runs: {attempts: 2, concurrent: 100}\naddr: 127.0.0.1:9000");
    let new = given(
        "runs: {attempts: 5, concurrent: 200}\naddr: 127.0.0.1:9001\nlimits: {message_burst: 7}\n\
         database: {max_connections: 3}\nagents: {configuration: {companyName: Acme}}\nhttp: {body_bytes: 1000}",
    );
    let changes = config.adopt(new);
    assert_eq!(changes.applied, ["runs", "limits", "agents"]);
    assert_eq!(
        changes.at_next_start,
        ["addr", "database", "runs.concurrent", "http"]
    );
    assert_eq!((config.runs.attempts, config.runs.concurrent), (5, 100));
    assert_eq!(config.limits.message_burst, 7);
    assert_eq!(config.addr.port(), 9000);
    assert_eq!(config.database.max_connections, 20);
    // what is used already is no change any more
    let again = given(
        "runs: {attempts: 5, concurrent: 100}\naddr: 127.0.0.1:9000\nlimits: {message_burst: 7}\nagents: {configuration: {companyName: Acme}}",
    );
    assert_eq!(config.adopt(again), ConfigChanges::default());
}

#[test]
fn contents_are_compared_and_never_shown() {
    let folder = Folder::new(&[
        ("app.yaml", "operator_key: hunter2"),
        ("agents/a.yaml", "one"),
        ("agents/README", "none"),
    ]);
    let source = folder.source(Mode::Dev, &[("TROUPE_OPERATOR_KEY", "hunter2")]);
    let before = WatchedFiles::read(&source);
    assert_eq!(before, WatchedFiles::read(&source));
    assert!(!format!("{before:?} {source:?}").contains("hunter2"));
    fs::write(folder.path("agents/README"), "no template").unwrap();
    assert_eq!(before, WatchedFiles::read(&source));
    fs::write(folder.path("agents/a.yaml"), "two").unwrap();
    let changed = WatchedFiles::read(&source);
    assert_ne!(before, changed);
    fs::write(folder.path("agents/b.yaml"), "").unwrap();
    assert_ne!(changed, WatchedFiles::read(&source));
    fs::remove_file(folder.path("agents/b.yaml")).unwrap();
    assert_eq!(changed, WatchedFiles::read(&source));
    fs::remove_file(folder.path("app.yaml")).unwrap();
    assert_ne!(changed, WatchedFiles::read(&source));
}
