//! Tables of thousands of rows in 8 bits per value.
//!
//! A table of 8,000 rows of 384 values has 12 MB, which no cache keeps from one message to the next: reading it takes longer
//! than computing. Of a table that large, all rows are compared coarsely, which reads a quarter, and only the best ones
//! exactly.

use crate::kernel::{CoarseDots, run};

/// The number of rows from which a table has a coarse copy. Below, a table fits the cache, and every product is exact.
pub(crate) const MANY: usize = 2_048;
/// The number of best rows that are compared exactly.
pub(crate) const EXACT: usize = 256;

/// The greatest value of a row, in its own scale.
const GREATEST: f32 = 127.0;

/// Rows of 8 bits per value with a scale each.
pub(crate) struct CoarseRows {
    values: Vec<i8>,
    scales: Vec<f32>,
}

impl CoarseRows {
    /// The coarse copy of a table, if it is large.
    pub(crate) fn of_large(rows: &[f32], dimensions: usize) -> Option<Self> {
        let dimensions = dimensions.max(1);
        if rows.len() / dimensions < MANY {
            return None;
        }
        let mut coarse = Self {
            values: Vec::with_capacity(rows.len()),
            scales: Vec::with_capacity(rows.len() / dimensions),
        };
        for row in rows.chunks_exact(dimensions) {
            let most = row
                .iter()
                .fold(0.0_f32, |most, value| most.max(value.abs()));
            let scale = (most / GREATEST).max(f32::MIN_POSITIVE);
            #[expect(
                clippy::cast_possible_truncation,
                reason = "the quotient is between -127 and 127"
            )]
            let rounded = row.iter().map(|value| (value / scale).round() as i8);
            coarse.values.extend(rounded);
            coarse.scales.push(scale);
        }
        Some(coarse)
    }

    /// The products of a vector with all rows, about, and the positions of the greatest [`EXACT`] of them, which the
    /// caller replaces by the exact ones.
    pub(crate) fn dots(&self, vector: &[f32]) -> (Vec<f32>, Vec<usize>) {
        let mut dots = vec![0.0; self.scales.len()];
        run(CoarseDots {
            vector,
            matrix: &self.values,
            results: &mut dots,
        });
        for (dot, scale) in dots.iter_mut().zip(&self.scales) {
            *dot *= scale;
        }
        let mut best: Vec<usize> = (0..dots.len()).collect();
        if best.len() > EXACT {
            let of = |row: &usize| dots.get(*row).copied().unwrap_or(f32::MIN);
            best.select_nth_unstable_by(EXACT, |a, b| of(b).total_cmp(&of(a)));
            best.truncate(EXACT);
        }
        (dots, best)
    }

    /// The memory of the rows in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.values.len() + size_of_val(self.scales.as_slice())
    }
}

#[cfg(test)]
mod tests {
    use super::{CoarseRows, EXACT, MANY};
    use crate::kernel::dot;
    use crate::skill::unit;

    const DIMENSIONS: usize = 40;

    fn vector(seed: usize) -> Vec<f32> {
        let value = |at: usize| {
            let mixed = (seed * 7_919 + at * 104_729).wrapping_mul(2_654_435_761);
            #[expect(clippy::cast_precision_loss, reason = "a small random number")]
            let value = ((mixed >> 16) % 1_000) as f32 / 500.0 - 1.0;
            value
        };
        unit((0..DIMENSIONS).map(value).collect()).unwrap()
    }

    #[test]
    fn coarse_products_are_close_and_the_greatest_are_among_the_best() {
        let rows: Vec<f32> = (0..MANY).flat_map(vector).collect();
        let coarse = CoarseRows::of_large(&rows, DIMENSIONS).unwrap();
        for seed in 0..20 {
            let asked = vector(1_000_000 + seed);
            let exact: Vec<f32> = rows
                .chunks_exact(DIMENSIONS)
                .map(|row| dot(&asked, row))
                .collect();
            let (dots, best) = coarse.dots(&asked);
            assert_eq!(best.len(), EXACT);
            for (dot, exact) in dots.iter().zip(&exact) {
                assert!((dot - exact).abs() < 0.01, "{dot} for {exact}");
            }
            let mut order: Vec<usize> = (0..exact.len()).collect();
            order.sort_by(|a, b| exact[*b].total_cmp(&exact[*a]));
            assert!(order[..64].iter().all(|row| best.contains(row)));
        }
    }

    #[test]
    fn a_small_table_has_no_coarse_copy() {
        assert!(CoarseRows::of_large(&vec![1.0; (MANY - 1) * 2], 2).is_none());
        let zeros = CoarseRows::of_large(&vec![0.0; MANY * 2], 2).unwrap();
        assert_eq!(zeros.dots(&[1.0, 1.0]).0, vec![0.0; MANY]);
    }
}
