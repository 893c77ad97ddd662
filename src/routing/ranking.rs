//! Templates ranked by how well their skills fit a message.

use std::{collections::HashMap, sync::Arc};

use intent::{Classifier, SkillVectors};

use super::{
    recalled::{RecalledMessage, RecalledMessages},
    router::RoutableTemplate,
    skill_cache::SkillKey,
};
use crate::domain::{TemplateId, Usage};

/// How well the skills of templates fit a message.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranking {
    /// The similarity of the message to the nearest skill, at most 1.
    pub similarity: f64,
    /// The similarity below which a message is about no skill.
    pub threshold: f64,
    /// The similarity from which a message is clearly about a skill.
    pub clear: f64,
    /// The templates, in no particular order.
    pub templates: HashMap<TemplateId, RankedTemplate>,
    /// What the embedding of the message cost.
    pub usage: Usage,
}

/// How well the skills of a template fit a message.
#[derive(Debug, Clone, PartialEq)]
pub struct RankedTemplate {
    /// The calibrated probability that the message is for an agent of this template, given that it is for any.
    pub probability: f64,
    /// The similarity of the message to the nearest skill of the template, -1 to 1.
    pub similarity: f64,
    /// The id of the most probable skill.
    pub skill: String,
    /// The display name of the most probable skill.
    pub skill_name: String,
}

/// A classifier with the templates whose skills it knows.
pub(super) struct TemplateClassifier {
    classifier: Classifier,
    templates: HashMap<TemplateId, Vec<KnownSkill>>,
    recalled: RecalledMessages,
}

/// A skill of a template, with its position in the classifier.
struct KnownSkill {
    position: usize,
    id: String,
    name: String,
}

/// The skills of templates, each once, with their vectors.
#[derive(Default)]
pub(super) struct SkillList {
    positions: HashMap<SkillKey, usize>,
    vectors: Vec<Arc<SkillVectors>>,
    templates: HashMap<TemplateId, Vec<KnownSkill>>,
    profiles: Vec<Vec<usize>>,
    recalled: RecalledMessages,
}

impl SkillList {
    /// Adds a template, with the key and the vectors of each of its skills.
    pub(super) fn add(
        &mut self,
        template: &RoutableTemplate,
        skills: Vec<(SkillKey, Arc<SkillVectors>)>,
    ) {
        let mut known = Vec::new();
        for (skill, (key, vectors)) in template.spec.skills.iter().zip(skills) {
            let position = *self.positions.entry(key).or_insert_with(|| {
                self.vectors.push(vectors);
                self.vectors.len() - 1
            });
            known.push(KnownSkill {
                position,
                id: skill.id.clone(),
                name: skill.name.clone(),
            });
        }
        let profile: Vec<usize> = known.iter().map(|skill| skill.position).collect();
        if !self.profiles.contains(&profile) {
            self.profiles.push(profile);
        }
        self.templates.insert(template.id, known);
    }

    /// Adds the messages that the account gave to skills of a template.
    pub(super) fn recall(&mut self, messages: Vec<RecalledMessage>) {
        self.recalled.extend(messages);
    }

    /// Fits the classifier beside the vectors of everyday messages; takes up to seconds of processor time. `None` when the vectors cannot be compared.
    pub(super) fn fit(self, everyday: &[Vec<f32>]) -> Option<TemplateClassifier> {
        Some(TemplateClassifier {
            classifier: Classifier::fit(self.vectors, &self.profiles, everyday)?,
            templates: self.templates,
            recalled: self.recalled,
        })
    }
}

impl TemplateClassifier {
    /// Ranks the templates for the vector of a message; `None` when the vector cannot be compared.
    pub(super) fn rank(&self, vector: Vec<f32>) -> Option<Ranking> {
        let nearest = self.recalled.nearest(&vector);
        let scores = self.classifier.score(vector)?;
        let ranked = self.templates.iter().filter_map(|(id, skills)| {
            let of = |values: &[f32], skill: &KnownSkill| {
                values.get(skill.position).copied().unwrap_or_default()
            };
            let probability: f32 = skills.iter().map(|s| of(&scores.probabilities, s)).sum();
            let similarity = skills
                .iter()
                .map(|skill| of(&scores.similarities, skill))
                .fold(-1.0, f32::max);
            let best = skills.iter().max_by(|one, other| {
                let [one, other] = [one, other].map(|skill| of(&scores.probabilities, skill));
                one.total_cmp(&other)
            })?;
            let ranked = RankedTemplate {
                probability: f64::from(probability.min(1.0)),
                similarity: f64::from(similarity),
                skill: best.id.clone(),
                skill_name: best.name.clone(),
            };
            Some((*id, ranked))
        });
        let ranking = Ranking {
            similarity: f64::from(scores.similarity),
            threshold: f64::from(self.classifier.threshold()),
            clear: f64::from(self.classifier.clear()),
            templates: ranked.collect(),
            usage: Usage::default(),
        };
        Some(self.recalled.apply(nearest, ranking))
    }

    /// The memory of the classifier in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.classifier.bytes() + self.recalled.bytes()
    }
}
