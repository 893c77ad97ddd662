//! Activities: record and list what was done with a contact.

use chrono::{DateTime, SubsecRound, Utc};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{contact, deal, lead};
use crate::{
    domain::{Activity, ActivityId, ActivityKind},
    error::{Error, Result},
    toolbox::{
        desk::{ListPage, ToolContext, known, listed, moment},
        schema,
        server::{Tool, ToolDoc, ToolSchemas, WriteEffect, read},
    },
};

const KINDS: &[&str] = &["NOTE", "CALL", "EMAIL", "MEETING", "TASK"];

pub(super) fn tools() -> Vec<Tool> {
    vec![
        Tool::reads(
            ToolDoc {
                name: "list_activities",
                title: "List activities",
                about: "Lists what was done with a contact, what was noted last first.",
            },
            list_schema(),
            schema::listing("activities", &shape()),
            |desk, arguments| Box::pin(list(desk, arguments)),
        ),
        Tool::writes(
            ToolDoc {
                name: "log_activity",
                title: "Note an activity",
                about: "Notes a call, a mail, a meeting, a task or anything worth remembering about a contact.",
            },
            WriteEffect::Adds,
            ToolSchemas::new(log_schema(), shape()),
            |desk, arguments| Box::pin(log(desk, arguments)),
            |desk, id| Box::pin(show_one(desk, id)),
        ),
    ]
}

fn list_schema() -> Value {
    let mut schema = schema::filter([("contactId", schema::id("contact", "The contact."))]);
    if let Some(fields) = schema.as_object_mut() {
        fields.insert("required".to_owned(), json!(["contactId"]));
    }
    schema
}

fn log_schema() -> Value {
    schema::object(
        &["contactId", "kind", "text"],
        [
            ("contactId", schema::id("contact", "With whom.")),
            ("kind", schema::one_of(KINDS, "What it was.")),
            (
                "text",
                schema::text(4000, "What happened, or what is to be done."),
            ),
            (
                "leadId",
                schema::id("lead", "The contact's lead that it is about."),
            ),
            (
                "dealId",
                schema::id("deal", "The contact's deal that it is about."),
            ),
            (
                "happenedAt",
                json!({
                    "type": "string",
                    "format": "date-time",
                    "description": "When it happened, e.g. 2026-11-26T14:30:00Z; now when it is not given.",
                }),
            ),
        ],
    )
}

fn shape() -> Value {
    schema::answer(&[
        ("id", "string"),
        ("contactId", "string"),
        ("leadId?", "string"),
        ("dealId?", "string"),
        ("kind", "string"),
        ("text", "string"),
        ("happenedAt", "string"),
        ("createdAt", "string"),
    ])
}

pub(super) fn shown(activity: &Activity) -> Value {
    known(json!({
        "id": activity.id.to_string(),
        "contactId": activity.contact.to_string(),
        "leadId": activity.lead.map(|lead| lead.to_string()),
        "dealId": activity.deal.map(|deal| deal.to_string()),
        "kind": activity.kind,
        "text": activity.text,
        "happenedAt": moment(activity.happened_at),
        "createdAt": moment(activity.created_at),
    }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct List {
    contact_id: String,
    #[serde(flatten)]
    part: ListPage,
}

async fn list(desk: &ToolContext, arguments: Value) -> Result<Value> {
    let List { contact_id, part } = read(arguments)?;
    let contact = contact::existing(desk, "contactId", &contact_id).await?;
    let part = part.of("activities")?;
    let page = desk.store.activities(contact.id, &part).await?;
    Ok(listed("activities", &page, |activity| activity.id, shown))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Log {
    contact_id: String,
    kind: ActivityKind,
    text: String,
    lead_id: Option<String>,
    deal_id: Option<String>,
    happened_at: Option<DateTime<Utc>>,
}

async fn log(desk: &ToolContext, arguments: Value) -> Result<Uuid> {
    let new: Log = read(arguments)?;
    let contact = contact::existing(desk, "contactId", &new.contact_id).await?;
    let lead = match new.lead_id.as_deref() {
        Some(id) => Some(lead::existing(desk, "leadId", id).await?),
        None => None,
    };
    let deal = match new.deal_id.as_deref() {
        Some(id) => Some(deal::existing(desk, "dealId", id).await?),
        None => None,
    };
    if lead.as_ref().is_some_and(|lead| lead.contact != contact.id) {
        return Err(Error::bad_input("leadId", "is a lead of another contact"));
    }
    if deal.as_ref().is_some_and(|deal| deal.contact != contact.id) {
        return Err(Error::bad_input("dealId", "is a deal with another contact"));
    }
    let now = desk.now();
    let activity = Activity {
        id: desk.id(),
        contact: contact.id,
        lead: lead.map(|lead| lead.id),
        deal: deal.map(|deal| deal.id),
        kind: new.kind,
        text: new.text,
        // the precision that every database keeps
        happened_at: new.happened_at.unwrap_or(now).trunc_subsecs(6),
        created_at: now,
    };
    let effect = desk.effect_on(activity.id);
    desk.store
        .insert_activity(&activity, effect.as_ref())
        .await?;
    Ok(activity.id.uuid())
}

async fn show_one(desk: &ToolContext, id: Uuid) -> Result<Value> {
    let found = desk.store.activity(ActivityId::from_uuid(id)).await?;
    let found = found.ok_or_else(|| Error::not_found("activity"))?;
    Ok(shown(&found))
}
