//! The support workflow's state and rules: the case, its ticket, its priority, and when a person takes over.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{closed_object, optional_text, short, stands_in};
use crate::domain::TicketPriority;

/// The maximum length of a problem's description, in characters.
const LONGEST_PROBLEM: usize = 300;
/// The maximum length of a name, in characters.
const LONGEST_NAME: usize = 120;
/// The number of suggestions after which a person is offered, unless the agent's settings have another one.
const ATTEMPTS: i64 = 2;

/// What is known of a customer's case.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CaseState {
    /// The number of the ticket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ticket: Option<i64>,
    /// The problem in a line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// The priority by the rules.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<TicketPriority>,
    /// The customer's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The customer's mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The number of suggestions that did not help.
    pub failed_attempts: i64,
    /// Whether the case was passed on to a person.
    pub escalated: bool,
    /// Whether the customer says that the problem is solved.
    pub solved: bool,
}

/// What a message tells of a case, as a model reads it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an independent answer of the extraction"
)]
pub struct HeardCase {
    problem: Option<String>,
    impact: Option<Impact>,
    security: bool,
    did_not_help: bool,
    asks_for_person: bool,
    asks_for_ticket: bool,
    solved: bool,
    name: Option<String>,
    email: Option<String>,
}

/// Who cannot work because of a problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Impact {
    /// Everybody can work.
    Nobody,
    /// One person cannot work.
    OnePerson,
    /// Several people cannot work.
    SeveralPeople,
    /// Nothing works for anybody.
    Outage,
}

/// A change of the case's ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CaseAction {
    /// A ticket is opened.
    Open,
    /// The ticket becomes more urgent.
    Raise,
    /// The message is added to the ticket.
    Comment,
    /// A person takes over.
    Escalate,
    /// The ticket is resolved.
    Resolve,
}

