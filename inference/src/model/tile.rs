//! 8-bit weights in tiles of 32 inputs and 16 outputs.
//!
//! The numbers are those of ggml's `Q8_0`, one scale for every 32 weights of an output, but the layout lets one
//! instruction work on several outputs, and a tile that was loaded once serve four rows. With ggml's layout, one row at
//! a time, four conversations took almost four times as long as one.

use super::simd::Kernel;

/// The number of outputs of a tile.
pub(crate) const OUTPUTS: usize = 16;

/// The number of inputs of a tile, which is the block size of `Q8_0`.
pub(crate) const INPUTS: usize = 32;

/// The inputs of one row for one tile.
pub(crate) type Block = [f32; INPUTS];

/// The number of rows that share one pass over the tiles; more would not fit the CPU's registers.
const TOGETHER: usize = 4;

/// The weights of [`INPUTS`] inputs and [`OUTPUTS`] outputs, with a scale per output.
#[derive(Clone)]
pub(crate) struct Tile {
    scales: [f32; OUTPUTS],
    weights: [[i8; OUTPUTS]; INPUTS],
}

impl Tile {
    /// Rounds one block of weights for each output; the weights of missing outputs are zero.
    pub(crate) fn quantise<'a>(outputs: impl Iterator<Item = &'a Block>) -> Self {
        let mut tile = Self {
            scales: [0.0; OUTPUTS],
            weights: [[0; OUTPUTS]; INPUTS],
        };
        for ((output, block), scale) in outputs.enumerate().zip(&mut tile.scales) {
            let greatest = block
                .iter()
                .fold(0.0_f32, |greatest, value| greatest.max(value.abs()));
            if greatest > 0.0 {
                *scale = greatest / 127.0;
            }
            let factor = if greatest > 0.0 {
                127.0 / greatest
            } else {
                0.0
            };
            for (weights, value) in tile.weights.iter_mut().zip(block) {
                for weight in weights.iter_mut().skip(output).take(1) {
                    *weight = rounded(value * factor);
                }
            }
        }
        tile
    }

    /// The weights of one output.
    pub(crate) fn output(&self, index: usize) -> impl Iterator<Item = f32> {
        let scale = self.scales.get(index).copied().unwrap_or_default();
        let weights = self
            .weights
            .iter()
            .filter_map(move |weights| weights.get(index));
        weights.map(move |weight| f32::from(*weight) * scale)
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the scale keeps it within ±127"
)]
fn rounded(value: f32) -> i8 {
    value.round() as i8
}

/// Multiplies a few rows with all panels; a panel consists of the tiles of the same 16 outputs.
pub(crate) struct FewRows<'a> {
    pub(crate) tiles: &'a [Tile],
    /// The rows one after the other; each has one block per tile of a panel.
    pub(crate) input: &'a [Block],
    /// Rows of `width` outputs.
    pub(crate) output: &'a mut [f32],
    pub(crate) width: usize,
    /// The number of tiles in a panel.
    pub(crate) depth: usize,
}

impl Kernel for FewRows<'_> {
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "must be compiled into the chosen variant"
    )]
    fn run<const FUSED: bool>(self) {
        for (index, panel) in self.tiles.chunks_exact(self.depth).enumerate() {
            let groups = self.input.chunks(TOGETHER * self.depth);
            let outputs = self.output.chunks_mut(TOGETHER * self.width);
            for (group, output) in groups.zip(outputs) {
                let mut rows = group.chunks_exact(self.depth);
                let mut row = || rows.next().unwrap_or_default();
                let to = Place {
                    output,
                    width: self.width,
                    start: index * OUTPUTS,
                };
                match group.len() / self.depth {
                    1 => to.write(multiply::<1, FUSED>(panel, [row()])),
                    2 => to.write(multiply::<2, FUSED>(panel, [row(), row()])),
                    3 => to.write(multiply::<3, FUSED>(panel, [row(), row(), row()])),
                    _ => to.write(multiply::<4, FUSED>(panel, [row(), row(), row(), row()])),
                }
            }
        }
    }
}

/// The destination of a panel's results.
struct Place<'a> {
    output: &'a mut [f32],
    width: usize,
    start: usize,
}

impl Place<'_> {
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "must be compiled into the chosen variant"
    )]
    fn write<const ROWS: usize>(self, sums: [[f32; OUTPUTS]; ROWS]) {
        for (row, sums) in self.output.chunks_exact_mut(self.width).zip(sums) {
            for (cell, sum) in row.iter_mut().skip(self.start).zip(sums) {
                *cell = sum;
            }
        }
    }
}

/// The innermost loop of the crate. The sums of a row do not depend on the other rows.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "must be compiled into the chosen variant"
)]
#[expect(
    clippy::indexing_slicing,
    reason = "fixed sizes; the compiler vectorises this form"
)]
fn multiply<const ROWS: usize, const FUSED: bool>(
    panel: &[Tile],
    rows: [&[Block]; ROWS],
) -> [[f32; OUTPUTS]; ROWS] {
    let mut sums = [[0.0; OUTPUTS]; ROWS];
    for (place, tile) in panel.iter().enumerate() {
        let mut parts = [[0.0; OUTPUTS]; ROWS];
        for (input, weights) in tile.weights.iter().enumerate() {
            let weights = weights.map(f32::from);
            for row in 0..ROWS {
                let value = rows[row][place][input];
                for output in 0..OUTPUTS {
                    let part = &mut parts[row][output];
                    *part = if FUSED {
                        weights[output].mul_add(value, *part)
                    } else {
                        weights[output] * value + *part
                    };
                }
            }
        }
        for row in 0..ROWS {
            for output in 0..OUTPUTS {
                sums[row][output] += parts[row][output] * tile.scales[output];
            }
        }
    }
    sums
}

/// Writes some panels as `f32` values, one row of `width` outputs per input.
pub(crate) struct Dequantise<'a> {
    pub(crate) tiles: &'a [Tile],
    pub(crate) output: &'a mut [f32],
    pub(crate) width: usize,
    /// The number of tiles in a panel.
    pub(crate) depth: usize,
}

impl Kernel for Dequantise<'_> {
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "must be compiled into the chosen variant"
    )]
    fn run<const FUSED: bool>(self) {
        for (index, panel) in self.tiles.chunks_exact(self.depth).enumerate() {
            let inputs = panel
                .iter()
                .flat_map(|tile| tile.weights.iter().map(move |row| (row, tile)));
            for (row, (weights, tile)) in self.output.chunks_exact_mut(self.width).zip(inputs) {
                let (_, cells) = row.split_at_mut(index * OUTPUTS);
                for ((cell, weight), scale) in cells.iter_mut().zip(weights).zip(&tile.scales) {
                    *cell = f32::from(*weight) * scale;
                }
            }
        }
    }
}
