//! Judges the text of an answer, its citations, its end, and the conversation's context after it.

use std::collections::BTreeSet;

use fancy_regex::Regex;
use serde_json::Value;

use super::{Mismatch, part::is_part};
use crate::app::{
    eval::{case_file::CaseTurn, running::Observation},
    record::RowIds,
};

pub(super) fn judge(
    turn: &CaseTurn,
    seen: &Observation,
    rows: &RowIds,
    mismatches: &mut Vec<Mismatch>,
) {
    texts(turn, seen, mismatches);
    citations(turn, seen, mismatches);
    let expect = &turn.expect;
    if let Some(expected) = &expect.context {
        let expected = rows.resolve(&Value::Object(expected.clone()));
        if !is_part(&expected, &seen.context) {
            let message = format!("{expected} expected in {}", seen.context);
            mismatches.push(Mismatch::new("context", message));
        }
    }
    if let Some(reason) = &expect.finish_reason
        && *reason != seen.finish_reason
    {
        let message = format!("{reason} expected, {} seen", seen.finish_reason);
        mismatches.push(Mismatch::new("finishReason", message));
    }
}

fn texts(turn: &CaseTurn, seen: &Observation, mismatches: &mut Vec<Mismatch>) {
    let expect = &turn.expect;
    let text = squeezed(&seen.text);
    let has = |part: &&String| text.contains(&squeezed(part));
    for part in expect.contains.iter().filter(|part| !has(part)) {
        mismatches.push(Mismatch::new(
            "contains",
            format!("\"{part}\" expected in \"{text}\""),
        ));
    }
    for part in expect.not_contains.iter().filter(has) {
        let message = format!("\"{part}\" not expected in \"{text}\"");
        mismatches.push(Mismatch::new("notContains", message));
    }
    for pattern in &expect.matches {
        // an expression that does not end within its limits does not match
        let matches =
            Regex::new(pattern).is_ok_and(|one| one.is_match(&seen.text).unwrap_or(false));
        if !matches {
            mismatches.push(Mismatch::new(
                "matches",
                format!("{pattern} does not match \"{text}\""),
            ));
        }
    }
    if expect.grounded_numbers {
        let invented = invented_numbers(&turn.message, seen);
        if !invented.is_empty() {
            let message = format!("{} in no source: \"{text}\"", invented.join(", "));
            mismatches.push(Mismatch::new("groundedNumbers", message));
        }
    }
}

fn citations(turn: &CaseTurn, seen: &Observation, mismatches: &mut Vec<Mismatch>) {
    let expect = &turn.expect;
    let titles = || {
        let titles: BTreeSet<&str> = seen
            .citations
            .iter()
            .map(|cited| cited.passage.document.as_str())
            .collect();
        titles.into_iter().collect::<Vec<_>>().join(", ")
    };
    if expect.no_citations && !seen.citations.is_empty() {
        let message = format!("no citation expected, seen: {}", titles());
        mismatches.push(Mismatch::new("noCitations", message));
    }
    for (number, expected) in expect.cites.iter().enumerate() {
        let field = format!("cites[{number}]");
        let of_document = || {
            seen.citations
                .iter()
                .map(|cited| &cited.passage)
                .filter(|passage| passage.document == expected.document)
        };
        let Some(part) = &expected.contains else {
            if of_document().next().is_none() {
                let message = format!("{} expected, seen: [{}]", expected.document, titles());
                mismatches.push(Mismatch::new(field, message));
            }
            continue;
        };
        let part = squeezed(part);
        if !of_document().any(|passage| squeezed(&passage.text).contains(&part)) {
            let message = format!(
                "a passage of {} with \"{part}\" expected, seen: [{}]",
                expected.document,
                titles()
            );
            mismatches.push(Mismatch::new(field, message));
        }
    }
}

/// The text with single blanks.
pub(super) fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The numbers of an answer that stand neither in the question nor in a source or its document's title.
fn invented_numbers(question: &str, seen: &Observation) -> Vec<String> {
    let mut known = numbers(question);
    let mut plain = squeezed(&seen.text);
    for source in &seen.sources {
        known.extend(numbers(&source.text));
        known.extend(numbers(&source.document));
    }
    for citation in &seen.citations {
        // the number of a citation is none of the answer
        plain = plain.replace(&format!("[{}]", citation.number), "");
    }
    numbers(&plain).difference(&known).cloned().collect()
}

/// The numbers in a text: digits with the points and commas between them.
fn numbers(text: &str) -> BTreeSet<String> {
    let is_part = |c: char| c.is_ascii_digit() || c == ',' || c == '.';
    text.split(|c| !is_part(c))
        .map(|number| number.trim_matches([',', '.']).to_owned())
        .filter(|number| !number.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_found_with_their_separators() {
        let found: Vec<String> = numbers("It costs 6,350.50 euros, from 2026, or 4.")
            .into_iter()
            .collect();
        assert_eq!(found, ["2026", "4", "6,350.50"]);
    }
}
