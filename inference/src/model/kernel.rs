//! The basic loops of a transformer, over plain slices of numbers.

/// The number of partial sums of a dot product, so that the compiler can use vector instructions.
const LANES: usize = 16;

/// Adds `more` to `values`, element by element.
pub(crate) fn add(values: &mut [f32], more: &[f32]) {
    for (value, more) in values.iter_mut().zip(more) {
        *value += more;
    }
}

/// Adds `scale × more` to `values`.
pub(crate) fn add_scaled(values: &mut [f32], more: &[f32], scale: f32) {
    for (value, more) in values.iter_mut().zip(more) {
        *value += more * scale;
    }
}

/// Multiplies every value with `factor`.
pub(crate) fn scale(values: &mut [f32], factor: f32) {
    for value in values {
        *value *= factor;
    }
}

/// The dot product of two slices of equal length.
pub(crate) fn dot(left: &[f32], right: &[f32]) -> f32 {
    let (left, left_rest) = left.as_chunks::<LANES>();
    let (right, right_rest) = right.as_chunks::<LANES>();
    let mut sums = [0.0; LANES];
    for (left, right) in left.iter().zip(right) {
        for ((sum, left), right) in sums.iter_mut().zip(left).zip(right) {
            *sum += left * right;
        }
    }
    let rest = left_rest
        .iter()
        .zip(right_rest)
        .map(|(left, right)| left * right);
    sums.into_iter().chain(rest).sum()
}

/// Applies the root-mean-square norm and the learned weights to every row.
pub(crate) fn rms_norm(input: &[f32], weights: &[f32], epsilon: f32) -> Vec<f32> {
    let mut output = Vec::with_capacity(input.len());
    for row in input.chunks_exact(weights.len()) {
        let mean = dot(row, row) / float(row.len());
        let scale = (mean + epsilon).sqrt().recip();
        output.extend(
            row.iter()
                .zip(weights)
                .map(|(value, weight)| value * scale * weight),
        );
    }
    output
}

/// The gate of a feed-forward part: `gate × sigmoid(gate) × up`, in place.
pub(crate) fn swiglu(gate: &mut [f32], up: &[f32]) {
    for (gate, up) in gate.iter_mut().zip(up) {
        *gate = *gate / (1.0 + (-*gate).exp()) * up;
    }
}

/// Turns scores into probabilities, which add up to one.
pub(crate) fn softmax(scores: &mut [f32]) {
    let greatest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut sum = 0.0;
    for score in scores.iter_mut() {
        *score = (*score - greatest).exp();
        sum += *score;
    }
    for score in scores {
        *score /= sum;
    }
}

/// Converts a length to `f32`; lengths here are far below 2²⁴.
#[expect(
    clippy::cast_precision_loss,
    reason = "widths and positions fit f32 exactly"
)]
pub(crate) fn float(length: usize) -> f32 {
    length as f32
}
