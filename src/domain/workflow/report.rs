//! The research workflow's state and shapes: the plan, the findings with their sources, the comparison.

use std::fmt::Write;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{closed_object, short};
use crate::domain::DocumentId;

/// The maximum length of a sub-question, in characters.
const LONGEST_QUESTION: usize = 300;
/// The maximum length of a finding, in characters.
const LONGEST_FINDING: usize = 1_200;
/// The maximum length of a cell of the comparison, in characters.
const LONGEST_CELL: usize = 200;
/// The maximum number of subjects, and of criteria, of a comparison.
const MOST_COMPARED: usize = 6;

/// What the research of a conversation's last question came to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ReportState {
    /// The question.
    pub question: String,
    /// The questions that it was divided into.
    pub sub_questions: Vec<SubQuestion>,
    /// The comparison, for a competitive question.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comparison: Option<Comparison>,
    /// The sources that the report may cite, by their numbers.
    pub sources: Vec<ReportSource>,
}

/// A part of the question.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SubQuestion {
    /// The question.
    pub question: String,
    /// What was found; none when nothing was found, or when it was not examined.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finding: Option<Finding>,
    /// Whether the budget was spent before it was examined.
    pub skipped: bool,
}

/// What was found about a question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// The answer.
    pub answer: String,
    /// The numbers of its sources; never empty.
    pub sources: Vec<usize>,
}

/// A source of a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReportSource {
    /// The number in the report, from 1.
    pub number: usize,
    /// The document, or the tool.
    pub title: String,
    /// The document's id; none for a tool.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document_id: Option<String>,
}

impl ReportSource {
    /// A passage of a document as a source.
    pub fn of_document(number: usize, title: String, document: DocumentId) -> Self {
        Self {
            number,
            title,
            document_id: Some(document.to_string()),
        }
    }
}

/// A matrix of subjects and criteria.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Comparison {
    /// What is compared.
    pub subjects: Vec<String>,
    /// By what it is compared.
    pub criteria: Vec<String>,
    /// One row for each subject, in their order.
    #[serde(default)]
    pub rows: Vec<MatrixRow>,
}

/// The row of a subject.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MatrixRow {
    /// The subject.
    pub subject: String,
    /// What holds for each criterion, in their order; empty when nothing was found.
    pub cells: Vec<Finding>,
}

/// The limits of a research.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResearchLimits {
    /// The maximum number of sub-questions.
    pub sub_questions: usize,
    /// The maximum number of tokens, of prompts and answers, before the report is written.
    pub tokens: i64,
}

impl ResearchLimits {
    /// The limits in an agent's merged settings.
    pub fn of(settings: &Value) -> Self {
        let number = |name: &str| {
            settings
                .pointer(&format!("/research/{name}"))
                .and_then(Value::as_u64)
        };
        let sub_questions = number("subQuestions").and_then(|number| usize::try_from(number).ok());
        let tokens = number("tokens").and_then(|number| i64::try_from(number).ok());
        Self {
            sub_questions: sub_questions.unwrap_or(5),
            tokens: tokens.unwrap_or(60_000),
        }
    }
}

/// A plan, as a model makes it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HeardPlan {
    sub_questions: Vec<String>,
    comparison: Option<HeardComparison>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct HeardComparison {
    subjects: Vec<String>,
    criteria: Vec<String>,
}

impl HeardPlan {
    /// The JSON Schema of the extraction.
    pub fn schema() -> Value {
        let list = |about: &str| json!({"type": "array", "items": {"type": "string"}, "description": about});
        let mut comparison = closed_object(&json!({
            "subjects": list("What is compared, such as the competitors."),
            "criteria": list("By what it is compared, such as price."),
        }));
        if let Some(schema) = comparison.as_object_mut() {
            schema.insert("type".to_owned(), json!(["object", "null"]));
            schema.insert(
                "description".to_owned(),
                json!("For a question that compares; null for another one."),
            );
        }
        closed_object(&json!({
            "subQuestions": list("The questions that must be answered first, each complete in itself."),
            "comparison": comparison,
        }))
    }

    /// The state with which the research begins. A question that cannot be divided is its own sub-question.
    pub fn begin(self, question: &str, limits: ResearchLimits) -> ReportState {
        let mut questions: Vec<String> = Vec::new();
        for asked in self.sub_questions {
            let Some(asked) = short(Some(asked), LONGEST_QUESTION) else {
                continue;
            };
            if questions.len() < limits.sub_questions && !questions.contains(&asked) {
                questions.push(asked);
            }
        }
        if questions.is_empty() {
            questions.extend(short(Some(question.to_owned()), LONGEST_QUESTION));
        }
        let names = |names: Vec<String>| -> Vec<String> {
            let names = names
                .into_iter()
                .filter_map(|name| short(Some(name), LONGEST_CELL));
            names.take(MOST_COMPARED).collect()
        };
        let comparison = self.comparison.map(|compared| Comparison {
            subjects: names(compared.subjects),
            criteria: names(compared.criteria),
            rows: Vec::new(),
        });
        ReportState {
            question: question.chars().take(LONGEST_QUESTION).collect(),
            sub_questions: questions
                .into_iter()
                .map(|question| SubQuestion {
                    question,
                    ..SubQuestion::default()
                })
                .collect(),
            comparison: comparison
                .filter(|compared| compared.subjects.len() > 1 && !compared.criteria.is_empty()),
            sources: Vec::new(),
        }
    }
}

