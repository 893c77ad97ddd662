//! Writing tickets: create, update, move from state to state.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::ticket::{TicketView, find_ticket};
use crate::{
    domain::{Ticket, TicketId, TicketPriority, TicketState},
    error::{Error, Result},
    toolbox::{
        argument::{EmailAddress, FieldUpdate, Name, NumberOrId, Text},
        tool::Tool,
        tool_context::{ToolContext, concurrent_change},
    },
};

pub(super) fn tools() -> Vec<Tool> {
    vec![
        Tool::adds(
            "create_ticket",
            "Create a ticket",
            create_ticket,
            ticket_view,
        ),
        Tool::sets(
            "update_ticket",
            "Change a ticket",
            update_ticket,
            ticket_view,
        ),
        Tool::sets(
            "change_ticket_state",
            "Move a ticket on",
            change_ticket_state,
            ticket_view,
        ),
    ]
}

async fn ticket_view(context: &ToolContext, id: TicketId) -> Result<TicketView> {
    Ok(find_ticket(context, NumberOrId::Id(id)).await?.into())
}

/// Opens a ticket. Tell the customer its number.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct CreateTicket {
    /// What it is about, in a line.
    subject: Name,
    /// What happened, what was expected, what was tried.
    description: Text<10_000>,
    /// How urgent it is; NORMAL when it is not given.
    priority: Option<TicketPriority>,
    /// The name of who needs help.
    requester: Option<Name>,
    /// Their mail address.
    requester_email: Option<EmailAddress>,
    /// Who takes care of it.
    assignee: Option<Name>,
    /// Words to find it by.
    #[schemars(length(max = 10))]
    tags: Option<Vec<Name>>,
}

async fn create_ticket(context: &ToolContext, arguments: CreateTicket) -> Result<TicketId> {
    let now = context.now();
    let ticket = Ticket {
        id: context.id(),
        // the store assigns the next number
        number: 0,
        subject: arguments.subject.trim().to_owned(),
        description: arguments.description.into(),
        priority: arguments.priority.unwrap_or(TicketPriority::Normal),
        state: TicketState::Open,
        requester: arguments.requester.map(String::from),
        requester_email: arguments.requester_email.map(String::from),
        assignee: arguments.assignee.map(String::from),
        tags: arguments.tags.map(texts).unwrap_or_default(),
        resolution: None,
        resolved_at: None,
        created_at: now,
        updated_at: now,
    };
    let effect = context.effect_on(ticket.id);
    let store = &context.store;
    store.insert_ticket(&ticket, effect.as_ref()).await?;
    Ok(ticket.id)
}

fn texts(names: Vec<Name>) -> Vec<String> {
    names.into_iter().map(String::from).collect()
}

/// Changes the given fields of a ticket; null removes a value. `change_ticket_state` moves it on.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct UpdateTicket {
    ticket: NumberOrId<TicketId>,
    /// What it is about, in a line.
    subject: Option<Name>,
    /// What happened, what was expected, what was tried.
    description: Option<Text<10_000>>,
    /// How urgent it is.
    priority: Option<TicketPriority>,
    /// The name of who needs help.
    #[serde(default)]
    requester: FieldUpdate<Name>,
    /// Their mail address.
    #[serde(default)]
    requester_email: FieldUpdate<EmailAddress>,
    /// Who takes care of it.
    #[serde(default)]
    assignee: FieldUpdate<Name>,
    /// Words to find it by.
    #[schemars(length(max = 10))]
    tags: Option<Vec<Name>>,
}

async fn update_ticket(context: &ToolContext, arguments: UpdateTicket) -> Result<TicketId> {
    let mut ticket = find_ticket(context, arguments.ticket).await?;
    if ticket.state == TicketState::Closed {
        return Err(Error::conflict(
            "the ticket is closed and stays as it is; open another one with create_ticket",
        ));
    }
    let description = arguments.description.map(String::from);
    ticket.subject = arguments.subject.map_or(ticket.subject, String::from);
    ticket.description = description.unwrap_or(ticket.description);
    ticket.priority = arguments.priority.unwrap_or(ticket.priority);
    ticket.tags = arguments.tags.map_or(ticket.tags, texts);
    arguments.requester.apply(&mut ticket.requester);
    arguments.requester_email.apply(&mut ticket.requester_email);
    arguments.assignee.apply(&mut ticket.assignee);
    store_change(context, ticket).await
}

/// Moves a ticket on. RESOLVED needs `resolution`; a resolved one can be reopened (OPEN) or CLOSED; a closed one stays
/// closed.
#[derive(Deserialize, JsonSchema)]
struct ChangeTicketState {
    ticket: NumberOrId<TicketId>,
    /// Where it goes.
    state: TicketState,
    /// How it was resolved, in words for the customer.
    resolution: Option<Text<4000>>,
}

async fn change_ticket_state(
    context: &ToolContext,
    arguments: ChangeTicketState,
) -> Result<TicketId> {
    let (state, resolution) = (arguments.state, arguments.resolution);
    let mut ticket = find_ticket(context, arguments.ticket).await?;
    if resolution.is_some() && state != TicketState::Resolved {
        return Err(Error::bad_input(
            "resolution",
            "is for tickets that are resolved, give `state` RESOLVED with it",
        ));
    }
    if state == ticket.state {
        return Ok(ticket.id);
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
        (TicketState::Resolved, Some(resolution)) => {
            ticket.resolution = Some(resolution.into());
            ticket.resolved_at = Some(context.now());
        }
        (TicketState::Open, _) => {
            ticket.resolution = None;
            ticket.resolved_at = None;
        }
        (TicketState::InProgress | TicketState::Waiting | TicketState::Closed, _) => {}
    }
    ticket.state = state;
    store_change(context, ticket).await
}

async fn store_change(context: &ToolContext, mut ticket: Ticket) -> Result<TicketId> {
    let seen = ticket.updated_at;
    ticket.updated_at = context.now();
    let effect = context.effect_on(ticket.id);
    let store = &context.store;
    if store.update_ticket(&ticket, seen, effect.as_ref()).await? {
        return Ok(ticket.id);
    }
    Err(concurrent_change("ticket"))
}