/// The rules for priorities and escalation, from an agent's settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriorityRules {
    rules: Vec<PriorityRule>,
    /// The number of suggestions that did not help after which a person takes over.
    pub attempts: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct PriorityRule {
    /// What the problem must be.
    when: RuleCondition,
    /// The plan that the customer must have; none for every plan.
    plan: Option<String>,
    priority: TicketPriority,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
enum RuleCondition {
    Outage,
    Security,
    SeveralPeople,
    OnePerson,
    Always,
}

impl HeardCase {
    /// The JSON Schema of the extraction.
    pub fn schema() -> Value {
        let flag = |about: &str| json!({"type": "boolean", "description": about});
        closed_object(&json!({
            "problem": optional_text("The problem that the person has now, in one line; null for a mere question."),
            "impact": {
                "type": ["string", "null"],
                "enum": ["NOBODY", "ONE_PERSON", "SEVERAL_PEOPLE", "OUTAGE", null],
                "description": "Who cannot work because of it; OUTAGE when nothing works for anybody; null when it is not said.",
            },
            "security": flag("Whether an attack, a leak or lost data is reported."),
            "didNotHelp": flag("Whether the person says that the last suggestion did not help."),
            "asksForPerson": flag("Whether the person asks for a human being."),
            "asksForTicket": flag("Whether the person asks for a ticket or a case to be opened."),
            "solved": flag("Whether the person says that the problem is solved."),
            "name": optional_text("The person's name, as the person wrote it."),
            "email": optional_text("The person's mail address, as the person wrote it."),
        }))
    }
}

impl PriorityRules {
    /// The rules in an agent's merged settings.
    pub fn of(settings: &Value) -> Self {
        let rules = settings.get("priorityRules").and_then(Value::as_array);
        let rules = rules.into_iter().flatten();
        Self {
            rules: rules
                .filter_map(|rule| serde_json::from_value(rule.clone()).ok())
                .collect(),
            attempts: settings
                .pointer("/escalation/afterAttempts")
                .and_then(Value::as_i64)
                .unwrap_or(ATTEMPTS),
        }
    }

    /// The priority by the first rule that fits; NORMAL when none does.
    fn priority(&self, heard: &HeardCase, plan: Option<&str>) -> TicketPriority {
        let holds = |condition: RuleCondition| match condition {
            RuleCondition::Outage => heard.impact == Some(Impact::Outage),
            RuleCondition::Security => heard.security,
            RuleCondition::SeveralPeople => heard.impact == Some(Impact::SeveralPeople),
            RuleCondition::OnePerson => heard.impact == Some(Impact::OnePerson),
            RuleCondition::Always => true,
        };
        let fits = |rule: &&PriorityRule| {
            let is_plan =
                |wanted: &String| plan.is_some_and(|plan| plan.eq_ignore_ascii_case(wanted));
            holds(rule.when) && rule.plan.as_ref().is_none_or(is_plan)
        };
        let rule = self.rules.iter().find(fits);
        rule.map_or(TicketPriority::Normal, |rule| rule.priority)
    }
}

impl CaseState {
    /// Adds what a message tells, and returns what is to be done with the ticket; `messages` are the person's.
    pub fn hear(
        &mut self,
        heard: &HeardCase,
        messages: &[&str],
        rules: &PriorityRules,
        plan: Option<&str>,
    ) -> Vec<CaseAction> {
        let is_written = |text: &String| stands_in(text, messages.iter().copied());
        self.name =
            short(heard.name.clone().filter(is_written), LONGEST_NAME).or_else(|| self.name.take());
        self.email = short(heard.email.clone().filter(is_written), LONGEST_NAME)
            .or_else(|| self.email.take());
        let is_new_problem = heard.problem.is_some() && !heard.did_not_help;
        if self.solved && is_new_problem {
            // another case begins
            *self = Self {
                name: self.name.take(),
                email: self.email.take(),
                ..Self::default()
            };
        }
        self.problem = self
            .problem
            .take()
            .or_else(|| short(heard.problem.clone(), LONGEST_PROBLEM));
        self.failed_attempts += i64::from(heard.did_not_help);
        self.solved = heard.solved && !heard.did_not_help;
        let by_rule = rules.priority(heard, plan);
        let is_raised = self.priority.is_none_or(|priority| by_rule > priority);
        if self.problem.is_some() && is_raised {
            self.priority = Some(by_rule);
        }
        self.actions(heard, rules, is_raised)
    }

    fn actions(
        &mut self,
        heard: &HeardCase,
        rules: &PriorityRules,
        is_raised: bool,
    ) -> Vec<CaseAction> {
        let is_stuck = self.failed_attempts >= rules.attempts;
        let is_urgent = self.priority >= Some(TicketPriority::High);
        let needs_person = heard.asks_for_person || is_stuck;
        let mut actions = Vec::new();
        if self.ticket.is_some() {
            if self.solved {
                return vec![CaseAction::Resolve];
            }
            if heard.problem.is_some() || heard.did_not_help {
                actions.push(CaseAction::Comment);
            }
            if is_raised && self.problem.is_some() {
                actions.push(CaseAction::Raise);
            }
        } else if !self.solved && (heard.asks_for_ticket || needs_person || is_urgent) {
            actions.push(CaseAction::Open);
        }
        if needs_person && !self.escalated && !self.solved {
            self.escalated = true;
            actions.push(CaseAction::Escalate);
        }
        actions
    }

    /// What another agent may learn of the case: each fact with its name.
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        let ticket = self.ticket.map(|number| number.to_string());
        let facts = [
            ("the number of the ticket", &ticket),
            ("the customer's problem", &self.problem),
            ("the person's name", &self.name),
            ("the person's mail address", &self.email),
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

    fn rules() -> PriorityRules {
        PriorityRules::of(&json!({
            "escalation": {"afterAttempts": 2},
            "priorityRules": [
                {"when": "security", "priority": "URGENT"},
                {"when": "outage", "priority": "URGENT"},
                {"when": "severalPeople", "plan": "Enterprise", "priority": "URGENT"},
                {"when": "severalPeople", "priority": "HIGH"},
            ],
        }))
    }

    fn heard(value: Value) -> HeardCase {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn a_ticket_opens_when_many_cannot_work_and_rises_with_the_problem() {
        let mut case = CaseState::default();
        let said = ["The checkout fails for my whole team."];
        let first = heard(json!({"problem": "the checkout fails", "impact": "SEVERAL_PEOPLE"}));
        assert_eq!(case.hear(&first, &said, &rules(), None), [CaseAction::Open]);
        assert_eq!(case.priority, Some(TicketPriority::High));
        case.ticket = Some(7);
        let worse = heard(json!({"problem": "all shops are down", "impact": "OUTAGE"}));
        assert_eq!(
            case.hear(&worse, &said, &rules(), None),
            [CaseAction::Comment, CaseAction::Raise]
        );
        assert_eq!(case.priority, Some(TicketPriority::Urgent));
        let better = heard(json!({"solved": true}));
        assert_eq!(
            case.hear(&better, &said, &rules(), None),
            [CaseAction::Resolve]
        );
    }

    #[test]
    fn a_person_takes_over_when_asked_or_when_suggestions_do_not_help_and_only_once() {
        let mut case = CaseState::default();
        let said = ["It still fails."];
        let question = heard(json!({"problem": "the export fails"}));
        assert!(case.hear(&question, &said, &rules(), None).is_empty());
        let failed = heard(json!({"didNotHelp": true}));
        assert!(case.hear(&failed, &said, &rules(), None).is_empty());
        assert_eq!(
            case.hear(&failed, &said, &rules(), None),
            [CaseAction::Open, CaseAction::Escalate]
        );
        case.ticket = Some(1);
        assert_eq!(
            case.hear(&failed, &said, &rules(), None),
            [CaseAction::Comment]
        );
        let asks = heard(json!({"asksForPerson": true}));
        let mut other = CaseState::default();
        assert_eq!(
            other.hear(&asks, &said, &rules(), None),
            [CaseAction::Open, CaseAction::Escalate]
        );
    }

    #[test]
    fn the_plan_of_the_customer_counts() {
        let mut case = CaseState::default();
        let problem = heard(json!({"problem": "x", "impact": "SEVERAL_PEOPLE"}));
        case.hear(&problem, &["x"], &rules(), Some("enterprise"));
        assert_eq!(case.priority, Some(TicketPriority::Urgent));
    }

    #[test]
    fn after_a_solved_problem_another_case_begins() {
        let mut case = CaseState {
            ticket: Some(3),
            solved: true,
            problem: Some("old".to_owned()),
            name: Some("Ada".to_owned()),
            ..CaseState::default()
        };
        case.hear(&heard(json!({"problem": "new"})), &["new"], &rules(), None);
        assert_eq!(case.ticket, None);
        assert_eq!(case.problem.as_deref(), Some("new"));
        assert_eq!(case.name.as_deref(), Some("Ada"));
    }
}
