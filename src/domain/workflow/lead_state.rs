//! The sales workflow's state: what is known of the prospect.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{closed_object, optional_text, short, stands_in};
use crate::domain::{Criterion, Finding, Judgement, LeadStage, lead_score};

/// The maximum length of a name, in characters.
const LONGEST_NAME: usize = 120;
/// The maximum length of a piece of evidence, in characters.
const LONGEST_NOTE: usize = 400;
/// The maximum number of quotes that are kept.
const MOST_QUOTES: usize = 20;

/// What is known of a prospect.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LeadState {
    /// The contact in the CRM.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact_id: Option<String>,
    /// The lead in the CRM.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead_id: Option<String>,
    /// The person's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The person's mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The company that the person buys for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub company: Option<String>,
    /// What the person is interested in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interest: Option<String>,
    /// What is known of need, budget, authority and timeline.
    pub criteria: BTreeMap<Criterion, Finding>,
    /// The score by the criteria, 0 to 100.
    pub score: i32,
    /// The position in the pipeline.
    pub stage: LeadStage,
    /// The numbers of the quotes that were made, oldest first.
    pub quotes: Vec<i64>,
}

/// What a message tells of a prospect, as a model reads it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HeardLead {
    name: Option<String>,
    email: Option<String>,
    company: Option<String>,
    interest: Option<String>,
    need: Option<HeardFinding>,
    budget: Option<HeardFinding>,
    authority: Option<HeardFinding>,
    timeline: Option<HeardFinding>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct HeardFinding {
    answer: Judgement,
    quote: String,
}

impl HeardLead {
    /// The JSON Schema of the extraction.
    pub fn schema() -> Value {
        let finding = |about: &str| {
            let mut schema = closed_object(&json!({
                "answer": {"type": "string", "enum": ["YES", "PARTLY", "NO", "UNKNOWN"]},
                "quote": {"type": "string", "description": "The person's own words that show it, copied exactly."},
            }));
            if let Some(schema) = schema.as_object_mut() {
                schema.insert("type".to_owned(), json!(["object", "null"]));
                schema.insert("description".to_owned(), json!(about));
            }
            schema
        };
        closed_object(&json!({
            "name": optional_text("The person's name, as the person wrote it."),
            "email": optional_text("The person's mail address, as the person wrote it."),
            "company": optional_text("The company that the person buys for, as the person wrote it."),
            "interest": optional_text("What the person wants to buy, in at most ten words."),
            "need": finding("Whether the product solves a problem that the person has; null when nothing is said about it."),
            "budget": finding("Whether the person has the money; null when nothing is said about it."),
            "authority": finding("Whether the person can decide; null when nothing is said about it."),
            "timeline": finding("Whether the person wants it soon; null when nothing is said about it."),
        }))
    }

    /// The same without what the person did not write.
    fn proven(self, messages: &[&str]) -> Self {
        let is_written = |text: &String| stands_in(text, messages.iter().copied());
        let is_proven = |finding: &HeardFinding| {
            finding.answer != Judgement::Unknown && is_written(&finding.quote)
        };
        Self {
            name: self.name.filter(is_written),
            email: self.email.filter(is_written),
            company: self.company.filter(is_written),
            interest: self.interest,
            need: self.need.filter(is_proven),
            budget: self.budget.filter(is_proven),
            authority: self.authority.filter(is_proven),
            timeline: self.timeline.filter(is_proven),
        }
    }
}

