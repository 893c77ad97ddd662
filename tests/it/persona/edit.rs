//! What people change in a profile.

use serde_json::{Value, json};

use super::{
    REPAIR, article, assert_sources_stand, built, change, documents, expert, item, persona,
    rebuild, texts,
};
use crate::{knowledge::library, support::TestApp};

/// Positions of the article about repair.
const LAW: &str = "I am in favour of a right to repair by law.";
const COST: &str = "I disagree with colleagues who see repair as a cost.";

/// An app with an expert that has written about repair; the agent's and the document's ids, and the persona.
async fn repairer() -> (TestApp, crate::support::Worker, [String; 2], Value) {
    let (app, worker) = library().await;
    let agent = expert(&app.home.admin).await;
    let document = article(&app.home.admin, &agent, "Repair", REPAIR).await;
    let built = built(&app.home.reader, &agent, |persona| documents(persona) == 1).await;
    (app, worker, [agent, document], built)
}

#[tokio::test]
async fn an_edit_survives_a_rebuild_and_a_removed_item_stays_away() {
    let (app, _worker, [agent, document], first) = repairer().await;
    let home = &app.home;
    let law = item(&first, "positions", LAW);
    let removed = item(&first, "positions", COST);
    let input = json!({
        "agentId": agent,
        "expectedVersion": first["version"],
        "add": [{"kind": "TONE", "text": "dry humour"}, {"kind": "TOPIC", "text": "tool libraries"}],
        "replace": [{"id": law["id"], "text": "Repair is a right."}],
        "removeIds": [removed["id"]],
    });
    let reply = change(&home.admin, input).await;
    let changed = &reply.data()["updatePersona"]["persona"];
    assert_eq!(
        changed["version"].as_i64().unwrap(),
        first["version"].as_i64().unwrap() + 1
    );
    let check = |persona: &Value| {
        let edited = item(persona, "positions", "Repair is a right.");
        assert_eq!(
            (&edited["id"], &edited["origin"]),
            (&law["id"], &json!("EDITED"))
        );
        assert_eq!(edited["sources"], law["sources"]);
        assert_eq!(item(persona, "tone", "dry humour")["sources"], json!([]));
        for gone in [law, removed] {
            let gone = gone["text"].as_str().unwrap();
            assert!(!texts(persona, "positions").contains(&gone), "{persona:#}");
        }
        assert!(persona["editedAt"].is_string());
    };
    check(changed);

    assert_eq!(rebuild(&home.admin, &agent).await["state"], "BUILDING");
    let again = built(&home.reader, &agent, |_| true).await;
    check(&again);
    let more = "# Bells\n\nI believe that every bell has to ring. Every bell rings.";
    let bells = article(&home.admin, &agent, "Bells", more).await;
    let grown = built(&home.reader, &agent, |persona| documents(persona) == 2).await;
    check(&grown);
    item(
        &grown,
        "positions",
        "I believe that every bell has to ring.",
    );
    // what a build finds again keeps its id
    let stays = "topics";
    for text in texts(&first, stays) {
        if texts(&grown, stays).contains(&text) {
            assert_eq!(
                item(&first, stays, text)["id"],
                item(&grown, stays, text)["id"]
            );
        }
    }
    assert_sources_stand(&grown, &[(&document, REPAIR), (&bells, more)]);
}

#[tokio::test]
async fn the_evidence_of_an_edited_item_goes_with_its_document() {
    let (app, _worker, [agent, document], first) = repairer().await;
    let home = &app.home;
    let law = &first["positions"][0]["id"];
    let replace = json!([{"id": law, "text": "Repair is a right."}]);
    let input = json!({"agentId": agent, "expectedVersion": first["version"], "replace": replace});
    change(&home.admin, input).await.data();
    let delete = "mutation($id: ID!) { deleteDocument(input: {id: $id}) { deletedId } }";
    home.admin.ok(delete, json!({"id": document})).await;
    let left = built(&home.reader, &agent, |persona| documents(persona) == 0).await;
    assert_eq!(texts(&left, "positions"), ["Repair is a right."]);
    assert_eq!(left["positions"][0]["sources"], json!([]));
}

