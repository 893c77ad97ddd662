//! Comments on a ticket: add and list.

use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::ticket;
use crate::{
    domain::{Comment, CommentId, TicketState},
    error::{Error, Result},
    toolbox::{
        desk::{ListPage, ToolContext, listed, moment},
        schema,
        server::{Tool, ToolDoc, ToolSchemas, WriteEffect, read},
    },
};

pub(super) fn tools() -> Vec<Tool> {
    vec![
        Tool::reads(
            ToolDoc {
                name: "list_comments",
                title: "List comments",
                about: "Lists what was said about a ticket, the last first.",
            },
            list_schema(),
            schema::listing("comments", &shape()),
            |desk, arguments| Box::pin(list(desk, arguments)),
        ),
        Tool::writes(
            ToolDoc {
                name: "add_comment",
                title: "Add a comment",
                about: "Adds what was said or done to a ticket. The customer reads it, unless it is internal.",
            },
            WriteEffect::Adds,
            ToolSchemas::new(
                schema::object(
                    &["ticket", "text"],
                    [
                        ("ticket", ticket::named()),
                        ("text", schema::text(10_000, "What was said or done.")),
                        (
                            "author",
                            schema::name("Who says it; \"Agent\" when it is not given."),
                        ),
                        (
                            "internal",
                            schema::flag(
                                "Whether the customer is not to see it; false when it is not given.",
                            ),
                        ),
                    ],
                ),
                shape(),
            ),
            |desk, arguments| Box::pin(add(desk, arguments)),
            |desk, id| Box::pin(show_one(desk, id)),
        ),
    ]
}

fn list_schema() -> Value {
    let mut schema = schema::filter([("ticket", ticket::named())]);
    if let Some(fields) = schema.as_object_mut() {
        fields.insert("required".to_owned(), json!(["ticket"]));
    }
    schema
}

fn shape() -> Value {
    schema::answer(&[
        ("id", "string"),
        ("ticketId", "string"),
        ("author", "string"),
        ("text", "string"),
        ("internal", "boolean"),
        ("createdAt", "string"),
    ])
}

pub(super) fn shown(comment: &Comment) -> Value {
    json!({
        "id": comment.id.to_string(),
        "ticketId": comment.ticket.to_string(),
        "author": comment.author,
        "text": comment.text,
        "internal": comment.internal,
        "createdAt": moment(comment.created_at),
    })
}

#[derive(Deserialize)]
struct List {
    ticket: String,
    #[serde(flatten)]
    part: ListPage,
}

async fn list(desk: &ToolContext, arguments: Value) -> Result<Value> {
    let List { ticket, part } = read(arguments)?;
    let ticket = ticket::existing(desk, &ticket).await?;
    let part = part.of("comments")?;
    let page = desk.store.comments(ticket.id, &part).await?;
    Ok(listed("comments", &page, |comment| comment.id, shown))
}

#[derive(Deserialize)]
struct Add {
    ticket: String,
    text: String,
    author: Option<String>,
    #[serde(default)]
    internal: bool,
}

async fn add(desk: &ToolContext, arguments: Value) -> Result<Uuid> {
    let new: Add = read(arguments)?;
    let ticket = ticket::existing(desk, &new.ticket).await?;
    if ticket.state == TicketState::Closed {
        return Err(Error::conflict(
            "the ticket is closed and stays as it is; open another one with create_ticket",
        ));
    }
    let comment = Comment {
        id: desk.id(),
        ticket: ticket.id,
        author: new.author.unwrap_or_else(|| "Agent".to_owned()),
        text: new.text,
        internal: new.internal,
        created_at: desk.now(),
    };
    let effect = desk.effect_on(comment.id);
    desk.store.insert_comment(&comment, effect.as_ref()).await?;
    Ok(comment.id.uuid())
}

async fn show_one(desk: &ToolContext, id: Uuid) -> Result<Value> {
    let found = desk.store.comment(CommentId::from_uuid(id)).await?;
    let found = found.ok_or_else(|| Error::not_found("comment"))?;
    Ok(shown(&found))
}
