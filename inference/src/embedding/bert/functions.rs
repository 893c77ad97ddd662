//! Functions of one number in a form that the compiler vectorizes, unlike those of the C library.

use std::f32::consts::{LN_2, LOG2_E};

/// The odd powers of the numerator and the even powers of the denominator of a rational function that approximates the
/// error function within 5·10⁻⁷; from Eigen, found by minimax over ±4.
const ABOVE: [f32; 7] = [
    -2.726_142_3e-10,
    2.770_681_5e-8,
    -2.101_024e-6,
    -5.692_506_5e-5,
    -7.349_906_4e-4,
    -2.954_6e-3,
    -1.609_603_3e-2,
];
const BELOW: [f32; 5] = [
    -1.456_607_1e-5,
    -2.133_740_6e-4,
    -1.682_827e-3,
    -7.373_329_3e-3,
    -1.426_473_9e-2,
];

/// The error function.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "must be compiled into the chosen variant"
)]
pub(super) fn erf<const FUSED: bool>(x: f32) -> f32 {
    let x = x.clamp(-4.0, 4.0);
    let square = x * x;
    x * polynomial::<FUSED>(square, &ABOVE) / polynomial::<FUSED>(square, &BELOW)
}

/// The series of the exponential function; within ±½·ln 2 its error is that of `f32`.
const SERIES: [f32; 7] = [
    1.0 / 720.0,
    1.0 / 120.0,
    1.0 / 24.0,
    1.0 / 6.0,
    0.5,
    1.0,
    1.0,
];

/// Added to a number below 2²², it rounds it to a whole number, which is then in the lowest bits.
const ROUNDER: f32 = 12_582_912.0;

/// The exponential function of a number that is not positive.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "must be compiled into the chosen variant"
)]
pub(super) fn exp<const FUSED: bool>(x: f32) -> f32 {
    // below this the result is zero for every purpose, and leaves the range of the exponent
    let x = if x < -87.0 { -87.0 } else { x };
    let rounded = x * LOG2_E + ROUNDER;
    let power = rounded - ROUNDER;
    let rest = x - power * LN_2;
    let result = polynomial::<FUSED>(rest, &SERIES);
    // multiplies with 2 to the power, by adding it to the exponent
    f32::from_bits(result.to_bits().wrapping_add(rounded.to_bits() << 23))
}

/// Evaluates a polynomial in Horner's form; the coefficient of the highest power comes first.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "must be compiled into the chosen variant"
)]
fn polynomial<const FUSED: bool>(x: f32, factors: &[f32]) -> f32 {
    let mut sum = 0.0;
    for factor in factors {
        sum = if FUSED {
            f32::mul_add(sum, x, *factor)
        } else {
            sum * x + factor
        };
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exponential_is_that_of_the_library() {
        for step in 0..=8_700_u16 {
            let x = -f32::from(step) / 100.0;
            let expected = x.exp();
            for found in [exp::<false>(x), exp::<true>(x)] {
                let error = (found - expected).abs() / expected;
                assert!(error < 1e-5, "{x}: {found}, not {expected}");
                assert!((found - expected).abs() < 3e-7);
            }
        }
        assert!(exp::<false>(-1e30) < 1e-37);
        assert!(exp::<true>(f32::NAN).is_nan());
    }
}
