//! Layer norm, and the activation function of the feed-forward part.

use std::f32::consts::SQRT_2;

use super::settings::Settings;
use super::weights::Weights;
use crate::LoadError;
use crate::model::{Kernel, dot, float, run};

/// Normalizes every row to mean 0 and variance 1, then applies the learned weights and bias.
pub(super) struct Norm {
    weights: Vec<f32>,
    bias: Vec<f32>,
    epsilon: f32,
}

impl Norm {
    /// Reads `<name>.weight` and `<name>.bias`.
    pub(super) fn load(
        file: &mut Weights,
        name: &str,
        settings: &Settings,
    ) -> Result<Self, LoadError> {
        Ok(Self {
            weights: file.vector(&format!("{name}.weight"), settings.hidden_size)?,
            bias: file.vector(&format!("{name}.bias"), settings.hidden_size)?,
            epsilon: settings.layer_norm_eps,
        })
    }

    pub(super) fn apply(&self, rows: &mut [f32]) {
        for row in rows.chunks_exact_mut(self.weights.len()) {
            let count = float(row.len());
            let mean = row.iter().sum::<f32>() / count;
            for value in row.iter_mut() {
                *value -= mean;
            }
            let scale = (dot(row, row) / count + self.epsilon).sqrt().recip();
            let learned = self.weights.iter().zip(&self.bias);
            for (value, (weight, bias)) in row.iter_mut().zip(learned) {
                *value = *value * scale * weight + bias;
            }
        }
    }
}

/// `x × Φ(x)`, in place, with the error function itself, not its common approximation by tanh.
pub(super) fn gelu(values: &mut [f32]) {
    run(Gelu { values });
}

struct Gelu<'a> {
    values: &'a mut [f32],
}

impl Kernel for Gelu<'_> {
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "must be compiled into the chosen variant"
    )]
    fn run<const FUSED: bool>(self) {
        for value in self.values {
            *value *= 0.5 * (1.0 + erf::<FUSED>(*value / SQRT_2));
        }
    }
}

/// The odd powers of the numerator and the even powers of the denominator of a rational function that approximates the
/// error function within 5·10⁻⁷; from Eigen, found by minimax over ±4. It vectorizes, unlike an approximation with
/// exponentials.
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

#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "must be compiled into the chosen variant"
)]
fn erf<const FUSED: bool>(x: f32) -> f32 {
    let x = x.clamp(-4.0, 4.0);
    let square = x * x;
    x * polynomial::<FUSED>(square, &ABOVE) / polynomial::<FUSED>(square, &BELOW)
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
    fn the_step_is_that_of_the_error_function() {
        // from math.erf of Python
        let expected = [
            (-8.0, 0.0),
            (-3.0, -0.004_049_694),
            (-1.0, -0.158_655_25),
            (-0.1, -0.046_017_216),
            (0.0, 0.0),
            (0.5, 0.345_731_23),
            (2.0, 1.954_499_7),
            (5.0, 4.999_998_6),
            (50.0, 50.0),
        ];
        for (given, expected) in expected {
            let mut values = [given; 3];
            gelu(&mut values);
            for value in values {
                assert!(
                    (value - expected).abs() < 1e-6 * given.abs().max(1.0),
                    "{given}: {value}"
                );
            }
        }
    }

    #[test]
    fn a_norm_forgets_offset_and_size() {
        let norm = Norm {
            weights: vec![1.0, 2.0, 1.0, 1.0],
            bias: vec![0.0, 0.0, 0.0, 5.0],
            epsilon: 1e-12,
        };
        let mut rows = [10.0, 12.0, 10.0, 12.0, -3.0, 3.0, -3.0, 3.0];
        norm.apply(&mut rows);
        let expected = [-1.0, 2.0, -1.0, 6.0];
        for (value, expected) in rows.iter().zip(expected.iter().cycle()) {
            assert!((value - expected).abs() < 1e-5, "{rows:?}");
        }
    }
}
