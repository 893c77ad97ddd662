//! Reading tickets: find, count, show.

use serde::Deserialize;
use serde_json::{Value, json};

use super::comment;
use crate::{
    domain::{Ticket, TicketFilter, TicketId, TicketPriority, TicketState},
    error::{Error, Result},
    toolbox::{
        desk::{ListPage, ToolContext, first, known, listed, moment},
        schema,
        server::{Tool, ToolDoc, read},
    },
};

pub(super) const STATES: &[&str] = &["OPEN", "IN_PROGRESS", "WAITING", "RESOLVED", "CLOSED"];
pub(super) const PRIORITIES: &[&str] = &["LOW", "NORMAL", "HIGH", "URGENT"];
/// The maximum number of comments that are shown with a ticket.
const SHOWN: u64 = 20;

pub(super) fn tools() -> Vec<Tool> {
    vec![
        Tool::reads(
            ToolDoc {
                name: "find_tickets",
                title: "Find tickets",
                about: "Lists tickets, the newest first, that match everything given; all of them when nothing is given.",
            },
            find_schema(),
            schema::listing("tickets", &shape()),
            |desk, arguments| Box::pin(find(desk, arguments)),
        ),
        Tool::reads(
            ToolDoc {
                name: "get_ticket",
                title: "Show a ticket",
                about: "Shows a ticket with its newest comments, the last first; list_comments has the others.",
            },
            schema::object(&["ticket"], [("ticket", named())]),
            schema::answer(&[("ticket", "object"), ("comments", "array")]),
            |desk, arguments| Box::pin(get(desk, arguments)),
        ),
        Tool::reads(
            ToolDoc {
                name: "count_tickets",
                title: "Count tickets",
                about: "Says how many tickets there are in each state, and how many of each priority among them.",
            },
            schema::object(&[], []),
            schema::answer(&[("total", "integer"), ("byState", "object")]),
            |desk, arguments| Box::pin(count(desk, arguments)),
        ),
    ]
}

/// The argument that names a ticket.
pub(super) fn named() -> Value {
    schema::name("The ticket: its number, e.g. \"42\", or its id.")
}

fn find_schema() -> Value {
    let states = json!({"type": "string", "enum": STATES});
    schema::filter([
        (
            "query",
            schema::name("A part of the subject or the description, in any case."),
        ),
        (
            "states",
            schema::list(
                &states,
                STATES.len(),
                "Only tickets in one of these states.",
            ),
        ),
        (
            "priority",
            schema::one_of(PRIORITIES, "Only tickets that are so urgent."),
        ),
        (
            "requesterEmail",
            schema::email("Only tickets of whoever has this mail address."),
        ),
        (
            "assignee",
            schema::name("Only tickets that they take care of."),
        ),
    ])
}

/// The schema of a result with a ticket.
pub(super) fn shape() -> Value {
    schema::answer(&[
        ("id", "string"),
        ("number", "integer"),
        ("subject", "string"),
        ("description", "string"),
        ("priority", "string"),
        ("state", "string"),
        ("requester?", "string"),
        ("requesterEmail?", "string"),
        ("assignee?", "string"),
        ("tags", "array"),
        ("resolution?", "string"),
        ("resolvedAt?", "string"),
        ("createdAt", "string"),
        ("updatedAt", "string"),
    ])
}

/// A ticket in a tool's result.
pub(super) fn shown(ticket: &Ticket) -> Value {
    known(json!({
        "id": ticket.id.to_string(),
        "number": ticket.number,
        "subject": ticket.subject,
        "description": ticket.description,
        "priority": ticket.priority,
        "state": ticket.state,
        "requester": ticket.requester,
        "requesterEmail": ticket.requester_email,
        "assignee": ticket.assignee,
        "tags": ticket.tags,
        "resolution": ticket.resolution,
        "resolvedAt": ticket.resolved_at.map(moment),
        "createdAt": moment(ticket.created_at),
        "updatedAt": moment(ticket.updated_at),
    }))
}

/// The ticket with this number or id. `NOT_FOUND` when the account has none.
pub(super) async fn existing(desk: &ToolContext, named: &str) -> Result<Ticket> {
    let found = match named.trim().trim_start_matches('#').parse::<i64>() {
        Ok(number) => desk.store.ticket_by_number(number).await?,
        Err(_) => desk.store.ticket(TicketId::parse("ticket", named)?).await?,
    };
    found.ok_or_else(|| Error::not_found("ticket"))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Find {
    query: Option<String>,
    states: Option<Vec<TicketState>>,
    priority: Option<TicketPriority>,
    requester_email: Option<String>,
    assignee: Option<String>,
    #[serde(flatten)]
    part: ListPage,
}

async fn find(desk: &ToolContext, arguments: Value) -> Result<Value> {
    let find: Find = read(arguments)?;
    let part = find.part.of("tickets")?;
    let filter = TicketFilter {
        search: find.query,
        states: find.states.filter(|states| !states.is_empty()),
        priority: find.priority,
        requester_email: find.requester_email,
        assignee: find.assignee,
    };
    let page = desk.store.tickets(&filter, &part).await?;
    Ok(listed("tickets", &page, |ticket| ticket.id, shown))
}

#[derive(Deserialize)]
struct One {
    ticket: String,
}

async fn get(desk: &ToolContext, arguments: Value) -> Result<Value> {
    let One { ticket } = read(arguments)?;
    let ticket = existing(desk, &ticket).await?;
    let comments = desk.store.comments(ticket.id, &first(SHOWN)).await?;
    Ok(json!({
        "ticket": shown(&ticket),
        "comments": comments.items.iter().map(comment::shown).collect::<Vec<_>>(),
    }))
}

async fn count(desk: &ToolContext, _arguments: Value) -> Result<Value> {
    let mut total = 0;
    let mut by_state = json!({});
    for (state, priority, tickets) in desk.store.count_tickets().await? {
        total += tickets;
        let (state, priority) = (json!(state), json!(priority));
        let (Some(state), Some(priority)) = (state.as_str(), priority.as_str()) else {
            continue;
        };
        let Some(states) = by_state.as_object_mut() else {
            continue;
        };
        let of_state = states
            .entry(state)
            .or_insert_with(|| json!({"total": 0, "byPriority": {}}));
        let so_far = of_state.get("total").and_then(Value::as_i64);
        let so_far = so_far.unwrap_or_default();
        if let Some(fields) = of_state.as_object_mut() {
            fields.insert("total".to_owned(), (so_far + tickets).into());
        }
        let priorities = of_state
            .get_mut("byPriority")
            .and_then(Value::as_object_mut);
        if let Some(priorities) = priorities {
            priorities.insert(priority.to_owned(), tickets.into());
        }
    }
    Ok(json!({"total": total, "byState": by_state}))
}
