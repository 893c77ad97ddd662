//! A weight matrix with its bias, in full precision: half of a text's time goes into arithmetic
//! either way, and vectors that are compared across versions should not depend on rounding.

use super::weights::Weights;
use crate::LoadError;
use crate::model::{View, add, multiply};

/// `outputs × inputs` weights and a bias.
pub(super) struct Linear {
    weights: Vec<f32>,
    bias: Vec<f32>,
    inputs: usize,
}

impl Linear {
    /// Reads `<name>.weight` and `<name>.bias`.
    pub(super) fn load(
        file: &mut Weights,
        name: &str,
        inputs: usize,
        outputs: usize,
    ) -> Result<Self, LoadError> {
        Ok(Self {
            weights: file.matrix(&format!("{name}.weight"), outputs, inputs)?,
            bias: file.vector(&format!("{name}.bias"), outputs)?,
            inputs,
        })
    }

    /// Multiplies every row of `input` with the weights and adds the bias.
    pub(super) fn apply(&self, input: &[f32]) -> Vec<f32> {
        let (rows, outputs) = (input.len() / self.inputs, self.bias.len());
        let mut output = vec![0.0; rows * outputs];
        multiply(
            View::of(input, rows, self.inputs, self.inputs),
            View::of(&self.weights, outputs, self.inputs, self.inputs).transposed(),
            &mut output,
            outputs,
        );
        for row in output.chunks_exact_mut(outputs) {
            add(row, &self.bias);
        }
        output
    }
}
