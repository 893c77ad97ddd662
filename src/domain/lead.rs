//! Leads and deals: how interest in what an account sells becomes business, step by step.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::{ContactId, Currency, DealId, LeadId};

/// From this score on, a lead is worth a salesperson's time.
const QUALIFYING_SCORE: i32 = 60;

/// Somebody's interest in what the account sells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lead {
    /// Its id.
    pub id: LeadId,
    /// Whose interest it is.
    pub contact: ContactId,
    /// What it is about.
    pub title: String,
    /// Where it came from.
    pub source: Option<String>,
    /// How far it is.
    pub stage: LeadStage,
    /// What is known of budget, authority, need and timeline.
    pub criteria: BTreeMap<Criterion, Finding>,
    /// 0 to 100, from the criteria; none before it was qualified.
    pub score: Option<i32>,
    /// Why it was qualified or not.
    pub reason: Option<String>,
    /// What it may be worth, in the smallest unit of a currency.
    pub value: Option<(i64, Currency)>,
    /// When it was last qualified.
    pub qualified_at: Option<DateTime<Utc>>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

/// How far a lead is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LeadStage {
    /// Nobody has looked at it.
    New,
    /// Somebody is finding out more.
    Working,
    /// It is worth a salesperson's time.
    Qualified,
    /// It is not, for now.
    Disqualified,
    /// It has become a deal.
    Converted,
}

/// What a lead is judged by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Criterion {
    /// There is money for it.
    Budget,
    /// The contact can decide.
    Authority,
    /// It solves a problem that the contact has.
    Need,
    /// It is wanted soon.
    Timeline,
}

/// What is known of a criterion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Finding {
    /// Whether it holds.
    pub answer: Judgement,
    /// What was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Whether a criterion holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Judgement {
    /// It does.
    Yes,
    /// In part.
    Partly,
    /// It does not.
    No,
    /// Nobody knows yet.
    Unknown,
}

/// What somebody decides about a lead, whatever its score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LeadDecision {
    /// It is worth a salesperson's time.
    Qualify,
    /// It is not, for now.
    Disqualify,
}

impl Criterion {
    /// What it counts when it holds; all of them make 100.
    fn weight(self) -> i32 {
        match self {
            Self::Need => 30,
            Self::Budget | Self::Timeline => 25,
            Self::Authority => 20,
        }
    }
}

impl Lead {
    /// Takes in what was found out, scores it anew, and moves it where that leads: a decision, else the score.
    pub fn qualify(
        &mut self,
        found: BTreeMap<Criterion, Finding>,
        decision: Option<LeadDecision>,
        at: DateTime<Utc>,
    ) {
        self.criteria.extend(found);
        let scored = self.criteria.iter();
        let score = scored.map(|(criterion, finding)| match finding.answer {
            Judgement::Yes => criterion.weight(),
            Judgement::Partly => criterion.weight() / 2,
            Judgement::No | Judgement::Unknown => 0,
        });
        let score = score.sum();
        self.score = Some(score);
        self.stage = match decision {
            Some(LeadDecision::Qualify) => LeadStage::Qualified,
            Some(LeadDecision::Disqualify) => LeadStage::Disqualified,
            None if score >= QUALIFYING_SCORE => LeadStage::Qualified,
            None => LeadStage::Working,
        };
        self.qualified_at = Some(at);
        self.updated_at = at;
    }
}

/// Which leads are asked for; everything that is set must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LeadFilter {
    /// Of this contact.
    pub contact: Option<ContactId>,
    /// In this stage.
    pub stage: Option<LeadStage>,
    /// With at least this score.
    pub minimum_score: Option<i32>,
}

/// Business that may come about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deal {
    /// Its id.
    pub id: DealId,
    /// With whom.
    pub contact: ContactId,
    /// The lead that it came from.
    pub lead: Option<LeadId>,
    /// What it is about.
    pub name: String,
    /// How far it is.
    pub stage: DealStage,
    /// What it is worth, in the smallest unit of a currency.
    pub value: Option<(i64, Currency)>,
    /// When it is expected to be closed.
    pub expected_close: Option<NaiveDate>,
    /// Why it was lost.
    pub lost_reason: Option<String>,
    /// When it was won or lost.
    pub closed_at: Option<DateTime<Utc>>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

/// How far a deal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DealStage {
    /// What is needed is being found out.
    Discovery,
    /// An offer is made.
    Proposal,
    /// The offer is talked about.
    Negotiation,
    /// Closed, with a contract.
    Won,
    /// Closed, without one.
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

/// Which deals are asked for; everything that is set must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DealFilter {
    /// With this contact.
    pub contact: Option<ContactId>,
    /// In this stage.
    pub stage: Option<DealStage>,
}
