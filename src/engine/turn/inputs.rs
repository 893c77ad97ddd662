//! The rows that an answer is based on.

use std::sync::Arc;

use futures::try_join;
use serde_json::Value;

use crate::{
    domain::{Account, Agent, Message, PricingTier, Run, TemplateSpec, has_private, layers_for},
    engine::EngineParts,
    error::{Error, Result},
    store::{AccountHoldings, TenantStore},
};

/// The rows that an answer is based on, as read by the service that stored the message.
pub struct RunInputs {
    /// The account that owns the run.
    pub account: Account,
    /// What else the account has.
    pub holdings: AccountHoldings,
    /// The agent that answers, in the version that answers.
    pub agent: Agent,
    /// The agent's template.
    pub template: Arc<TemplateSpec>,
    /// The conversation's context, an object.
    pub context: Value,
    /// The message to answer.
    pub question: Message,
    /// Whether the message is the first one of its conversation.
    pub is_first: bool,
    /// The tokens that the runs of the message's session may use together; none without such a budget.
    pub session_tokens: Option<i64>,
}

impl RunInputs {
    /// The agent's pricing tier, and its settings merged from all layers.
    pub(super) fn tier_and_settings(&self, parts: &EngineParts) -> Result<(PricingTier, Value)> {
        let tier = self
            .template
            .tier(&self.agent.tier)
            .ok_or_else(|| Error::not_found("pricing tier"))?;
        let layers = layers_for(
            &self.template,
            tier,
            &parts.app_settings.get(),
            &self.account.configuration,
            &self.agent.configuration,
        );
        Ok((tier.clone(), layers.merged()))
    }

    /// Whether the question, the context or the settings contain something private.
    pub(super) fn are_private(&self, settings: &Value) -> bool {
        self.question.private
            || has_private(&self.template.context_schema, &self.context)
            || has_private(&self.template.config_schema, settings)
    }
}

/// The inputs of a run: those that are known, else read from the tables.
pub(super) async fn read_inputs(
    parts: &EngineParts,
    store: &TenantStore,
    run: &Run,
    known: Option<RunInputs>,
) -> Result<RunInputs> {
    if let Some(known) = known {
        return Ok(known);
    }
    let missing = |noun| move || Error::not_found(noun);
    let agent = run
        .agent
        .ok_or_else(|| Error::not_found("agent: it was deleted"))?;
    let (agents, conversations, questions) = ([agent], [run.conversation], [run.question]);
    let (account, session_tokens, mut agents, mut conversations, mut questions) = try_join!(
        store.account(),
        store.session_budget_of(run),
        store.agents_by_ids(&agents),
        store.conversations_by_ids(&conversations),
        store.messages_by_ids(&questions),
    )?;
    let conversation = conversations.pop().ok_or_else(missing("conversation"))?;
    let agent = agents.pop().ok_or_else(missing("agent"))?;
    let agent = agent.for_message(conversation.canary_subject(), run.created_at);
    let platform = parts.store.platform();
    let template = platform.template_spec(agent.template).await?;
    // while another agent answers the conversation, its context is that agent's
    let context = if conversation.agent == Some(agent.id) {
        conversation.context
    } else {
        store.agent_context(conversation.id, agent.id).await?
    };
    Ok(RunInputs {
        account,
        holdings: AccountHoldings::UNKNOWN,
        agent,
        template: template.ok_or_else(missing("template"))?,
        context,
        question: questions.pop().ok_or_else(missing("message"))?,
        is_first: false,
        session_tokens,
    })
}
