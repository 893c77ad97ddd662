//! Access to the MCP servers: authentication, permissions and isolation.

use serde_json::{Value, json};

use super::{Peer, REVISIONS, ask, ask_with, modern, params, post};
use crate::{access::create_key, support::TestApp};

const SERVERS: [&str; 5] = ["crm", "pricing", "tickets", "content", "agents"];

#[expect(
    clippy::needless_pass_by_value,
    reason = "a call reads better with its arguments in it"
)]
fn call(tool: &str, arguments: Value) -> (&'static str, Value) {
    ("tools/call", json!({"name": tool, "arguments": arguments}))
}

#[tokio::test]
async fn a_request_without_a_valid_key_is_refused() {
    let app = TestApp::start().await;
    for server in SERVERS {
        let (message, headers) = modern("tools/list", json!({}));
        let headers: Vec<_> = headers
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let refused = post(&app, server, &headers, &message).await;
        assert_eq!(refused.status, 401, "{refused:?}");
        assert_eq!(
            refused.headers["www-authenticate"],
            "Bearer realm=\"troupe\""
        );
        assert_eq!(refused.headers["content-type"], "application/json");
        assert_eq!(refused.code(), "UNAUTHENTICATED");
        let wrong = [&headers[..], &[("authorization", "Bearer trp_nonsense")]].concat();
        assert_eq!(post(&app, server, &wrong, &message).await.status, 401);
        for revision in REVISIONS {
            let refused = Peer::try_connect(&app.url, server, "trp_nonsense", revision).await;
            assert!(refused.is_err(), "{server} {revision}");
        }
    }
    let missing = ask(&app, "nothing", &app.home.owner, ("tools/list", json!({}))).await;
    assert_eq!(
        (missing.status, missing.code().as_str()),
        (404, "NOT_FOUND")
    );
}

