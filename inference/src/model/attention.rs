//! Attention of new rows over a conversation's cache; every row sees itself and the rows before it.

use super::cache::HeadCache;
use super::kernel::{add_scaled, dot, float, scale, softmax};
use super::product::{View, multiply};

/// From this many rows on, two matrix products per head are faster than a loop over the keys.
const MANY_ROWS: usize = 16;

/// The query heads that share one key head, and their place in a row.
#[derive(Clone, Copy)]
pub(crate) struct Group {
    /// The width of a head.
    pub(crate) head: usize,
    /// The number of query heads that share the key head.
    pub(crate) size: usize,
    /// The index of the key head in its layer.
    pub(crate) index: usize,
}

impl Group {
    fn scale(self) -> f32 {
        float(self.head).sqrt().recip()
    }
}

/// Computes the attention of one group of heads. `queries` and `output` are rows of `width` numbers: the newest rows of
/// the conversation, whose keys and values are already in `memory`.
pub(crate) fn attend(
    group: Group,
    memory: &HeadCache,
    queries: &[f32],
    output: &mut [f32],
    width: usize,
) {
    if queries.len() / width < MANY_ROWS {
        few_rows(group, memory, queries, output, width);
    } else {
        many_rows(group, memory, queries, output, width);
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

fn many_rows(group: Group, memory: &HeadCache, queries: &[f32], output: &mut [f32], width: usize) {
    let head = group.head;
    let rows = queries.len() / width;
    let seen = memory.keys.len() / head;
    let past = seen - rows;
    let keys = View::of(&memory.keys, seen, head, head).transposed();
    let values = View::of(&memory.values, seen, head, head);

    let mut shares = vec![0.0; rows * seen];
    for index in group.index * group.size..(group.index + 1) * group.size {
        let (_, queries) = queries.split_at(index * head);
        let (_, output) = output.split_at_mut(index * head);
        multiply(
            View::of(queries, rows, head, width),
            keys,
            &mut shares,
            seen,
        );
        for (row, shares) in shares.chunks_exact_mut(seen).enumerate() {
            let (visible, hidden) = shares.split_at_mut(past + row + 1);
            scale(visible, group.scale());
            softmax(visible);
            hidden.fill(0.0);
        }
        multiply(View::of(&shares, rows, seen, seen), values, output, width);
    }
}
