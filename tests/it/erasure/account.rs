//! Deleting an account: nothing of it is left anywhere, and everything of the others is.

use serde_json::{Value, json};

use super::{
    Canaries, Stage,
    dump::{dump, dump_of, found_in},
    plant,
};
use crate::{
    knowledge::known,
    registry::KEYS,
    support::{Client, EMBEDDINGS, Process, TestDatabase, Upstream, until},
    tools::LOCAL,
};

const DELETE: &str =
    "mutation($id: ID!, $name: String!) { deleteAccount(input: {id: $id, name: $name}) { deletedId deletion {
    accountId finishedAt remains sentTo removed { kind count } } } }";
const DELETION: &str = "query($id: ID!) { accountDeletion(accountId: $id) { accountId finishedAt remains sentTo removed { kind count } } }";
/// A process counts as dead after three seconds.
const SHORT_LEASE: (&str, &str) = ("TROUPE_JOBS_LEASE_SECONDS", "3");
const ONE_ATTEMPT: (&str, &str) = ("TROUPE_JOBS_ATTEMPTS", "1");
const OPERATOR: (&str, &str) = (
    "TROUPE_OPERATOR_KEY",
    "0123456789abcdef0123456789abcdef0123456789ab",
);

/// The deletion of an account; null when it was never requested.
async fn deletion(operator: &Client, account: &str) -> Value {
    operator.ok(DELETION, json!({"id": account})).await["accountDeletion"].clone()
}

async fn finished(operator: &Client, account: &str) -> Value {
    until("the deletion has finished", || async {
        !deletion(operator, account).await["finishedAt"].is_null()
    })
    .await;
    deletion(operator, account).await
}

fn removed(deletion: &Value, kind: &str) -> u64 {
    let kinds = deletion["removed"].as_array().unwrap().iter();
    let mut counts = kinds.filter(|counted| counted["kind"] == kind);
    counts
        .next()
        .map_or(0, |counted| counted["count"].as_u64().unwrap())
}

#[tokio::test]
#[expect(
    clippy::too_many_lines,
    reason = "one account, from its deletion to its end"
)]
async fn nothing_of_a_deleted_account_is_left_and_everything_of_another_is() {
    let stage = Stage::open().await;
    let app = &stage.app;
    let (operator, home) = (&app.operator, &app.home);
    let worker = app.worker(&[KEYS, LOCAL, EMBEDDINGS]).await;
    let mut gone = Canaries::of("home");
    plant(&stage, &mut gone).await;
    let document = json!({"agentId": home.agent, "title": gone.fresh("title"), "text": gone.fresh("document")});
    known(&home.admin, document).await;
    let slug = json!({"name": gone.fresh("key")});
    let key = "mutation($name: String!) { createApiKey(input: {name: $name, role: READER}) { apiKey { id } } }";
    home.owner.ok(key, slug).await;
    let mut stays = Canaries::of("stranger");
    let input = json!({"message": stays.fresh("message"), "agentId": app.stranger.agent, "endUser": stays.fresh("person")});
    crate::chat::ask(&app.stranger.member, input).await;
    drop(worker);
    let bytes = dump(app.folder(), app.database_url(), app.redis()).await;
    assert_eq!(found_in(&bytes, &gone.all).len(), gone.all.len());

    let named = |name: &str| json!({"id": home.id, "name": name});
    let name = home.owner.ok("{ account { name } }", json!({})).await;
    let name = name["account"]["name"].as_str().unwrap().to_owned();
    let refused = operator.ask(DELETE, named("home")).await;
    assert_eq!(refused.problem_paths(), ["input.name"], "{refused:?}");
    let refused = home.owner.ask(DELETE, named(&name)).await;
    assert_eq!(refused.code(), "FORBIDDEN");
    let own = operator
        .ok("{ viewer { account { id name } } }", json!({}))
        .await;
    let refused = operator.ask(DELETE, own["viewer"]["account"].clone()).await;
    assert_eq!(refused.code(), "CONFLICT");
    assert!(deletion(operator, &home.id).await.is_null());
    home.owner
        .ok("{ viewer { account { id } } }", json!({}))
        .await;

    let begun = operator.ok(DELETE, named(&name)).await;
    assert_eq!(begun["deleteAccount"]["deletedId"], home.id.as_str());
    let begun = &begun["deleteAccount"]["deletion"];
    assert_eq!(
        (&begun["accountId"], &begun["finishedAt"]),
        (&json!(home.id), &json!(null))
    );
    let resume = "mutation($id: ID!) { resumeAccount(input: {id: $id}) { account { id } } }";
    let refused = operator.ask(resume, json!({"id": home.id})).await;
    assert_eq!(refused.code(), "CONFLICT");
    let refused = home
        .owner
        .ask("{ viewer { account { id } } }", json!({}))
        .await;
    assert_eq!(refused.code(), "FORBIDDEN");
    // a deletion that waits for its vectors is not given up, however few attempts a job has
    let _worker = app.worker(&[KEYS, LOCAL, EMBEDDINGS, ONE_ATTEMPT]).await;
    let done = finished(operator, &home.id).await;

    let bytes = dump(app.folder(), app.database_url(), app.redis()).await;
    assert_eq!(found_in(&bytes, &gone.all), Vec::<&str>::new());
    assert_eq!(found_in(&bytes, &stays.all).len(), stays.all.len());
    stage.assert_audit_is_whole().await;
    for (kind, least) in [
        ("account", 1),
        ("agent", 2),
        ("apiKey", 5),
        ("auditEntry", 20),
        ("conversation", 19),
        ("document", 1),
        ("mcpServer", 1),
        ("passage", 1),
        ("session", 2),
        ("toolCall", 19),
        ("usageRecord", 19),
    ] {
        assert!(removed(&done, kind) >= least, "{kind} in {done}");
    }
    assert_eq!(done["remains"], json!([]));
    let sent_to = done["sentTo"].to_string();
    assert!(sent_to.contains("tool server Workshop"), "{sent_to}");
    assert!(sent_to.contains("model "), "{sent_to}");
    // a repeated request changes nothing and answers the same
    let again = operator.ok(DELETE, named(&name)).await;
    assert_eq!(again["deleteAccount"]["deletion"], done);

    let found = operator
        .ok(
            "query($id: ID!) { account(id: $id) { id } auditLog(first: 1) { nodes { action subject } } }",
            json!({"id": home.id}),
        )
        .await;
    let entry = json!({"action": "deleteAccount", "subject": home.id});
    assert_eq!(
        found,
        json!({"account": null, "auditLog": {"nodes": [entry]}})
    );
    let refused = home
        .owner
        .ask("{ viewer { account { id } } }", json!({}))
        .await;
    assert!(["FORBIDDEN", "UNAUTHENTICATED"].contains(&refused.code()));
    let input = json!({"message": "Hello", "agentId": app.stranger.agent});
    crate::chat::ask(&app.stranger.member, input).await;
}

