//! The CRM: a person becomes a contact, an interest a lead, a lead a deal.

use serde_json::json;

use super::{Peer, REVISIONS, connected};
use crate::support::TestApp;

#[tokio::test]
async fn a_contact_is_created_found_changed_and_deleted() {
    let (_app, crm) = connected("crm").await;
    let ada = json!({"name": "Ada Lovelace", "email": "Ada@Engines.example", "company": "Engines", "jobTitle": "Analyst"});
    let made = crm.ok("create_contact", ada).await;
    let id = made["id"].as_str().unwrap();
    assert!(id.starts_with("contact_"), "{made}");
    assert_eq!(made["email"], "ada@engines.example");
    for query in [
        json!({"query": "LOVE"}),
        json!({"query": "engine"}),
        json!({"email": "ADA@engines.example"}),
    ] {
        let found = crm.ok("find_contacts", query).await;
        assert_eq!(found["contacts"][0]["id"], id, "{found}");
    }
    let nobody = crm.ok("find_contacts", json!({"query": "100%"})).await;
    assert_eq!(nobody["contacts"], json!([]));
    let changed = crm
        .ok(
            "update_contact",
            json!({"id": id, "phone": "+44 20", "company": null}),
        )
        .await;
    assert_eq!(changed["phone"], "+44 20");
    assert_eq!(changed.get("company"), None);
    assert_eq!(changed["name"], "Ada Lovelace");
    let gone = crm.ok("delete_contact", json!({"id": id})).await;
    assert_eq!(gone["deletedId"], id);
    let missing = crm.failure("get_contact", json!({"id": id})).await;
    assert_eq!(missing, "NOT_FOUND: no such contact");
}

#[tokio::test]
async fn a_mail_address_belongs_to_one_contact_only() {
    let (_app, crm) = connected("crm").await;
    let first = crm
        .ok(
            "create_contact",
            json!({"name": "Ada", "email": "ada@example.com"}),
        )
        .await;
    let taken = crm
        .failure(
            "create_contact",
            json!({"name": "Other", "email": "ADA@example.com"}),
        )
        .await;
    assert!(taken.starts_with("CONFLICT: email:"), "{taken}");
    assert!(taken.contains(first["id"].as_str().unwrap()), "{taken}");
    let bob = crm.ok("create_contact", json!({"name": "Bob"})).await;
    let taken = crm
        .failure(
            "update_contact",
            json!({"id": bob["id"], "email": "ada@example.com"}),
        )
        .await;
    assert!(taken.starts_with("CONFLICT: email:"), "{taken}");
}

#[tokio::test]
async fn a_lead_is_qualified_from_its_recorded_data() {
    let (_app, crm) = connected("crm").await;
    let ada = crm.ok("create_contact", json!({"name": "Ada"})).await;
    let lead = crm
        .ok(
            "create_lead",
            json!({"contactId": ada["id"], "title": "200 seats", "source": "chat", "estimatedValue": "12000", "currency": "EUR"}),
        )
        .await;
    assert_eq!(lead["stage"], "NEW");
    assert_eq!(lead["estimatedValue"], "12000.00");
    let id = lead["id"].clone();
    let judged = crm
        .ok(
            "qualify_lead",
            json!({"id": id, "need": {"answer": "YES", "note": "drowning in spreadsheets"}, "budget": {"answer": "PARTLY"}}),
        )
        .await;
    assert_eq!(judged["score"], 42);
    assert_eq!(judged["stage"], "WORKING");
    let judged = crm
        .ok(
            "qualify_lead",
            json!({"id": id, "timeline": {"answer": "YES"}}),
        )
        .await;
    assert_eq!(judged["score"], 67);
    assert_eq!(judged["stage"], "QUALIFIED");
    assert_eq!(
        judged["criteria"]["need"]["note"],
        "drowning in spreadsheets"
    );
    let unreasoned = crm
        .failure("qualify_lead", json!({"id": id, "decision": "DISQUALIFY"}))
        .await;
    assert!(
        unreasoned.starts_with("BAD_USER_INPUT: reason: is missing"),
        "{unreasoned}"
    );
    let found = crm.ok("find_leads", json!({"minimumScore": 60})).await;
    assert_eq!(found["leads"][0]["id"], id);
    let deal = crm
        .ok(
            "create_deal",
            json!({"contactId": ada["id"], "name": "Seats", "leadId": id}),
        )
        .await;
    assert_eq!(deal["value"], "12000.00");
    let lead = crm.ok("get_lead", json!({"id": id})).await;
    assert_eq!(lead["lead"]["stage"], "CONVERTED");
    let late = crm
        .failure("qualify_lead", json!({"id": id, "decision": "QUALIFY"}))
        .await;
    assert!(
        late.starts_with("CONFLICT: the lead has become a deal"),
        "{late}"
    );
}

