//! Writing tickets: create, update, move from state to state.

use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::ticket::{PRIORITIES, STATES, existing, named, shape, shown};
use crate::{
    domain::{Ticket, TicketId, TicketPriority, TicketState},
    error::{Error, Result},
    toolbox::{
        desk::{FieldUpdate, ToolContext, overtaken},
        schema,
        server::{Tool, ToolDoc, ToolSchemas, WriteEffect, read},
    },
};

/// The maximum number of tags of a ticket.
const MOST_TAGS: usize = 10;

pub(super) fn tools() -> Vec<Tool> {
    vec![
        Tool::writes(
            ToolDoc {
                name: "create_ticket",
                title: "Create a ticket",
                about: "Opens a ticket. Tell the customer its number.",
            },
            WriteEffect::Adds,
            ToolSchemas::new(
                schema::object(&["subject", "description"], properties()),
                shape(),
            ),
            |desk, arguments| Box::pin(create(desk, arguments)),
            |desk, id| Box::pin(show_one(desk, id)),
        ),
        Tool::writes(
            ToolDoc {
                name: "update_ticket",
                title: "Change a ticket",
                about: "Changes what is given of a ticket and leaves the rest; null removes a value. change_ticket_state moves it on.",
            },
            WriteEffect::Sets,
            ToolSchemas::new(update_schema(), shape()),
            |desk, arguments| Box::pin(update(desk, arguments)),
            |desk, id| Box::pin(show_one(desk, id)),
        ),
        Tool::writes(
            ToolDoc {
                name: "change_ticket_state",
                title: "Move a ticket on",
                about: "Moves a ticket on. RESOLVED needs `resolution`; a resolved one can be reopened (OPEN) or CLOSED; a closed one stays closed.",
            },
            WriteEffect::Sets,
            ToolSchemas::new(
                schema::object(
                    &["ticket", "state"],
                    [
                        ("ticket", named()),
                        ("state", schema::one_of(STATES, "Where it goes.")),
                        (
                            "resolution",
                            schema::text(4000, "How it was resolved, in words for the customer."),
                        ),
                    ],
                ),
                shape(),
            ),
            |desk, arguments| Box::pin(move_on(desk, arguments)),
            |desk, id| Box::pin(show_one(desk, id)),
        ),
    ]
}

