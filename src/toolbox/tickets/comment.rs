//! Comments on a ticket: add and list.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ticket::find_ticket;
use crate::{
    domain::{Comment, CommentId, TicketId, TicketState},
    error::{Error, Result},
    toolbox::{
        answer::{ListAnswer, ListEntry, Rfc3339},
        argument::{ListPage, Name, NumberOrId, Text},
        prefixed::Prefixed,
        tool::Tool,
        tool_context::ToolContext,
    },
};

pub(super) fn tools() -> Vec<Tool> {
    vec![
        Tool::reads("list_comments", "List comments", list_comments),
        Tool::adds("add_comment", "Add a comment", add_comment, comment_view),
    ]
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct CommentView {
    id: Prefixed<CommentId>,
    ticket_id: Prefixed<TicketId>,
    author: String,
    text: String,
    internal: bool,
    created_at: Rfc3339,
}

impl ListEntry for CommentView {
    const LIST: &'static str = "comments";
}

impl From<Comment> for CommentView {
    fn from(comment: Comment) -> Self {
        Self {
            id: Prefixed(comment.id),
            ticket_id: Prefixed(comment.ticket),
            author: comment.author,
            text: comment.text,
            internal: comment.internal,
            created_at: comment.created_at.into(),
        }
    }
}

async fn comment_view(context: &ToolContext, id: CommentId) -> Result<CommentView> {
    let comment = context.store.comment(id).await?;
    Ok(comment.ok_or_else(|| Error::not_found("comment"))?.into())
}

/// Lists the comments on a ticket, the last first.
#[derive(Deserialize, JsonSchema)]
struct ListComments {
    ticket: NumberOrId<TicketId>,
    #[serde(flatten)]
    page: ListPage,
}

async fn list_comments(
    context: &ToolContext,
    arguments: ListComments,
) -> Result<ListAnswer<CommentView>> {
    let ticket = find_ticket(context, arguments.ticket).await?;
    let request = arguments.page.request::<CommentView>()?;
    let page = context.store.comments(ticket.id, &request).await?;
    Ok(ListAnswer::new(
        page,
        |comment| comment.id,
        CommentView::from,
    ))
}

/// Adds a comment to a ticket: a message, or what was done. The customer reads it, unless it is internal.
#[derive(Deserialize, JsonSchema)]
struct AddComment {
    ticket: NumberOrId<TicketId>,
    /// The message, or what was done.
    text: Text<10_000>,
    /// Who says it; "Agent" when it is not given.
    author: Option<Name>,
    /// Whether the customer is not to see it; false when it is not given.
    internal: Option<bool>,
}

async fn add_comment(context: &ToolContext, arguments: AddComment) -> Result<CommentId> {
    let ticket = find_ticket(context, arguments.ticket).await?;
    if ticket.state == TicketState::Closed {
        return Err(Error::conflict(
            "the ticket is closed and stays as it is; open another one with create_ticket",
        ));
    }
    let author = arguments.author.map(String::from);
    let comment = Comment {
        id: context.id(),
        ticket: ticket.id,
        author: author.unwrap_or_else(|| "Agent".to_owned()),
        text: arguments.text.into(),
        internal: arguments.internal.unwrap_or_default(),
        created_at: context.now(),
    };
    let effect = context.effect_on(comment.id);
    let store = &context.store;
    store.insert_comment(&comment, effect.as_ref()).await?;
    Ok(comment.id)
}
