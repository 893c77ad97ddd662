//! The inner loops, with the widest instructions of this CPU.

/// Adds `row * factor` to each row of a matrix, with one factor per row.
pub(crate) struct AddOuter<'a> {
    /// The rows, one after the other, each as long as `row`.
    pub(crate) matrix: &'a mut [f32],
    pub(crate) factors: &'a [f32],
    pub(crate) row: &'a [f32],
}

/// Adds the rows of a matrix, each multiplied by its factor, to one row.
pub(crate) struct AddRows<'a> {
    pub(crate) sum: &'a mut [f32],
    pub(crate) factors: &'a [f32],
    /// The rows, one after the other, each as long as `sum`.
    pub(crate) matrix: &'a [f32],
}

/// The dot products of a vector with each row of a matrix.
pub(crate) struct Dots<'a> {
    pub(crate) vector: &'a [f32],
    /// The rows, one after the other, each as long as `vector`.
    pub(crate) matrix: &'a [f32],
    /// One result per row.
    pub(crate) results: &'a mut [f32],
}

/// The dot products of a vector with each row of a matrix of small integers.
pub(crate) struct CoarseDots<'a> {
    pub(crate) vector: &'a [f32],
    /// The rows, one after the other, each as long as `vector`.
    pub(crate) matrix: &'a [i8],
    /// One result per row.
    pub(crate) results: &'a mut [f32],
}

/// Runs a loop with AVX2 where the CPU has it.
#[cfg(target_arch = "x86_64")]
pub(crate) fn run<L: pulp::NullaryFnOnce>(work: L) -> L::Output {
    match pulp::x86::V3::try_new() {
        Some(avx2) => avx2.vectorize(work),
        None => work.call(),
    }
}

/// Runs a loop.
#[cfg(not(target_arch = "x86_64"))]
pub(crate) fn run<L: pulp::NullaryFnOnce>(work: L) -> L::Output {
    work.call()
}

/// The dot product of two vectors of the same length.
pub fn dot(one: &[f32], other: &[f32]) -> f32 {
    let mut dots = [0.0];
    run(Dots {
        vector: one,
        matrix: other,
        results: &mut dots,
    });
    let [dot] = dots;
    dot
}

/// Adds `row * factor` to `sum`.
pub(crate) fn add_scaled(sum: &mut [f32], factor: f32, row: &[f32]) {
    run(AddRows {
        sum,
        factors: &[factor],
        matrix: row,
    });
}

impl pulp::NullaryFnOnce for AddOuter<'_> {
    type Output = ();

    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "must be compiled into the chosen variant"
    )]
    fn call(self) {
        let rows = self.matrix.chunks_exact_mut(self.row.len());
        for (sum, factor) in rows.zip(self.factors) {
            for (sum, value) in sum.iter_mut().zip(self.row) {
                *sum += factor * value;
            }
        }
    }
}

impl pulp::NullaryFnOnce for AddRows<'_> {
    type Output = ();

    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "must be compiled into the chosen variant"
    )]
    fn call(self) {
        let rows = self.matrix.chunks_exact(self.sum.len());
        for (row, factor) in rows.zip(self.factors) {
            for (sum, value) in self.sum.iter_mut().zip(row) {
                *sum += factor * value;
            }
        }
    }
}

impl pulp::NullaryFnOnce for Dots<'_> {
    type Output = ();

    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "must be compiled into the chosen variant"
    )]
    fn call(self) {
        let rows = self.matrix.chunks_exact(self.vector.len());
        for (row, dot) in rows.zip(self.results) {
            let (ones, one_tail) = self.vector.as_chunks::<16>();
            let (others, other_tail) = row.as_chunks::<16>();
            // sums of their own, which the compiler may keep in one register each
            let mut sums = [0.0_f32; 16];
            for (one, other) in ones.iter().zip(others) {
                for ((sum, one), other) in sums.iter_mut().zip(one).zip(other) {
                    *sum += one * other;
                }
            }
            let tail = one_tail.iter().zip(other_tail);
            *dot = sums.iter().sum::<f32>() + tail.map(|(one, other)| one * other).sum::<f32>();
        }
    }
}

impl pulp::NullaryFnOnce for CoarseDots<'_> {
    type Output = ();

    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "must be compiled into the chosen variant"
    )]
    fn call(self) {
        let rows = self.matrix.chunks_exact(self.vector.len());
        for (row, dot) in rows.zip(self.results) {
            let (ones, one_tail) = self.vector.as_chunks::<16>();
            let (others, other_tail) = row.as_chunks::<16>();
            let mut sums = [0.0_f32; 16];
            for (one, other) in ones.iter().zip(others) {
                for ((sum, one), other) in sums.iter_mut().zip(one).zip(other) {
                    *sum += one * f32::from(*other);
                }
            }
            let tail = one_tail.iter().zip(other_tail);
            let tail = tail.map(|(one, other)| one * f32::from(*other));
            *dot = sums.iter().sum::<f32>() + tail.sum::<f32>();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loops_compute_what_they_promise() {
        let mut matrix = vec![1.0, 2.0, 3.0, 4.0];
        run(AddOuter {
            matrix: &mut matrix,
            factors: &[10.0, 100.0],
            row: &[1.0, 2.0],
        });
        assert_eq!(matrix, [11.0, 22.0, 103.0, 204.0]);
        let mut sum = vec![1.0, 1.0];
        run(AddRows {
            sum: &mut sum,
            factors: &[2.0, 3.0],
            matrix: &[1.0, 0.0, 0.0, 1.0],
        });
        assert_eq!(sum, [3.0, 4.0]);
        let long: Vec<f32> = (0_u8..35).map(f32::from).collect();
        let squares: f32 = (0_u8..35).map(|x| f32::from(x) * f32::from(x)).sum();
        assert!((dot(&long, &long) - squares).abs() < 1e-2);
    }
}
