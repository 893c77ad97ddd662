//! Leads and deals: the sales pipeline of an account.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domain::{ContactId, Currency, DealId, LeadId};

/// The score from which a lead is qualified.
const QUALIFYING_SCORE: i32 = 60;

/// A contact's interest in what the account sells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lead {
    /// The lead's id.
    pub id: LeadId,
    /// The contact who is interested.
    pub contact: ContactId,
    /// A short description of the interest.
    pub title: String,
    /// The origin of the lead, e.g. a campaign.
    pub source: Option<String>,
    /// The position in the pipeline.
    pub stage: LeadStage,
    /// The findings about budget, authority, need and timeline.
    pub criteria: BTreeMap<Criterion, Finding>,
    /// The score from the criteria, 0 to 100; none before the first qualification.
    pub score: Option<i32>,
    /// The reason of the last qualification or disqualification.
    pub reason: Option<String>,
    /// The estimated value, in the smallest unit of a currency.
    pub value: Option<(i64, Currency)>,
    /// The time of the last qualification.
    pub qualified_at: Option<DateTime<Utc>>,
    /// The time of creation.
    pub created_at: DateTime<Utc>,
    /// The time of the last change.
    pub updated_at: DateTime<Utc>,
}

/// A lead's position in the pipeline.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LeadStage {
    /// The lead has not been looked at.
    #[default]
    New,
    /// The lead is being examined.
    Working,
    /// The lead is worth a salesperson's time.
    Qualified,
    /// The lead is not worth a salesperson's time for now.
    Disqualified,
    /// The lead has become a deal.
    Converted,
}

/// A criterion of a lead's qualification (BANT).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum Criterion {
    /// The contact has the money.
    Budget,
    /// The contact can decide.
    Authority,
    /// The product solves a problem that the contact has.
    Need,
    /// The contact wants it soon.
    Timeline,
}

/// What is known about a criterion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Finding {
    /// Whether the criterion is met.
    pub answer: Judgement,
    /// The evidence, e.g. the contact's own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Whether a criterion is met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Judgement {
    /// The criterion is met.
    Yes,
    /// The criterion is met in part.
    Partly,
    /// The criterion is not met.
    No,
    /// It is not known yet.
    Unknown,
}

/// An explicit decision about a lead, which overrides its score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LeadDecision {
    /// The lead is worth a salesperson's time.
    Qualify,
    /// The lead is not worth a salesperson's time for now.
    Disqualify,
}

impl Criterion {
    /// The criterion's name in texts.
    pub fn name(self) -> &'static str {
        match self {
            Self::Budget => "budget",
            Self::Authority => "authority",
            Self::Need => "need",
            Self::Timeline => "timeline",
        }
    }

    /// The points of a criterion that is met; all together are 100.
    fn weight(self) -> i32 {
        match self {
            Self::Need => 30,
            Self::Budget | Self::Timeline => 25,
            Self::Authority => 20,
        }
    }
}

impl LeadStage {
    /// The stage of a lead that was examined, without a decision about it.
    pub fn by_score(score: i32) -> Self {
        if score >= QUALIFYING_SCORE {
            Self::Qualified
        } else {
            Self::Working
        }
    }
}

/// The score of a lead by what is known of its criteria, 0 to 100.
pub fn lead_score(criteria: &BTreeMap<Criterion, Finding>) -> i32 {
    let points = criteria
        .iter()
        .map(|(criterion, finding)| match finding.answer {
            Judgement::Yes => criterion.weight(),
            Judgement::Partly => criterion.weight() / 2,
            Judgement::No | Judgement::Unknown => 0,
        });
    points.sum()
}

impl Lead {
    /// Merges new findings, computes the score again, and sets the stage: by the decision if there is one, else by the
    /// score.
    pub fn qualify(
        &mut self,
        found: BTreeMap<Criterion, Finding>,
        decision: Option<LeadDecision>,
        at: DateTime<Utc>,
    ) {
        self.criteria.extend(found);
        let score = lead_score(&self.criteria);
        self.score = Some(score);
        self.stage = match decision {
            Some(LeadDecision::Qualify) => LeadStage::Qualified,
            Some(LeadDecision::Disqualify) => LeadStage::Disqualified,
            None => LeadStage::by_score(score),
        };
        self.qualified_at = Some(at);
        self.updated_at = at;
    }
}

/// A filter of leads; all conditions that are set must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LeadFilter {
    /// Leads of this contact.
    pub contact: Option<ContactId>,
    /// Leads in this stage.
    pub stage: Option<LeadStage>,
    /// Leads with at least this score.
    pub minimum_score: Option<i32>,
}

/// A possible sale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deal {
    /// The deal's id.
    pub id: DealId,
    /// The contact who may buy.
    pub contact: ContactId,
    /// The lead that the deal came from.
    pub lead: Option<LeadId>,
    /// A short description of the sale.
    pub name: String,
    /// The position in the pipeline.
    pub stage: DealStage,
    /// The value, in the smallest unit of a currency.
    pub value: Option<(i64, Currency)>,
    /// The expected date of the closing.
    pub expected_close: Option<NaiveDate>,
    /// The reason why the deal was lost.
    pub lost_reason: Option<String>,
    /// The time at which the deal was won or lost.
    pub closed_at: Option<DateTime<Utc>>,
    /// The time of creation.
    pub created_at: DateTime<Utc>,
    /// The time of the last change.
    pub updated_at: DateTime<Utc>,
}

/// A deal's position in the pipeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DealStage {
    /// The requirements are being clarified.
    Discovery,
    /// An offer was made.
    Proposal,
    /// The offer is being negotiated.
    Negotiation,
    /// The deal closed with a contract.
    Won,
    /// The deal closed without a contract.
    Lost,
}

impl DealStage {
    /// Whether the deal is closed.
    pub fn is_closed(self) -> bool {
        match self {
            Self::Discovery | Self::Proposal | Self::Negotiation => false,
            Self::Won | Self::Lost => true,
        }
    }
}

/// A filter of deals; all conditions that are set must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DealFilter {
    /// Deals with this contact.
    pub contact: Option<ContactId>,
    /// Deals in this stage.
    pub stage: Option<DealStage>,
}
