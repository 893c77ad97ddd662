//! A scrape of `/metrics`, read as Prometheus reads it.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::until;

/// The metrics of one scrape.
pub(super) struct Scrape {
    /// The metrics by name.
    pub(super) families: BTreeMap<String, Family>,
    /// The values by series, both as they are written; a series is a name with its labels.
    pub(super) series: BTreeMap<String, String>,
}

/// A metric as it is described, with the labels of its series.
#[derive(Debug, Default)]
pub(super) struct Family {
    pub(super) kind: String,
    pub(super) help: String,
    /// The names of labels of each series, without `le`; empty without series.
    pub(super) labels: BTreeSet<Vec<String>>,
}

impl Scrape {
    /// Scrapes a process.
    pub(super) async fn of(url: &str) -> Self {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut reply = None;
        // a process that has just been started may not listen yet
        until("the process answers", async || {
            reply = http.get(format!("{url}/metrics")).send().await.ok();
            reply.is_some()
        })
        .await;
        let reply = reply.unwrap();
        assert_eq!(reply.status(), 200);
        Self::read(&reply.text().await.unwrap())
    }

    fn read(text: &str) -> Self {
        let mut scrape = Self {
            families: BTreeMap::new(),
            series: BTreeMap::new(),
        };
        for line in text.lines() {
            if let Some(described) = line.strip_prefix("# HELP ") {
                let (name, help) = described.split_once(' ').unwrap();
                let family = scrape.families.entry(name.to_owned()).or_default();
                assert_eq!(family.help, "", "{name} is described twice");
                help.clone_into(&mut family.help);
            } else if let Some(typed) = line.strip_prefix("# TYPE ") {
                let (name, kind) = typed.split_once(' ').unwrap();
                let family = scrape.families.get_mut(name).unwrap();
                kind.clone_into(&mut family.kind);
            } else {
                scrape.add(line);
            }
        }
        scrape
    }

    fn add(&mut self, line: &str) {
        let (series, value) = line.rsplit_once(' ').unwrap();
        let (name, labels) = series.split_once('{').unwrap_or((series, "}"));
        let labels = labels.strip_suffix('}').unwrap();
        let labels = labels.split("\",").filter(|label| !label.is_empty());
        let labels = labels.map(|label| label.split_once("=\"").unwrap().0.to_owned());
        let labels: Vec<_> = labels.filter(|label| label != "le").collect();
        let base = ["_bucket", "_sum", "_count"].into_iter();
        let base = base.filter_map(|suffix| name.strip_suffix(suffix));
        let is_histogram = |base: &&str| {
            let family = self.families.get(*base);
            family.is_some_and(|family| family.kind == "histogram")
        };
        let base = base.into_iter().find(is_histogram).unwrap_or(name);
        let family = self.families.get_mut(base);
        let family = family.unwrap_or_else(|| panic!("{line} has no description"));
        family.labels.insert(labels);
        let known = self.series.insert(series.to_owned(), value.to_owned());
        assert!(known.is_none(), "{series} is written twice");
    }

    /// The sum of the counts of a metric whose labels contain all of these texts.
    pub(super) fn sum(&self, name: &str, labels: &[&str]) -> u64 {
        let counts = self.values(name, labels);
        counts.map(|count| count.parse::<u64>().unwrap()).sum()
    }

    /// The values of a metric whose labels contain all of these texts.
    pub(super) fn values<'s>(
        &'s self,
        name: &'s str,
        labels: &'s [&str],
    ) -> impl Iterator<Item = &'s str> {
        let is_of = move |series: &str| {
            let rest = series.strip_prefix(name);
            let is_name = rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('{'));
            is_name && labels.iter().all(|label| series.contains(label))
        };
        let found = self.series.iter();
        let found = found.filter(move |(series, _)| is_of(series));
        found.map(|(_, value)| value.as_str())
    }
}