impl LeadState {
    /// Adds what the person's messages tell; these are in `messages`. Returns the criteria that changed.
    pub fn hear(&mut self, heard: HeardLead, messages: &[&str]) -> BTreeMap<Criterion, Finding> {
        let heard = heard.proven(messages);
        self.name = short(heard.name, LONGEST_NAME).or_else(|| self.name.take());
        self.email = short(heard.email, LONGEST_NAME).or_else(|| self.email.take());
        self.company = short(heard.company, LONGEST_NAME).or_else(|| self.company.take());
        // the first interest names the lead
        self.interest = self
            .interest
            .take()
            .or_else(|| short(heard.interest, LONGEST_NAME));
        let findings = [
            (Criterion::Need, heard.need),
            (Criterion::Budget, heard.budget),
            (Criterion::Authority, heard.authority),
            (Criterion::Timeline, heard.timeline),
        ];
        let mut changed = BTreeMap::new();
        for (criterion, finding) in findings {
            let Some(finding) = finding else {
                continue;
            };
            let finding = Finding {
                answer: finding.answer,
                note: short(Some(finding.quote), LONGEST_NOTE),
            };
            if self.criteria.get(&criterion) != Some(&finding) {
                changed.insert(criterion, finding);
            }
        }
        self.criteria.extend(changed.clone());
        if !self.criteria.is_empty() {
            self.score = lead_score(&self.criteria);
            self.stage = LeadStage::by_score(self.score);
        }
        changed
    }

    /// Adds a quote that was made.
    pub fn add_quote(&mut self, number: i64) {
        if !self.quotes.contains(&number) {
            self.quotes.push(number);
        }
        let excess = self.quotes.len().saturating_sub(MOST_QUOTES);
        self.quotes.drain(..excess);
    }

    /// The criterion that should be asked about next: the weightiest that is unknown.
    pub fn next_question(&self) -> Option<Criterion> {
        let order = [
            Criterion::Need,
            Criterion::Timeline,
            Criterion::Budget,
            Criterion::Authority,
        ];
        order
            .into_iter()
            .find(|criterion| !self.criteria.contains_key(criterion))
    }

    /// What another agent may learn of the prospect: each fact with its name.
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        let facts = [
            ("the person's name", &self.name),
            ("the person's mail address", &self.email),
            ("the person's company", &self.company),
            ("the person's interest", &self.interest),
        ];
        let facts = facts.into_iter();
        facts
            .filter_map(|(name, value)| Some((name, value.clone()?)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn heard(value: serde_json::Value) -> HeardLead {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn what_the_person_did_not_write_is_not_kept() {
        let mut lead = LeadState::default();
        let said = ["Hi, this is Ada  from Acme.", "We need 20 seats by March."];
        let changed = lead.hear(
            heard(json!({
                "name": "Ada", "email": "ada@acme.example", "company": "ACME", "interest": "20 seats",
                "need": {"answer": "YES", "quote": "We need 20 seats"},
                "budget": {"answer": "YES", "quote": "We have 50,000 EUR"},
                "timeline": {"answer": "UNKNOWN", "quote": "by March"},
            })),
            &said,
        );
        assert_eq!(lead.name.as_deref(), Some("Ada"));
        assert_eq!(lead.email, None);
        assert_eq!(lead.company.as_deref(), Some("ACME"));
        assert_eq!(
            changed.keys().copied().collect::<Vec<_>>(),
            [Criterion::Need]
        );
        assert_eq!((lead.score, lead.stage), (30, LeadStage::Working));
        assert_eq!(lead.next_question(), Some(Criterion::Timeline));
    }

    #[test]
    fn the_same_message_read_twice_changes_nothing() {
        let mut lead = LeadState::default();
        let read = || heard(json!({"budget": {"answer": "PARTLY", "quote": "about 3,000"}}));
        let said = ["I can spend about 3,000."];
        assert_eq!(lead.hear(read(), &said).len(), 1);
        let before = lead.clone();
        assert!(lead.hear(read(), &said).is_empty());
        assert_eq!(lead, before);
    }

    #[test]
    fn the_schema_is_closed_everywhere() {
        let schema = HeardLead::schema();
        assert_eq!(schema["required"].as_array().unwrap().len(), 8);
        assert_eq!(
            schema["properties"]["need"]["additionalProperties"],
            json!(false)
        );
    }
}