#[tokio::test]
async fn a_reader_may_read_and_a_member_may_write() {
    let app = TestApp::start().await;
    let home = &app.home;
    for (server, reads, writes, arguments) in [
        (
            "crm",
            "find_contacts",
            "create_contact",
            json!({"name": "Ada"}),
        ),
        (
            "pricing",
            "list_price_lists",
            "create_price_list",
            json!({"name": "A", "currency": "EUR"}),
        ),
        (
            "tickets",
            "find_tickets",
            "create_ticket",
            json!({"subject": "s", "description": "d"}),
        ),
    ] {
        let reader = Peer::connect(&app, server, home.reader.key(), REVISIONS[1]).await;
        assert!(reader.tools().await.contains(&writes.to_owned()));
        reader.ok(reads, json!({})).await;
        let refused = reader.failure(writes, arguments.clone()).await;
        assert_eq!(
            refused,
            "FORBIDDEN: mcp:tools/call needs the role MEMBER or above, this key is READER"
        );
        let member = Peer::connect(&app, server, home.member.key(), REVISIONS[1]).await;
        member.ok(writes, arguments).await;
    }
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a list of doors")]
async fn rows_of_another_account_are_not_found() {
    let app = TestApp::start().await;
    let member = |server| Peer::connect(&app, server, app.home.member.key(), REVISIONS[0]);
    let stranger = |server| Peer::connect(&app, server, app.stranger.owner.key(), REVISIONS[0]);
    let (crm, pricing, tickets) =
        futures::join!(member("crm"), member("pricing"), member("tickets"));
    let ada = crm
        .ok(
            "create_contact",
            json!({"name": "Ada", "email": "ada@example.com"}),
        )
        .await;
    let lead = crm
        .ok("create_lead", json!({"contactId": ada["id"], "title": "t"}))
        .await;
    let deal = crm
        .ok("create_deal", json!({"contactId": ada["id"], "name": "n"}))
        .await;
    let list = pricing
        .ok("create_price_list", json!({"name": "A", "currency": "EUR"}))
        .await;
    let item = json!({"priceListId": list["id"], "sku": "A", "name": "A", "unitPrice": "1"});
    pricing.ok("set_price", item.clone()).await;
    let lines = json!([{"sku": "A", "quantity": "1"}]);
    let quote = json!({"priceListId": list["id"], "customer": "c", "lines": lines});
    let quote = pricing.ok("create_quote", quote).await;
    let ticket = tickets
        .ok("create_ticket", json!({"subject": "s", "description": "d"}))
        .await;

    let (crm, pricing, tickets) =
        futures::join!(stranger("crm"), stranger("pricing"), stranger("tickets"));
    let cases = [
        (&crm, "get_contact", json!({"id": ada["id"]})),
        (
            &crm,
            "update_contact",
            json!({"id": ada["id"], "name": "Mallory"}),
        ),
        (&crm, "delete_contact", json!({"id": ada["id"]})),
        (
            &crm,
            "create_lead",
            json!({"contactId": ada["id"], "title": "t"}),
        ),
        (&crm, "get_lead", json!({"id": lead["id"]})),
        (
            &crm,
            "qualify_lead",
            json!({"id": lead["id"], "decision": "QUALIFY"}),
        ),
        (
            &crm,
            "create_deal",
            json!({"contactId": ada["id"], "name": "n"}),
        ),
        (&crm, "get_deal", json!({"id": deal["id"]})),
        (
            &crm,
            "update_deal",
            json!({"id": deal["id"], "stage": "WON"}),
        ),
        (&crm, "list_activities", json!({"contactId": ada["id"]})),
        (
            &crm,
            "log_activity",
            json!({"contactId": ada["id"], "kind": "NOTE", "text": "x"}),
        ),
        (&pricing, "find_prices", json!({"priceListId": list["id"]})),
        (&pricing, "set_price", item),
        (
            &pricing,
            "remove_price",
            json!({"priceListId": list["id"], "sku": "A"}),
        ),
        (
            &pricing,
            "calculate_price",
            json!({"priceListId": list["id"], "lines": lines}),
        ),
        (
            &pricing,
            "create_quote",
            json!({"priceListId": list["id"], "customer": "c", "lines": lines}),
        ),
        (&pricing, "get_quote", json!({"quote": quote["id"]})),
        (&pricing, "get_quote", json!({"quote": "1"})),
        (
            &pricing,
            "change_quote_status",
            json!({"quote": quote["id"], "status": "SENT"}),
        ),
        (&tickets, "get_ticket", json!({"ticket": ticket["id"]})),
        (&tickets, "get_ticket", json!({"ticket": "1"})),
        (
            &tickets,
            "update_ticket",
            json!({"ticket": ticket["id"], "priority": "LOW"}),
        ),
        (
            &tickets,
            "change_ticket_state",
            json!({"ticket": ticket["id"], "state": "CLOSED"}),
        ),
        (
            &tickets,
            "add_comment",
            json!({"ticket": ticket["id"], "text": "x"}),
        ),
        (&tickets, "list_comments", json!({"ticket": ticket["id"]})),
    ];
    for (peer, tool, arguments) in cases {
        let foreign = peer.failure(tool, arguments.clone()).await;
        assert!(
            foreign.starts_with("NOT_FOUND: no such "),
            "{tool} {arguments}: {foreign}"
        );
    }
    for (peer, tool, list) in [
        (&crm, "find_contacts", "contacts"),
        (&crm, "find_leads", "leads"),
        (&crm, "find_deals", "deals"),
        (&pricing, "list_price_lists", "priceLists"),
        (&pricing, "find_quotes", "quotes"),
        (&tickets, "find_tickets", "tickets"),
    ] {
        assert_eq!(peer.ok(tool, json!({})).await[list], json!([]), "{tool}");
    }
    // An e-mail address and a name that are taken in the other account are free here.
    crm.ok(
        "create_contact",
        json!({"name": "Ada", "email": "ada@example.com"}),
    )
    .await;
    pricing
        .ok("create_price_list", json!({"name": "A", "currency": "EUR"}))
        .await;
}

#[tokio::test]
async fn an_operator_acts_in_the_named_account() {
    let app = TestApp::start().await;
    let home = &app.home;
    let member = Peer::connect(&app, "crm", home.member.key(), REVISIONS[0]).await;
    member.ok("create_contact", json!({"name": "Ada"})).await;
    let find = || call("find_contacts", json!({}));
    let names = |answer: &Value| answer["result"]["structuredContent"]["contacts"].clone();
    let inside = [("x-account-id", home.id.as_str())];
    let found = ask_with(&app, "crm", &app.operator, find(), &inside).await;
    assert_eq!(names(&found.message())[0]["name"], "Ada");
    let own = ask(&app, "crm", &app.operator, find()).await;
    assert_eq!(names(&own.message()), json!([]));
    let foreign = ask_with(&app, "crm", &app.stranger.owner, find(), &inside).await;
    assert_eq!(
        (foreign.status, foreign.code().as_str()),
        (403, "FORBIDDEN")
    );
}

#[tokio::test]
async fn a_revoked_key_is_refused_at_once() {
    let app = TestApp::start().await;
    for revision in REVISIONS {
        let (id, secret) = create_key(&app.home.owner, "MEMBER").await;
        let peer = Peer::connect(&app, "crm", &secret, revision).await;
        peer.ok("find_contacts", json!({})).await;
        let revoke = "mutation($id: ID!) { revokeApiKey(input: {id: $id}) { apiKey { id } } }";
        app.home.owner.ok(revoke, json!({"id": id})).await;
        let refused = peer
            .client()
            .call_tool(params("find_contacts", json!({})))
            .await;
        assert!(refused.is_err(), "{revision}: {refused:?}");
    }
}

#[tokio::test]
async fn a_call_with_an_idempotency_key_takes_effect_once() {
    let app = TestApp::start().await;
    let home = &app.home;
    let new = |subject: &str| {
        call(
            "create_ticket",
            json!({"subject": subject, "description": "d"}),
        )
    };
    let key = [("idempotency-key", "mine")];
    let made = ask_with(&app, "tickets", &home.member, new("One"), &key)
        .await
        .message();
    let again = ask_with(&app, "tickets", &home.member, new("One"), &key)
        .await
        .message();
    let ticket = &made["result"]["structuredContent"];
    assert_eq!(&again["result"]["structuredContent"], ticket);
    let other = ask_with(&app, "tickets", &home.member, new("Two"), &key)
        .await
        .message();
    let text = other["result"]["content"][0]["text"].as_str().unwrap();
    assert!(
        text.starts_with("CONFLICT: the idempotency key was used for another call"),
        "{text}"
    );
    // An idempotency key is independent of another account's.
    let theirs = ask_with(&app, "tickets", &home.admin, new("One"), &key)
        .await
        .message();
    assert_eq!(theirs["result"]["structuredContent"]["number"], 2);
    let both = futures::join!(
        ask_with(
            &app,
            "tickets",
            &home.member,
            new("At once"),
            &[("idempotency-key", "both")]
        ),
        ask_with(
            &app,
            "tickets",
            &home.member,
            new("At once"),
            &[("idempotency-key", "both")]
        ),
    );
    let (one, other) = (both.0.message(), both.1.message());
    assert_eq!(
        one["result"]["structuredContent"],
        other["result"]["structuredContent"]
    );
    let tickets = Peer::connect(&app, "tickets", home.member.key(), REVISIONS[0]).await;
    assert_eq!(tickets.ok("count_tickets", json!({})).await["total"], 3);
}

#[tokio::test]
async fn the_calls_of_an_account_are_rate_limited() {
    let app = TestApp::with(&[
        ("TROUPE_LIMITS_MCP_CALLS_PER_MINUTE", "1"),
        ("TROUPE_LIMITS_MCP_CALL_BURST", "2"),
    ])
    .await;
    let crm = Peer::connect(&app, "crm", app.home.member.key(), REVISIONS[0]).await;
    for _ in 0..2 {
        crm.ok("find_contacts", json!({})).await;
    }
    let refused = crm.failure("find_contacts", json!({})).await;
    assert!(
        refused.starts_with("RATE_LIMITED: too many tool calls"),
        "{refused}"
    );
    assert!(refused.contains("retryAfterSeconds: "), "{refused}");
    let stranger = Peer::connect(&app, "crm", app.stranger.member.key(), REVISIONS[0]).await;
    stranger.ok("find_contacts", json!({})).await;
}
