//! The alert rules and the dashboard name metrics that exist, with labels that they have, and each alert has its runbook.

use std::collections::BTreeSet;

use serde_json::Value;

use super::table::{anchors, documented};

const ALERTS: &str = include_str!("../../../deploy/observability/alerts.yaml");
const DASHBOARD: &str = include_str!("../../../deploy/observability/dashboard.json");

/// The alerts of the file.
fn alerts() -> Vec<Value> {
    let file: Value = serde_saphyr::from_str(ALERTS).unwrap();
    let groups = file["groups"].as_array().unwrap();
    let rules = groups
        .iter()
        .flat_map(|group| group["rules"].as_array().unwrap());
    rules.cloned().collect()
}

/// The queries of all panels.
fn queries() -> Vec<String> {
    let dashboard: Value = serde_json::from_str(DASHBOARD).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let targets = panels
        .iter()
        .filter_map(|panel| panel["targets"].as_array());
    let targets = targets.flatten();
    targets
        .map(|target| target["expr"].as_str().unwrap().to_owned())
        .collect()
}

/// The metrics that a query names, each with the labels by which it selects.
fn named_in(query: &str) -> Vec<(String, Vec<String>)> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let starts = query.match_indices("troupe_").map(|(at, _)| at);
    let named = starts.map(|at| {
        let rest = &query[at..];
        let end = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
        let (name, rest) = rest.split_at(end);
        let selectors = rest.strip_prefix('{').and_then(|rest| rest.split_once('}'));
        let selectors = selectors.map_or("", |(selectors, _)| selectors).split(", ");
        let labels = selectors.filter(|selector| !selector.is_empty());
        let labels = labels.map(|label| label.split(['=', '!']).next().unwrap().to_owned());
        (name.to_owned(), labels.collect())
    });
    named.collect()
}

#[test]
fn every_metric_of_the_rules_and_the_dashboard_exists() {
    let documented = documented();
    let alerts = alerts();
    let rules = alerts
        .iter()
        .map(|rule| rule["expr"].as_str().unwrap().to_owned());
    let mut named = BTreeSet::new();
    for query in rules.chain(queries()) {
        let found = named_in(&query);
        assert!(!found.is_empty(), "{query}");
        for (name, labels) in found {
            let suffixes = ["_bucket", "_sum", "_count"].into_iter();
            let mut bases = suffixes.filter_map(|suffix| name.strip_suffix(suffix));
            let is_histogram = |base: &&str| {
                let metric = documented.get(*base);
                metric.is_some_and(|metric| metric.kind == "histogram")
            };
            let base = bases.find(is_histogram).unwrap_or(&name);
            let metric = documented.get(base);
            let metric = metric.unwrap_or_else(|| panic!("no metric {name}: {query}"));
            for label in labels {
                assert!(
                    metric.labels.contains(&label),
                    "{name} has no {label}: {query}"
                );
            }
            named.insert(base.to_owned());
        }
    }
    // a metric that no one looks at is not worth its place
    let unused: Vec<_> = documented
        .keys()
        .filter(|name| !named.contains(*name))
        .collect();
    assert!(unused.is_empty(), "on no dashboard: {unused:?}");
}

#[test]
fn every_alert_has_a_runbook_and_every_runbook_its_alert() {
    let anchors = anchors();
    let mut names = BTreeSet::new();
    for rule in alerts() {
        let name = rule["alert"].as_str().unwrap().to_owned();
        let link = rule["annotations"]["runbook_url"].as_str().unwrap();
        let anchor = link.strip_prefix("docs/operations.md#").unwrap();
        assert_eq!(anchor, name.to_lowercase());
        assert!(
            anchors.iter().any(|known| known == anchor),
            "no runbook of {name}"
        );
        let severity = rule["labels"]["severity"].as_str().unwrap();
        assert!(
            ["critical", "warning", "info"].contains(&severity),
            "{name}"
        );
        assert!(names.insert(name), "an alert is there twice");
    }
    let runbooks = anchors.iter().filter(|anchor| anchor.starts_with("troupe"));
    let names: Vec<_> = names.iter().map(|name| name.to_lowercase()).collect();
    for runbook in runbooks {
        assert!(
            names.contains(runbook),
            "the runbook {runbook} is of no alert"
        );
    }
}
