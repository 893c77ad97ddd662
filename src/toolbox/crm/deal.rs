//! Deals: find, create, move through the stages, win or lose.

use chrono::NaiveDate;
use futures::future::OptionFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    contact::{ContactView, find_contact},
    lead::{find_lead, value_from},
};
use crate::{
    domain::{ContactId, Deal, DealFilter, DealId, DealStage, LeadId, LeadStage},
    error::{Error, Result},
    toolbox::{
        answer::{ListAnswer, ListEntry, Rfc3339},
        argument::{Amount, CurrencyCode, Date, FieldUpdate, ListPage, Name, Text},
        prefixed::Prefixed,
        tool::Tool,
        tool_context::{ToolContext, concurrent_change},
    },
};

pub(super) fn tools() -> Vec<Tool> {
    vec![
        Tool::reads("find_deals", "Find deals", find_deals),
        Tool::reads("get_deal", "Show a deal", get_deal),
        Tool::adds("create_deal", "Create a deal", create_deal, deal_view),
        Tool::sets("update_deal", "Change a deal", update_deal, deal_view),
    ]
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct DealView {
    id: Prefixed<DealId>,
    contact_id: Prefixed<ContactId>,
    lead_id: Option<Prefixed<LeadId>>,
    name: String,
    stage: DealStage,
    value: Option<String>,
    currency: Option<String>,
    expected_close: Option<NaiveDate>,
    lost_reason: Option<String>,
    closed_at: Option<Rfc3339>,
    created_at: Rfc3339,
    updated_at: Rfc3339,
}

impl ListEntry for DealView {
    const LIST: &'static str = "deals";
}

impl From<Deal> for DealView {
    fn from(deal: Deal) -> Self {
        Self {
            id: Prefixed(deal.id),
            contact_id: Prefixed(deal.contact),
            lead_id: deal.lead.map(Prefixed),
            name: deal.name,
            stage: deal.stage,
            value: deal.value.map(|(minor, currency)| currency.show(minor)),
            currency: deal.value.map(|(_, currency)| currency.code().to_owned()),
            expected_close: deal.expected_close,
            lost_reason: deal.lost_reason,
            closed_at: deal.closed_at.map(Rfc3339::from),
            created_at: deal.created_at.into(),
            updated_at: deal.updated_at.into(),
        }
    }
}

/// The deal with this id. `NOT_FOUND` when the account has none.
pub(super) async fn find_deal(context: &ToolContext, id: DealId) -> Result<Deal> {
    let deal = context.store.deal(id).await?;
    deal.ok_or_else(|| Error::not_found("deal"))
}

async fn deal_view(context: &ToolContext, id: DealId) -> Result<DealView> {
    Ok(find_deal(context, id).await?.into())
}

/// Lists deals, the newest first, that match everything given; all of them when nothing is given.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct FindDeals {
    /// Only deals with this contact.
    contact_id: Option<Prefixed<ContactId>>,
    /// Only deals in this stage.
    stage: Option<DealStage>,
    #[serde(flatten)]
    page: ListPage,
}

async fn find_deals(context: &ToolContext, arguments: FindDeals) -> Result<ListAnswer<DealView>> {
    let filter = DealFilter {
        contact: arguments.contact_id.map(|id| id.0),
        stage: arguments.stage,
    };
    let request = arguments.page.request::<DealView>()?;
    let page = context.store.deals(&filter, &request).await?;
    Ok(ListAnswer::new(page, |deal| deal.id, DealView::from))
}

/// Shows a deal with its contact.
#[derive(Deserialize, JsonSchema)]
struct GetDeal {
    /// The deal.
    id: Prefixed<DealId>,
}

#[derive(Serialize, JsonSchema)]
struct DealWithContact {
    deal: DealView,
    contact: ContactView,
}

async fn get_deal(context: &ToolContext, arguments: GetDeal) -> Result<DealWithContact> {
    let deal = find_deal(context, arguments.id.0).await?;
    let contact = context.store.contact(deal.contact).await?;
    Ok(DealWithContact {
        deal: deal.into(),
        contact: contact.ok_or_else(|| Error::not_found("deal"))?.into(),
    })
}

