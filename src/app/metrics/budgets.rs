//! The budgets that are spent, as `/metrics` shows them.

use std::{sync::Arc, time::Duration};

use futures::future::BoxFuture;

use super::cached::cached;
use crate::{
    metrics::{MetricFamily, MetricSample, MetricSource, value_of},
    port::Clock,
    store::{SpentBudgets, Store},
};

/// How long a result is used again: the query reads the sums of a month.
const FRESH: Duration = Duration::from_mins(1);

/// Counts the accounts with a spent budget. Every process reports the same.
pub(super) fn source(store: &Store, clock: &Arc<dyn Clock>) -> MetricSource {
    let (store, clock) = (store.clone(), Arc::clone(clock));
    let read = move || -> BoxFuture<'static, _> {
        let (platform, now) = (store.platform(), clock.now());
        Box::pin(async move { platform.spent_budgets(now).await })
    };
    cached(FRESH, read, families)
}

fn families(found: Option<&SpentBudgets>) -> Vec<MetricFamily> {
    let counts = found.map(|found| [("WARN", found.warn), ("BLOCK", found.block)]);
    let samples = counts.into_iter().flatten().map(|(enforcement, accounts)| {
        MetricSample::labelled([("enforcement", enforcement)], value_of(accounts))
    });
    vec![MetricFamily::gauge(
        "troupe_budgets_spent",
        "Accounts of which a budget is spent this month, by what the budget does: WARN or BLOCK.",
        samples.collect(),
    )]
}
