//! Layer norm, and the activation function of the feed-forward part.

use std::f32::consts::SQRT_2;

use super::functions::erf;
use super::settings::Settings;
use super::weights::Weights;
use crate::LoadError;
use crate::model::{Kernel, float, run};

/// Normalizes every row to mean 0 and variance 1, then applies the learned weights and bias.
pub(super) struct Norm {
    weights: Vec<f32>,
    bias: Vec<f32>,
    epsilon: f32,
}

impl Norm {
    /// Reads `<name>.weight` and `<name>.bias`.
    pub(super) fn load(file: &Weights, name: &str, settings: &Settings) -> Result<Self, LoadError> {
        Ok(Self {
            weights: file.vector(&format!("{name}.weight"), settings.hidden_size)?,
            bias: file.vector(&format!("{name}.bias"), settings.hidden_size)?,
            epsilon: settings.layer_norm_eps,
        })
    }

    pub(super) fn apply(&self, rows: &mut [f32]) {
        run(Normalize { norm: self, rows });
    }
}

/// The number of partial sums over a row, so that the compiler can use vector instructions.
const LANES: usize = 16;

struct Normalize<'a> {
    norm: &'a Norm,
    rows: &'a mut [f32],
}

impl Kernel for Normalize<'_> {
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "must be compiled into the chosen variant"
    )]
    fn run<const FUSED: bool>(self) {
        let Norm {
            weights,
            bias,
            epsilon,
        } = self.norm;
        let count = float(weights.len());
        for row in self.rows.chunks_exact_mut(weights.len()) {
            let mean = sum_of(row, |value| value) / count;
            for value in row.iter_mut() {
                *value -= mean;
            }
            let square = sum_of(row, |value| value * value) / count;
            let scale = (square + epsilon).sqrt().recip();
            for (value, (weight, bias)) in row.iter_mut().zip(weights.iter().zip(bias)) {
                *value = *value * scale * weight + bias;
            }
        }
    }
}

#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "must be compiled into the chosen variant"
)]
fn sum_of(row: &[f32], term: impl Fn(f32) -> f32) -> f32 {
    let (chunks, rest) = row.as_chunks::<LANES>();
    let mut sums = [0.0; LANES];
    for chunk in chunks {
        for (sum, value) in sums.iter_mut().zip(chunk) {
            *sum += term(*value);
        }
    }
    let rest: f32 = rest.iter().map(|value| term(*value)).sum();
    sums.into_iter().sum::<f32>() + rest
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