#[tokio::test]
async fn a_deletion_of_an_account_survives_kills() {
    const CONVERSATIONS: u64 = 40;
    let database = TestDatabase::create().await;
    let upstream = Upstream::start().await;
    let settings = [SHORT_LEASE, OPERATOR];
    let mut process = Process::start(&database, &upstream, &settings).await;
    let operator = process.owner.with_key(OPERATOR.1);
    let made = "mutation { createAccount(input: {name: \"Customer\", tier: ENTRY}) { account { id } ownerKey } }";
    let made = operator.ok(made, json!({})).await["createAccount"].clone();
    let account = made["account"]["id"].as_str().unwrap();
    let owner = operator.with_key(made["ownerKey"].as_str().unwrap());
    let agent = "mutation { createAgent(input: {template: \"support_agent\", tier: \"standard\", name: \"Support\"}) { agent { id } } }";
    let agent = owner.ok(agent, json!({})).await["createAgent"]["agent"]["id"].clone();
    let mut canaries = Vec::new();
    for number in 0..CONVERSATIONS {
        let text = format!("canary-{number:04}");
        let (run, _) = crate::chat::send(&owner, json!({"message": text, "agentId": agent})).await;
        crate::chat::ended(&owner, &run).await;
        canaries.push(text);
    }

    let input = json!({"id": account, "name": "Customer"});
    operator.ok(DELETE, input).await;
    let mut kills = 0;
    for is_counted in [false, true, true] {
        let operator = process.owner.with_key(OPERATOR.1);
        until("the deletion is under way", || async {
            !is_counted || !deletion(&operator, account).await["removed"].is_null()
        })
        .await;
        kills += u32::from(deletion(&operator, account).await["finishedAt"].is_null());
        process.kill().await;
        process = Process::start(&database, &upstream, &settings).await;
    }
    assert!(kills > 0, "no kill hit the deletion");
    let operator = process.owner.with_key(OPERATOR.1);
    let done = finished(&operator, account).await;
    assert_eq!(removed(&done, "conversation"), CONVERSATIONS, "{done}");
    assert_eq!(removed(&done, "message"), 2 * CONVERSATIONS, "{done}");
    assert_eq!(
        found_in(&dump_of(&database).await, &canaries),
        Vec::<&str>::new()
    );
}
