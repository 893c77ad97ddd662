//! Deals: find, create, move through the stages, win or lose.

use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    contact,
    lead::{self, value_of},
};
use crate::{
    domain::{ContactId, Deal, DealFilter, DealId, DealStage, LeadStage},
    error::{Error, Result},
    toolbox::{
        desk::{FieldUpdate, ListPage, ToolContext, day, known, listed, moment, overtaken},
        schema,
        server::{Tool, ToolDoc, ToolSchemas, WriteEffect, read},
    },
};

const STAGES: &[&str] = &["DISCOVERY", "PROPOSAL", "NEGOTIATION", "WON", "LOST"];

pub(super) fn tools() -> Vec<Tool> {
    vec![
        Tool::reads(
            ToolDoc {
                name: "find_deals",
                title: "Find deals",
                about: "Lists deals, the newest first, that match everything given; all of them when nothing is given.",
            },
            schema::filter([
                (
                    "contactId",
                    schema::id("contact", "Only deals with this contact."),
                ),
                ("stage", schema::one_of(STAGES, "Only deals in this stage.")),
            ]),
            schema::listing("deals", &shape()),
            |desk, arguments| Box::pin(find(desk, arguments)),
        ),
        Tool::reads(
            ToolDoc {
                name: "get_deal",
                title: "Show a deal",
                about: "Shows a deal with its contact.",
            },
            schema::object(&["id"], [("id", schema::id("deal", "The deal."))]),
            schema::answer(&[("deal", "object"), ("contact", "object")]),
            |desk, arguments| Box::pin(get(desk, arguments)),
        ),
        Tool::writes(
            ToolDoc {
                name: "create_deal",
                title: "Create a deal",
                about: "Opens a deal with a contact. With `leadId`, the lead has become this deal (CONVERTED).",
            },
            WriteEffect::Adds,
            ToolSchemas::new(create_schema(), shape()),
            |desk, arguments| Box::pin(create(desk, arguments)),
            |desk, id| Box::pin(show_one(desk, id)),
        ),
        Tool::writes(
            ToolDoc {
                name: "update_deal",
                title: "Change a deal",
                about: "Changes what is given of an open deal and leaves the rest; null removes a value. WON and LOST close it for good.",
            },
            WriteEffect::Sets,
            ToolSchemas::new(update_schema(), shape()),
            |desk, arguments| Box::pin(update(desk, arguments)),
            |desk, id| Box::pin(show_one(desk, id)),
        ),
    ]
}

fn create_schema() -> Value {
    schema::object(
        &["contactId", "name"],
        [
            ("contactId", schema::id("contact", "With whom.")),
            ("name", schema::name("What it is about.")),
            (
                "leadId",
                schema::id("lead", "The contact's lead that it came from."),
            ),
            (
                "value",
                schema::amount("What it is worth; needs `currency`."),
            ),
            ("currency", schema::currency()),
            (
                "expectedClose",
                schema::date("When it is expected to be closed."),
            ),
        ],
    )
}

fn update_schema() -> Value {
    schema::object(
        &["id"],
        [
            ("id", schema::id("deal", "The deal.")),
            ("name", schema::name("What it is about.")),
            (
                "stage",
                schema::one_of(STAGES, "How far it is; LOST needs `lostReason`."),
            ),
            (
                "value",
                schema::amount("What it is worth; needs `currency`."),
            ),
            ("currency", schema::currency()),
            (
                "expectedClose",
                schema::or_null(schema::date("When it is expected to be closed.")),
            ),
            (
                "lostReason",
                schema::text(500, "Why it was lost, in a sentence."),
            ),
        ],
    )
}

fn shape() -> Value {
    schema::answer(&[
        ("id", "string"),
        ("contactId", "string"),
        ("leadId?", "string"),
        ("name", "string"),
        ("stage", "string"),
        ("value?", "string"),
        ("currency?", "string"),
        ("expectedClose?", "string"),
        ("lostReason?", "string"),
        ("closedAt?", "string"),
        ("createdAt", "string"),
        ("updatedAt", "string"),
    ])
}

pub(super) fn shown(deal: &Deal) -> Value {
    known(json!({
        "id": deal.id.to_string(),
        "contactId": deal.contact.to_string(),
        "leadId": deal.lead.map(|lead| lead.to_string()),
        "name": deal.name,
        "stage": deal.stage,
        "value": deal.value.map(|(minor, currency)| currency.show(minor)),
        "currency": deal.value.map(|(_, currency)| currency.code().to_owned()),
        "expectedClose": deal.expected_close,
        "lostReason": deal.lost_reason,
        "closedAt": deal.closed_at.map(moment),
        "createdAt": moment(deal.created_at),
        "updatedAt": moment(deal.updated_at),
    }))
}

