//! Tickets: from their creation to their end.

use serde_json::json;

use super::connected;

#[tokio::test]
async fn a_ticket_changes_status_from_open_to_closed() {
    let (_app, tickets) = connected("tickets").await;
    let new = json!({"subject": "Printer on fire", "description": "It burns since nine.", "priority": "URGENT",
        "requester": "Ada", "requesterEmail": "Ada@example.com", "tags": ["printer"]});
    let ticket = tickets.ok("create_ticket", new).await;
    assert_eq!(ticket["number"], 1);
    assert_eq!(ticket["state"], "OPEN");
    let comment = json!({"ticket": "1", "text": "Please step back.", "author": "Support"});
    tickets.ok("add_comment", comment).await;
    tickets
        .ok(
            "add_comment",
            json!({"ticket": "#1", "text": "Third one this week.", "internal": true}),
        )
        .await;
    let state = |state: &str| json!({"ticket": "1", "state": state});
    tickets
        .ok("change_ticket_state", state("IN_PROGRESS"))
        .await;
    let silent = tickets
        .failure("change_ticket_state", state("RESOLVED"))
        .await;
    assert!(silent.contains("resolution: is missing"), "{silent}");
    let mut resolved = state("RESOLVED");
    resolved["resolution"] = json!("The fire is out.");
    let resolved = tickets.ok("change_ticket_state", resolved).await;
    assert!(resolved["resolvedAt"].is_string(), "{resolved}");
    // The customer reports that it is not solved.
    let reopened = tickets.ok("change_ticket_state", state("OPEN")).await;
    assert_eq!(reopened.get("resolution"), None);
    tickets.ok("change_ticket_state", state("CLOSED")).await;
    for (tool, arguments) in [
        ("change_ticket_state", state("OPEN")),
        ("update_ticket", json!({"ticket": "1", "priority": "LOW"})),
        ("add_comment", json!({"ticket": "1", "text": "Hello?"})),
    ] {
        let closed = tickets.failure(tool, arguments).await;
        assert!(closed.starts_with("CONFLICT: the ticket is"), "{closed}");
    }
    let shown = tickets
        .ok("get_ticket", json!({"ticket": ticket["id"]}))
        .await;
    assert_eq!(shown["comments"][0]["internal"], true);
    assert_eq!(shown["comments"][1]["author"], "Support");
    let comments = tickets
        .ok("list_comments", json!({"ticket": "1", "limit": 1}))
        .await;
    assert!(comments["nextCursor"].is_string(), "{comments}");
}

#[tokio::test]
async fn tickets_are_found_and_counted() {
    let (_app, tickets) = connected("tickets").await;
    for (subject, priority, email) in [
        ("Login fails", "HIGH", "ada@example.com"),
        ("Invoice missing", "LOW", "bob@example.com"),
        ("LOGIN slow", "HIGH", "ada@example.com"),
    ] {
        let new = json!({"subject": subject, "description": "x", "priority": priority, "requesterEmail": email});
        tickets.ok("create_ticket", new).await;
    }
    let assigned = tickets
        .ok(
            "update_ticket",
            json!({"ticket": "2", "assignee": "Grace", "tags": ["billing"]}),
        )
        .await;
    assert_eq!(assigned["tags"], json!(["billing"]));
    let numbers = async |filter| {
        let found = tickets.ok("find_tickets", filter).await;
        let found = found["tickets"].as_array().unwrap().clone();
        let numbers: Vec<_> = found
            .iter()
            .map(|ticket| ticket["number"].clone())
            .collect();
        json!(numbers)
    };
    assert_eq!(numbers(json!({"query": "login"})).await, json!([3, 1]));
    assert_eq!(numbers(json!({"assignee": "GRACE"})).await, json!([2]));
    assert_eq!(
        numbers(json!({"requesterEmail": "ADA@example.com", "priority": "HIGH"})).await,
        json!([3, 1])
    );
    assert_eq!(
        numbers(json!({"states": ["CLOSED", "RESOLVED"]})).await,
        json!([])
    );
    let counted = tickets.ok("count_tickets", json!({})).await;
    assert_eq!(
        counted,
        json!({"total": 3, "byState": {"OPEN": {"total": 3, "byPriority": {"HIGH": 2, "LOW": 1}}}})
    );
}

#[tokio::test]
async fn ticket_numbers_are_unique_under_concurrency() {
    let (_app, tickets) = connected("tickets").await;
    let new = || tickets.ok("create_ticket", json!({"subject": "s", "description": "d"}));
    let made = futures::join!(new(), new(), new(), new());
    let mut numbers: Vec<_> = [made.0, made.1, made.2, made.3]
        .iter()
        .map(|ticket| ticket["number"].as_i64().unwrap())
        .collect();
    numbers.sort_unstable();
    assert_eq!(numbers, [1, 2, 3, 4]);
}
