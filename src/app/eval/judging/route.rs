//! Judges the choice of the agent and handoffs.

use super::Mismatch;
use crate::app::eval::{case_file::Expectations, running::Observation};

pub(super) fn judge(expect: &Expectations, seen: &Observation, mismatches: &mut Vec<Mismatch>) {
    if let Some(mismatch) = agent(expect, seen) {
        mismatches.push(mismatch);
    }
    if let Some(mismatch) = refusal(expect, seen) {
        mismatches.push(mismatch);
    }
    if let Some(to) = &expect.handoff_to
        && seen.handoffs.last() != Some(to)
    {
        let message = match seen.handoffs.as_slice() {
            [] => format!("a handoff to {to} expected, none seen"),
            handoffs => format!("a handoff to {to} expected, seen: {}", handoffs.join(", ")),
        };
        mismatches.push(Mismatch::new("handoffTo", message));
    }
}

fn agent(expect: &Expectations, seen: &Observation) -> Option<Mismatch> {
    if expect.agent.is_empty() {
        return None;
    }
    let expected = expect.agent.join(" or ");
    let Some(route) = &seen.route else {
        return Some(Mismatch::new(
            "agent",
            format!("{expected} expected, no route seen"),
        ));
    };
    if !route.is_refusal() && expect.agent.contains(&route.agent) {
        return None;
    }
    let chosen = if route.is_refusal() {
        "refused"
    } else {
        &route.agent
    };
    let why = &route.explanation;
    Some(Mismatch::new(
        "agent",
        format!("{expected} expected, {chosen} seen: {why}"),
    ))
}

fn refusal(expect: &Expectations, seen: &Observation) -> Option<Mismatch> {
    let expected = expect.refused?;
    let Some(route) = &seen.route else {
        return Some(Mismatch::new("refused", "no route seen"));
    };
    if route.is_refusal() == expected {
        return None;
    }
    let message = if expected {
        format!(
            "a refusal expected, {} seen: {}",
            route.agent, route.explanation
        )
    } else {
        format!("no refusal expected: {}", route.explanation)
    };
    Some(Mismatch::new("refused", message))
}
