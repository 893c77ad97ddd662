//! The product of rows with 16-bit weights in panels of 16 outputs.
//!
//! Every panel is read once. Its sums for six rows, twelve vectors of AVX2, stay in registers, and widening a weight
//! to `f32` runs beside the multiplications, so no copy of a panel in `f32` is needed at any number of rows.

use crate::model::Kernel;

/// The number of outputs of a panel.
pub(super) const OUTPUTS: usize = 16;

/// The number of rows that share one pass over a panel; more would not fit the CPU's registers.
const TOGETHER: usize = 6;

/// The largest number that a weight is rounded to.
const GREATEST: f32 = 32_767.0;

/// What belongs to the outputs of a panel beside their weights; zero for outputs that the matrix does not have.
pub(super) struct Panel {
    scales: [f32; OUTPUTS],
    bias: [f32; OUTPUTS],
}

impl Panel {
    /// `outputs` are the weights of each output.
    pub(super) fn new<'a>(outputs: impl Iterator<Item = &'a [f32]>, bias: &[f32]) -> Self {
        let mut panel = Self {
            scales: [0.0; OUTPUTS],
            bias: [0.0; OUTPUTS],
        };
        for (scale, weights) in panel.scales.iter_mut().zip(outputs) {
            let sizes = weights.iter().map(|weight| weight.abs());
            *scale = sizes.fold(0.0, f32::max) / GREATEST;
        }
        for (place, bias) in panel.bias.iter_mut().zip(bias) {
            *place = *bias;
        }
        panel
    }

    /// The weights of one input, one for each output, in units of the outputs' scales.
    pub(super) fn rounded(&self, weights: impl Iterator<Item = f32>) -> [i16; OUTPUTS] {
        let mut rounded = [0; OUTPUTS];
        for ((place, weight), scale) in rounded.iter_mut().zip(weights).zip(self.scales) {
            if scale > 0.0 {
                *place = round(weight / scale);
            }
        }
        rounded
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the scale keeps it within ±32767"
)]
fn round(value: f32) -> i16 {
    value.round() as i16
}

/// Multiplies all rows with all panels.
pub(super) struct Product<'a> {
    /// The weights of a panel by input, panel after panel.
    pub(super) weights: &'a [[i16; OUTPUTS]],
    pub(super) panels: &'a [Panel],
    /// Rows of `inputs` numbers.
    pub(super) input: &'a [f32],
    pub(super) inputs: usize,
    /// Rows of `outputs` numbers.
    pub(super) output: &'a mut [f32],
    pub(super) outputs: usize,
    /// Whether the product is added to the output, instead of replacing it.
    pub(super) onto: bool,
}

impl Kernel for Product<'_> {
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "must be compiled into the chosen variant"
    )]
    fn run<const FUSED: bool>(self) {
        let rows = self.input.len() / self.inputs;
        // groups of almost equal size: six and five for eleven rows
        let groups = rows.div_ceil(TOGETHER);
        let panels = self.weights.chunks_exact(self.inputs).zip(self.panels);
        for (index, (weights, panel)) in panels.enumerate() {
            let (mut input, mut output) = (self.input, &mut *self.output);
            for group in 0..groups {
                let count = (input.len() / self.inputs).div_ceil(groups - group);
                let (rows, later) = input.split_at(count * self.inputs);
                let (place, rest) = output.split_at_mut(count * self.outputs);
                (input, output) = (later, rest);
                let mut rows = rows.chunks_exact(self.inputs);
                let mut row = || rows.next().unwrap_or_default();
                let to = Place {
                    output: place,
                    width: self.outputs,
                    start: index * OUTPUTS,
                    panel,
                    onto: self.onto,
                };
                match count {
                    1 => to.write(multiply::<1, FUSED>(weights, [row()])),
                    2 => to.write(multiply::<2, FUSED>(weights, [row(), row()])),
                    3 => to.write(multiply::<3, FUSED>(weights, [row(), row(), row()])),
                    4 => to.write(multiply::<4, FUSED>(weights, [row(), row(), row(), row()])),
                    5 => to.write(multiply::<5, FUSED>(
                        weights,
                        [row(), row(), row(), row(), row()],
                    )),
                    _ => to.write(multiply::<6, FUSED>(
                        weights,
                        [row(), row(), row(), row(), row(), row()],
                    )),
                }
            }
        }
    }
}

/// The destination of a panel's sums.
struct Place<'a> {
    output: &'a mut [f32],
    width: usize,
    start: usize,
    panel: &'a Panel,
    onto: bool,
}

impl Place<'_> {
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "must be compiled into the chosen variant"
    )]
    fn write<const ROWS: usize>(self, sums: [[f32; OUTPUTS]; ROWS]) {
        for (row, sums) in self.output.chunks_exact_mut(self.width).zip(sums) {
            let (_, cells) = row.split_at_mut(self.start);
            let learned = self.panel.scales.iter().zip(&self.panel.bias);
            for ((cell, sum), (scale, bias)) in cells.iter_mut().zip(sums).zip(learned) {
                let before = if self.onto { *cell } else { 0.0 };
                *cell = before + sum * scale + bias;
            }
        }
    }
}

/// The innermost loop of the sentence model. The sums of a row do not depend on the other rows.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "must be compiled into the chosen variant"
)]
#[expect(
    clippy::indexing_slicing,
    reason = "fixed sizes, and slices cut to one length; the compiler vectorises this form"
)]
fn multiply<const ROWS: usize, const FUSED: bool>(
    weights: &[[i16; OUTPUTS]],
    rows: [&[f32]; ROWS],
) -> [[f32; OUTPUTS]; ROWS] {
    let mut sums = [[0.0; OUTPUTS]; ROWS];
    let rows = rows.map(|row| &row[..weights.len()]);
    for (input, weights) in weights.iter().enumerate() {
        let weights = weights.map(f32::from);
        for row in 0..ROWS {
            let value = rows[row][input];
            for output in 0..OUTPUTS {
                let sum = &mut sums[row][output];
                *sum = if FUSED {
                    weights[output].mul_add(value, *sum)
                } else {
                    weights[output] * value + *sum
                };
            }
        }
    }
    sums
}
