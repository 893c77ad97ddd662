//! Attention in which every row sees all others.

use super::functions::exp;
use crate::model::{Kernel, View, float, multiply, run};

/// Up to this many rows, attention is a loop over them: products of matrices would have to be prepared for each head.
const FEW_ROWS: usize = 16;

/// The number of partial results of a loop over a row, so that the compiler can use vector instructions.
const LANES: usize = 8;

/// The shape of the heads of one text.
#[derive(Clone, Copy)]
pub(super) struct Heads {
    pub(super) rows: usize,
    /// The numbers of a row over all heads.
    pub(super) width: usize,
    pub(super) count: usize,
}

impl Heads {
    /// Writes the attended values into `output`. A row of `joined` holds the queries, keys and values of all heads;
    /// `shares` has a place for each pair of rows.
    pub(super) fn attend(self, joined: &[f32], output: &mut [f32], shares: &mut [f32]) {
        match self.head() {
            32 if self.rows <= FEW_ROWS => self.attend_by_rows::<32>(joined, output, shares),
            64 if self.rows <= FEW_ROWS => self.attend_by_rows::<64>(joined, output, shares),
            _ => self.attend_by_products(joined, output, shares),
        }
    }

    fn attend_by_rows<const HEAD: usize>(
        self,
        joined: &[f32],
        output: &mut [f32],
        shares: &mut [f32],
    ) {
        run(FewRows::<HEAD> {
            heads: self,
            joined: joined.as_chunks().0,
            output: output.as_chunks_mut().0,
            shares,
        });
    }

    fn attend_by_products(self, joined: &[f32], output: &mut [f32], shares: &mut [f32]) {
        let (rows, head) = (self.rows, self.head());
        for index in 0..self.count {
            let part = |begin| View::of(skip(joined, begin), rows, head, 3 * self.width);
            let begin = index * head;
            let (queries, keys) = (part(begin), part(begin + self.width));
            multiply(queries, keys.transposed(), shares, rows);
            run(Shares {
                scores: shares,
                rows,
                factor: self.factor(),
            });
            let values = part(begin + 2 * self.width);
            let (_, output) = output.split_at_mut(begin);
            multiply(
                View::of(shares, rows, rows, rows),
                values,
                output,
                self.width,
            );
        }
    }

    /// The numbers of a row in one head.
    fn head(self) -> usize {
        self.width / self.count
    }

    fn factor(self) -> f32 {
        float(self.head()).sqrt().recip()
    }
}

fn skip(values: &[f32], count: usize) -> &[f32] {
    values.split_at(count).1
}

/// All heads of a known size, row by row.
struct FewRows<'a, const HEAD: usize> {
    heads: Heads,
    /// The queries, keys and values of a row, head by head.
    joined: &'a [[f32; HEAD]],
    output: &'a mut [[f32; HEAD]],
    shares: &'a mut [f32],
}

impl<const HEAD: usize> Kernel for FewRows<'_, HEAD> {
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "must be compiled into the chosen variant"
    )]
    #[expect(
        clippy::indexing_slicing,
        reason = "a row has three times as many parts as there are heads"
    )]
    fn run<const FUSED: bool>(self) {
        let Heads { rows, count, .. } = self.heads;
        let factor = self.heads.factor();
        let (shares, _) = self.shares.split_at_mut(rows);
        let joined = self.joined.chunks_exact(3 * count);
        for (own, output) in joined.clone().zip(self.output.chunks_exact_mut(count)) {
            for (index, output) in output.iter_mut().enumerate() {
                let query = &own[index];
                for (share, row) in shares.iter_mut().zip(joined.clone()) {
                    *share = product(query, &row[count + index]);
                }
                softmax::<FUSED>(shares, factor);
                let mut sums = [0.0; HEAD];
                for (share, row) in shares.iter().zip(joined.clone()) {
                    for (sum, value) in sums.iter_mut().zip(&row[2 * count + index]) {
                        *sum += share * value;
                    }
                }
                *output = sums;
            }
        }
    }
}

/// Turns the scores of all rows into shares.
struct Shares<'a> {
    scores: &'a mut [f32],
    rows: usize,
    factor: f32,
}

impl Kernel for Shares<'_> {
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "must be compiled into the chosen variant"
    )]
    fn run<const FUSED: bool>(self) {
        for row in self.scores.chunks_exact_mut(self.rows) {
            softmax::<FUSED>(row, self.factor);
        }
    }
}

#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "must be compiled into the chosen variant"
)]
fn product<const HEAD: usize>(left: &[f32; HEAD], right: &[f32; HEAD]) -> f32 {
    let (left, _) = left.as_chunks::<LANES>();
    let (right, _) = right.as_chunks::<LANES>();
    let mut sums = [0.0; LANES];
    for (left, right) in left.iter().zip(right) {
        for ((sum, left), right) in sums.iter_mut().zip(left).zip(right) {
            *sum += left * right;
        }
    }
    halves(sums, |left, right| left + right)
}

/// Turns scores times `factor`, which is positive, into probabilities, which add up to one.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "must be compiled into the chosen variant"
)]
fn softmax<const FUSED: bool>(scores: &mut [f32], factor: f32) {
    let greater = |left: f32, right: f32| if left > right { left } else { right };
    let (chunks, rest) = scores.as_chunks::<LANES>();
    let mut lanes = [f32::NEG_INFINITY; LANES];
    for chunk in chunks {
        for (lane, score) in lanes.iter_mut().zip(chunk) {
            *lane = greater(*lane, *score);
        }
    }
    let greatest = rest.iter().copied().fold(halves(lanes, greater), greater);

    let (chunks, rest) = scores.as_chunks_mut::<LANES>();
    let mut lanes = [0.0; LANES];
    for chunk in chunks {
        for (lane, score) in lanes.iter_mut().zip(chunk) {
            *score = exp::<FUSED>((*score - greatest) * factor);
            *lane += *score;
        }
    }
    let mut sum = halves(lanes, |left, right| left + right);
    for score in rest {
        *score = exp::<FUSED>((*score - greatest) * factor);
        sum += *score;
    }
    let share = sum.recip();
    for score in scores {
        *score *= share;
    }
}

/// Reduces lanes to one number, in an order that suits vector instructions.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "must be compiled into the chosen variant"
)]
fn halves(lanes: [f32; LANES], join: impl Fn(f32, f32) -> f32) -> f32 {
    let [first, second, third, fourth, fifth, sixth, seventh, eighth] = lanes;
    let (one, two) = (join(first, fifth), join(second, sixth));
    let (three, four) = (join(third, seventh), join(fourth, eighth));
    join(join(one, three), join(two, four))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_attend_alike() {
        for (rows, width, count) in [(1, 64, 2), (5, 32, 1), (11, 384, 12), (16, 128, 2)] {
            let heads = Heads { rows, width, count };
            let wave = |place: usize| (float(place) * 0.7).sin() * 3.0;
            let joined: Vec<f32> = (0..rows * 3 * width).map(wave).collect();
            let mut shares = vec![0.0; rows * rows];
            let mut outputs = [vec![0.0; rows * width], vec![0.0; rows * width]];
            let [few, many] = &mut outputs;
            heads.attend(&joined, few, &mut shares);
            heads.attend_by_products(&joined, many, &mut shares);
            for row in shares.chunks_exact(rows) {
                assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-5);
            }
            for (few, many) in few.iter().zip(many) {
                assert!((*few - *many).abs() < 1e-4, "{few} and {many}");
            }
        }
    }
}
