//! Multinomial logistic regression with an L2 penalty, fitted in a fixed number of steps.
//!
//! The Hessian of the loss is at most `½·XᵀX + λ` for every class at once (Böhning, *Multinomial logistic regression
//! algorithm*, 1992). Steps with this bound in the place of the Hessian need one small factorisation, no line search, and
//! never overshoot; Nesterov's momentum makes 20 of them enough. The first step is the ridge regression of the classes.

use crate::{
    cholesky::Cholesky,
    coarse::CoarseRows,
    kernel::{AddOuter, AddRows, add_scaled, dot, run},
};

/// The number of steps; more change no result.
const MOST_STEPS: usize = 20;
/// The multiplications that the steps after the first one may take. They bound the time for accounts with thousands of
/// different skills, whose weights stay close to those of the first step.
const WORK: usize = 4_000_000_000;
/// The penalty λ on the weights.
const PENALTY: f32 = 0.3;
/// The penalty where only the first step is made.
const PENALTY_OF_ONE_STEP: f32 = 1.0;
/// Classes are padded to a multiple of this number, which fills the registers.
const LANES: usize = 8;

/// A vector and the class that it belongs to.
#[derive(Clone, Copy)]
pub(crate) struct Sample<'a> {
    pub(crate) vector: &'a [f32],
    pub(crate) class: usize,
}

/// The weights of each class.
pub(crate) struct Logistic {
    /// One row per dimension, with a column per class and some padding; empty with `many`.
    weights: Vec<f32>,
    classes: usize,
    width: usize,
    /// The weights of very many classes.
    many: Option<ManyClasses>,
}

/// The weights with a row per class, and a copy in few bits.
struct ManyClasses {
    rows: Vec<f32>,
    coarse: CoarseRows,
    dimensions: usize,
}

