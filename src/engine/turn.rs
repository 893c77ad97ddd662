//! Everything that a turn is answered from, read at its start.

use std::sync::Arc;

use futures::try_join;
use serde_json::Value;

use super::{Engine, ModelEntry};
use crate::{
    domain::{Agent, Lease, Message, PricingTier, Run, TemplateSpec, layers_for},
    error::{Error, Result},
};

/// At most this many earlier messages are looked at; the token budget is usually spent before.
const LONGEST_HISTORY: u64 = 100;

/// Everything that a turn is answered from.
pub(super) struct Turn {
    /// Who answers.
    pub(super) agent: Agent,
    /// Its template.
    pub(super) template: Arc<TemplateSpec>,
    /// Its settings, merged.
    pub(super) settings: Value,
    /// The conversation's context, an object.
    pub(super) context: Value,
    /// What was said before, the oldest first.
    pub(super) history: Vec<Message>,
    /// What is asked.
    pub(super) question: Message,
}

impl Engine {
    /// Everything that the answer is made from, and the models that may make it.
    pub(super) async fn gather(
        &self,
        lease: &Lease,
        run: &Run,
    ) -> Result<(Turn, Vec<(String, ModelEntry)>)> {
        let parts = &self.inner.parts;
        let store = parts.store.tenant(lease.account);
        let missing = |noun| move || Error::not_found(noun);
        let agent = run
            .agent
            .ok_or_else(|| Error::not_found("agent: it was deleted"))?;
        let (agents, conversations, questions) = ([agent], [run.conversation], [run.question]);
        let (mut agents, mut conversations, mut questions, history, account) = try_join!(
            store.agents_by_ids(&agents),
            store.conversations_by_ids(&conversations),
            store.messages_by_ids(&questions),
            store.answers_before(run.conversation, run.id, LONGEST_HISTORY),
            store.account(),
        )?;
        let agent = agents.pop().ok_or_else(missing("agent"))?;
        let conversation = conversations.pop().ok_or_else(missing("conversation"))?;
        let question = questions.pop().ok_or_else(missing("message"))?;
        let template = parts
            .store
            .platform()
            .template_spec(agent.template)
            .await?
            .ok_or_else(missing("template"))?;
        let tier = template
            .tier(&agent.tier)
            .ok_or_else(missing("pricing tier"))?;
        let models = self.models_of(tier)?;
        let settings = layers_for(
            &template,
            tier,
            &parts.app_settings,
            &account.configuration,
            &agent.configuration,
        )
        .merged();
        Ok((
            Turn {
                agent,
                template,
                settings,
                context: conversation.context,
                history,
                question,
            },
            models,
        ))
    }

    /// The models of a tier that are configured, in order of preference, each once.
    fn models_of(&self, tier: &PricingTier) -> Result<Vec<(String, ModelEntry)>> {
        let mut models: Vec<(String, ModelEntry)> = Vec::new();
        for (name, entry) in self.inner.parts.models.in_order(&tier.models) {
            // two names may mean one model, which would fail again
            if !models
                .iter()
                .any(|(_, known)| Arc::ptr_eq(&known.model, &entry.model))
            {
                models.push((name.to_owned(), entry.clone()));
            }
        }
        if models.is_empty() {
            return Err(Error::unavailable(format!(
                "none of the models of tier \"{}\" is configured: {}",
                tier.name,
                tier.models.join(", ")
            )));
        }
        Ok(models)
    }
}
