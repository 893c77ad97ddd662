//! Leads: find, create, qualify by budget, authority, need and timeline, move through the stages.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::contact::{ContactView, find_contact};
use crate::{
    domain::{
        ContactId, Criterion, Currency, Finding, Judgement, Lead, LeadDecision, LeadFilter, LeadId,
        LeadStage,
    },
    error::{Error, Result},
    toolbox::{
        answer::{ListAnswer, ListEntry, Rfc3339},
        argument::{Amount, CurrencyCode, ListPage, Name, Text},
        prefixed::Prefixed,
        tool::Tool,
        tool_context::{ToolContext, concurrent_change},
    },
};

pub(super) fn tools() -> Vec<Tool> {
    vec![
        Tool::reads("find_leads", "Find leads", find_leads),
        Tool::reads("get_lead", "Show a lead", get_lead),
        Tool::adds("create_lead", "Create a lead", create_lead, lead_view),
        Tool::sets("qualify_lead", "Qualify a lead", qualify_lead, lead_view),
    ]
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct LeadView {
    id: Prefixed<LeadId>,
    contact_id: Prefixed<ContactId>,
    title: String,
    source: Option<String>,
    stage: LeadStage,
    score: Option<i32>,
    criteria: BTreeMap<Criterion, Finding>,
    reason: Option<String>,
    estimated_value: Option<String>,
    currency: Option<String>,
    qualified_at: Option<Rfc3339>,
    created_at: Rfc3339,
    updated_at: Rfc3339,
}

impl ListEntry for LeadView {
    const LIST: &'static str = "leads";
}

impl From<Lead> for LeadView {
    fn from(lead: Lead) -> Self {
        Self {
            id: Prefixed(lead.id),
            contact_id: Prefixed(lead.contact),
            title: lead.title,
            source: lead.source,
            stage: lead.stage,
            score: lead.score,
            criteria: lead.criteria,
            reason: lead.reason,
            estimated_value: lead.value.map(|(minor, currency)| currency.show(minor)),
            currency: lead.value.map(|(_, currency)| currency.code().to_owned()),
            qualified_at: lead.qualified_at.map(Rfc3339::from),
            created_at: lead.created_at.into(),
            updated_at: lead.updated_at.into(),
        }
    }
}

/// The lead with this id. `NOT_FOUND` when the account has none.
pub(super) async fn find_lead(context: &ToolContext, id: LeadId) -> Result<Lead> {
    let lead = context.store.lead(id).await?;
    lead.ok_or_else(|| Error::not_found("lead"))
}

async fn lead_view(context: &ToolContext, id: LeadId) -> Result<LeadView> {
    Ok(find_lead(context, id).await?.into())
}

/// An amount in minor units with its currency. One without the other is an error; `field` names the amount.
pub(super) fn value_from(
    field: &str,
    amount: Option<&Amount>,
    currency: Option<CurrencyCode>,
) -> Result<Option<(i64, Currency)>> {
    match (amount, currency) {
        (None, None) => Ok(None),
        (Some(amount), Some(CurrencyCode(currency))) => {
            Ok(Some((currency.amount(field, amount)?, currency)))
        }
        (Some(_), None) => Err(Error::bad_input(
            "currency",
            format!("is missing, expected one with `{field}`"),
        )),
        (None, Some(_)) => Err(Error::bad_input(
            field,
            "is missing, expected one with `currency`",
        )),
    }
}

/// Lists leads, the newest first, that match everything given; all of them when nothing is given.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct FindLeads {
    /// Only leads of this contact.
    contact_id: Option<Prefixed<ContactId>>,
    /// Only leads in this stage.
    stage: Option<LeadStage>,
    /// Only leads with at least this score.
    #[schemars(range(min = 0, max = 100))]
    minimum_score: Option<i32>,
    #[serde(flatten)]
    page: ListPage,
}

async fn find_leads(context: &ToolContext, arguments: FindLeads) -> Result<ListAnswer<LeadView>> {
    let filter = LeadFilter {
        contact: arguments.contact_id.map(|id| id.0),
        stage: arguments.stage,
        minimum_score: arguments.minimum_score,
    };
    let request = arguments.page.request::<LeadView>()?;
    let page = context.store.leads(&filter, &request).await?;
    Ok(ListAnswer::new(page, |lead| lead.id, LeadView::from))
}

/// Shows a lead with its contact, what is known of the criteria, its score and stage.
#[derive(Deserialize, JsonSchema)]
struct GetLead {
    /// The lead.
    id: Prefixed<LeadId>,
}

#[derive(Serialize, JsonSchema)]
struct LeadWithContact {
    lead: LeadView,
    contact: ContactView,
}

