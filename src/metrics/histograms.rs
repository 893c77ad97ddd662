//! A histogram of durations for each combination of the values of its labels.

use std::{
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use super::{MetricFamily, MetricKind, MetricSample, family::value_of};

/// Histograms with `N` labels. Observing takes a read lock and three atomic additions.
#[derive(Debug)]
pub(super) struct Histograms<const N: usize> {
    name: &'static str,
    help: &'static str,
    labels: [&'static str; N],
    /// The upper bounds of the buckets in seconds, in ascending order, without infinity.
    bounds: &'static [f64],
    cells: RwLock<Vec<Arc<Cell<N>>>>,
}

/// The observations for one combination of values.
#[derive(Debug)]
struct Cell<const N: usize> {
    values: [Box<str>; N],
    /// The observations of each bucket, not cumulative; the last one is beyond the highest bound.
    buckets: Vec<AtomicU64>,
    microseconds: AtomicU64,
}

impl<const N: usize> Histograms<N> {
    /// Histograms of this name, which ends in `_seconds`.
    pub(super) fn new(
        name: &'static str,
        help: &'static str,
        labels: [&'static str; N],
        bounds: &'static [f64],
    ) -> Self {
        Self {
            name,
            help,
            labels,
            bounds,
            cells: RwLock::default(),
        }
    }

    /// Adds a duration to the histogram of these values, which are bounded as those of a counter.
    pub(super) fn observe(&self, values: [&str; N], duration: Duration) {
        let cell = self.cell(values);
        let seconds = duration.as_secs_f64();
        let place = self.bounds.partition_point(|bound| *bound < seconds);
        if let Some(bucket) = cell.buckets.get(place) {
            bucket.fetch_add(1, Ordering::Relaxed);
        }
        let microseconds = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        cell.microseconds.fetch_add(microseconds, Ordering::Relaxed);
    }

    fn cell(&self, values: [&str; N]) -> Arc<Cell<N>> {
        let is_same = |cell: &&Arc<Cell<N>>| cell.values.iter().map(AsRef::as_ref).eq(values);
        let cells = self.cells.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(cell) = cells.iter().find(is_same) {
            return Arc::clone(cell);
        }
        drop(cells);
        let mut cells = self.cells.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(cell) = cells.iter().find(is_same) {
            return Arc::clone(cell);
        }
        let cell = Arc::new(Cell {
            values: values.map(Box::from),
            buckets: (0..=self.bounds.len()).map(|_| AtomicU64::new(0)).collect(),
            microseconds: AtomicU64::new(0),
        });
        cells.push(Arc::clone(&cell));
        cell
    }

    /// The present observations.
    pub(super) fn family(&self) -> MetricFamily {
        let cells = self.cells.read().unwrap_or_else(PoisonError::into_inner);
        MetricFamily {
            name: self.name,
            help: self.help,
            kind: MetricKind::Histogram,
            samples: cells.iter().flat_map(|cell| self.samples(cell)).collect(),
        }
    }

    fn samples(&self, cell: &Cell<N>) -> Vec<MetricSample> {
        let labels = || -> Vec<_> {
            let labels = self.labels.into_iter().zip(&cell.values);
            labels
                .map(|(label, value)| (label, value.to_string()))
                .collect()
        };
        let mut count = 0;
        let mut samples = Vec::new();
        let bounds = self.bounds.iter().map(ToString::to_string);
        for (bound, bucket) in bounds.chain(["+Inf".to_owned()]).zip(&cell.buckets) {
            count += bucket.load(Ordering::Relaxed);
            let mut labels = labels();
            labels.push(("le", bound));
            samples.push(MetricSample {
                suffix: "_bucket",
                labels,
                value: value_of(count),
            });
        }
        samples.push(MetricSample {
            suffix: "_sum",
            labels: labels(),
            value: value_of(cell.microseconds.load(Ordering::Relaxed)) / 1e6,
        });
        samples.push(MetricSample {
            suffix: "_count",
            labels: labels(),
            value: value_of(count),
        });
        samples
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Histograms;

    #[test]
    fn buckets_are_cumulative_and_include_their_bound() {
        let histograms = Histograms::new("wait_seconds", "Waits.", ["kind"], &[0.1, 1.0]);
        for milliseconds in [50, 100, 500, 5_000] {
            histograms.observe(["a"], Duration::from_millis(milliseconds));
        }
        let family = histograms.family();
        let found: Vec<_> = family
            .samples
            .iter()
            .map(|sample| {
                let bound = sample.labels.get(1).map_or("", |(_, bound)| bound);
                (sample.suffix, bound, sample.value)
            })
            .collect();
        assert_eq!(
            found,
            [
                ("_bucket", "0.1", 2.0),
                ("_bucket", "1", 3.0),
                ("_bucket", "+Inf", 4.0),
                ("_sum", "", 5.65),
                ("_count", "", 4.0),
            ]
        );
    }
}
