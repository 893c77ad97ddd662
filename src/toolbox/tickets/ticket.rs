//! Reading tickets: find, count, show.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::comment::CommentView;
use crate::{
    domain::{Ticket, TicketFilter, TicketId, TicketPriority, TicketState},
    error::{Error, Result},
    toolbox::{
        answer::{ListAnswer, ListEntry, Rfc3339},
        argument::{EmailAddress, ListPage, Name, NumberOrId, first_page},
        prefixed::Prefixed,
        tool::Tool,
        tool_context::ToolContext,
    },
};

/// The maximum number of comments that are shown with a ticket.
const MOST_COMMENTS: u64 = 20;

pub(super) fn tools() -> Vec<Tool> {
    vec![
        Tool::reads("find_tickets", "Find tickets", find_tickets),
        Tool::reads("get_ticket", "Show a ticket", get_ticket),
        Tool::reads("count_tickets", "Count tickets", count_tickets),
    ]
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct TicketView {
    id: Prefixed<TicketId>,
    number: i64,
    subject: String,
    description: String,
    priority: TicketPriority,
    state: TicketState,
    requester: Option<String>,
    requester_email: Option<String>,
    assignee: Option<String>,
    tags: Vec<String>,
    resolution: Option<String>,
    resolved_at: Option<Rfc3339>,
    created_at: Rfc3339,
    updated_at: Rfc3339,
}

impl ListEntry for TicketView {
    const LIST: &'static str = "tickets";
}

impl From<Ticket> for TicketView {
    fn from(ticket: Ticket) -> Self {
        Self {
            id: Prefixed(ticket.id),
            number: ticket.number,
            subject: ticket.subject,
            description: ticket.description,
            priority: ticket.priority,
            state: ticket.state,
            requester: ticket.requester,
            requester_email: ticket.requester_email,
            assignee: ticket.assignee,
            tags: ticket.tags,
            resolution: ticket.resolution,
            resolved_at: ticket.resolved_at.map(Rfc3339::from),
            created_at: ticket.created_at.into(),
            updated_at: ticket.updated_at.into(),
        }
    }
}

/// The ticket with this number or id. `NOT_FOUND` when the account has none.
pub(super) async fn find_ticket(
    context: &ToolContext,
    named: NumberOrId<TicketId>,
) -> Result<Ticket> {
    let ticket = match named {
        NumberOrId::Number(number) => context.store.ticket_by_number(number).await?,
        NumberOrId::Id(id) => context.store.ticket(id).await?,
    };
    ticket.ok_or_else(|| Error::not_found("ticket"))
}

/// Lists tickets, the newest first, that match everything given; all of them when nothing is given.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct FindTickets {
    /// A part of the subject or the description, in any case.
    query: Option<Name>,
    /// Only tickets in one of these states.
    #[schemars(length(max = 5))]
    states: Option<Vec<TicketState>>,
    /// Only tickets that are so urgent.
    priority: Option<TicketPriority>,
    /// Only tickets of the customer with this mail address.
    requester_email: Option<EmailAddress>,
    /// Only tickets that they take care of.
    assignee: Option<Name>,
    #[serde(flatten)]
    page: ListPage,
}

async fn find_tickets(
    context: &ToolContext,
    arguments: FindTickets,
) -> Result<ListAnswer<TicketView>> {
    let request = arguments.page.request::<TicketView>()?;
    let filter = TicketFilter {
        search: arguments.query.map(String::from),
        states: arguments.states.filter(|states| !states.is_empty()),
        priority: arguments.priority,
        requester_email: arguments.requester_email.map(String::from),
        assignee: arguments.assignee.map(String::from),
    };
    let page = context.store.tickets(&filter, &request).await?;
    Ok(ListAnswer::new(page, |ticket| ticket.id, TicketView::from))
}

/// Shows a ticket with its newest comments, the last first; `list_comments` has the others.
#[derive(Deserialize, JsonSchema)]
struct GetTicket {
    ticket: NumberOrId<TicketId>,
}

#[derive(Serialize, JsonSchema)]
struct TicketWithComments {
    ticket: TicketView,
    comments: Vec<CommentView>,
}

async fn get_ticket(context: &ToolContext, arguments: GetTicket) -> Result<TicketWithComments> {
    let ticket = find_ticket(context, arguments.ticket).await?;
    let newest = first_page(MOST_COMMENTS);
    let comments = context.store.comments(ticket.id, &newest).await?.items;
    Ok(TicketWithComments {
        ticket: ticket.into(),
        comments: comments.into_iter().map(CommentView::from).collect(),
    })
}

/// Says how many tickets there are in each state, and how many of each priority among them.
#[derive(Deserialize, JsonSchema)]
struct CountTickets {}

#[derive(Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct TicketCounts {
    total: i64,
    by_state: BTreeMap<TicketState, StateCounts>,
}

#[derive(Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct StateCounts {
    total: i64,
    by_priority: BTreeMap<TicketPriority, i64>,
}

async fn count_tickets(context: &ToolContext, _: CountTickets) -> Result<TicketCounts> {
    let mut counts = TicketCounts::default();
    for (state, priority, tickets) in context.store.count_tickets().await? {
        counts.total += tickets;
        let of_state = counts.by_state.entry(state).or_default();
        of_state.total += tickets;
        of_state.by_priority.insert(priority, tickets);
    }
    Ok(counts)
}