#[tokio::test]
async fn a_change_of_a_stale_version_is_a_conflict() {
    let (app, _worker, [agent, _], first) = repairer().await;
    let admin = &app.home.admin;
    let input = |text: &str| {
        let add = json!([{"kind": "POSITION", "text": text}]);
        json!({"agentId": agent, "expectedVersion": first["version"], "add": add})
    };
    let (one, other) = futures::join!(
        change(admin, input("Bells are loud.")),
        change(admin, input("Bells are quiet."))
    );
    let mut codes = [one.code(), other.code()];
    codes.sort_unstable();
    assert_eq!(codes, ["", "CONFLICT"]);
    assert_eq!(change(admin, input("Late.")).await.code(), "CONFLICT");
    let now = persona(admin, &agent).await;
    assert_eq!(
        now["version"].as_i64().unwrap(),
        first["version"].as_i64().unwrap() + 1
    );
    assert!(!texts(&now, "positions").contains(&"Late."));
    // the change is in the audit log, the refused ones are not
    let log = "query($agent: ID!) { auditLog(filter: {action: \"updatePersona\", agentId: $agent}) { nodes { subject detail } } }";
    let log = admin.ok(log, json!({"agent": agent})).await;
    let version = first["version"].as_i64().unwrap() + 1;
    assert_eq!(
        log["auditLog"]["nodes"],
        json!([{"subject": agent, "detail": {"version": version, "added": 1, "replaced": 0, "removed": 0}}])
    );
}

#[tokio::test]
async fn a_change_with_problems_names_their_fields_and_changes_nothing() {
    let (app, _worker, [agent, _], first) = repairer().await;
    let home = &app.home;
    let version = &first["version"];
    let known = first["positions"][0]["text"].as_str().unwrap();
    let refused = change(
        &home.admin,
        json!({
            "agentId": agent,
            "expectedVersion": version,
            "add": [
                {"kind": "TOPIC", "text": "two\nlines"},
                {"kind": "POSITION", "text": known.to_uppercase()},
                {"kind": "TERM", "text": "x".repeat(121)},
            ],
            "replace": [{"id": first["topics"][0]["id"], "text": " "}],
        }),
    )
    .await;
    assert_eq!(refused.code(), "BAD_USER_INPUT");
    assert_eq!(
        refused.problem_paths(),
        [
            "input.replace[0].text",
            "input.add[0].text",
            "input.add[1].text",
            "input.add[2].text"
        ]
    );
    let nothing = json!({"agentId": agent, "expectedVersion": version});
    let refused = change(&home.admin, nothing).await;
    assert_eq!(refused.problem_paths(), ["input"]);
    assert_eq!(persona(&home.reader, &agent).await, first);

    // an agent of another workflow has none to change, another account has no such agent
    let add = json!([{"kind": "TOPIC", "text": "bells"}]);
    let input = |agent: &str| json!({"agentId": agent, "expectedVersion": 0, "add": add});
    let refused = change(&home.admin, input(&home.agent)).await;
    assert_eq!(refused.problem_paths(), ["input.agentId"]);
    let foreign = change(&app.stranger.owner, input(&agent)).await;
    assert_eq!(foreign.code(), "NOT_FOUND");
    let rebuild =
        "mutation($id: ID!) { rebuildPersona(input: {agentId: $id}) { persona { version } } }";
    let foreign = app.stranger.owner.ask(rebuild, json!({"id": agent})).await;
    assert_eq!(foreign.code(), "NOT_FOUND");
    let member = change(&home.member, input(&agent)).await;
    assert_eq!(member.code(), "FORBIDDEN");
}

#[tokio::test]
async fn a_persona_can_be_written_before_there_is_a_document() {
    let app = TestApp::start().await;
    let home = &app.home;
    let agent = expert(&home.admin).await;
    let add = json!([{"kind": "POSITION", "text": "Bells are loud."}]);
    let input = json!({"agentId": agent, "expectedVersion": 0, "add": add});
    let written = change(&home.admin, input).await;
    let written = &written.data()["updatePersona"]["persona"];
    assert_eq!(
        (&written["version"], &written["state"]),
        (&json!(1), &json!("READY"))
    );
    assert_eq!(texts(written, "positions"), ["Bells are loud."]);
    assert_eq!(&persona(&home.reader, &agent).await, written);
}
