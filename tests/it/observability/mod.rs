//! What operators see of running processes: metrics, logs, probes, and the rules and dashboards over them.

mod collector;
mod logs;
mod metrics;
mod probes;
mod rules;
mod scrape;
mod table;
mod traces;
