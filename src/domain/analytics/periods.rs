//! The parts of a period: whole days and hours, for which there are sums, and what is left at its ends, where records are read.

use chrono::{DateTime, DurationRound, TimeDelta, Utc};

use crate::domain::DateRange;

/// The parts of a period, none of which overlap. Together they are the period exactly, in any time zone.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SumPeriods {
    /// Whole days (UTC); at most one range.
    pub days: Vec<DateRange>,
    /// Whole hours outside of these days, before and after them.
    pub hours: Vec<DateRange>,
    /// What is left at both ends, less than an hour each.
    pub edges: Vec<DateRange>,
}

impl SumPeriods {
    /// The parts of a period.
    pub fn of(range: DateRange) -> Self {
        let hours = inner(range, TimeDelta::hours(1));
        let Some(hours) = hours else {
            return Self {
                edges: vec![range],
                ..Self::default()
            };
        };
        let days = inner(hours, TimeDelta::days(1));
        Self {
            edges: around(range, hours),
            hours: days.map_or_else(|| vec![hours], |days| around(hours, days)),
            days: days.into_iter().collect(),
        }
    }
}

/// The whole units inside of a range; none if there is not one.
fn inner(range: DateRange, unit: TimeDelta) -> Option<DateRange> {
    let to = floor(range.to, unit)?;
    let floor_of_from = floor(range.from, unit)?;
    let from = if floor_of_from == range.from {
        floor_of_from
    } else {
        floor_of_from + unit
    };
    (from < to).then_some(DateRange { from, to })
}

/// None for a time that is too far away to be rounded; its whole period is read.
fn floor(at: DateTime<Utc>, unit: TimeDelta) -> Option<DateTime<Utc>> {
    at.duration_trunc(unit).ok()
}

/// What of `outer` is before and after `inner`.
fn around(outer: DateRange, inner: DateRange) -> Vec<DateRange> {
    let before = DateRange {
        from: outer.from,
        to: inner.from,
    };
    let after = DateRange {
        from: inner.to,
        to: outer.to,
    };
    let parts = [before, after].into_iter();
    parts.filter(|part| part.from < part.to).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(from: &str, to: &str) -> DateRange {
        DateRange {
            from: from.parse().unwrap(),
            to: to.parse().unwrap(),
        }
    }

    #[test]
    fn a_period_is_cut_into_days_hours_and_edges_without_gaps() {
        // a week in Kathmandu, 5 hours 45 minutes before UTC
        let week = range("2026-11-01T18:15:00Z", "2026-11-08T18:15:00Z");
        assert_eq!(
            SumPeriods::of(week),
            SumPeriods {
                days: vec![range("2026-11-02T00:00:00Z", "2026-11-08T00:00:00Z")],
                hours: vec![
                    range("2026-11-01T19:00:00Z", "2026-11-02T00:00:00Z"),
                    range("2026-11-08T00:00:00Z", "2026-11-08T18:00:00Z"),
                ],
                edges: vec![
                    range("2026-11-01T18:15:00Z", "2026-11-01T19:00:00Z"),
                    range("2026-11-08T18:00:00Z", "2026-11-08T18:15:00Z"),
                ],
            }
        );
        for (from, to) in [
            ("2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z"),
            ("2026-11-01T10:00:00Z", "2026-11-01T11:00:00Z"),
            ("2026-11-01T10:10:00Z", "2026-11-01T10:50:00Z"),
            ("2026-11-01T10:10:00Z", "2026-11-01T11:10:00Z"),
            ("1969-12-31T22:59:59.5Z", "1970-01-02T01:00:00.000001Z"),
        ] {
            let whole = range(from, to);
            let SumPeriods { days, hours, edges } = SumPeriods::of(whole);
            let mut parts: Vec<DateRange> = days.into_iter().chain(hours).chain(edges).collect();
            parts.sort_by_key(|part| part.from);
            let mut at = whole.from;
            for part in parts {
                assert_eq!(part.from, at, "{from} to {to}");
                at = part.to;
            }
            assert_eq!(at, whole.to, "{from} to {to}");
        }
    }
}