/// A finding, as a model writes it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HeardFinding {
    answer: Option<String>,
    sources: Vec<usize>,
}

impl HeardFinding {
    /// The JSON Schema of the extraction.
    pub fn schema() -> Value {
        closed_object(&json!({
            "answer": {"type": ["string", "null"], "description": "The answer by the sources alone; null when they do not answer the question."},
            "sources": {"type": "array", "items": {"type": "integer"}, "description": "The numbers of the sources that the answer rests on."},
        }))
    }

    /// The finding, if it rests on sources that the model was given.
    pub fn proven(self, given: &[usize]) -> Option<Finding> {
        proven(self.answer, &self.sources, given, LONGEST_FINDING)
    }
}

/// A matrix, as a model writes it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HeardMatrix {
    cells: Vec<HeardCell>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct HeardCell {
    subject: String,
    criterion: String,
    value: Option<String>,
    sources: Vec<usize>,
}

impl HeardMatrix {
    /// The JSON Schema of the extraction.
    pub fn schema() -> Value {
        let cell = closed_object(&json!({
            "subject": {"type": "string"},
            "criterion": {"type": "string"},
            "value": {"type": ["string", "null"], "description": "In a few words; null when the findings do not tell."},
            "sources": {"type": "array", "items": {"type": "integer"}},
        }));
        closed_object(&json!({"cells": {"type": "array", "items": cell}}))
    }

    /// The rows of a comparison, with cells that rest on sources only.
    pub fn rows(self, comparison: &Comparison, sources: usize) -> Vec<MatrixRow> {
        let given: Vec<usize> = (1..=sources).collect();
        let cell = |subject: &String, criterion: &String| {
            let is_it = |cell: &&HeardCell| {
                cell.subject.eq_ignore_ascii_case(subject)
                    && cell.criterion.eq_ignore_ascii_case(criterion)
            };
            let found = self.cells.iter().find(is_it);
            let found = found
                .and_then(|cell| proven(cell.value.clone(), &cell.sources, &given, LONGEST_CELL));
            found.unwrap_or(Finding {
                answer: String::new(),
                sources: Vec::new(),
            })
        };
        let row = |subject: &String| MatrixRow {
            subject: subject.clone(),
            cells: comparison
                .criteria
                .iter()
                .map(|criterion| cell(subject, criterion))
                .collect(),
        };
        comparison.subjects.iter().map(row).collect()
    }
}

fn proven(
    answer: Option<String>,
    sources: &[usize],
    given: &[usize],
    longest: usize,
) -> Option<Finding> {
    let mut sources: Vec<usize> = sources
        .iter()
        .copied()
        .filter(|source| given.contains(source))
        .collect();
    sources.sort_unstable();
    sources.dedup();
    let answer = short(answer, longest).filter(|_| !sources.is_empty())?;
    Some(Finding { answer, sources })
}

impl ReportState {
    /// The findings and the comparison as a text for the model that writes the report.
    pub fn notes(&self) -> String {
        let mut text = String::new();
        for asked in &self.sub_questions {
            let found = match (&asked.finding, asked.skipped) {
                (Some(finding), _) => format!("{} {}", finding.answer, brackets(&finding.sources)),
                (None, true) => "not examined: the budget was spent".to_owned(),
                (None, false) => "the sources do not tell".to_owned(),
            };
            let _ = write!(text, "- {}\n  {found}\n", asked.question);
        }
        if let Some(comparison) = &self.comparison {
            text.push('\n');
            text.push_str(&comparison.table());
        }
        text
    }
}

impl Comparison {
    /// The comparison as a Markdown table.
    fn table(&self) -> String {
        let mut text = format!("| | {} |\n|---|", self.criteria.join(" | "));
        text.push_str(&"---|".repeat(self.criteria.len()));
        text.push('\n');
        for row in &self.rows {
            let cells: Vec<String> = row
                .cells
                .iter()
                .map(|cell| match cell.sources.as_slice() {
                    [] => "?".to_owned(),
                    sources => format!("{} {}", cell.answer, brackets(sources)),
                })
                .collect();
            let _ = writeln!(text, "| {} | {} |", row.subject, cells.join(" | "));
        }
        text
    }
}

fn brackets(sources: &[usize]) -> String {
    let numbers: Vec<String> = sources.iter().map(usize::to_string).collect();
    format!("[{}]", numbers.join(", "))
}
