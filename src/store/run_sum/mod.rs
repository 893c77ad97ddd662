//! Sums over runs by hour and day, agent and template version ([decision 49](../../../docs/decisions/0049-analytics.md)).
//!
//! The transaction that records a run, a model call or a rating adds it to its hour and its day, so that sums and records
//! never differ. It does so last, the hours before the days and each in the order of the key: two transactions that add to
//! the same sums wait for each other and cannot deadlock.

mod add;
mod changes;
mod earlier;
mod read;

pub(super) use changes::RunSumChanges;
