//! The inner loop of a search over all vectors of a collection, with the widest instructions of this CPU.

/// The dot products of a query with each row, appended to `scores`.
pub(super) struct Scan<'a> {
    pub(super) query: &'a [i16],
    /// The rows, each as long as `query`, one after the other.
    pub(super) rows: &'a [i8],
    /// The factor of each row's dot product.
    pub(super) scales: &'a [f32],
    pub(super) scores: &'a mut Vec<f32>,
}

impl Scan<'_> {
    /// Runs the scan with AVX2 where the CPU has it.
    #[cfg(target_arch = "x86_64")]
    pub(super) fn run(self) {
        use pulp::NullaryFnOnce as _;

        match pulp::x86::V3::try_new() {
            Some(avx2) => avx2.vectorize(self),
            None => self.call(),
        }
    }

    /// Runs the scan.
    #[cfg(not(target_arch = "x86_64"))]
    pub(super) fn run(self) {
        use pulp::NullaryFnOnce as _;

        self.call();
    }
}

impl pulp::NullaryFnOnce for Scan<'_> {
    type Output = ();

    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "must be compiled into the chosen variant"
    )]
    fn call(self) {
        for (row, scale) in self.rows.chunks_exact(self.query.len()).zip(self.scales) {
            let mut sum = 0_i32;
            for (one, other) in self.query.iter().zip(row) {
                // whole numbers: their sum does not depend on the order, so the compiler may add several at once
                sum = sum.wrapping_add(i32::from(*one) * i32::from(*other));
            }
            #[expect(
                clippy::cast_precision_loss,
                reason = "what is lost is far below what the rows have lost already"
            )]
            self.scores.push(sum as f32 * scale);
        }
    }
}