impl Logistic {
    /// Fits the weights to the samples, whose vectors have `dimensions` values and whose classes are below `classes`.
    pub(crate) fn fit(samples: &[Sample<'_>], classes: usize, dimensions: usize) -> Self {
        let width = classes.next_multiple_of(LANES);
        let steps = steps(samples.len(), classes, dimensions);
        let penalty = if steps == 1 {
            PENALTY_OF_ONE_STEP
        } else {
            PENALTY
        };
        let mut weights = vec![0.0; dimensions * width];
        let Some(bound) = Cholesky::of(bound(samples, dimensions, penalty), dimensions) else {
            // cannot happen with a positive penalty; without weights every class is equally likely
            return Self::by_dimension(weights, classes);
        };
        let mut ahead = weights.clone();
        let mut momentum = 1.0_f32;
        for step in 0..steps {
            let mut gradient = if step == 0 {
                first_gradient(samples, classes, dimensions)
            } else {
                Self::by_dimension(ahead.clone(), classes).gradient(samples, penalty)
            };
            bound.solve(&mut gradient);
            let next_momentum = f32::midpoint(1.0, (4.0 * momentum * momentum + 1.0).sqrt());
            let push = (momentum - 1.0) / next_momentum;
            for ((ahead, weight), step) in ahead.iter_mut().zip(&mut weights).zip(&gradient) {
                let next = *ahead - step;
                *ahead = next + push * (next - *weight);
                *weight = next;
            }
            momentum = next_momentum;
        }
        let fitted = Self::by_dimension(weights, classes);
        match ManyClasses::of(&fitted, dimensions) {
            Some(many) => Self {
                weights: Vec::new(),
                many: Some(many),
                ..fitted
            },
            None => fitted,
        }
    }

    /// Weights with a row per dimension.
    fn by_dimension(weights: Vec<f32>, classes: usize) -> Self {
        Self {
            weights,
            classes,
            width: classes.next_multiple_of(LANES),
            many: None,
        }
    }

    /// The unnormalised logarithm of each class's probability. Of very many classes, only the greatest are exact.
    pub(crate) fn logits(&self, vector: &[f32]) -> Vec<f32> {
        if let Some(many) = &self.many {
            return many.logits(vector);
        }
        let mut logits = vec![0.0; self.width];
        self.add_logits(vector, &mut logits);
        logits.truncate(self.classes);
        logits
    }

    /// The memory of the weights in bytes.
    pub(crate) fn bytes(&self) -> usize {
        let many = self.many.as_ref().map_or(0, ManyClasses::bytes);
        size_of_val(self.weights.as_slice()) + many
    }

    fn add_logits(&self, vector: &[f32], logits: &mut [f32]) {
        run(AddRows {
            sum: logits,
            factors: vector,
            matrix: &self.weights,
        });
    }

    fn gradient(&self, samples: &[Sample<'_>], penalty: f32) -> Vec<f32> {
        let mut gradient: Vec<f32> = self.weights.iter().map(|w| penalty * w).collect();
        let mut residual = vec![0.0; self.width];
        for sample in samples {
            residual.fill(0.0);
            self.add_logits(sample.vector, &mut residual);
            let of_classes = residual.get_mut(..self.classes).unwrap_or_default();
            softmax(of_classes);
            if let Some(own) = of_classes.get_mut(sample.class) {
                *own -= 1.0;
            }
            run(AddOuter {
                matrix: &mut gradient,
                factors: sample.vector,
                row: &residual,
            });
        }
        gradient
    }
}

impl ManyClasses {
    /// The weights in this form, if there are very many classes.
    fn of(fitted: &Logistic, dimensions: usize) -> Option<Self> {
        if fitted.classes < crate::coarse::MANY {
            return None;
        }
        let mut rows = vec![0.0; fitted.classes * dimensions];
        let by_dimension = fitted.weights.chunks_exact(fitted.width);
        for (dimension, of_classes) in by_dimension.enumerate() {
            let column = rows.iter_mut().skip(dimension).step_by(dimensions);
            for (weight, of_class) in column.zip(of_classes) {
                *weight = *of_class;
            }
        }
        Some(Self {
            coarse: CoarseRows::of_large(&rows, dimensions)?,
            rows,
            dimensions,
        })
    }

    fn logits(&self, vector: &[f32]) -> Vec<f32> {
        let (mut logits, best) = self.coarse.dots(vector);
        for position in best {
            let start = position * self.dimensions;
            let row = self.rows.get(start..start + self.dimensions);
            if let (Some(logit), Some(row)) = (logits.get_mut(position), row) {
                *logit = dot(vector, row);
            }
        }
        logits
    }

    fn bytes(&self) -> usize {
        size_of_val(self.rows.as_slice()) + self.coarse.bytes()
    }
}

/// Turns logits into probabilities.
pub(crate) fn softmax(logits: &mut [f32]) {
    let highest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut sum = 0.0;
    for logit in &mut *logits {
        *logit = (*logit - highest).exp();
        sum += *logit;
    }
    for probability in logits {
        *probability /= sum;
    }
}

fn steps(samples: usize, classes: usize, dimensions: usize) -> usize {
    let of_one = samples
        .saturating_mul(classes)
        .saturating_mul(dimensions)
        .saturating_mul(2)
        .max(1);
    (1 + WORK / of_one).min(MOST_STEPS)
}

/// `½·XᵀX + λ`.
fn bound(samples: &[Sample<'_>], dimensions: usize, penalty: f32) -> Vec<f32> {
    let mut bound = vec![0.0; dimensions * dimensions];
    for sample in samples {
        let half: Vec<f32> = sample.vector.iter().map(|value| 0.5 * value).collect();
        run(AddOuter {
            matrix: &mut bound,
            factors: &half,
            row: sample.vector,
        });
    }
    for diagonal in bound.iter_mut().step_by(dimensions + 1) {
        *diagonal += penalty;
    }
    bound
}

/// The gradient where every weight is 0 and every class equally likely: cheap for any number of classes.
fn first_gradient(samples: &[Sample<'_>], classes: usize, dimensions: usize) -> Vec<f32> {
    let width = classes.next_multiple_of(LANES);
    let mut all = vec![0.0; dimensions];
    let mut of_classes = vec![0.0; classes * dimensions];
    for sample in samples {
        add_scaled(&mut all, 1.0, sample.vector);
        let own = of_classes.chunks_exact_mut(dimensions).nth(sample.class);
        add_scaled(own.unwrap_or_default(), 1.0, sample.vector);
    }
    #[expect(
        clippy::cast_precision_loss,
        reason = "a number of classes, far below 2^23"
    )]
    let share = 1.0 / classes as f32;
    let mut gradient = vec![0.0; dimensions * width];
    for (class, own) in of_classes.chunks_exact(dimensions).enumerate() {
        let column = gradient.iter_mut().skip(class).step_by(width);
        for ((value, all), own) in column.zip(&all).zip(own) {
            *value = share * all - own;
        }
    }
    gradient
}

#[cfg(test)]
mod tests {
    use super::*;

    const VECTORS: [[f32; 2]; 6] = [
        [1.0, 0.0],
        [0.8, 0.6],
        [0.0, 1.0],
        [-0.6, 0.8],
        [-1.0, 0.0],
        [-0.8, -0.6],
    ];

    fn samples() -> Vec<Sample<'static>> {
        let pairs = VECTORS.iter().zip([0, 0, 1, 1, 2, 2]);
        let sample = |(vector, class): (&'static [f32; 2], usize)| Sample { vector, class };
        pairs.map(sample).collect()
    }

    #[test]
    fn samples_are_recognised_and_the_gradient_vanishes() {
        let samples = samples();
        let fitted = Logistic::fit(&samples, 3, 2);
        for sample in &samples {
            let mut logits = fitted.logits(sample.vector);
            let best = (0..3).max_by(|a, b| logits[*a].total_cmp(&logits[*b]));
            assert_eq!(best, Some(sample.class));
            softmax(&mut logits);
            assert!((logits.iter().sum::<f32>() - 1.0).abs() < 1e-5);
        }
        let gradient = fitted.gradient(&samples, PENALTY);
        assert!(
            gradient.iter().all(|value| value.abs() < 0.02),
            "{gradient:?}"
        );
    }

    #[test]
    fn the_first_gradient_is_the_gradient_of_no_weights() {
        let samples = samples();
        let nothing = Logistic::by_dimension(vec![0.0; 16], 3);
        let slow = nothing.gradient(&samples, PENALTY);
        let quick = first_gradient(&samples, 3, 2);
        let pairs = slow.iter().zip(&quick);
        assert!(pairs.into_iter().all(|(a, b)| (a - b).abs() < 1e-5));
    }

    #[test]
    fn the_greatest_of_many_classes_are_exact() {
        let classes = crate::coarse::MANY + 3;
        let width = classes.next_multiple_of(LANES);
        let weight = |at: usize| {
            #[expect(clippy::cast_precision_loss, reason = "a small random number")]
            let value = ((at.wrapping_mul(2_654_435_761) >> 13) & 0xFFFF) as f32;
            value / 65_536.0 - 0.5
        };
        let weights: Vec<f32> = (0..3 * width).map(weight).collect();
        let exact = Logistic::by_dimension(weights, classes);
        let many = ManyClasses::of(&exact, 3).unwrap();
        let vector = [0.6, -0.48, 0.64];
        let (exact, near) = (exact.logits(&vector), many.logits(&vector));
        assert_eq!(exact.len(), near.len());
        let mut order: Vec<usize> = (0..classes).collect();
        order.sort_by(|a, b| exact[*b].total_cmp(&exact[*a]));
        for (place, class) in order.into_iter().enumerate() {
            let bound = if place < 64 { 1e-6 } else { 0.01 };
            assert!((exact[class] - near[class]).abs() < bound, "{place}");
        }
    }

    #[test]
    fn many_classes_take_one_step_and_few_take_all() {
        assert_eq!(steps(300, 24, 384), MOST_STEPS);
        assert_eq!(steps(1_350, 150, 384), MOST_STEPS);
        assert_eq!(steps(64_000, 8_000, 384), 1);
    }
}
