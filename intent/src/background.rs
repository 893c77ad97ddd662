//! Texts that are about nothing in particular: what a text is compared with besides the skills.

use crate::nearness::{Centroids, mean_of_nearest};

/// The share of a text's similarity to the background that is taken from its similarity to skills.
const WEIGHT: f32 = 0.35;
/// Background that is this similar to a skill is left out: an agent is for it.
const COVERED: f32 = 0.4;

/// The vectors of background texts that no skill covers.
pub(crate) struct Background {
    vectors: Vec<Vec<f32>>,
}

impl Background {
    /// The background that skills with these centroids and examples do not cover.
    pub(crate) fn beside<'a, E>(
        all: &[Vec<f32>],
        centroids: &Centroids,
        examples_of: impl Fn(usize) -> E,
    ) -> Self
    where
        E: Iterator<Item = &'a [f32]>,
    {
        let is_free = |vector: &&Vec<f32>| centroids.nearness(vector, &examples_of).best < COVERED;
        Self {
            vectors: all.iter().filter(is_free).cloned().collect(),
        }
    }

    /// What is taken from the similarity of a text to each skill.
    pub(crate) fn penalty(&self, vector: &[f32]) -> f32 {
        if self.vectors.is_empty() {
            return 0.0;
        }
        let nearest = mean_of_nearest(vector, self.vectors.iter().map(Vec::as_slice));
        WEIGHT * nearest.max(0.0)
    }

    /// The memory of the vectors in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.vectors
            .iter()
            .map(|vector| size_of_val(vector.as_slice()))
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn background_counts_unless_a_skill_covers_it() {
        let skill = [[1.0_f32, 0.0]];
        let examples = |_: usize| skill.iter().map(<[f32; 2]>::as_slice);
        let centroids = Centroids::of([examples(0)].into_iter(), 2);
        let all = [vec![1.0, 0.0], vec![0.0, 1.0]];
        let background = Background::beside(&all, &centroids, examples);
        assert_eq!(background.vectors, [vec![0.0, 1.0]]);
        assert!((background.penalty(&[0.0, 1.0]) - WEIGHT).abs() < 1e-6);
        assert!(background.penalty(&[1.0, 0.0]).abs() < 1e-6);
        assert!(background.penalty(&[0.0, -1.0]).abs() < 1e-6);
        let nothing = Background::beside(&[], &centroids, examples);
        assert!(nothing.penalty(&[0.0, 1.0]).abs() < 1e-6);
    }
}
