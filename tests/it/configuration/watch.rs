//! Files of the configuration that change while processes run.

use std::{fs, os::unix::fs::symlink, path::Path};

use serde_json::{Value, json};

use crate::{
    chat::ask,
    support::{Client, TestApp, until},
};

/// More messages than the tests send while they wait.
const MANY: (&str, &str) = ("TROUPE_LIMITS_MESSAGE_BURST", "100000");
const SHIPPED: &str = include_str!("../../../agents/support_agent.yaml");

/// Settings with the name of a company, which the prompts of the support agent contain.
fn settings_for(company: &str) -> String {
    format!("agents: {{configuration: {{companyName: {company}}}}}")
}

/// The request that the next message of a client makes a model get.
async fn next_request(app: &TestApp, client: &Client) -> String {
    ask(client, json!({"message": "Hello?"})).await;
    app.upstream.asked().pop().unwrap().to_string()
}

/// Waits until the messages of every client make the model get this text.
async fn until_used(app: &TestApp, clients: &[&Client], expected: &str) {
    until(expected, async || {
        for client in clients {
            if !next_request(app, client).await.contains(expected) {
                return false;
            }
        }
        true
    })
    .await;
}

/// The answer of `/readyz` about the configuration; the process must be ready.
async fn configuration(url: &str) -> Value {
    let reply = reqwest::get(format!("{url}/readyz")).await.unwrap();
    assert_eq!(reply.status(), 200);
    let body: Value = reply.json().await.unwrap();
    assert_eq!(body["ready"], true);
    body["checks"]["configuration"].clone()
}

/// Waits until `/readyz` names a fault with all of these texts.
async fn until_shown(url: &str, expected: &[&str]) {
    until("the fault is shown", async || {
        let found = configuration(url).await;
        let reason = found["reason"].as_str().unwrap_or_default().to_owned();
        found["ready"] == false && expected.iter().all(|text| reason.contains(text))
    })
    .await;
}

async fn until_valid(url: &str) {
    until("the configuration is valid", async || {
        configuration(url).await["ready"] == true
    })
    .await;
}

async fn metrics(url: &str) -> String {
    let reply = reqwest::get(format!("{url}/metrics")).await.unwrap();
    reply.text().await.unwrap()
}

/// Replaces a file as editors do: by another one with its name.
fn rename_over(file: &Path, text: &str) {
    let next = file.with_extension("next");
    fs::write(&next, text).unwrap();
    fs::rename(next, file).unwrap();
}

/// Replaces a file as a mounted `ConfigMap` does: by a symbolic link into another folder.
fn swap_link(file: &Path, text: &str) {
    let folder = file.with_extension("data");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("content"), text).unwrap();
    let link = file.with_extension("link");
    symlink(folder.join("content"), &link).unwrap();
    fs::rename(link, file).unwrap();
}

