//! The messages that an account's administrators made examples of skills.

use std::{collections::HashMap, sync::Arc, time::Duration};

use moka::future::Cache;

use super::roster::Roster;
use crate::{
    domain::{AcceptedCorrection, AgentId, RouteCorrectionId, SkillExample, TemplateId},
    error::Result,
    routing::RoutableTemplate,
    service::route_correction::MOST_EXAMPLES,
    store::TenantStore,
};

/// The maximum memory of all texts in bytes.
const LARGEST_CACHE: u64 = 8 << 20;
/// The time after which a text that no message was compared with is read again.
const IDLE: Duration = Duration::from_mins(10);

/// Reads accounts' examples. Clones share the cache.
#[derive(Clone)]
pub(in crate::service) struct AcceptedExamples {
    /// The texts of messages, which never change.
    texts: Cache<RouteCorrectionId, Arc<str>>,
}

impl AcceptedExamples {
    pub(in crate::service) fn new() -> Self {
        let weigher = |_: &RouteCorrectionId, text: &Arc<str>| {
            u32::try_from(text.len().saturating_add(64)).unwrap_or(u32::MAX)
        };
        Self {
            texts: Cache::builder()
                .max_capacity(LARGEST_CACHE)
                .weigher(weigher)
                .time_to_idle(IDLE)
                .build(),
        }
    }

    /// The templates of a roster, with the account's examples of their skills: one query, and another one for texts that
    /// this process has not read yet.
    pub(super) async fn add_to(
        &self,
        roster: &Roster,
        store: &TenantStore,
    ) -> Result<Vec<RoutableTemplate>> {
        let mut templates = roster.templates();
        let accepted = store.accepted_corrections(MOST_EXAMPLES).await?;
        if accepted.is_empty() {
            return Ok(templates);
        }
        let members = roster.members().iter();
        let template_of: HashMap<AgentId, TemplateId> = members
            .map(|member| (member.agent.id, member.agent.template))
            .collect();
        let texts = self.texts(&accepted, store).await?;
        for AcceptedCorrection { id, assignment } in accepted {
            let template = template_of.get(&assignment.agent);
            let template = templates.iter_mut().find(|it| Some(&it.id) == template);
            if let (Some(template), Some(text)) = (template, texts.get(&id)) {
                template.examples.push(SkillExample {
                    id,
                    skill: assignment.skill,
                    text: Arc::clone(text),
                });
            }
        }
        Ok(templates)
    }

    async fn texts(
        &self,
        accepted: &[AcceptedCorrection],
        store: &TenantStore,
    ) -> Result<HashMap<RouteCorrectionId, Arc<str>>> {
        let mut texts = HashMap::new();
        let mut missing = Vec::new();
        for correction in accepted {
            match self.texts.get(&correction.id).await {
                Some(text) => {
                    texts.insert(correction.id, text);
                }
                None => missing.push(correction.id),
            }
        }
        for (id, text) in store.corrected_texts(&missing).await? {
            let text: Arc<str> = text.into();
            self.texts.insert(id, Arc::clone(&text)).await;
            texts.insert(id, text);
        }
        Ok(texts)
    }
}