/// Opens a deal with a contact. With `leadId`, the lead has become this deal (CONVERTED).
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct CreateDeal {
    /// With whom.
    contact_id: Prefixed<ContactId>,
    /// What it is about.
    name: Name,
    /// The contact's lead that it came from.
    lead_id: Option<Prefixed<LeadId>>,
    /// What it is worth; needs `currency`.
    value: Option<Amount>,
    currency: Option<CurrencyCode>,
    /// When it is expected to be closed.
    expected_close: Option<Date>,
}

async fn create_deal(context: &ToolContext, arguments: CreateDeal) -> Result<DealId> {
    let value = value_from("value", arguments.value.as_ref(), arguments.currency)?;
    let contact = find_contact(context, arguments.contact_id.0).await?;
    let lead = arguments.lead_id.map(|id| find_lead(context, id.0));
    let lead = OptionFuture::from(lead).await.transpose()?;
    if let Some(lead) = &lead {
        if lead.contact != contact.id {
            return Err(Error::bad_input("leadId", "is a lead of another contact"));
        }
        if lead.stage == LeadStage::Converted {
            return Err(Error::conflict("the lead has become a deal already"));
        }
    }
    let now = context.now();
    let deal = Deal {
        id: context.id(),
        contact: contact.id,
        lead: lead.as_ref().map(|lead| lead.id),
        name: arguments.name.trim().to_owned(),
        stage: DealStage::Discovery,
        value: value.or_else(|| lead.and_then(|lead| lead.value)),
        expected_close: arguments.expected_close.map(NaiveDate::from),
        lost_reason: None,
        closed_at: None,
        created_at: now,
        updated_at: now,
    };
    let effect = context.effect_on(deal.id);
    context.store.insert_deal(&deal, effect.as_ref()).await?;
    Ok(deal.id)
}

/// Changes the given fields of an open deal; null removes a value. WON and LOST close it for good.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct UpdateDeal {
    /// The deal.
    id: Prefixed<DealId>,
    /// What it is about.
    name: Option<Name>,
    /// How far it is; LOST needs `lostReason`.
    stage: Option<DealStage>,
    /// What it is worth; needs `currency`.
    value: Option<Amount>,
    currency: Option<CurrencyCode>,
    /// When it is expected to be closed.
    #[serde(default)]
    expected_close: FieldUpdate<Date>,
    /// Why it was lost, in a sentence.
    lost_reason: Option<Text<500>>,
}

async fn update_deal(context: &ToolContext, arguments: UpdateDeal) -> Result<DealId> {
    let value = value_from("value", arguments.value.as_ref(), arguments.currency)?;
    let mut deal = find_deal(context, arguments.id.0).await?;
    if deal.stage.is_closed() {
        return Err(Error::conflict(
            "the deal is closed; open another one with create_deal",
        ));
    }
    let seen = deal.updated_at;
    arguments.expected_close.apply(&mut deal.expected_close);
    deal.name = arguments.name.map_or(deal.name, String::from);
    deal.value = value.or(deal.value);
    deal.updated_at = context.now();
    if let Some(stage) = arguments.stage {
        deal.stage = stage;
        deal.closed_at = stage.is_closed().then_some(deal.updated_at);
    }
    match (deal.stage, arguments.lost_reason) {
        (DealStage::Lost, None) => {
            return Err(Error::bad_input(
                "lostReason",
                "is missing, expected why the deal was lost",
            ));
        }
        (DealStage::Lost, Some(reason)) => deal.lost_reason = Some(reason.into()),
        (_, Some(_)) => {
            return Err(Error::bad_input(
                "lostReason",
                "is for deals that are lost, give `stage` LOST with it",
            ));
        }
        (_, None) => {}
    }
    let effect = context.effect_on(deal.id);
    let store = &context.store;
    if store.update_deal(&deal, seen, effect.as_ref()).await? {
        return Ok(deal.id);
    }
    Err(concurrent_change("deal"))
}
