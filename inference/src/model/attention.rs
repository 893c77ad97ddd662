//! Attention of new rows over a conversation's memory; every row sees itself and what came before.

use candle_core::{Device, Result, Tensor};

use super::cache::HeadCache;
use super::kernel::{add_scaled, dot, float, softmax};

/// From this many rows on, two matrix products per head are faster than a walk over the keys.
const MANY_ROWS: usize = 16;

/// The query heads that share one key head, and where they sit in a row.
#[derive(Clone, Copy)]
pub(crate) struct Group {
    /// Width of a head.
    pub(crate) head: usize,
    /// How many query heads share the key head.
    pub(crate) size: usize,
    /// Which key head of the layer this is.
    pub(crate) index: usize,
}

impl Group {
    /// Where the group's heads begin in a row of queries.
    fn offset(self) -> usize {
        self.index * self.size * self.head
    }

    fn scale(self) -> f32 {
        float(self.head).sqrt().recip()
    }
}

/// Attends for one group of heads. `queries` and `output` are rows of `width` numbers, the newest
/// rows of the conversation, whose keys and values `memory` holds already.
pub(crate) fn attend(
    group: Group,
    memory: &HeadCache,
    queries: &[f32],
    output: &mut [f32],
    width: usize,
) -> Result<()> {
    let rows = queries.len() / width;
    if rows < MANY_ROWS {
        few_rows(group, memory, queries, output, width);
        Ok(())
    } else {
        many_rows(group, memory, queries, output, width)
    }
}

fn few_rows(group: Group, memory: &HeadCache, queries: &[f32], output: &mut [f32], width: usize) {
    let Group { head, size, .. } = group;
    let past = memory.keys.len() / head - queries.len() / width;
    let rows = queries
        .chunks_exact(width)
        .zip(output.chunks_exact_mut(width));
    for (index, (query_row, output_row)) in rows.enumerate() {
        let visible = past + index + 1;
        let query_heads = query_row
            .chunks_exact(head)
            .skip(group.index * size)
            .take(size);
        let output_heads = output_row.chunks_exact_mut(head).skip(group.index * size);
        for (query, output) in query_heads.zip(output_heads) {
            let keys = memory.keys.chunks_exact(head).take(visible);
            let mut shares: Vec<f32> = keys.map(|key| dot(query, key) * group.scale()).collect();
            softmax(&mut shares);
            for (share, value) in shares.iter().zip(memory.values.chunks_exact(head)) {
                add_scaled(output, value, *share);
            }
        }
    }
}

fn many_rows(
    group: Group,
    memory: &HeadCache,
    queries: &[f32],
    output: &mut [f32],
    width: usize,
) -> Result<()> {
    let Group { head, size, .. } = group;
    let rows = queries.len() / width;
    let seen = memory.keys.len() / head;
    let past = seen - rows;

    // all heads of the group stand one below the other: row 0 of each head, then row 1 …
    let gathered: Vec<f32> = queries
        .chunks_exact(width)
        .flat_map(|row| row.iter().skip(group.offset()).take(size * head))
        .map(|query| query * group.scale())
        .collect();
    let gathered = Tensor::from_vec(gathered, (rows * size, head), &Device::Cpu)?;
    let keys = Tensor::from_slice(&memory.keys, (seen, head), &Device::Cpu)?;
    let values = Tensor::from_slice(&memory.values, (seen, head), &Device::Cpu)?;

    let mut shares = gathered
        .matmul(&keys.t()?)?
        .flatten_all()?
        .to_vec1::<f32>()?;
    for (index, row) in shares.chunks_exact_mut(seen).enumerate() {
        let (visible, hidden) = row.split_at_mut(past + index / size + 1);
        softmax(visible);
        hidden.fill(0.0);
    }
    let shares = Tensor::from_vec(shares, (rows * size, seen), &Device::Cpu)?;
    let attended = shares.matmul(&values)?.flatten_all()?.to_vec1::<f32>()?;
    for (to, from) in output
        .chunks_exact_mut(width)
        .zip(attended.chunks_exact(size * head))
    {
        for (cell, value) in to.iter_mut().skip(group.offset()).zip(from) {
            *cell = *value;
        }
    }
    Ok(())
}
