//! A weight matrix in 8-bit blocks, and its two products: one for few rows, one for many.

use candle_core::quantized::k_quants::BlockQ8_0;
use candle_core::quantized::{GgmlType, QTensor};
use candle_core::{Device, Tensor};

use super::gguf::{Gguf, unreadable, wrong_size};
use crate::LoadError;

/// From this many rows on, dequantising the weights and using the f32 product is faster than
/// 8-bit dot products.
const MANY_ROWS: usize = 16;

/// How many numbers are dequantised at a time: a slice that stays in the CPU's cache.
const SCRATCH: usize = 256 * 1024;

/// How many rows are converted at a time while loading.
const LOAD_ROWS: usize = 1024;

/// `outputs × inputs` weights with an optional bias.
pub(crate) struct Matrix {
    blocks: Vec<BlockQ8_0>,
    inputs: usize,
    outputs: usize,
    bias: Option<Vec<f32>>,
}

impl Matrix {
    /// Reads a matrix of any block type and stores it as `Q8_0`, the type with a fast kernel on
    /// every CPU; the scalar kernels of the smaller types are several times slower.
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
        if !inputs.is_multiple_of(BlockQ8_0::BLCK_SIZE) {
            return Err(LoadError::Unsupported(format!("{inputs} inputs of {name}")));
        }
        let bias = format!("{name}.bias");
        let bias = file
            .has_tensor(&bias)
            .then(|| file.vector(&bias, outputs))
            .transpose()?;
        let blocks = requantise(&tensor).map_err(|source| unreadable(name, source))?;
        Ok(Self {
            blocks,
            inputs,
            outputs,
            bias,
        })
    }

    /// How many rows the matrix has.
    pub(crate) fn outputs(&self) -> usize {
        self.outputs
    }

    /// One row of the weights, as the token embedding needs it.
    pub(crate) fn row(&self, index: usize) -> Option<Vec<f32>> {
        let blocks = self.blocks.chunks_exact(self.row_blocks()).nth(index)?;
        let mut row = vec![0.0; self.inputs];
        BlockQ8_0::to_float(blocks, &mut row);
        Some(row)
    }

    /// Multiplies every row of `input` with the weights.
    pub(crate) fn apply(&self, input: &[f32]) -> candle_core::Result<Vec<f32>> {
        let mut output = if input.len() / self.inputs < MANY_ROWS {
            self.few_rows(input)
        } else {
            self.many_rows(input)?
        };
        if let Some(bias) = &self.bias {
            for row in output.chunks_exact_mut(self.outputs) {
                super::kernel::add(row, bias);
            }
        }
        Ok(output)
    }

    /// 8-bit dot products. Each output depends on its own input row alone, so an answer does not
    /// change with the company it has in a batch.
    fn few_rows(&self, input: &[f32]) -> Vec<f32> {
        let mut quantised = vec![BlockQ8_0::zeros(); input.len() / BlockQ8_0::BLCK_SIZE];
        BlockQ8_0::from_float(input, &mut quantised);
        let mut output = vec![0.0; input.len() / self.inputs * self.outputs];
        for (column, weights) in self.blocks.chunks_exact(self.row_blocks()).enumerate() {
            let cells = output.iter_mut().skip(column).step_by(self.outputs);
            for (cell, row) in cells.zip(quantised.chunks_exact(self.row_blocks())) {
                *cell = BlockQ8_0::vec_dot(self.inputs, weights, row);
            }
        }
        output
    }

    /// The f32 product, over slices of the weights small enough to stay in the cache.
    fn many_rows(&self, input: &[f32]) -> candle_core::Result<Vec<f32>> {
        let rows = input.len() / self.inputs;
        let lhs = Tensor::from_slice(input, (rows, self.inputs), &Device::Cpu)?;
        let slice = (SCRATCH / self.inputs).max(1);
        let mut output = vec![0.0; rows * self.outputs];
        let mut done = 0;
        for blocks in self.blocks.chunks(slice * self.row_blocks()) {
            let columns = blocks.len() / self.row_blocks();
            let mut weights = vec![0.0; columns * self.inputs];
            BlockQ8_0::to_float(blocks, &mut weights);
            let weights = Tensor::from_vec(weights, (columns, self.inputs), &Device::Cpu)?;
            let product = lhs.matmul(&weights.t()?)?.flatten_all()?.to_vec1::<f32>()?;
            for (to, from) in output
                .chunks_exact_mut(self.outputs)
                .zip(product.chunks_exact(columns))
            {
                for (cell, value) in to.iter_mut().skip(done).zip(from) {
                    *cell = *value;
                }
            }
            done += columns;
        }
        Ok(output)
    }

    fn row_blocks(&self) -> usize {
        self.inputs / BlockQ8_0::BLCK_SIZE
    }
}

/// Converts slice by slice, so that loading never holds a whole matrix in f32.
fn requantise(tensor: &QTensor) -> candle_core::Result<Vec<BlockQ8_0>> {
    let (rows, width) = tensor.shape().dims2()?;
    let rows = u32::try_from(rows)?;
    let mut blocks = Vec::with_capacity(rows as usize * width / BlockQ8_0::BLCK_SIZE);
    for start in (0..rows).step_by(LOAD_ROWS) {
        let indices: Vec<u32> = (start..rows).take(LOAD_ROWS).collect();
        let indices = Tensor::from_slice(&indices, indices.len(), &Device::Cpu)?;
        let values = tensor
            .embedding(&indices)?
            .flatten_all()?
            .to_vec1::<f32>()?;
        let mut slice = vec![BlockQ8_0::zeros(); values.len() / BlockQ8_0::BLCK_SIZE];
        BlockQ8_0::from_float(&values, &mut slice);
        blocks.append(&mut slice);
    }
    Ok(blocks)
}
