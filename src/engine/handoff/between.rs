//! A handoff between two messages: a person or the router gives the conversation to another agent.

use std::sync::Arc;

use serde_json::Value;

use super::plan::{HandoffRequest, Sender, plan};
use crate::{
    domain::{
        Agent, AgentSwitch, ContextItem, ContextItemKind, ContextPolicy, Conversation,
        HandoffInitiator, HandoffSettings, HandoffSource, KeptState, RunId, TemplateSpec, Workflow,
        excerpt, extract_summary, facts_of, layers_for, reason_text,
    },
    engine::{Engine, EngineParts, turn::LONGEST_HISTORY},
    error::{Error, Result},
};

/// A handoff of a conversation that no run of it asked for.
pub struct NewHandoff<'a> {
    /// The conversation as it is.
    pub conversation: &'a Conversation,
    /// The agent that answers from now on.
    pub to: &'a Agent,
    /// The party that asks for the handoff.
    pub initiator: HandoffInitiator,
    /// The reason.
    pub reason: &'a str,
    /// How much the receiver gets; none for the sender's setting.
    pub policy: Option<ContextPolicy>,
    /// The run that the receiver answers, for a handoff by a message.
    pub run: Option<RunId>,
    /// The context that the message brings; it replaces the receiver's.
    pub context: Option<&'a Value>,
    /// The key in the audit log.
    pub actor: String,
}

impl Engine {
    /// What is written when the agent of a conversation changes between two messages. The summary of the policy SUMMARY
    /// consists of the beginnings of messages, because no run pays for a model's.
    pub async fn plan_handoff(&self, new: NewHandoff<'_>) -> Result<AgentSwitch> {
        let parts = &self.inner.parts;
        let conversation = new.conversation;
        let store = parts.store.tenant(conversation.account);
        let sender = sender_of(parts, conversation).await?;
        let own_policy = sender.as_ref().map(|(_, settings)| settings.policy);
        let policy = new.policy.or(own_policy).unwrap_or(ContextPolicy::Full);
        let past = store.latest_answers(conversation, LONGEST_HISTORY).await?;
        let request = HandoffRequest {
            account: conversation.account,
            conversation: conversation.id,
            run: new.run,
            step: None,
            from: conversation.agent,
            initiator: new.initiator,
            policy,
            reason: reason_text(new.reason),
            actor: new.actor,
        };
        let to = new
            .to
            .clone()
            .for_message(conversation.canary_subject(), parts.clock.now());
        let summary = (policy == ContextPolicy::Summary).then(|| extract_summary(&past, None));
        let template = sender.as_ref().map(|(template, _)| template);
        let kept = match conversation.agent {
            Some(from) => store.workflow_state_of(conversation, from).await?,
            None => KeptState::default(),
        };
        let workflow = template.and_then(|template| Workflow::of(template));
        let source = HandoffSource {
            policy,
            past: &past,
            question: None,
            results: Vec::new(),
            facts: facts_of(workflow, &kept.state),
            facts_are_private: kept.private,
            passages: 0,
            summary: summary.flatten(),
        };
        let schema = template.map(|template| &template.context_schema);
        let of_sender = Sender {
            context: &conversation.context,
            schema,
            state: None,
        };
        let mut switch = plan(parts, request, &to, of_sender, source).await?;
        if let Some(context) = new.context {
            replace_context(&mut switch, context);
        }
        Ok(switch)
    }
}

/// Takes the context of a message in place of the carried fields.
fn replace_context(switch: &mut AgentSwitch, context: &Value) {
    switch.receiver_context = context.clone();
    let handoff = &mut switch.handoff;
    let is_field = |item: &ContextItem| item.kind == ContextItemKind::ContextField;
    let (fields, others) = std::mem::take(&mut handoff.carried)
        .into_iter()
        .partition::<Vec<_>, _>(is_field);
    handoff.carried = others;
    handoff.dropped.extend(fields.into_iter().map(|item| {
        let why = "the message brings its own context";
        ContextItem::new(item.kind, excerpt(&item.label), why)
    }));
}

/// The sender's template and its settings of handoffs; none when the sender was deleted.
async fn sender_of(
    parts: &EngineParts,
    conversation: &Conversation,
) -> Result<Option<(Arc<TemplateSpec>, HandoffSettings)>> {
    let Some(id) = conversation.agent else {
        return Ok(None);
    };
    let store = parts.store.tenant(conversation.account);
    let Some(agent) = store.agents_by_ids(&[id]).await?.pop() else {
        return Ok(None);
    };
    let agent = agent.for_message(conversation.canary_subject(), parts.clock.now());
    let platform = parts.store.platform();
    let (account, template) =
        futures::try_join!(store.account(), platform.template_spec(agent.template))?;
    let template = template.ok_or_else(|| Error::internal("finding an agent's template"))?;
    let tier = template
        .tier(&agent.tier)
        .ok_or_else(|| Error::not_found("pricing tier"))?;
    let settings = layers_for(
        &template,
        tier,
        &parts.app_settings.get(),
        &account.configuration,
        &agent.configuration,
    );
    let handoff = HandoffSettings::of(&settings.merged());
    Ok(Some((template, handoff)))
}
