//! Runs a loop with the widest instructions this CPU has, chosen at run time.

/// A loop over plain slices that the compiler can vectorize.
///
/// Every function that it calls must be `#[inline(always)]`: only code that is inlined into the chosen variant is
/// compiled with its instructions.
pub(crate) trait Kernel {
    /// Runs the loop. `FUSED` is whether the CPU multiplies and adds in one instruction.
    fn run<const FUSED: bool>(self);
}

/// Runs the kernel with AVX2 and FMA where the CPU has them.
#[cfg(target_arch = "x86_64")]
pub(crate) fn run(kernel: impl Kernel) {
    struct Fused<K>(K);

    impl<K: Kernel> pulp::NullaryFnOnce for Fused<K> {
        type Output = ();

        #[inline(always)]
        #[expect(
            clippy::inline_always,
            reason = "must be compiled into the chosen variant"
        )]
        fn call(self) {
            self.0.run::<true>();
        }
    }

    match pulp::x86::V3::try_new() {
        Some(avx2) => avx2.vectorize(Fused(kernel)),
        None => kernel.run::<false>(),
    }
}

/// Runs the kernel with the instructions that every CPU of this architecture has; on 64-bit ARM they include FMA.
#[cfg(not(target_arch = "x86_64"))]
pub(crate) fn run(kernel: impl Kernel) {
    if cfg!(target_arch = "aarch64") {
        kernel.run::<true>();
    } else {
        kernel.run::<false>();
    }
}
