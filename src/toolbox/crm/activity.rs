//! Activities: record and list what was done with a contact.

use chrono::{DateTime, SubsecRound, Utc};
use futures::future::OptionFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{contact::find_contact, deal::find_deal, lead::find_lead};
use crate::{
    domain::{Activity, ActivityId, ActivityKind, ContactId, DealId, LeadId},
    error::{Error, Result},
    toolbox::{
        answer::{ListAnswer, ListEntry, Rfc3339},
        argument::{ListPage, Text},
        prefixed::Prefixed,
        tool::Tool,
        tool_context::ToolContext,
    },
};

pub(super) fn tools() -> Vec<Tool> {
    vec![
        Tool::reads("list_activities", "List activities", list_activities),
        Tool::adds(
            "log_activity",
            "Note an activity",
            log_activity,
            activity_view,
        ),
    ]
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ActivityView {
    id: Prefixed<ActivityId>,
    contact_id: Prefixed<ContactId>,
    lead_id: Option<Prefixed<LeadId>>,
    deal_id: Option<Prefixed<DealId>>,
    kind: ActivityKind,
    text: String,
    happened_at: Rfc3339,
    created_at: Rfc3339,
}

impl ListEntry for ActivityView {
    const LIST: &'static str = "activities";
}

impl From<Activity> for ActivityView {
    fn from(activity: Activity) -> Self {
        Self {
            id: Prefixed(activity.id),
            contact_id: Prefixed(activity.contact),
            lead_id: activity.lead.map(Prefixed),
            deal_id: activity.deal.map(Prefixed),
            kind: activity.kind,
            text: activity.text,
            happened_at: activity.happened_at.into(),
            created_at: activity.created_at.into(),
        }
    }
}

async fn activity_view(context: &ToolContext, id: ActivityId) -> Result<ActivityView> {
    let activity = context.store.activity(id).await?;
    Ok(activity.ok_or_else(|| Error::not_found("activity"))?.into())
}

/// Lists what was done with a contact, what was noted last first.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ListActivities {
    /// The contact.
    contact_id: Prefixed<ContactId>,
    #[serde(flatten)]
    page: ListPage,
}

async fn list_activities(
    context: &ToolContext,
    arguments: ListActivities,
) -> Result<ListAnswer<ActivityView>> {
    let contact = find_contact(context, arguments.contact_id.0).await?;
    let request = arguments.page.request::<ActivityView>()?;
    let page = context.store.activities(contact.id, &request).await?;
    Ok(ListAnswer::new(
        page,
        |activity| activity.id,
        ActivityView::from,
    ))
}

/// Notes a call, a mail, a meeting, a task or anything worth remembering about a contact.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct LogActivity {
    /// With whom.
    contact_id: Prefixed<ContactId>,
    /// What it was.
    kind: ActivityKind,
    /// What happened, or what is to be done.
    text: Text<4000>,
    /// The contact's lead that it is about.
    lead_id: Option<Prefixed<LeadId>>,
    /// The contact's deal that it is about.
    deal_id: Option<Prefixed<DealId>>,
    /// When it happened, e.g. 2026-11-26T14:30:00Z; now when it is not given.
    happened_at: Option<DateTime<Utc>>,
}

async fn log_activity(context: &ToolContext, arguments: LogActivity) -> Result<ActivityId> {
    let contact = find_contact(context, arguments.contact_id.0).await?;
    let lead = arguments.lead_id.map(|id| find_lead(context, id.0));
    let lead = OptionFuture::from(lead).await.transpose()?;
    let deal = arguments.deal_id.map(|id| find_deal(context, id.0));
    let deal = OptionFuture::from(deal).await.transpose()?;
    if lead.as_ref().is_some_and(|lead| lead.contact != contact.id) {
        return Err(Error::bad_input("leadId", "is a lead of another contact"));
    }
    if deal.as_ref().is_some_and(|deal| deal.contact != contact.id) {
        return Err(Error::bad_input("dealId", "is a deal with another contact"));
    }
    let now = context.now();
    let activity = Activity {
        id: context.id(),
        contact: contact.id,
        lead: lead.map(|lead| lead.id),
        deal: deal.map(|deal| deal.id),
        kind: arguments.kind,
        text: arguments.text.into(),
        // the precision that every database keeps
        happened_at: arguments.happened_at.unwrap_or(now).trunc_subsecs(6),
        created_at: now,
    };
    let effect = context.effect_on(activity.id);
    let store = &context.store;
    store.insert_activity(&activity, effect.as_ref()).await?;
    Ok(activity.id)
}