#[tokio::test]
async fn a_deal_changes_stage_until_it_is_closed() {
    let (_app, crm) = connected("crm").await;
    let ada = crm.ok("create_contact", json!({"name": "Ada"})).await;
    let deal = crm
        .ok(
            "create_deal",
            json!({"contactId": ada["id"], "name": "Engine", "value": "99.90", "currency": "USD", "expectedClose": "2027-01-31"}),
        )
        .await;
    let id = deal["id"].clone();
    assert_eq!(deal["stage"], "DISCOVERY");
    let moved = crm
        .ok(
            "update_deal",
            json!({"id": id, "stage": "PROPOSAL", "expectedClose": null}),
        )
        .await;
    assert_eq!(moved.get("expectedClose"), None);
    assert_eq!(moved["value"], "99.90");
    let unreasoned = crm
        .failure("update_deal", json!({"id": id, "stage": "LOST"}))
        .await;
    assert!(
        unreasoned.contains("lostReason: is missing"),
        "{unreasoned}"
    );
    let lost = crm
        .ok(
            "update_deal",
            json!({"id": id, "stage": "LOST", "lostReason": "too dear"}),
        )
        .await;
    assert!(lost["closedAt"].is_string(), "{lost}");
    let closed = crm
        .failure("update_deal", json!({"id": id, "name": "Again"}))
        .await;
    assert!(
        closed.starts_with("CONFLICT: the deal is closed"),
        "{closed}"
    );
    let lonely = crm
        .failure(
            "create_deal",
            json!({"contactId": ada["id"], "name": "x", "value": "1"}),
        )
        .await;
    assert!(lonely.contains("currency: is missing"), "{lonely}");
}

#[tokio::test]
async fn activities_are_recorded_and_returned_with_the_contact() {
    let (_app, crm) = connected("crm").await;
    let ada = crm.ok("create_contact", json!({"name": "Ada"})).await;
    let bob = crm.ok("create_contact", json!({"name": "Bob"})).await;
    let lead = crm
        .ok(
            "create_lead",
            json!({"contactId": ada["id"], "title": "Seats"}),
        )
        .await;
    let call = json!({"contactId": ada["id"], "kind": "CALL", "text": "Wants a demo.", "leadId": lead["id"], "happenedAt": "2026-11-26T10:00:00.123456789Z"});
    let noted = crm.ok("log_activity", call).await;
    assert_eq!(noted["happenedAt"], "2026-11-26T10:00:00Z");
    let foreign = crm
        .failure(
            "log_activity",
            json!({"contactId": bob["id"], "kind": "NOTE", "text": "x", "leadId": lead["id"]}),
        )
        .await;
    assert_eq!(
        foreign,
        "BAD_USER_INPUT: leadId: is a lead of another contact"
    );
    let shown = crm.ok("get_contact", json!({"id": ada["id"]})).await;
    assert_eq!(shown["activities"][0]["text"], "Wants a demo.");
    assert_eq!(shown["leads"][0]["id"], lead["id"]);
    // Deleting a contact deletes all its rows, and none of another contact.
    crm.ok("delete_contact", json!({"id": ada["id"]})).await;
    let missing = crm.failure("get_lead", json!({"id": lead["id"]})).await;
    assert_eq!(missing, "NOT_FOUND: no such lead");
    crm.ok("get_contact", json!({"id": bob["id"]})).await;
}

#[tokio::test]
async fn lists_are_paginated() {
    let app = TestApp::start().await;
    for revision in REVISIONS {
        let crm = Peer::connect(&app, "crm", app.home.member.key(), revision).await;
        for number in 0..3 {
            let name = format!("{revision} {number}");
            crm.ok("create_contact", json!({"name": name})).await;
        }
        // an integer for a schema, though not for every parser
        let query = json!({"query": revision, "limit": 2.0});
        let part = crm.ok("find_contacts", query.clone()).await;
        assert_eq!(part["contacts"].as_array().unwrap().len(), 2);
        let mut rest = query;
        rest["after"] = part["nextCursor"].clone();
        let part = crm.ok("find_contacts", rest.clone()).await;
        assert_eq!(part["contacts"][0]["name"], format!("{revision} 0"));
        assert_eq!(part.get("nextCursor"), None);
        // A cursor of one list is invalid in another.
        let foreign = crm
            .failure("find_leads", json!({"after": rest["after"]}))
            .await;
        assert!(foreign.starts_with("BAD_USER_INPUT: after:"), "{foreign}");
        let much = crm.failure("find_contacts", json!({"limit": 51})).await;
        assert_eq!(
            much,
            "BAD_USER_INPUT: limit: 51 given, expected a whole number from 1 to 50"
        );
    }
}
