//! What the classifier would have answered for examples that it was not fitted on, and what follows from it: the
//! temperature of its probabilities and the thresholds of similarity.

use std::sync::Arc;

use crate::{
    background::Background,
    logistic::{Logistic, Sample, softmax},
    nearness::Centroids,
    skill::SkillVectors,
};

/// The number of parts that the examples of each skill are dealt into; each part is left out once.
const FOLDS: usize = 5;
/// The maximum number of left-out examples times skills; of more examples, evenly spread ones are measured.
const MOST_MEASURED: usize = 2_000_000;
/// The minimum number of left-out examples that are measured.
const FEWEST_MEASURED: usize = 200;
/// The natural logarithms between which the scale of the logits is looked for.
const SCALES: [f32; 2] = [-4.0, 4.0];
/// The number of times by which the search narrows this range.
const NARROWINGS: usize = 30;

/// The left-out examples as the classifiers without them saw them.
pub(crate) struct LeftOut {
    measured: Vec<Measured>,
}

struct Measured {
    skill: usize,
    logits: Vec<f32>,
    similarity: f32,
}

impl LeftOut {
    /// Leaves out each part of the examples in turn, and measures it with what the other parts teach.
    pub(crate) fn measure(
        skills: &[Arc<SkillVectors>],
        background: &[Vec<f32>],
        dimensions: usize,
    ) -> Self {
        let examples: usize = skills.iter().map(|skill| skill.examples().len()).sum();
        let most = (MOST_MEASURED / skills.len().max(1)).max(FEWEST_MEASURED);
        let stride = examples.div_ceil(most).max(1);
        let mut measured = Vec::new();
        for fold in 0..FOLDS {
            let kept = |skill: usize| {
                let examples = skills.get(skill).map(|skill| skill.examples());
                let numbered = examples.unwrap_or_default().iter().enumerate();
                numbered
                    .filter(move |(index, _)| index % FOLDS != fold)
                    .map(|(_, example)| example.as_slice())
            };
            let samples = samples(skills, kept);
            let logistic = Logistic::fit(&samples, skills.len(), dimensions);
            let centroids = Centroids::of((0..skills.len()).map(kept), dimensions);
            let background = Background::beside(background, &centroids, kept);
            let mut number = 0_usize;
            for (skill, vectors) in skills.iter().enumerate() {
                let left_out = vectors.examples().iter().skip(fold).step_by(FOLDS);
                for example in left_out {
                    number += 1;
                    if !number.is_multiple_of(stride) {
                        continue;
                    }
                    measured.push(Measured {
                        skill,
                        logits: logistic.logits(example),
                        similarity: centroids.nearness(example, kept).best
                            - background.penalty(example),
                    });
                }
            }
        }
        Self { measured }
    }

    /// The factor of the logits with which the probabilities of the examples' own profiles are the most likely ones.
    /// A profile is a set of skills that belong together; each skill is in at least one.
    pub(crate) fn scale(&self, profiles: &[Vec<usize>]) -> f32 {
        let skills = profiles.iter().flatten().max().map_or(0, |last| last + 1);
        let home = |skill: usize| profiles.iter().find(|profile| profile.contains(&skill));
        // a single profile is always right, which teaches nothing; its skills do
        let homes: Vec<Vec<usize>> = if profiles.len() > 1 {
            (0..skills)
                .map(|skill| home(skill).cloned().unwrap_or_default())
                .collect()
        } else {
            (0..skills).map(|skill| vec![skill]).collect()
        };
        let [mut low, mut high] = SCALES;
        let golden = (5.0_f32.sqrt() - 1.0) / 2.0;
        for _ in 0..NARROWINGS {
            let inner = high - golden * (high - low);
            let outer = low + golden * (high - low);
            if self.loss(inner.exp(), &homes) <= self.loss(outer.exp(), &homes) {
                high = outer;
            } else {
                low = inner;
            }
        }
        f32::midpoint(low, high).exp()
    }

    /// The similarity that this share of the left-out examples misses; -1 without examples.
    pub(crate) fn similarity_quantile(&self, share: f32) -> f32 {
        let mut similarities: Vec<f32> = self.measured.iter().map(|one| one.similarity).collect();
        similarities.sort_by(f32::total_cmp);
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a position in a list of at most some millions"
        )]
        let at = (share * similarities.len() as f32) as usize;
        let at = at.min(similarities.len().saturating_sub(1));
        similarities.get(at).copied().unwrap_or(-1.0)
    }

    /// The mean negative logarithm of the probability of the right profile.
    fn loss(&self, scale: f32, homes: &[Vec<usize>]) -> f32 {
        let mut sum = 0.0;
        for one in &self.measured {
            let mut probabilities: Vec<f32> = one.logits.iter().map(|l| scale * l).collect();
            softmax(&mut probabilities);
            let home = homes.get(one.skill).map(Vec::as_slice).unwrap_or_default();
            let own = home.iter().filter_map(|skill| probabilities.get(*skill));
            sum -= own.sum::<f32>().max(f32::MIN_POSITIVE).ln();
        }
        sum
    }
}

/// The samples that a classifier is fitted on: examples and descriptions.
pub(crate) fn samples<'a, E>(
    skills: &'a [Arc<SkillVectors>],
    examples_of: impl Fn(usize) -> E,
) -> Vec<Sample<'a>>
where
    E: Iterator<Item = &'a [f32]>,
{
    let mut samples = Vec::new();
    for (class, skill) in skills.iter().enumerate() {
        let vectors = examples_of(class).chain([skill.description()]);
        samples.extend(vectors.map(|vector| Sample { vector, class }));
    }
    samples
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left_out(measured: &[(usize, [f32; 2], f32)]) -> LeftOut {
        let measured = measured.iter().map(|(skill, logits, similarity)| Measured {
            skill: *skill,
            logits: logits.to_vec(),
            similarity: *similarity,
        });
        LeftOut {
            measured: measured.collect(),
        }
    }

    #[test]
    fn the_scale_makes_the_probability_as_large_as_the_share_that_is_right() {
        // the first skill leads by 1 each time, and is right in three of four cases: e^scale = 3
        let cases = [(0, [1.0, 0.0], 0.5); 3].into_iter();
        let cases: Vec<_> = cases.chain([(1, [1.0, 0.0], 0.5)]).collect();
        let scale = left_out(&cases).scale(&[vec![0], vec![1]]);
        assert!((scale.exp() - 3.0).abs() < 0.05, "{scale}");
        // skills of one profile are distinguished where there is nothing else to learn from
        let scale = left_out(&cases).scale(&[vec![0, 1]]);
        assert!((scale.exp() - 3.0).abs() < 0.05, "{scale}");
    }

    #[test]
    fn a_quantile_is_missed_by_its_share() {
        let cases: Vec<_> = (0_u8..100).map(|n| (0, [0.0, 0.0], f32::from(n))).collect();
        assert!((left_out(&cases).similarity_quantile(0.04) - 4.0).abs() < 1e-6);
        assert!((left_out(&[]).similarity_quantile(0.04) + 1.0).abs() < 1e-6);
    }
}
