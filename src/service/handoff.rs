//! Handoffs: made by people and by messages, read with their conversations.

use std::sync::Arc;

use serde_json::Value;

use super::{
    NewMessage, agent::existing, agent_settings::AgentSettings, refuse, route::Routed,
    route_correction, tables::Tables,
};
use crate::{
    domain::{
        Actor, Agent, AgentId, AgentStatus, ContextPolicy, Conversation, ConversationId, Handoff,
        HandoffInitiator, HandoffSettings, Operation, Permission, RouteCorrectionCause,
        RouteReason, RunId, TemplateSpec, check_text,
    },
    engine::{Engine, NewHandoff},
    error::{Error, Result},
    port::{Announcements, Clock, ConversationChangeKind, ConversationNotice},
};

/// The maximum length of a reason, in characters.
const LONGEST_REASON: usize = 500;
/// The maximum number of agents that an agent may hand over to.
const MOST_TARGETS: u64 = 50;

/// A person's request to give a conversation to another agent.
#[derive(Debug, Clone)]
pub struct HandoffInput {
    /// The conversation.
    pub conversation: ConversationId,
    /// The agent that answers from the next message on.
    pub to: AgentId,
    /// The reason; the agent reads it.
    pub reason: String,
    /// How much the agent gets.
    pub policy: ContextPolicy,
}

/// Makes and reads handoffs.
#[derive(Clone)]
pub struct HandoffService {
    pub(super) tables: Tables,
    pub(super) engine: Engine,
    pub(super) settings: AgentSettings,
    pub(super) announcements: Arc<dyn Announcements>,
    pub(super) clock: Arc<dyn Clock>,
}

impl HandoffService {
    /// Gives a conversation to another agent. A run in progress ends with its own agent; the next message is answered by
    /// the new one. `NOT_FOUND` for an unknown conversation or agent, CONFLICT for an agent that is not active or answers
    /// already.
    pub async fn hand_off(&self, actor: &Actor, input: HandoffInput) -> Result<Handoff> {
        let permission = actor.authorize(Operation::HandOff)?;
        let store = self.tables.tenant(&permission);
        let problems = check_text("input.reason", &input.reason, LONGEST_REASON);
        refuse(problems.into_iter().collect())?;
        let found = store
            .conversations_by_ids(&[input.conversation])
            .await?
            .pop();
        let conversation = found.ok_or_else(|| Error::not_found("conversation"))?;
        let to = existing(&store, input.to).await?;
        if to.status != AgentStatus::Active {
            return Err(Error::conflict(format!(
                "input.toAgentId: the agent \"{}\" is not active; activate it or name another",
                to.slug
            )));
        }
        if conversation.agent == Some(to.id) {
            return Err(Error::conflict(format!(
                "input.toAgentId: the agent \"{}\" answers this conversation already",
                to.slug
            )));
        }
        let new = NewHandoff {
            conversation: &conversation,
            to: &to,
            initiator: HandoffInitiator::User,
            reason: &input.reason,
            policy: Some(input.policy),
            run: None,
            context: None,
            actor: permission.caller().to_string(),
        };
        let switch = self.engine.plan_handoff(new).await?;
        let cause = RouteCorrectionCause::HandedOff;
        let clock = self.clock.as_ref();
        let correction =
            route_correction::by_person(&store, conversation.id, &to, cause, clock).await?;
        if !store.hand_off(&switch, correction.as_ref()).await? {
            return Err(Error::conflict(
                "the conversation has another agent since; read it again and repeat the handoff",
            ));
        }
        let notice = ConversationNotice::of(conversation.id, ConversationChangeKind::Updated);
        self.announcements.publish(permission.account(), notice);
        Ok(switch.handoff)
    }

    /// The agents that an agent may hand over to now, at most 50, the oldest first.
    pub async fn targets(
        &self,
        actor: &Actor,
        agent: &Agent,
        template: &TemplateSpec,
    ) -> Result<Vec<Agent>> {
        let acting = actor.acting_in(agent.account)?;
        let store = self.tables.tenant(acting.authorize(Operation::Agent)?);
        let account = store.account().await?;
        let layers = self
            .settings
            .layers(agent, template, &account.configuration)?;
        let settings = HandoffSettings::of(&layers.merged());
        let slugs = settings.targets.as_deref();
        let mut targets = store.active_agents(slugs, MOST_TARGETS + 1).await?;
        targets.retain(|target| target.id != agent.id);
        Ok(targets)
    }
}

/// The handoff that a message brings about: another agent than the conversation's one answers it. None for a new
/// conversation, or when its agent goes on.
pub(super) fn by_message<'a>(
    new: &'a NewMessage,
    conversation: Option<&'a Conversation>,
    routed: &'a Routed,
    run: RunId,
    permission: &Permission,
) -> Option<NewHandoff<'a>> {
    let conversation = conversation?;
    if conversation.agent == Some(routed.agent.id) {
        return None;
    }
    let (initiator, reason) = match routed.route.reason {
        RouteReason::Requested => (HandoffInitiator::User, "the person asked for this agent"),
        RouteReason::Intent => (
            HandoffInitiator::Router,
            "the message fits this agent better",
        ),
        RouteReason::Conversation | RouteReason::Fallback | RouteReason::Handoff => (
            HandoffInitiator::Router,
            "the agent that answered before is not available",
        ),
    };
    Some(NewHandoff {
        conversation,
        to: &routed.agent,
        initiator,
        reason,
        policy: None,
        run: Some(run),
        context: new.context.as_ref(),
        actor: permission.caller().to_string(),
    })
}

/// The context that a message is answered with: its own, the one that a handoff leaves, or the conversation's.
pub(super) fn context_of(
    new: &NewMessage,
    switched: Option<&Value>,
    conversation: Option<&Conversation>,
) -> Value {
    let known = conversation.map(|conversation| &conversation.context);
    let context = new.context.as_ref().or(switched).or(known);
    context
        .cloned()
        .unwrap_or_else(|| Value::Object(serde_json::Map::new()))
}
