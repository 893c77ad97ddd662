//! A weight matrix with its bias, in 16-bit integers with one scale per output.
//!
//! A question of a few words reads all weights for a few rows, so it waits for their size as well as for arithmetic: nine
//! rows took 3.5 ms, where `f32` took 10. Rounding moved no vector by more than 3·10⁻⁸ of cosine. Floats of 16 bits need
//! instructions of their own to be read, while integers are widened by those that every CPU has.

use super::panels::{OUTPUTS, Panel, Product};
use super::weights::Weights;
use crate::LoadError;
use crate::model::run;

pub(super) struct Linear {
    /// One after the other, the weights of sixteen outputs by input.
    weights: Vec<[i16; OUTPUTS]>,
    /// What belongs to the outputs of each panel.
    panels: Vec<Panel>,
    inputs: usize,
    outputs: usize,
}

impl Linear {
    /// Reads `<name>.weight` and `<name>.bias` of each name; their outputs follow each other in a row of the product.
    pub(super) fn load(
        file: &Weights,
        names: &[String],
        inputs: usize,
        outputs: usize,
    ) -> Result<Self, LoadError> {
        let (mut rows, mut bias) = (Vec::new(), Vec::new());
        for name in names {
            rows.extend(file.matrix(&format!("{name}.weight"), outputs, inputs)?);
            bias.extend(file.vector(&format!("{name}.bias"), outputs)?);
        }
        Ok(Self::pack(&rows, &bias, inputs))
    }

    /// `rows` has one row of `inputs` weights per output.
    fn pack(rows: &[f32], bias: &[f32], inputs: usize) -> Self {
        let groups = rows
            .chunks(OUTPUTS * inputs)
            .zip(bias.chunks(OUTPUTS))
            .map(|(rows, bias)| (rows, Panel::new(rows.chunks(inputs), bias)));
        let mut weights = Vec::with_capacity(bias.len().div_ceil(OUTPUTS) * inputs);
        let mut panels = Vec::with_capacity(bias.len().div_ceil(OUTPUTS));
        for (rows, panel) in groups {
            weights.extend((0..inputs).map(|input| {
                let column = rows.iter().skip(input).step_by(inputs);
                panel.rounded(column.copied())
            }));
            panels.push(panel);
        }
        Self {
            weights,
            panels,
            inputs,
            outputs: bias.len(),
        }
    }

    /// Writes the product of every row of `input` with the weights, plus the bias, into `output`.
    pub(super) fn apply(&self, input: &[f32], output: &mut [f32]) {
        self.multiply(input, output, false);
    }

    /// Like [`Linear::apply`], but adds to what is in `output`.
    pub(super) fn add(&self, input: &[f32], output: &mut [f32]) {
        self.multiply(input, output, true);
    }

    fn multiply(&self, input: &[f32], output: &mut [f32], onto: bool) {
        run(Product {
            weights: &self.weights,
            panels: &self.panels,
            input,
            inputs: self.inputs,
            output,
            outputs: self.outputs,
            onto,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sampler::Random;

    fn numbers(count: usize, seed: u64) -> Vec<f32> {
        let mut random = Random(seed);
        (0..count).map(|_| random.share() - 0.5).collect()
    }

    #[test]
    fn every_number_of_rows_and_outputs_gives_the_product() {
        for (inputs, outputs) in [(5, 3), (16, 16), (24, 37), (48, 144)] {
            let (weights, bias) = (numbers(inputs * outputs, 1), numbers(outputs, 2));
            let linear = Linear::pack(&weights, &bias, inputs);
            for rows in 1..=20 {
                let input = numbers(rows * inputs, 3);
                let mut output = vec![7.0; rows * outputs];
                linear.apply(&input, &mut output);
                let mut twice = output.clone();
                linear.add(&input, &mut twice);
                let cells = output.iter().zip(&twice).enumerate();
                for (place, (once, twice)) in cells {
                    let (row, out) = (place / outputs, place % outputs);
                    let input = &input[row * inputs..][..inputs];
                    let weights = &weights[out * inputs..][..inputs];
                    let products = input.iter().zip(weights).map(|(x, weight)| x * weight);
                    let expected = products.sum::<f32>() + bias[out];
                    assert!((once - expected).abs() < 1e-3, "{once} for {expected}");
                    assert!((twice - 2.0 * expected).abs() < 2e-3);
                }
            }
        }
    }

    #[test]
    fn an_output_without_weights_is_its_bias() {
        let linear = Linear::pack(&[0.0; 8], &[1.5, -2.0], 4);
        let mut output = [9.0; 2];
        linear.apply(&[1.0, 2.0, 3.0, 4.0], &mut output);
        assert_eq!(output.map(f32::to_bits), [1.5_f32, -2.0].map(f32::to_bits));
    }
}
