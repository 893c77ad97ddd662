//! The table of metrics in `docs/operations.md`.

use std::collections::BTreeMap;

/// The page for operators.
pub(super) const PAGE: &str = include_str!("../../../docs/operations.md");

/// A metric as the page describes it.
#[derive(Debug, PartialEq)]
pub(super) struct Documented {
    pub(super) kind: String,
    pub(super) labels: Vec<String>,
    pub(super) help: String,
}

/// The documented metrics by name.
pub(super) fn documented() -> BTreeMap<String, Documented> {
    let rows = PAGE.lines().filter(|line| line.starts_with("| `troupe_"));
    let rows = rows.map(|row| {
        let cells: Vec<_> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let [name, kind, labels, help] = cells[..] else {
            panic!("not four cells: {row}");
        };
        let labels = labels.split(", ").filter(|label| !label.is_empty());
        let described = Documented {
            kind: kind.to_owned(),
            labels: labels
                .map(|label| label.trim_matches('`').to_owned())
                .collect(),
            help: help.to_owned(),
        };
        (name.trim_matches('`').to_owned(), described)
    });
    rows.collect()
}

/// The anchors of the page's headings, as its readers link to them.
pub(super) fn anchors() -> Vec<String> {
    let headings = PAGE.lines().filter(|line| line.starts_with('#'));
    let anchors = headings.map(|heading| {
        let words = heading.trim_start_matches('#').trim().to_lowercase();
        let words = words.replace(' ', "-");
        let is_kept = |c: &char| c.is_alphanumeric() || *c == '-' || *c == '_';
        words.chars().filter(is_kept).collect()
    });
    anchors.collect()
}
