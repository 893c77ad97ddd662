//! Leads: find, create, qualify by budget, authority, need and timeline, move through the stages.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::contact;
use crate::{
    domain::{
        ContactId, Criterion, Currency, Finding, Lead, LeadDecision, LeadFilter, LeadId, LeadStage,
    },
    error::{Error, Problem, Result},
    toolbox::{
        desk::{ListPage, ToolContext, known, listed, moment, overtaken, wrong},
        schema,
        server::{Tool, ToolDoc, ToolSchemas, WriteEffect, read},
    },
};

const STAGES: &[&str] = &["NEW", "WORKING", "QUALIFIED", "DISQUALIFIED", "CONVERTED"];

pub(super) fn tools() -> Vec<Tool> {
    vec![
        Tool::reads(
            ToolDoc {
                name: "find_leads",
                title: "Find leads",
                about: "Lists leads, the newest first, that match everything given; all of them when nothing is given.",
            },
            schema::filter([
                (
                    "contactId",
                    schema::id("contact", "Only leads of this contact."),
                ),
                ("stage", schema::one_of(STAGES, "Only leads in this stage.")),
                (
                    "minimumScore",
                    json!({"type": "integer", "minimum": 0, "maximum": 100, "description": "Only leads with at least this score."}),
                ),
            ]),
            schema::listing("leads", &shape()),
            |desk, arguments| Box::pin(find(desk, arguments)),
        ),
        Tool::reads(
            ToolDoc {
                name: "get_lead",
                title: "Show a lead",
                about: "Shows a lead with its contact, what is known of the criteria, its score and stage.",
            },
            schema::object(&["id"], [("id", schema::id("lead", "The lead."))]),
            schema::answer(&[("lead", "object"), ("contact", "object")]),
            |desk, arguments| Box::pin(get(desk, arguments)),
        ),
        Tool::writes(
            ToolDoc {
                name: "create_lead",
                title: "Create a lead",
                about: "Notes that a contact is interested in something. The contact must be there: find_contacts, else create_contact.",
            },
            WriteEffect::Adds,
            ToolSchemas::new(create_schema(), shape()),
            |desk, arguments| Box::pin(create(desk, arguments)),
            |desk, id| Box::pin(show_one(desk, id)),
        ),
        Tool::writes(
            ToolDoc {
                name: "qualify_lead",
                title: "Qualify a lead",
                about: "Keeps what was found out about budget, authority, need and timeline, and scores the lead from 0 to 100 \
                        (need 30, budget 25, timeline 25, authority 20; PARTLY counts half). From 60 on it becomes QUALIFIED, \
                        below WORKING, unless `decision` says otherwise. Criteria that are not given keep their answers.",
            },
            WriteEffect::Sets,
            ToolSchemas::new(qualify_schema(), shape()),
            |desk, arguments| Box::pin(qualify(desk, arguments)),
            |desk, id| Box::pin(show_one(desk, id)),
        ),
    ]
}

fn create_schema() -> Value {
    schema::object(
        &["contactId", "title"],
        [
            ("contactId", schema::id("contact", "Whose interest it is.")),
            (
                "title",
                schema::name("What it is about, e.g. \"200 seats of the Pro plan\"."),
            ),
            (
                "source",
                schema::name("Where it came from, e.g. \"website chat\"."),
            ),
            (
                "estimatedValue",
                schema::amount("What it may be worth; needs `currency`."),
            ),
            ("currency", schema::currency()),
        ],
    )
}

fn qualify_schema() -> Value {
    let criterion = |about: &str| {
        let mut finding = schema::object(
            &["answer"],
            [
                (
                    "answer",
                    schema::one_of(&["YES", "PARTLY", "NO", "UNKNOWN"], "Whether it holds."),
                ),
                ("note", schema::text(500, "What was said.")),
            ],
        );
        if let Some(fields) = finding.as_object_mut() {
            fields.insert("description".to_owned(), about.into());
        }
        finding
    };
    schema::object(
        &["id"],
        [
            ("id", schema::id("lead", "The lead.")),
            ("budget", criterion("There is money for it.")),
            (
                "authority",
                criterion("The contact can decide, or brings who can."),
            ),
            (
                "need",
                criterion("It solves a problem that the contact has."),
            ),
            ("timeline", criterion("It is wanted soon.")),
            (
                "decision",
                schema::one_of(
                    &["QUALIFY", "DISQUALIFY"],
                    "A decision that holds whatever the score; DISQUALIFY needs `reason`.",
                ),
            ),
            ("reason", schema::text(500, "Why, in a sentence.")),
        ],
    )
}

fn shape() -> Value {
    schema::answer(&[
        ("id", "string"),
        ("contactId", "string"),
        ("title", "string"),
        ("source?", "string"),
        ("stage", "string"),
        ("score?", "integer"),
        ("criteria", "object"),
        ("reason?", "string"),
        ("estimatedValue?", "string"),
        ("currency?", "string"),
        ("qualifiedAt?", "string"),
        ("createdAt", "string"),
        ("updatedAt", "string"),
    ])
}

pub(super) fn shown(lead: &Lead) -> Value {
    known(json!({
        "id": lead.id.to_string(),
        "contactId": lead.contact.to_string(),
        "title": lead.title,
        "source": lead.source,
        "stage": lead.stage,
        "score": lead.score,
        "criteria": lead.criteria,
        "reason": lead.reason,
        "estimatedValue": lead.value.map(|(minor, currency)| currency.show(minor)),
        "currency": lead.value.map(|(_, currency)| currency.code().to_owned()),
        "qualifiedAt": lead.qualified_at.map(moment),
        "createdAt": moment(lead.created_at),
        "updatedAt": moment(lead.updated_at),
    }))
}

