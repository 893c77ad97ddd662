//! A weight matrix with its bias, in full precision: a smaller type would save little, because about half of a text's
//! time is arithmetic either way, and vectors that are compared across versions should not depend on rounding.

use super::weights::Weights;
use crate::LoadError;
use crate::model::{View, add, multiply};

pub(super) struct Linear {
    /// `inputs × outputs`, transposed relative to the file: the product for the few rows of a question then reads the
    /// weights in place, without packing them each time.
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
        let rows = file.matrix(&format!("{name}.weight"), outputs, inputs)?;
        let columns = (0..inputs).map(|column| rows.iter().skip(column).step_by(inputs));
        Ok(Self {
            weights: columns.flatten().copied().collect(),
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
            View::of(&self.weights, self.inputs, outputs, outputs),
            &mut output,
            outputs,
        );
        for row in output.chunks_exact_mut(outputs) {
            add(row, &self.bias);
        }
        output
    }
}