fn properties() -> [(&'static str, Value); 7] {
    [
        ("subject", schema::name("What it is about, in a line.")),
        (
            "description",
            schema::text(10_000, "What happened, what was expected, what was tried."),
        ),
        (
            "priority",
            schema::one_of(PRIORITIES, "How urgent it is; NORMAL when it is not given."),
        ),
        ("requester", schema::name("The name of who needs help.")),
        ("requesterEmail", schema::email("Their mail address.")),
        ("assignee", schema::name("Who takes care of it.")),
        (
            "tags",
            schema::list(
                &schema::name("A word to find it by."),
                MOST_TAGS,
                "Words to find it by.",
            ),
        ),
    ]
}

fn update_schema() -> Value {
    let [
        subject,
        description,
        priority,
        requester,
        email,
        assignee,
        tags,
    ] = properties();
    let optional = |(name, schema)| (name, schema::or_null(schema));
    schema::object(
        &["ticket"],
        [
            ("ticket", named()),
            subject,
            description,
            priority,
            optional(requester),
            optional(email),
            optional(assignee),
            tags,
        ],
    )
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Create {
    subject: String,
    description: String,
    priority: Option<TicketPriority>,
    requester: Option<String>,
    requester_email: Option<String>,
    assignee: Option<String>,
    #[serde(default)]
    tags: Vec<String>,
}

async fn create(desk: &ToolContext, arguments: Value) -> Result<Uuid> {
    let new: Create = read(arguments)?;
    let now = desk.now();
    let ticket = Ticket {
        id: desk.id(),
        // the store assigns the next number
        number: 0,
        subject: new.subject.trim().to_owned(),
        description: new.description,
        priority: new.priority.unwrap_or(TicketPriority::Normal),
        state: TicketState::Open,
        requester: new.requester,
        requester_email: new.requester_email.map(|email| email.to_lowercase()),
        assignee: new.assignee,
        tags: new.tags,
        resolution: None,
        resolved_at: None,
        created_at: now,
        updated_at: now,
    };
    let effect = desk.effect_on(ticket.id);
    desk.store.insert_ticket(&ticket, effect.as_ref()).await?;
    Ok(ticket.id.uuid())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Update {
    ticket: String,
    subject: Option<String>,
    description: Option<String>,
    priority: Option<TicketPriority>,
    #[serde(default)]
    requester: FieldUpdate<String>,
    #[serde(default)]
    requester_email: FieldUpdate<String>,
    #[serde(default)]
    assignee: FieldUpdate<String>,
    tags: Option<Vec<String>>,
}

async fn update(desk: &ToolContext, arguments: Value) -> Result<Uuid> {
    let change: Update = read(arguments)?;
    let mut ticket = existing(desk, &change.ticket).await?;
    if ticket.state == TicketState::Closed {
        return Err(Error::conflict(
            "the ticket is closed and stays as it is; open another one with create_ticket",
        ));
    }
    ticket.subject = change.subject.unwrap_or(ticket.subject);
    ticket.description = change.description.unwrap_or(ticket.description);
    ticket.priority = change.priority.unwrap_or(ticket.priority);
    ticket.tags = change.tags.unwrap_or(ticket.tags);
    change.requester.apply(&mut ticket.requester);
    change.requester_email.apply(&mut ticket.requester_email);
    change.assignee.apply(&mut ticket.assignee);
    write(desk, ticket).await
}

#[derive(Deserialize)]
struct MoveOn {
    ticket: String,
    state: TicketState,
    resolution: Option<String>,
}

async fn move_on(desk: &ToolContext, arguments: Value) -> Result<Uuid> {
    let MoveOn {
        ticket,
        state,
        resolution,
    } = read(arguments)?;
    let mut ticket = existing(desk, &ticket).await?;
    if resolution.is_some() && state != TicketState::Resolved {
        return Err(Error::bad_input(
            "resolution",
            "is for tickets that are resolved, give `state` RESOLVED with it",
        ));
    }
    if state == ticket.state {
        return Ok(ticket.id.uuid());
    }
    let next = ticket.state.next();
    if !next.contains(&state) {
        let (from, next) = (json!(ticket.state), json!(next));
        return Err(Error::conflict(format!(
            "the ticket is {from}, from there it can go to {next} only"
        )));
    }
    match (state, resolution) {
        (TicketState::Resolved, None) => {
            return Err(Error::bad_input(
                "resolution",
                "is missing, expected how the ticket was resolved",
            ));
        }
        (TicketState::Resolved, resolution) => {
            ticket.resolution = resolution;
            ticket.resolved_at = Some(desk.now());
        }
        (TicketState::Open, _) => {
            ticket.resolution = None;
            ticket.resolved_at = None;
        }
        (TicketState::InProgress | TicketState::Waiting | TicketState::Closed, _) => {}
    }
    ticket.state = state;
    write(desk, ticket).await
}

async fn write(desk: &ToolContext, mut ticket: Ticket) -> Result<Uuid> {
    let seen = ticket.updated_at;
    ticket.updated_at = desk.now();
    let effect = desk.effect_on(ticket.id);
    let store = &desk.store;
    if store.update_ticket(&ticket, seen, effect.as_ref()).await? {
        return Ok(ticket.id.uuid());
    }
    Err(overtaken("ticket"))
}

async fn show_one(desk: &ToolContext, id: Uuid) -> Result<Value> {
    let found = desk.store.ticket(TicketId::from_uuid(id)).await?;
    let found = found.ok_or_else(|| Error::not_found("ticket"))?;
    Ok(shown(&found))
}
