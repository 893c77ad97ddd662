//! Messages that an account's administrators gave to skills: a message that says the same goes to the same agent, even where
//! one example more hardly moves the classifier.

use intent::{dot, unit};

use super::ranking::Ranking;
use crate::domain::TemplateId;

/// The cosine of two vectors from which their messages say the same. Only nearly equal texts are that close with the shipped
/// model.
const SAME: f32 = 0.9;
/// The probability of the agent whose message is recalled.
const CERTAIN: f64 = 0.95;

/// A message that was given to a skill.
pub(super) struct RecalledMessage {
    pub(super) template: TemplateId,
    /// The id of the skill.
    pub(super) skill: String,
    /// The display name of the skill.
    pub(super) skill_name: String,
    /// The vector of the message, of length 1.
    pub(super) vector: Vec<f32>,
}

/// The messages of an account that were given to skills.
#[derive(Default)]
pub(super) struct RecalledMessages(Vec<RecalledMessage>);

impl RecalledMessages {
    pub(super) fn extend(&mut self, messages: impl IntoIterator<Item = RecalledMessage>) {
        self.0.extend(messages);
    }

    /// The memory of the vectors in bytes.
    pub(super) fn bytes(&self) -> usize {
        let vectors = self.0.iter().map(|message| message.vector.len());
        vectors.sum::<usize>() * size_of::<f32>()
    }

    /// The ranking of a message, in which the template of the nearest recalled message comes first if the two say the same.
    pub(super) fn apply(&self, nearest: Option<usize>, mut ranking: Ranking) -> Ranking {
        let Some(recalled) = nearest.and_then(|position| self.0.get(position)) else {
            return ranking;
        };
        let clear = ranking.clear.max(ranking.threshold);
        ranking.similarity = ranking.similarity.max(clear);
        for (id, template) in &mut ranking.templates {
            if *id == recalled.template {
                template.probability = template.probability.max(CERTAIN);
                template.similarity = template.similarity.max(clear);
                template.skill.clone_from(&recalled.skill);
                template.skill_name.clone_from(&recalled.skill_name);
            } else {
                template.probability = template.probability.min(1.0 - CERTAIN);
            }
        }
        ranking
    }

    /// The position of the nearest message that says the same as the one with this vector.
    pub(super) fn nearest(&self, vector: &[f32]) -> Option<usize> {
        if self.0.is_empty() {
            return None;
        }
        let vector = unit(vector.to_vec())?;
        let cosines = self.0.iter().map(|message| {
            let is_comparable = message.vector.len() == vector.len();
            if is_comparable {
                dot(&message.vector, &vector)
            } else {
                0.0
            }
        });
        let same = cosines.enumerate().filter(|(_, cosine)| *cosine >= SAME);
        let nearest = same.max_by(|(_, one), (_, other)| one.total_cmp(other));
        nearest.map(|(position, _)| position)
    }
}
