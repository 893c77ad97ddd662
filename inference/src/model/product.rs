//! The product of two `f32` matrices with candle's own kernel, called directly.
//!
//! Through candle each product would read `/proc/cpuinfo` to count the cores, copy its operands into tensors, and use
//! rayon's threads. Called directly, it stays on the calling thread, and reads parts of larger matrices in place.

use gemm::{Parallelism, gemm};

/// A matrix inside a slice, described by its shape and its strides.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    pub(crate) values: &'a [f32],
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    /// The distance between two rows.
    pub(crate) row_step: usize,
    /// The distance between two columns.
    pub(crate) column_step: usize,
}

impl<'a> View<'a> {
    /// Rows of `columns` numbers at a distance of `row_step`.
    pub(crate) fn of(values: &'a [f32], rows: usize, columns: usize, row_step: usize) -> Self {
        Self {
            values,
            rows,
            columns,
            row_step,
            column_step: 1,
        }
    }

    /// The same numbers with rows and columns exchanged.
    pub(crate) fn transposed(self) -> Self {
        Self {
            values: self.values,
            rows: self.columns,
            columns: self.rows,
            row_step: self.column_step,
            column_step: self.row_step,
        }
    }

    fn last(&self) -> usize {
        (self.rows - 1) * self.row_step + (self.columns - 1) * self.column_step
    }
}

/// Writes `left × right` into rows of `output` at a distance of `row_step`.
///
/// # Panics
/// If the shapes do not fit each other or their slices. Callers derive them from one model's shape.
#[expect(
    unsafe_code,
    reason = "gemm takes pointers; the assertions above the call bound them"
)]
pub(crate) fn multiply(left: View<'_>, right: View<'_>, output: &mut [f32], row_step: usize) {
    let (rows, columns, inner) = (left.rows, right.columns, left.columns);
    if rows == 0 || columns == 0 || inner == 0 {
        return;
    }
    assert_eq!(inner, right.rows, "the inner sizes differ");
    assert!(
        left.last() < left.values.len(),
        "the left matrix ends outside its slice"
    );
    assert!(
        right.last() < right.values.len(),
        "the right matrix ends outside its slice"
    );
    assert!(row_step >= columns, "the rows of the output overlap");
    assert!(
        (rows - 1) * row_step + columns <= output.len(),
        "the output is too short"
    );
    // SAFETY: every element that gemm touches lies between the first and the last of its matrix,
    // which the assertions place inside the slices; the output's rows do not overlap, and being
    // borrowed mutably it overlaps neither operand.
    unsafe {
        gemm(
            rows,
            columns,
            inner,
            output.as_mut_ptr(),
            1,
            row_step.cast_signed(),
            false,
            left.values.as_ptr(),
            left.column_step.cast_signed(),
            left.row_step.cast_signed(),
            right.values.as_ptr(),
            right.column_step.cast_signed(),
            right.row_step.cast_signed(),
            0.0,
            1.0,
            false,
            false,
            false,
            Parallelism::None,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::float_cmp, reason = "whole numbers this small are exact")]
    fn parts_of_larger_matrices_multiply_where_they_lie() {
        let left = [1.0, 2.0, 9.0, 3.0, 4.0, 9.0];
        let right = [5.0, 6.0, 7.0, 8.0];
        let mut output = [0.0; 5];
        let right = View::of(&right, 2, 2, 2);
        multiply(View::of(&left, 2, 2, 3), right, &mut output, 3);
        assert_eq!(output, [19.0, 22.0, 0.0, 43.0, 50.0]);
        multiply(View::of(&left, 2, 2, 3), right.transposed(), &mut output, 3);
        assert_eq!(output, [17.0, 23.0, 0.0, 39.0, 53.0]);
    }

    #[test]
    #[should_panic(expected = "outside its slice")]
    fn a_matrix_that_leaves_its_slice_is_refused() {
        let mut output = [0.0; 4];
        let values = [0.0; 3];
        multiply(
            View::of(&values, 2, 2, 2),
            View::of(&values, 2, 1, 1),
            &mut output,
            1,
        );
    }
}
