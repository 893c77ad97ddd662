//! How similar a text is to each skill.

use crate::{
    coarse::CoarseRows,
    kernel::{Dots, dot, run},
    skill::unit,
};

/// The number of a skill's nearest examples whose similarity counts.
const NEAREST: usize = 3;
/// The number of skills, those with the nearest centroids, whose examples are looked at.
const LOOKED_AT: usize = 64;

/// The centroid of each skill.
pub(crate) struct Centroids {
    /// One row of length 1 per skill; zeros for a skill without examples.
    rows: Vec<f32>,
    /// A copy in few bits, of very many rows.
    coarse: Option<CoarseRows>,
    dimensions: usize,
}

/// The similarity of a text to each skill.
pub(crate) struct Nearness {
    /// One value per skill, -1 to 1.
    pub(crate) skills: Vec<f32>,
    /// The similarity of the nearest skill.
    pub(crate) best: f32,
}

impl Centroids {
    /// The centroids of skills with these examples.
    pub(crate) fn of<'a, E>(skills: impl Iterator<Item = E>, dimensions: usize) -> Self
    where
        E: Iterator<Item = &'a [f32]>,
    {
        let mut rows = Vec::new();
        for examples in skills {
            let mut sum = vec![0.0; dimensions];
            for example in examples {
                for (sum, value) in sum.iter_mut().zip(example) {
                    *sum += value;
                }
            }
            rows.extend(unit(sum).unwrap_or_else(|| vec![0.0; dimensions]));
        }
        Self {
            coarse: CoarseRows::of_large(&rows, dimensions),
            rows,
            dimensions,
        }
    }

    /// The similarity of a vector to each skill: the mean of the cosine to its centroid and the mean cosine to its three
    /// nearest examples. Of very many skills, those with far centroids count by these only, with an error below 0.01.
    pub(crate) fn nearness<'a, E>(
        &self,
        vector: &[f32],
        examples_of: impl Fn(usize) -> E,
    ) -> Nearness
    where
        E: Iterator<Item = &'a [f32]>,
    {
        let (mut skills, mut order) = self.cosines(vector);
        let centroid = |skill: &usize| skills.get(*skill).copied().unwrap_or(f32::MIN);
        if order.len() > LOOKED_AT {
            order.select_nth_unstable_by(LOOKED_AT, |a, b| centroid(b).total_cmp(&centroid(a)));
            order.truncate(LOOKED_AT);
        }
        let mut best = -1.0_f32;
        for skill in order {
            let near = mean_of_nearest(vector, examples_of(skill));
            if let Some(similarity) = skills.get_mut(skill) {
                *similarity = f32::midpoint(*similarity, near);
                best = best.max(*similarity);
            }
        }
        Nearness { skills, best }
    }

    /// The cosine of a vector to each centroid, and the positions of those that are exact: all, or of very many the
    /// greatest.
    fn cosines(&self, vector: &[f32]) -> (Vec<f32>, Vec<usize>) {
        if let Some(coarse) = &self.coarse {
            let (mut cosines, best) = coarse.dots(vector);
            for position in &best {
                let start = position * self.dimensions;
                let row = self.rows.get(start..start + self.dimensions);
                if let (Some(cosine), Some(row)) = (cosines.get_mut(*position), row) {
                    *cosine = dot(vector, row);
                }
            }
            return (cosines, best);
        }
        let mut cosines = vec![0.0; self.rows.len() / self.dimensions.max(1)];
        run(Dots {
            vector,
            matrix: &self.rows,
            results: &mut cosines,
        });
        let all = (0..cosines.len()).collect();
        (cosines, all)
    }

    /// The memory of the centroids in bytes.
    pub(crate) fn bytes(&self) -> usize {
        let coarse = self.coarse.as_ref().map_or(0, CoarseRows::bytes);
        size_of_val(self.rows.as_slice()) + coarse
    }
}

/// The mean cosine to the nearest examples, at most three.
pub(crate) fn mean_of_nearest<'a>(
    vector: &[f32],
    examples: impl Iterator<Item = &'a [f32]>,
) -> f32 {
    let mut top = [f32::NEG_INFINITY; NEAREST];
    for example in examples {
        let mut cosine = dot(vector, example);
        for place in &mut top {
            if cosine > *place {
                std::mem::swap(place, &mut cosine);
            }
        }
    }
    let found = top.iter().filter(|cosine| cosine.is_finite());
    let (sum, count) = found.fold((0.0, 0.0), |(sum, count), cosine| {
        (sum + cosine, count + 1.0)
    });
    if count > 0.0 { sum / count } else { -1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_skill_is_the_one_with_similar_examples() {
        let skills = [
            vec![vec![1.0_f32, 0.0], vec![0.8, 0.6]],
            vec![vec![-1.0, 0.0]],
        ];
        let examples = |skill: usize| skills[skill].iter().map(Vec::as_slice);
        let centroids = Centroids::of((0..2).map(examples), 2);
        let near = centroids.nearness(&[1.0, 0.0], examples);
        // the centroid is (1.8, 0.6) / 1.897, and the examples have the cosines 1 and 0.8
        assert!((near.skills[0] - f32::midpoint(0.9487, 0.9)).abs() < 1e-3);
        assert!((near.skills[1] + 1.0).abs() < 1e-6);
        assert!((near.best - near.skills[0]).abs() < 1e-6);
    }

    #[test]
    fn only_the_three_nearest_examples_count() {
        let examples = [[1.0_f32, 0.0], [1.0, 0.0], [1.0, 0.0], [-1.0, 0.0]];
        let near = mean_of_nearest(&[1.0, 0.0], examples.iter().map(<[f32; 2]>::as_slice));
        assert!((near - 1.0).abs() < 1e-6);
        assert!((mean_of_nearest(&[1.0], std::iter::empty()) + 1.0).abs() < 1e-6);
    }
}