/// The lead with this id. `NOT_FOUND` when the account has none.
pub(super) async fn existing(desk: &ToolContext, field: &str, id: &str) -> Result<Lead> {
    let id = LeadId::parse(field, id)?;
    let found = desk.store.lead(id).await?;
    found.ok_or_else(|| Error::not_found("lead"))
}

/// An amount in minor units with its currency. One without the other is an error.
pub(super) fn value_of(
    field: &str,
    amount: Option<&str>,
    currency: Option<&str>,
) -> Result<Option<(i64, Currency)>> {
    match (amount, currency) {
        (None, None) => Ok(None),
        (Some(amount), Some(code)) => {
            let currency = Currency::parse(code)
                .ok_or_else(|| Error::bad_input("currency", "is not a currency"))?;
            let minor = currency.amount(field, amount).map_err(wrong)?;
            Ok(Some((minor, currency)))
        }
        (Some(_), None) => Err(wrong(Problem::new(
            "currency",
            format!("is missing, expected one with `{field}`"),
        ))),
        (None, Some(_)) => Err(wrong(Problem::new(
            field,
            "is missing, expected one with `currency`",
        ))),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Find {
    contact_id: Option<String>,
    stage: Option<LeadStage>,
    minimum_score: Option<i32>,
    #[serde(flatten)]
    part: ListPage,
}

async fn find(desk: &ToolContext, arguments: Value) -> Result<Value> {
    let find: Find = read(arguments)?;
    let contact = find.contact_id.as_deref();
    let filter = LeadFilter {
        contact: contact
            .map(|id| ContactId::parse("contactId", id))
            .transpose()?,
        stage: find.stage,
        minimum_score: find.minimum_score,
    };
    let page = desk.store.leads(&filter, &find.part.of("leads")?).await?;
    Ok(listed("leads", &page, |lead| lead.id, shown))
}

#[derive(Deserialize)]
struct One {
    id: String,
}

async fn get(desk: &ToolContext, arguments: Value) -> Result<Value> {
    let One { id } = read(arguments)?;
    let lead = existing(desk, "id", &id).await?;
    let contact = desk.store.contact(lead.contact).await?;
    let contact = contact.ok_or_else(|| Error::not_found("lead"))?;
    Ok(json!({"lead": shown(&lead), "contact": contact::shown(&contact)}))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Create {
    contact_id: String,
    title: String,
    source: Option<String>,
    estimated_value: Option<String>,
    currency: Option<String>,
}

async fn create(desk: &ToolContext, arguments: Value) -> Result<Uuid> {
    let new: Create = read(arguments)?;
    let value = value_of(
        "estimatedValue",
        new.estimated_value.as_deref(),
        new.currency.as_deref(),
    )?;
    let contact = contact::existing(desk, "contactId", &new.contact_id).await?;
    let now = desk.now();
    let lead = Lead {
        id: desk.id(),
        contact: contact.id,
        title: new.title.trim().to_owned(),
        source: new.source,
        stage: LeadStage::New,
        criteria: BTreeMap::new(),
        score: None,
        reason: None,
        value,
        qualified_at: None,
        created_at: now,
        updated_at: now,
    };
    let effect = desk.effect_on(lead.id);
    desk.store.insert_lead(&lead, effect.as_ref()).await?;
    Ok(lead.id.uuid())
}

#[derive(Deserialize)]
struct Qualify {
    id: String,
    budget: Option<Finding>,
    authority: Option<Finding>,
    need: Option<Finding>,
    timeline: Option<Finding>,
    decision: Option<LeadDecision>,
    reason: Option<String>,
}

async fn qualify(desk: &ToolContext, arguments: Value) -> Result<Uuid> {
    let found: Qualify = read(arguments)?;
    if found.decision == Some(LeadDecision::Disqualify) && found.reason.is_none() {
        return Err(Error::bad_input(
            "reason",
            "is missing, expected why the lead is disqualified",
        ));
    }
    let mut lead = existing(desk, "id", &found.id).await?;
    if lead.stage == LeadStage::Converted {
        return Err(Error::conflict(
            "the lead has become a deal; change the deal instead",
        ));
    }
    let criteria = [
        (Criterion::Budget, found.budget),
        (Criterion::Authority, found.authority),
        (Criterion::Need, found.need),
        (Criterion::Timeline, found.timeline),
    ];
    let criteria: BTreeMap<_, _> = criteria
        .into_iter()
        .filter_map(|(criterion, finding)| Some((criterion, finding?)))
        .collect();
    if criteria.is_empty() && found.decision.is_none() {
        return Err(Error::bad_input(
            "need",
            "is missing, expected at least one of budget, authority, need, timeline or decision",
        ));
    }
    let seen = lead.updated_at;
    lead.qualify(criteria, found.decision, desk.now());
    lead.reason = found.reason.or(lead.reason);
    let effect = desk.effect_on(lead.id);
    if desk.store.update_lead(&lead, seen, effect.as_ref()).await? {
        return Ok(lead.id.uuid());
    }
    Err(overtaken("lead"))
}

async fn show_one(desk: &ToolContext, id: Uuid) -> Result<Value> {
    let found = desk.store.lead(LeadId::from_uuid(id)).await?;
    let found = found.ok_or_else(|| Error::not_found("lead"))?;
    Ok(shown(&found))
}
