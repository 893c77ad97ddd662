//! Rotary position embedding: rotates queries and keys by an angle that grows with the token's position.

use super::kernel::float;

/// The pairs of numbers of a head that are rotated together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pairing {
    /// The first with the second, the third with the fourth, and so on.
    Neighbours,
    /// Each number of the first half with its counterpart in the second half.
    Halves,
}

/// The frequencies of one model.
pub(crate) struct Rope {
    frequencies: Vec<f32>,
    pairing: Pairing,
}

/// The rotation of one position: a sine and a cosine for each pair.
pub(crate) struct Rotation(Vec<(f32, f32)>);

impl Rope {
    /// The frequencies for heads of this width. `divisors` reduces them for models that were extended to longer texts.
    pub(crate) fn new(base: f32, head: usize, pairing: Pairing, divisors: Option<&[f32]>) -> Self {
        let plain = (0..head / 2).map(|pair| base.powf(-float(2 * pair) / float(head)));
        let frequencies = match divisors {
            Some(divisors) => plain
                .zip(divisors)
                .map(|(plain, divisor)| plain / divisor)
                .collect(),
            None => plain.collect(),
        };
        Self {
            frequencies,
            pairing,
        }
    }

    /// The rotation of the token at `position`.
    pub(crate) fn at(&self, position: usize) -> Rotation {
        let angles = self
            .frequencies
            .iter()
            .map(|frequency| frequency * float(position));
        Rotation(angles.map(f32::sin_cos).collect())
    }

    /// Rotates each head of a row.
    pub(crate) fn turn(&self, row: &mut [f32], rotation: &Rotation) {
        for head in row.chunks_exact_mut(2 * self.frequencies.len()) {
            match self.pairing {
                Pairing::Neighbours => {
                    let (pairs, _) = head.as_chunks_mut::<2>();
                    for ([x, y], by) in pairs.iter_mut().zip(&rotation.0) {
                        turn_pair(x, y, *by);
                    }
                }
                Pairing::Halves => {
                    let (first, second) = head.split_at_mut(self.frequencies.len());
                    for ((x, y), by) in first.iter_mut().zip(second).zip(&rotation.0) {
                        turn_pair(x, y, *by);
                    }
                }
            }
        }
    }
}

fn turn_pair(x: &mut f32, y: &mut f32, (sin, cos): (f32, f32)) {
    (*x, *y) = (*x * cos - *y * sin, *x * sin + *y * cos);
}
