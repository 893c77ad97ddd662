//! The embedded texts of a skill.

/// The vectors of a skill's texts, each of length 1 and with the same number of dimensions.
#[derive(Debug, Clone, PartialEq)]
pub struct SkillVectors {
    examples: Vec<Vec<f32>>,
    description: Vec<f32>,
}

impl SkillVectors {
    /// The vectors of a skill with these examples and this description. `None` when there is no example, when two
    /// vectors differ in their dimensions, or when one has no direction.
    pub fn new(examples: Vec<Vec<f32>>, description: Vec<f32>) -> Option<Self> {
        let dimensions = description.len();
        let same = examples.iter().all(|vector| vector.len() == dimensions);
        if examples.is_empty() || !same {
            return None;
        }
        let examples = examples.into_iter().map(unit);
        Some(Self {
            examples: examples.collect::<Option<_>>()?,
            description: unit(description)?,
        })
    }

    /// The number of dimensions of each vector.
    pub fn dimensions(&self) -> usize {
        self.description.len()
    }

    /// The memory of the vectors in bytes.
    pub fn bytes(&self) -> usize {
        (self.examples.len() + 1) * self.dimensions() * size_of::<f32>()
    }

    pub(crate) fn examples(&self) -> &[Vec<f32>] {
        &self.examples
    }

    pub(crate) fn description(&self) -> &[f32] {
        &self.description
    }
}

/// The vector with length 1; `None` for a vector without a direction.
pub fn unit(mut vector: Vec<f32>) -> Option<Vec<f32>> {
    let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
    if !length.is_finite() || length <= f32::EPSILON {
        return None;
    }
    for value in &mut vector {
        *value /= length;
    }
    Some(vector)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_get_length_1_and_must_fit_together() {
        let skill = SkillVectors::new(vec![vec![3.0, 4.0]], vec![0.0, 2.0]).unwrap();
        assert_eq!(skill.examples(), [vec![0.6, 0.8]]);
        assert_eq!(skill.description(), [0.0, 1.0]);
        assert_eq!((skill.dimensions(), skill.bytes()), (2, 16));
        assert_eq!(SkillVectors::new(vec![], vec![1.0]), None);
        assert_eq!(SkillVectors::new(vec![vec![1.0]], vec![1.0, 0.0]), None);
        assert_eq!(SkillVectors::new(vec![vec![0.0]], vec![1.0]), None);
        assert_eq!(SkillVectors::new(vec![vec![f32::NAN]], vec![1.0]), None);
    }
}
