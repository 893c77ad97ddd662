//! The classifier of texts: which skills they are about, and how sure that is.

use std::sync::Arc;

use crate::{
    background::Background,
    calibration::{LeftOut, samples},
    logistic::{Logistic, softmax},
    nearness::Centroids,
    skill::{SkillVectors, unit},
};

/// The share of left-out examples that the threshold would refuse.
const REFUSED: f32 = 0.04;
/// The share of left-out examples that are less similar than a clear text. A follow-up in a conversation seldom is that
/// similar to any skill.
const UNCLEAR: f32 = 0.3;

/// A classifier of the vectors of texts by the skills that it was fitted on. It never changes.
pub struct Classifier {
    skills: Vec<Arc<SkillVectors>>,
    logistic: Logistic,
    centroids: Centroids,
    background: Background,
    scale: f32,
    threshold: f32,
    clear: f32,
}

/// What a classifier says about a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Scores {
    /// The similarity of the nearest skill, less the part for background; at most 1.
    pub similarity: f32,
    /// The similarity of each skill, less the same part.
    pub similarities: Vec<f32>,
    /// The calibrated probability of each skill, given that the text is about one of them. Their sum is 1.
    pub probabilities: Vec<f32>,
}

impl Classifier {
    /// Fits a classifier. A profile is a set of skills that belong to one owner, by their positions: the probability of
    /// a profile, the sum of its skills', is what is calibrated. `background` are vectors of everyday texts that are about
    /// no skill in particular; those that a skill covers are left out. `None` when there is no skill, or when the vectors
    /// differ in their dimensions.
    ///
    /// Takes some tens of milliseconds for 24 skills with a dozen examples, and seconds for thousands of skills.
    pub fn fit(
        skills: Vec<Arc<SkillVectors>>,
        profiles: &[Vec<usize>],
        background: &[Vec<f32>],
    ) -> Option<Self> {
        let dimensions = skills.first()?.dimensions();
        if skills.iter().any(|skill| skill.dimensions() != dimensions) {
            return None;
        }
        let background: Vec<Vec<f32>> = background
            .iter()
            .filter(|vector| vector.len() == dimensions)
            .filter_map(|vector| unit(vector.clone()))
            .collect();
        let left_out = LeftOut::measure(&skills, &background, dimensions);
        let all = |skill: usize| examples_of(&skills, skill);
        let logistic = Logistic::fit(&samples(&skills, all), skills.len(), dimensions);
        let centroids = Centroids::of((0..skills.len()).map(all), dimensions);
        Some(Self {
            background: Background::beside(&background, &centroids, all),
            logistic,
            centroids,
            scale: left_out.scale(profiles),
            threshold: left_out.similarity_quantile(REFUSED),
            clear: left_out.similarity_quantile(UNCLEAR),
            skills,
        })
    }

    /// Scores the vector of a text. `None` when it does not have the dimensions of the examples, or has no direction.
    pub fn score(&self, vector: Vec<f32>) -> Option<Scores> {
        if self.skills.first()?.dimensions() != vector.len() {
            return None;
        }
        let vector = unit(vector)?;
        let near = self
            .centroids
            .nearness(&vector, |skill| examples_of(&self.skills, skill));
        let penalty = self.background.penalty(&vector);
        let mut similarities = near.skills;
        for similarity in &mut similarities {
            *similarity -= penalty;
        }
        let mut probabilities = self.logistic.logits(&vector);
        for logit in &mut probabilities {
            *logit *= self.scale;
        }
        softmax(&mut probabilities);
        Some(Scores {
            similarity: near.best - penalty,
            similarities,
            probabilities,
        })
    }

    /// The similarity below which a text is about none of the skills.
    pub fn threshold(&self) -> f32 {
        self.threshold
    }

    /// The similarity from which a text is clearly about one of the skills.
    pub fn clear(&self) -> f32 {
        self.clear
    }

    /// The memory of the classifier in bytes, without the vectors of skills, which it shares.
    pub fn bytes(&self) -> usize {
        self.logistic.bytes() + self.centroids.bytes() + self.background.bytes()
    }
}

