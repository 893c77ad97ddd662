//! Judges the calls of tools.

use serde_json::Value;

use super::{Mismatch, part::is_part};
use crate::app::{
    eval::{
        case_file::{Expectations, ExpectedCall},
        running::{Observation, ObservedCall},
    },
    record::RowIds,
};

pub(super) fn judge(
    expect: &Expectations,
    seen: &Observation,
    rows: &RowIds,
    mismatches: &mut Vec<Mismatch>,
) {
    if expect.no_tools && !seen.calls.is_empty() {
        let names: Vec<&str> = seen.calls.iter().map(|call| call.tool.as_str()).collect();
        let message = format!("no call expected, seen: {}", names.join(", "));
        mismatches.push(Mismatch::new("noTools", message));
    }
    let mut left = seen.calls.as_slice();
    for (number, expected) in expect.tools.iter().enumerate() {
        let field = format!("tools[{number}]");
        let found = left
            .iter()
            .position(|call| problem(expected, call, rows).is_none());
        if let Some(at) = found {
            left = left.get(at + 1..).unwrap_or_default();
            continue;
        }
        // the first call of the tool explains most
        let alike = left.iter().find(|call| call.tool == expected.name);
        if let Some((part, message)) = alike.and_then(|call| problem(expected, call, rows)) {
            mismatches.push(Mismatch::new(format!("{field}.{part}"), message));
            continue;
        }
        let names: Vec<&str> = left.iter().map(|call| call.tool.as_str()).collect();
        let message = format!("{} expected, seen: [{}]", expected.name, names.join(", "));
        mismatches.push(Mismatch::new(field, message));
    }
}

/// The part of an expected call that a call differs in, and how; none if they agree.
fn problem(
    expected: &ExpectedCall,
    call: &ObservedCall,
    rows: &RowIds,
) -> Option<(&'static str, String)> {
    if expected.name != call.tool {
        return Some((
            "name",
            format!("{} expected, {} seen", expected.name, call.tool),
        ));
    }
    let arguments = rows.resolve(&Value::Object(expected.arguments.clone()));
    if !expected.arguments.is_empty() && !is_part(&arguments, &call.arguments) {
        return Some(("arguments", differ(&arguments, &call.arguments)));
    }
    if let Some(status) = &expected.status
        && *status != call.status
    {
        let message = format!("{status} expected, {} seen: {}", call.status, call.error);
        return Some(("status", message));
    }
    if let Some(error) = &expected.error
        && !call.error.contains(error.as_str())
    {
        return Some((
            "error",
            format!("\"{error}\" expected in \"{}\"", call.error),
        ));
    }
    let result = expected
        .result
        .as_ref()
        .map(|result| rows.resolve(result))?;
    (!is_part(&result, &call.result)).then(|| ("result", differ(&result, &call.result)))
}

fn differ(expected: &Value, seen: &Value) -> String {
    format!("{expected} expected in {seen}")
}
