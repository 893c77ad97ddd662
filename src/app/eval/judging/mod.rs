//! Compares what was seen of a turn with what is expected of it.

mod answer;
mod calls;
mod part;
mod route;

use serde::Serialize;

use super::{case_file::CaseTurn, running::Observation};
use crate::app::record::RowIds;

/// An expectation that does not hold.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Mismatch {
    /// The expectation's field, e.g. `tools[0].arguments`.
    pub(super) field: String,
    /// What was expected and what was seen.
    pub(super) message: String,
}

impl Mismatch {
    fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            message: message.into(),
        }
    }
}

/// Every expectation of a turn that does not hold.
pub(super) fn judge(turn: &CaseTurn, seen: &Observation, rows: &RowIds) -> Vec<Mismatch> {
    let expect = &turn.expect;
    let mut mismatches = Vec::new();
    mismatches.extend(outcome(turn, seen));
    route::judge(expect, seen, &mut mismatches);
    calls::judge(expect, seen, rows, &mut mismatches);
    answer::judge(turn, seen, rows, &mut mismatches);
    script(turn, seen, &mut mismatches);
    mismatches
}

/// The mismatch of a run that ended otherwise than expected.
fn outcome(turn: &CaseTurn, seen: &Observation) -> Option<Mismatch> {
    match (&turn.expect.fails, &seen.failure) {
        (None, None) => None,
        (None, Some(failure)) => {
            let message = format!("the run failed: {} ({})", failure.message, failure.code);
            Some(Mismatch::new("answer", message))
        }
        (Some(code), Some(failure)) if *code == failure.code => None,
        (Some(code), Some(failure)) => Some(Mismatch::new(
            "fails",
            format!(
                "{code} expected, {} seen: {}",
                failure.code, failure.message
            ),
        )),
        (Some(code), None) => {
            let message = format!("{code} expected, and the run ended with an answer");
            Some(Mismatch::new("fails", message))
        }
    }
}

/// What a scripted model was asked.
fn script(turn: &CaseTurn, seen: &Observation, mismatches: &mut Vec<Mismatch>) {
    let asked = &seen.script;
    let requests = asked.prompts.len();
    if asked.unused > 0 {
        let message = format!(
            "{} replies were not used; the model was asked {requests} times",
            asked.unused
        );
        mismatches.push(Mismatch::new("script", message));
    }
    if asked.unanswered > 0 {
        let message = format!(
            "{} requests had no reply; the model was asked {requests} times",
            asked.unanswered
        );
        mismatches.push(Mismatch::new("script", message));
    }
    let expect = &turn.expect;
    let prompted = |text: &&String| {
        let text = answer::squeezed(text);
        let mut prompts = asked.prompts.iter();
        prompts.any(|prompt| answer::squeezed(prompt).contains(&text))
    };
    for text in expect.prompt_contains.iter().filter(|text| !prompted(text)) {
        mismatches.push(Mismatch::new(
            "promptContains",
            format!("no request contains \"{text}\""),
        ));
    }
    for text in expect.prompt_not_contains.iter().filter(prompted) {
        mismatches.push(Mismatch::new(
            "promptNotContains",
            format!("a request contains \"{text}\""),
        ));
    }
    let is_offered = |tool: &&String| asked.offered.contains(tool);
    for tool in expect.offered.iter().filter(|tool| !is_offered(tool)) {
        mismatches.push(Mismatch::new("offered", format!("{tool} was not offered")));
    }
    for tool in expect.not_offered.iter().filter(is_offered) {
        mismatches.push(Mismatch::new("notOffered", format!("{tool} was offered")));
    }
}