fn examples_of(skills: &[Arc<SkillVectors>], skill: usize) -> impl Iterator<Item = &[f32]> {
    let examples = skills.get(skill).map(|skill| skill.examples());
    examples.unwrap_or_default().iter().map(Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIMENSIONS: usize = 48;

    /// A vector near the given axis; `seed` makes it a little different each time.
    fn near(axis: usize, seed: u32) -> Vec<f32> {
        let noise = |at: u32| {
            let mixed = (seed * 7919 + at * 104_729).wrapping_mul(2_654_435_761);
            #[expect(clippy::cast_precision_loss, reason = "a small random number")]
            let noise = ((mixed >> 16) % 1000) as f32 / 1000.0 - 0.5;
            0.2 * noise
        };
        let mut vector: Vec<f32> = (0..u32::try_from(DIMENSIONS).unwrap()).map(noise).collect();
        vector[axis] += 1.0;
        vector
    }

    fn skills(count: usize, examples: u32) -> Vec<Arc<SkillVectors>> {
        let skill = |axis: usize| {
            let first = u32::try_from(axis).unwrap() * 1000;
            let examples = (0..examples).map(|n| near(axis, first + n)).collect();
            Arc::new(SkillVectors::new(examples, near(axis, first + 999)).unwrap())
        };
        (0..count).map(skill).collect()
    }

    #[test]
    fn a_text_about_a_skill_is_recognised_and_another_is_below_the_threshold() {
        let classifier =
            Classifier::fit(skills(6, 8), &[vec![0, 1, 2], vec![3, 4, 5]], &[]).unwrap();
        for axis in 0..6 {
            let scores = classifier.score(near(axis, 77_777)).unwrap();
            assert!(scores.similarity >= classifier.threshold(), "{scores:?}");
            assert!(scores.probabilities[axis] > 0.8, "{scores:?}");
            let sum: f32 = scores.probabilities.iter().sum();
            assert!((sum - 1.0).abs() < 1e-4);
        }
        let other = classifier.score(near(20, 1)).unwrap();
        assert!(other.similarity < classifier.threshold(), "{other:?}");
        assert!(classifier.threshold() <= classifier.clear());
    }

    #[test]
    fn a_text_like_the_background_is_less_similar_to_skills() {
        let fit = |background: &[Vec<f32>]| {
            Classifier::fit(skills(4, 8), &[vec![0, 1], vec![2, 3]], background).unwrap()
        };
        let everyday = [
            near(20, 1),
            near(20, 2),
            near(1, 3),
            vec![1.0],
            vec![0.0; DIMENSIONS],
        ];
        let (plain, beside) = (fit(&[]), fit(&everyday));
        let similarity =
            |classifier: &Classifier, axis| classifier.score(near(axis, 99)).unwrap().similarity;
        assert!(similarity(&beside, 20) < similarity(&plain, 20) - 0.2);
        // the background that a skill covers is left out
        assert!(similarity(&beside, 1) > similarity(&plain, 1) - 0.1);
    }

    #[test]
    fn the_same_examples_give_the_same_classifier() {
        let fit = || Classifier::fit(skills(4, 5), &[vec![0, 1], vec![2, 3]], &[]).unwrap();
        assert_eq!(fit().score(near(1, 5)), fit().score(near(1, 5)));
    }

    #[test]
    fn skills_that_nothing_tells_apart_share_the_probability() {
        let one = skills(1, 6).remove(0);
        let twice = vec![Arc::clone(&one), one];
        let classifier = Classifier::fit(twice, &[vec![0], vec![1]], &[]).unwrap();
        let scores = classifier.score(near(0, 5)).unwrap();
        assert!((scores.probabilities[0] - 0.5).abs() < 1e-3, "{scores:?}");
    }

    #[test]
    fn odd_input_is_refused() {
        assert!(Classifier::fit(Vec::new(), &[], &[]).is_none());
        let short = Arc::new(SkillVectors::new(vec![vec![1.0]], vec![1.0]).unwrap());
        let mut mixed = skills(1, 3);
        mixed.push(short);
        assert!(Classifier::fit(mixed, &[vec![0, 1]], &[]).is_none());
        let classifier = Classifier::fit(skills(2, 3), &[vec![0], vec![1]], &[]).unwrap();
        assert_eq!(classifier.score(vec![1.0]), None);
        assert_eq!(classifier.score(vec![0.0; DIMENSIONS]), None);
    }

    #[test]
    fn one_skill_with_one_example_is_enough() {
        let classifier = Classifier::fit(skills(1, 1), &[vec![0]], &[]).unwrap();
        let scores = classifier.score(near(0, 3)).unwrap();
        assert!((scores.probabilities[0] - 1.0).abs() < 1e-6);
    }
}
