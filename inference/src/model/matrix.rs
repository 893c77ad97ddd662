//! A weight matrix in 8-bit tiles, and its two products: one for few rows, one for many.

use candle_core::quantized::QTensor;
use candle_core::{Device, Tensor};

use super::gguf::{Gguf, unreadable, wrong_size};
use super::kernel::add;
use super::product::{View, multiply};
use super::simd;
use super::tile::{Dequantise, FewRows, INPUTS, OUTPUTS, Tile};
use crate::LoadError;

/// From this many rows on, dequantising the weights and using the f32 product is faster.
const MANY_ROWS: usize = 16;

/// The number of weights that are dequantized at a time: few enough to stay in the CPU's cache.
const SCRATCH: usize = 64 * 1024;

/// The number of rows that are converted at a time while loading; a multiple of [`OUTPUTS`].
const LOAD_ROWS: usize = 1024;

/// `outputs × inputs` weights with an optional bias.
pub(crate) struct Matrix {
    /// All tiles of the first sixteen outputs, then those of the next sixteen, and so on.
    tiles: Vec<Tile>,
    inputs: usize,
    outputs: usize,
    bias: Option<Vec<f32>>,
}

impl Matrix {
    /// Reads a matrix of any block type. All types are converted to 8 bits: the smaller ones would need kernels of
    /// their own to be as fast, and the larger ones are limited by memory bandwidth.
    pub(crate) fn load(
        file: &mut Gguf,
        name: &str,
        inputs: usize,
        outputs: usize,
    ) -> Result<Self, LoadError> {
        let tensor = file.tensor(&format!("{name}.weight"))?;
        if tensor.shape().dims() != [outputs, inputs] {
            return Err(wrong_size(name));
        }
        if inputs == 0 || !inputs.is_multiple_of(INPUTS) {
            return Err(LoadError::Unsupported(format!("{inputs} inputs of {name}")));
        }
        let bias = format!("{name}.bias");
        let bias = file
            .has_tensor(&bias)
            .then(|| file.vector(&bias, outputs))
            .transpose()?;
        let tiles = requantise(&tensor).map_err(|source| unreadable(name, source))?;
        Ok(Self {
            tiles,
            inputs,
            outputs,
            bias,
        })
    }

    /// The number of outputs, which are the rows of the file's matrix.
    pub(crate) fn outputs(&self) -> usize {
        self.outputs
    }

    /// The weights of one output; for the token embedding, the vector of one token.
    pub(crate) fn row(&self, index: usize) -> Option<impl Iterator<Item = f32>> {
        let panel = self.tiles.chunks_exact(self.depth()).nth(index / OUTPUTS)?;
        let row = panel
            .iter()
            .flat_map(move |tile| tile.output(index % OUTPUTS));
        (index < self.outputs).then_some(row)
    }

    /// Multiplies every row of `input` with the weights.
    pub(crate) fn apply(&self, input: &[f32]) -> Vec<f32> {
        let rows = input.len() / self.inputs;
        let mut output = vec![0.0; rows * self.outputs];
        if rows < MANY_ROWS {
            let (input, _) = input.as_chunks();
            simd::run(FewRows {
                tiles: &self.tiles,
                input,
                output: &mut output,
                width: self.outputs,
                depth: self.depth(),
            });
        } else {
            self.many_rows(input, rows, &mut output);
        }
        if let Some(bias) = &self.bias {
            for row in output.chunks_exact_mut(self.outputs) {
                add(row, bias);
            }
        }
        output
    }

    /// The product in `f32`, over a few panels at a time.
    fn many_rows(&self, input: &[f32], rows: usize, output: &mut [f32]) {
        let input = View::of(input, rows, self.inputs, self.inputs);
        let width = (SCRATCH / self.inputs / OUTPUTS).max(1) * OUTPUTS;
        let mut scratch = vec![0.0; width * self.inputs];
        for (index, tiles) in self
            .tiles
            .chunks(width / OUTPUTS * self.depth())
            .enumerate()
        {
            let depth = self.depth();
            simd::run(Dequantise {
                tiles,
                output: &mut scratch,
                width,
                depth,
            });
            let (_, output) = output.split_at_mut(index * width);
            let columns = width.min(self.outputs - index * width);
            let weights = View::of(&scratch, self.inputs, columns, width);
            multiply(input, weights, output, self.outputs);
        }
    }

    /// The number of tiles in a panel.
    fn depth(&self) -> usize {
        self.inputs / INPUTS
    }
}

/// Converts slice by slice, so that a whole matrix in `f32` is never in memory.
fn requantise(tensor: &QTensor) -> candle_core::Result<Vec<Tile>> {
    let (rows, width) = tensor.shape().dims2()?;
    let depth = width / INPUTS;
    let rows = u32::try_from(rows)?;
    let mut tiles = Vec::with_capacity((rows as usize).div_ceil(OUTPUTS) * depth);
    for start in (0..rows).step_by(LOAD_ROWS) {
        let indices: Vec<u32> = (start..rows).take(LOAD_ROWS).collect();
        let indices = Tensor::from_slice(&indices, indices.len(), &Device::Cpu)?;
        let values = tensor
            .embedding(&indices)?
            .flatten_all()?
            .to_vec1::<f32>()?;
        let (blocks, _) = values.as_chunks();
        for panel in blocks.chunks(OUTPUTS * depth) {
            let places = 0..depth;
            tiles.extend(places.map(|at| Tile::quantise(panel.iter().skip(at).step_by(depth))));
        }
    }
    Ok(tiles)
}