/// The deal with this id. `NOT_FOUND` when the account has none.
pub(super) async fn existing(desk: &ToolContext, field: &str, id: &str) -> Result<Deal> {
    let id = DealId::parse(field, id)?;
    let found = desk.store.deal(id).await?;
    found.ok_or_else(|| Error::not_found("deal"))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Find {
    contact_id: Option<String>,
    stage: Option<DealStage>,
    #[serde(flatten)]
    part: ListPage,
}

async fn find(desk: &ToolContext, arguments: Value) -> Result<Value> {
    let find: Find = read(arguments)?;
    let contact = find.contact_id.as_deref();
    let filter = DealFilter {
        contact: contact
            .map(|id| ContactId::parse("contactId", id))
            .transpose()?,
        stage: find.stage,
    };
    let page = desk.store.deals(&filter, &find.part.of("deals")?).await?;
    Ok(listed("deals", &page, |deal| deal.id, shown))
}

#[derive(Deserialize)]
struct One {
    id: String,
}

async fn get(desk: &ToolContext, arguments: Value) -> Result<Value> {
    let One { id } = read(arguments)?;
    let deal = existing(desk, "id", &id).await?;
    let contact = desk.store.contact(deal.contact).await?;
    let contact = contact.ok_or_else(|| Error::not_found("deal"))?;
    Ok(json!({"deal": shown(&deal), "contact": contact::shown(&contact)}))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Create {
    contact_id: String,
    name: String,
    lead_id: Option<String>,
    value: Option<String>,
    currency: Option<String>,
    expected_close: Option<String>,
}

async fn create(desk: &ToolContext, arguments: Value) -> Result<Uuid> {
    let new: Create = read(arguments)?;
    let value = value_of("value", new.value.as_deref(), new.currency.as_deref())?;
    let close = new.expected_close.as_deref();
    let expected_close = close.map(|text| day("expectedClose", text)).transpose()?;
    let contact = contact::existing(desk, "contactId", &new.contact_id).await?;
    let lead = match new.lead_id.as_deref() {
        Some(id) => Some(lead::existing(desk, "leadId", id).await?),
        None => None,
    };
    if let Some(lead) = &lead {
        if lead.contact != contact.id {
            return Err(Error::bad_input("leadId", "is a lead of another contact"));
        }
        if lead.stage == LeadStage::Converted {
            return Err(Error::conflict("the lead has become a deal already"));
        }
    }
    let now = desk.now();
    let deal = Deal {
        id: desk.id(),
        contact: contact.id,
        lead: lead.as_ref().map(|lead| lead.id),
        name: new.name.trim().to_owned(),
        stage: DealStage::Discovery,
        value: value.or_else(|| lead.and_then(|lead| lead.value)),
        expected_close,
        lost_reason: None,
        closed_at: None,
        created_at: now,
        updated_at: now,
    };
    let effect = desk.effect_on(deal.id);
    desk.store.insert_deal(&deal, effect.as_ref()).await?;
    Ok(deal.id.uuid())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Update {
    id: String,
    name: Option<String>,
    stage: Option<DealStage>,
    value: Option<String>,
    currency: Option<String>,
    #[serde(default)]
    expected_close: FieldUpdate<String>,
    lost_reason: Option<String>,
}

async fn update(desk: &ToolContext, arguments: Value) -> Result<Uuid> {
    let change: Update = read(arguments)?;
    let value = value_of("value", change.value.as_deref(), change.currency.as_deref())?;
    let mut deal = existing(desk, "id", &change.id).await?;
    if deal.stage.is_closed() {
        return Err(Error::conflict(
            "the deal is closed; open another one with create_deal",
        ));
    }
    let seen = deal.updated_at;
    match change.expected_close {
        FieldUpdate::Keep => {}
        FieldUpdate::Clear => deal.expected_close = None,
        FieldUpdate::Set(text) => deal.expected_close = Some(day("expectedClose", &text)?),
    }
    deal.name = change.name.unwrap_or(deal.name);
    deal.value = value.or(deal.value);
    deal.updated_at = desk.now();
    if let Some(stage) = change.stage {
        deal.stage = stage;
        deal.closed_at = stage.is_closed().then_some(deal.updated_at);
    }
    match (deal.stage, change.lost_reason) {
        (DealStage::Lost, None) => {
            return Err(Error::bad_input(
                "lostReason",
                "is missing, expected why the deal was lost",
            ));
        }
        (DealStage::Lost, reason) => deal.lost_reason = reason,
        (_, Some(_)) => {
            return Err(Error::bad_input(
                "lostReason",
                "is for deals that are lost, give `stage` LOST with it",
            ));
        }
        (_, None) => {}
    }
    let effect = desk.effect_on(deal.id);
    if desk.store.update_deal(&deal, seen, effect.as_ref()).await? {
        return Ok(deal.id.uuid());
    }
    Err(overtaken("deal"))
}

async fn show_one(desk: &ToolContext, id: Uuid) -> Result<Value> {
    let found = desk.store.deal(DealId::from_uuid(id)).await?;
    let found = found.ok_or_else(|| Error::not_found("deal"))?;
    Ok(shown(&found))
}
