//! A counter for each combination of the values of its labels.

use std::sync::{
    PoisonError, RwLock,
    atomic::{AtomicU64, Ordering},
};

use super::{MetricFamily, MetricSample, family::value_of};

/// Counters with `N` labels. Counting takes a read lock and an atomic addition; only the first count of a combination of
/// values takes the write lock. Nothing is counted for each token.
#[derive(Debug)]
pub(super) struct Counters<const N: usize> {
    name: &'static str,
    help: &'static str,
    labels: [&'static str; N],
    cells: RwLock<Vec<Cell<N>>>,
}

/// The count of one combination of values.
#[derive(Debug)]
struct Cell<const N: usize> {
    values: [Box<str>; N],
    count: AtomicU64,
}

impl<const N: usize> Counters<N> {
    /// Counters of this name, which ends in `_total`. Without labels there is one, which is 0 from the start.
    pub(super) fn new(name: &'static str, help: &'static str, labels: [&'static str; N]) -> Self {
        let counters = Self {
            name,
            help,
            labels,
            cells: RwLock::default(),
        };
        if N == 0 {
            counters.add([""; N], 0);
        }
        counters
    }

    /// The same counters with series that are 0 from the start: of a series that begins with its first count, Prometheus
    /// sees no increase.
    pub(super) fn starting_with<'v>(self, series: impl IntoIterator<Item = [&'v str; N]>) -> Self {
        for values in series {
            self.add(values, 0);
        }
        self
    }

    /// Counts one.
    pub(super) fn count(&self, values: [&str; N]) {
        self.add(values, 1);
    }

    /// Adds to the counter of these values. The values are of small closed sets, or bounded by
    /// [`super::BoundedNames`]: each combination stays for the life of the process.
    pub(super) fn add(&self, values: [&str; N], by: u64) {
        let is_same = |cell: &&Cell<N>| cell.values.iter().map(AsRef::as_ref).eq(values);
        let cells = self.cells.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(cell) = cells.iter().find(is_same) {
            cell.count.fetch_add(by, Ordering::Relaxed);
            return;
        }
        drop(cells);
        let mut cells = self.cells.write().unwrap_or_else(PoisonError::into_inner);
        // another task may have added it meanwhile
        if let Some(cell) = cells.iter().find(is_same) {
            cell.count.fetch_add(by, Ordering::Relaxed);
            return;
        }
        cells.push(Cell {
            values: values.map(Box::from),
            count: AtomicU64::new(by),
        });
    }

    /// The present counts.
    pub(super) fn family(&self) -> MetricFamily {
        let cells = self.cells.read().unwrap_or_else(PoisonError::into_inner);
        let samples = cells.iter().map(|cell| {
            let labels = self.labels.into_iter().zip(&cell.values);
            MetricSample {
                suffix: "",
                labels: labels
                    .map(|(label, value)| (label, value.to_string()))
                    .collect(),
                value: value_of(cell.count.load(Ordering::Relaxed)),
            }
        });
        MetricFamily::counter(self.name, self.help, samples.collect())
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::Counters;

    #[test]
    fn a_combination_of_values_has_one_counter_whoever_counts_it_first() {
        let counters = Counters::new("things_total", "Things.", ["kind", "outcome"]);
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..1_000 {
                        counters.count(["a", "good"]);
                        counters.add(["a", "bad"], 2);
                    }
                });
            }
        });
        let mut samples = counters.family().samples;
        samples.sort_by(|one, other| one.labels.cmp(&other.labels));
        let found: Vec<_> = samples
            .iter()
            .map(|sample| (sample.labels[1].1.as_str(), sample.value))
            .collect();
        assert_eq!(found, [("bad", 16_000.0), ("good", 8_000.0)]);
    }
}
