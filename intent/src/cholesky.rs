//! The Cholesky factor of a symmetric positive definite matrix, and the solution of equations with it.

use crate::kernel::add_scaled;

/// The upper triangle `U` of a matrix that is `Uᵀ·U`.
pub(crate) struct Cholesky {
    /// The rows of `U`; what is left of the diagonal has no meaning.
    rows: Vec<f32>,
    size: usize,
}

impl Cholesky {
    /// Factors a matrix, of which only the upper triangle is read. `None` when it is not positive definite.
    pub(crate) fn of(mut matrix: Vec<f32>, size: usize) -> Option<Self> {
        let mut remaining = matrix.as_mut_slice();
        let mut at = 0;
        while let Some((row, below)) = remaining.split_at_mut_checked(size) {
            let row = row.get_mut(at..)?;
            let pivot = row.first()?.sqrt();
            if !pivot.is_finite() || pivot <= 0.0 {
                return None;
            }
            for value in row.iter_mut() {
                *value /= pivot;
            }
            for (lower, next) in below.chunks_exact_mut(size).zip(1..) {
                let (factor, row) = (*row.get(next)?, row.get(next..)?);
                add_scaled(lower.get_mut(at + next..)?, -factor, row);
            }
            remaining = below;
            at += 1;
        }
        (at == size).then_some(Self { rows: matrix, size })
    }

    /// Replaces `B` by the solution `X` of `Uᵀ·U·X = B`. `B` has one row for each row of the matrix.
    pub(crate) fn solve(&self, b: &mut [f32]) {
        let width = b.len() / self.size.max(1);
        let mut remaining = &mut *b;
        for (at, factors) in self.rows.chunks_exact(self.size.max(1)).enumerate() {
            let Some((row, below)) = remaining.split_at_mut_checked(width) else {
                return;
            };
            divide(row, factors.get(at).copied());
            let later = factors.get(at + 1..).unwrap_or_default();
            for (lower, factor) in below.chunks_exact_mut(width).zip(later) {
                add_scaled(lower, -factor, row);
            }
            remaining = below;
        }
        for (at, factors) in self.rows.chunks_exact(self.size.max(1)).enumerate().rev() {
            let Some((above, below)) = b.split_at_mut_checked((at + 1) * width) else {
                return;
            };
            let Some(row) = above.get_mut(at * width..) else {
                return;
            };
            let later = factors.get(at + 1..).unwrap_or_default();
            for (lower, factor) in below.chunks_exact(width).zip(later) {
                add_scaled(row, -factor, lower);
            }
            divide(row, factors.get(at).copied());
        }
    }
}

fn divide(row: &mut [f32], by: Option<f32>) {
    let by = by.unwrap_or(1.0);
    for value in row {
        *value /= by;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equations_are_solved() {
        let matrix = vec![4.0, 2.0, 1.0, 2.0, 5.0, 3.0, 1.0, 3.0, 6.0];
        let factored = Cholesky::of(matrix, 3).unwrap();
        // the products of the matrix with (1, 2, 3) and (-1, 0, 2)
        let mut b = vec![11.0, -2.0, 21.0, 4.0, 25.0, 11.0];
        factored.solve(&mut b);
        let expected = [1.0, -1.0, 2.0, 0.0, 3.0, 2.0];
        let close = b.iter().zip(expected);
        assert!(
            close.into_iter().all(|(x, y)| (x - y).abs() < 1e-5),
            "{b:?}"
        );
    }

    #[test]
    fn a_matrix_that_is_not_positive_definite_has_no_factor() {
        assert!(Cholesky::of(vec![1.0, 2.0, 2.0, 1.0], 2).is_none());
        assert!(Cholesky::of(vec![f32::NAN], 1).is_none());
    }
}