#[tokio::test]
async fn a_changed_file_is_used_by_the_next_message_of_every_process_and_a_broken_one_changes_nothing()
 {
    let app = TestApp::configured(&settings_for("Acme"), &[MANY]).await;
    let second = app.second(&[MANY]).await;
    let mut there = app.home.member.clone();
    there.moves_to(&second.url);
    let everywhere = [&app.home.member, &there];
    let file = app.folder().join("app.yaml");
    until_used(&app, &everywhere, "Acme").await;

    fs::write(&file, settings_for("Birch")).unwrap();
    until_used(&app, &everywhere, "Birch").await;
    rename_over(&file, &settings_for("Cedar"));
    until_used(&app, &everywhere, "Cedar").await;
    swap_link(&file, &settings_for("Dahlia"));
    until_used(&app, &everywhere, "Dahlia").await;
    // models, and limits that a process reads for each message
    let other = "models: {default: other, chat: {other: {provider: openai, model: another-model}}}\nlimits: {messages_per_minute: 601}\n";
    rename_over(&file, &format!("{other}{}", settings_for("Dahlia")));
    until_used(&app, &everywhere, "another-model").await;

    rename_over(
        &file,
        "agents: {configuration: {companyName: Elder}}\nruns: {attempts: 0}\n",
    );
    for url in [&app.url, &second.url] {
        until_shown(
            url,
            &[
                "app.yaml",
                "line 2: runs.attempts: 0 given",
                "the last valid one is in use",
            ],
        )
        .await;
        let metrics = metrics(url).await;
        assert!(
            metrics.contains("troupe_configuration_fault 1\n"),
            "{metrics}"
        );
        assert!(metrics.contains("troupe_configuration_reloads_total{result=\"refused\"} 1\n"));
    }
    for client in everywhere {
        assert!(next_request(&app, client).await.contains("Dahlia"));
    }
    rename_over(&file, "agents:\n  configuration: {companyName: [Fir\n");
    until_shown(&app.url, &["app.yaml", "line ", "is not YAML"]).await;
    fs::remove_file(&file).unwrap();
    until_shown(&app.url, &["app.yaml: is gone"]).await;
    assert!(
        next_request(&app, &app.home.member)
            .await
            .contains("Dahlia")
    );

    fs::write(&file, settings_for("Ginkgo")).unwrap();
    until_used(&app, &everywhere, "Ginkgo").await;
    until_valid(&app.url).await;
    assert!(
        metrics(&app.url)
            .await
            .contains("troupe_configuration_fault 0\n")
    );
    let next = next_request(&app, &there).await;
    assert!(next.contains("gpt-4.1-mini") && !next.contains("another-model"));
}

#[tokio::test]
async fn a_new_version_of_a_template_is_published_and_a_changed_one_is_refused() {
    let app = TestApp::start().await;
    let folder = app.folder().join("agents");
    let newer = SHIPPED.replace("version: 1.5.0", "version: 1.5.1");
    assert_ne!(newer, SHIPPED);
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("support_agent.yaml"), &newer).unwrap();
    let versions = "{ agentTemplates(name: \"support_agent\") { nodes { version } } }";
    until("the new version is published", async || {
        let found = app.home.reader.ok(versions, json!({})).await;
        found.to_string().contains("1.5.1")
    })
    .await;
    until_valid(&app.url).await;

    let changed = newer.replace("\n  temperature: 0.2\n", "\n  temperature: 0.3\n");
    assert_ne!(changed, newer);
    fs::write(folder.join("support_agent.yaml"), &changed).unwrap();
    until_shown(&app.url, &["agents/support_agent.yaml", "raise `version`"]).await;
    fs::write(folder.join("support_agent.yaml"), "name: [\n").unwrap();
    until_shown(&app.url, &["support_agent.yaml: line ", "is not YAML"]).await;
    fs::write(folder.join("support_agent.yaml"), &newer).unwrap();
    until_valid(&app.url).await;
}

#[tokio::test]
async fn what_one_process_stores_is_used_by_the_next_message_of_another() {
    let app = TestApp::start().await;
    let second = app.second(&[]).await;
    let mut there = app.home.member.clone();
    there.moves_to(&second.url);
    ask(&there, json!({"message": "Hello?"})).await;
    let account = "mutation($configuration: JSON!) { updateAccount(input: {configuration: $configuration}) { account { id } } }";
    let given = json!({"companyName": "Hazel"});
    app.home
        .owner
        .ok(account, json!({"configuration": given}))
        .await;
    assert!(next_request(&app, &there).await.contains("Hazel"));
    let agent =
        "mutation($input: UpdateAgentInput!) { updateAgent(input: $input) { agent { id } } }";
    let input =
        json!({"id": app.home.agent, "configuration": {"companyName": "Ivy", "keepCase": false}});
    app.home.admin.ok(agent, json!({"input": input})).await;
    assert!(next_request(&app, &there).await.contains("Ivy"));
}