async fn get_lead(context: &ToolContext, arguments: GetLead) -> Result<LeadWithContact> {
    let lead = find_lead(context, arguments.id.0).await?;
    let contact = context.store.contact(lead.contact).await?;
    Ok(LeadWithContact {
        lead: lead.into(),
        contact: contact.ok_or_else(|| Error::not_found("lead"))?.into(),
    })
}

/// Notes that a contact is interested in something. The contact must be there: `find_contacts`, else `create_contact`.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct CreateLead {
    /// Whose interest it is.
    contact_id: Prefixed<ContactId>,
    /// What it is about, e.g. "200 seats of the Pro plan".
    title: Name,
    /// Where it came from, e.g. "website chat".
    source: Option<Name>,
    /// What it may be worth; needs `currency`.
    estimated_value: Option<Amount>,
    currency: Option<CurrencyCode>,
}

async fn create_lead(context: &ToolContext, arguments: CreateLead) -> Result<LeadId> {
    let value = value_from(
        "estimatedValue",
        arguments.estimated_value.as_ref(),
        arguments.currency,
    )?;
    let contact = find_contact(context, arguments.contact_id.0).await?;
    let now = context.now();
    let lead = Lead {
        id: context.id(),
        contact: contact.id,
        title: arguments.title.trim().to_owned(),
        source: arguments.source.map(String::from),
        stage: LeadStage::New,
        criteria: BTreeMap::new(),
        score: None,
        reason: None,
        value,
        qualified_at: None,
        created_at: now,
        updated_at: now,
    };
    let effect = context.effect_on(lead.id);
    context.store.insert_lead(&lead, effect.as_ref()).await?;
    Ok(lead.id)
}

/// Keeps what was found out about budget, authority, need and timeline, and scores the lead from 0 to 100 (need 30,
/// budget 25, timeline 25, authority 20; PARTLY counts half). From 60 on it becomes QUALIFIED, below WORKING, unless
/// `decision` says otherwise. Criteria that are not given keep their answers.
#[derive(Deserialize, JsonSchema)]
struct QualifyLead {
    /// The lead.
    id: Prefixed<LeadId>,
    /// There is money for it.
    budget: Option<FindingArgument>,
    /// The contact can decide, or brings who can.
    authority: Option<FindingArgument>,
    /// It solves a problem that the contact has.
    need: Option<FindingArgument>,
    /// It is wanted soon.
    timeline: Option<FindingArgument>,
    /// A decision that holds whatever the score; DISQUALIFY needs `reason`.
    decision: Option<LeadDecision>,
    /// Why, in a sentence.
    reason: Option<Text<500>>,
}

#[derive(Deserialize, JsonSchema)]
struct FindingArgument {
    /// Whether it holds.
    answer: Judgement,
    /// The evidence, e.g. what the contact wrote.
    note: Option<Text<500>>,
}

impl From<FindingArgument> for Finding {
    fn from(finding: FindingArgument) -> Self {
        Self {
            answer: finding.answer,
            note: finding.note.map(String::from),
        }
    }
}

async fn qualify_lead(context: &ToolContext, arguments: QualifyLead) -> Result<LeadId> {
    if arguments.decision == Some(LeadDecision::Disqualify) && arguments.reason.is_none() {
        return Err(Error::bad_input(
            "reason",
            "is missing, expected why the lead is disqualified",
        ));
    }
    let mut lead = find_lead(context, arguments.id.0).await?;
    if lead.stage == LeadStage::Converted {
        return Err(Error::conflict(
            "the lead has become a deal; change the deal instead",
        ));
    }
    let criteria = [
        (Criterion::Budget, arguments.budget),
        (Criterion::Authority, arguments.authority),
        (Criterion::Need, arguments.need),
        (Criterion::Timeline, arguments.timeline),
    ];
    let criteria: BTreeMap<_, _> = criteria
        .into_iter()
        .filter_map(|(criterion, finding)| Some((criterion, finding?.into())))
        .collect();
    if criteria.is_empty() && arguments.decision.is_none() {
        return Err(Error::bad_input(
            "need",
            "is missing, expected at least one of budget, authority, need, timeline or decision",
        ));
    }
    let seen = lead.updated_at;
    lead.qualify(criteria, arguments.decision, context.now());
    lead.reason = arguments.reason.map(String::from).or(lead.reason);
    let effect = context.effect_on(lead.id);
    let store = &context.store;
    if store.update_lead(&lead, seen, effect.as_ref()).await? {
        return Ok(lead.id);
    }
    Err(concurrent_change("lead"))
}
