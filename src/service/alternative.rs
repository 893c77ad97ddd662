//! Other versions of messages: answers that are generated again, questions that are edited, answers that are continued,
//! and the choice between the versions.

use std::sync::Arc;

use super::{
    NewMessage, handoff,
    message::{MessageService, sender_of},
    message_place::MessagePlace,
    new_message::LONGEST_MESSAGE,
    original_message::OriginalMessage,
    refuse,
    route::{RouteRequest, Routed},
    tables::Tables,
};
use crate::{
    domain::{
        Actor, AgentId, Conversation, Message, MessageId, Operation, Permission, Run, check_name,
        check_text,
    },
    engine::RunInputs,
    error::{Error, Problem, Result},
    port::{Announcements, Clock, ConversationChangeKind, ConversationNotice},
    store::{Accepted, Branch, MessageAccount, NewExchange, TenantStore},
};

/// A version that is asked for beside a stored message, or after it.
#[derive(Debug, Clone)]
pub struct NewVersion {
    /// The stored message.
    pub message: MessageId,
    /// What is asked for.
    pub kind: VersionKind,
    /// The idempotency key: a repeated request returns the run that the first one started.
    pub client_message_id: String,
}

/// The kind of a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VersionKind {
    /// Another answer to the same question.
    Answer,
    /// Another question with this text, and its answer.
    Question(String),
    /// The continuation of an answer that was cut at its maximum length.
    Continuation,
}

/// Starts runs for other versions of messages, and selects between versions.
#[derive(Clone)]
pub struct AlternativeService {
    pub(super) tables: Tables,
    pub(super) messages: MessageService,
    pub(super) announcements: Arc<dyn Announcements>,
    pub(super) clock: Arc<dyn Clock>,
}

/// The rows and the message that a run for a version is made of.
struct VersionInputs {
    /// The run that the stored message belongs to.
    first: Run,
    /// The question of that run.
    question: Message,
    /// The conversation as it was before the new run.
    before: Conversation,
    /// The message that the new run answers, as a caller would send it.
    message: NewMessage,
}

impl VersionInputs {
    async fn read(
        store: &TenantStore,
        original: &OriginalMessage,
        new: &NewVersion,
    ) -> Result<Self> {
        let first = store.runs_by_ids(&[original.run.id]).await?.pop();
        let first = first.ok_or_else(|| Error::not_found("run"))?;
        let question = store.messages_by_ids(&[first.question]).await?.pop();
        let question = question.ok_or_else(|| Error::not_found("message"))?;
        let message = NewMessage {
            agent: asked_agent(store, &new.kind, &first).await?,
            ..message_of(original, new, &question, &first)
        };
        Ok(Self {
            before: original.conversation_before(&new.kind, store).await?,
            first,
            question,
            message,
        })
    }
}

impl AlternativeService {
    /// Starts the run that makes a version; a repeated `client_message_id` returns the run that it started. CONFLICT while
    /// the conversation is being answered, and for a message that is not on its selected line.
    pub async fn send(&self, actor: &Actor, operation: Operation, new: NewVersion) -> Result<Run> {
        let permission = actor.authorize(operation)?;
        let store = self.tables.tenant(&permission);
        refuse(new.problems())?;
        let original = OriginalMessage::read(&store, new.message).await?;
        let sender = sender_of(actor);
        if let Some(run) = original.attached(&store, sender, &new).await? {
            return Ok(run);
        }
        original.check(&new.kind)?;
        let started = Box::pin(self.start(actor, &permission, &original, &new)).await;
        match started {
            Ok(Some(run)) => Ok(run),
            // the same request may have arrived at the same moment and have been first
            Ok(None) => {
                let run = original.attached(&store, sender, &new).await?;
                run.ok_or_else(|| Error::conflict("the message was deleted meanwhile"))
            }
            Err(refused) => {
                let run = original.attached(&store, sender, &new).await?;
                run.ok_or(refused)
            }
        }
    }

    /// Shows a version of a message, with the newest messages after it. A version that is shown already stays as it is.
    pub async fn select(&self, actor: &Actor, message: MessageId) -> Result<Conversation> {
        let permission = actor.authorize(Operation::SelectAlternative)?;
        let store = self.tables.tenant(&permission);
        let original = OriginalMessage::read(&store, message).await?;
        if original.lineage.shows(message) {
            return Ok(original.conversation);
        }
        let end = original.lineage.end_below(original.run.id);
        let id = original.conversation.id;
        // the contexts of agents, which are swapped with the line, are seen by no end user
        let whole = self.tables.whole_account(&permission);
        whole.select_line(id, end, self.clock.now()).await?;
        let notice = ConversationNotice::of(id, ConversationChangeKind::Updated);
        self.announcements.publish(actor.account(), notice);
        let changed = store.conversations_by_ids(&[id]).await?.pop();
        changed.ok_or_else(|| Error::not_found("conversation"))
    }

    /// Accepts the run; none when another request with the same key was first.
    async fn start(
        &self,
        actor: &Actor,
        permission: &Permission,
        original: &OriginalMessage,
        new: &NewVersion,
    ) -> Result<Option<Run>> {
        let whole = self.tables.whole_account(permission);
        let MessageAccount {
            account, holdings, ..
        } = self.messages.admit(actor, permission).await?;
        let VersionInputs {
            first,
            question,
            before,
            message,
        } = VersionInputs::read(&whole, original, new).await?;
        let mut routed = self.route(permission, &before, &message, &first).await?;
        if new.kind == VersionKind::Continuation && first.agent != Some(routed.agent.id) {
            // the answer may be private to its agent
            return Err(Error::conflict(
                "input.messageId: its agent cannot answer now, and no other agent continues its answer",
            ));
        }
        let messages = &self.messages;
        let known = Some(&before);
        let place =
            MessagePlace::choose(messages, permission, &message, known, &mut routed).await?;
        let mut exchange = messages.exchange(&message, Some(&before), &routed, &place);
        exchange.set_sender(sender_of(actor), actor.request());
        if new.keeps_question() {
            exchange.run.question = question.id;
            exchange.question = question;
        }
        // at the start of a conversation, no agent hands anything over
        let earlier = Some(&before).filter(|before| before.head_run.is_some());
        let run = exchange.run.id;
        let handoff = handoff::by_message(&message, earlier, &routed, run, permission);
        if let Some(handoff) = handoff {
            exchange.switch = Some(Box::pin(messages.engine.plan_handoff(handoff)).await?);
        }
        let agent = routed.agent.id;
        let context = match &exchange.switch {
            Some(switch) => switch.receiver_context.clone(),
            None => original.context_for(Some(agent), &whole).await?,
        };
        exchange.context = Some(context.clone());
        exchange.branch = Some(branch_of(original, new, &before, agent));
        let inputs = RunInputs {
            account,
            holdings,
            agent: routed.agent,
            template: place.template,
            context,
            question: exchange.question.clone(),
            is_first: false,
            session_tokens: actor.session_tokens(),
        };
        self.accept(exchange, inputs).await
    }

    async fn accept(&self, exchange: NewExchange, inputs: RunInputs) -> Result<Option<Run>> {
        let queued = exchange.run.clone();
        Ok(match self.messages.engine.accept(exchange, inputs).await? {
            Accepted::Fresh => Some(queued),
            Accepted::Begun(_, run) => Some(run),
            Accepted::Duplicate(_) => None,
        })
    }

    /// The agent of the new run, with the stored reason where it is the agent that was chosen before.
    async fn route(
        &self,
        permission: &Permission,
        before: &Conversation,
        message: &NewMessage,
        first: &Run,
    ) -> Result<Routed> {
        let request = RouteRequest {
            text: &message.text,
            agent: message.agent,
            conversation: Some(before),
            private: message.private,
        };
        let mut routed = self.messages.routes.choose(permission, &request).await?;
        if message.agent.is_some() {
            // the person has asked for another answer, not for another agent
            routed.route.replaced = None;
            if routed.agent.id == first.route.agent {
                routed.route = first.route.clone();
            }
        }
        Ok(routed)
    }
}

/// The agent that a version is asked of: for the same question the one that was chosen before, if it still exists.
async fn asked_agent(
    store: &TenantStore,
    kind: &VersionKind,
    first: &Run,
) -> Result<Option<AgentId>> {
    let asked = match kind {
        VersionKind::Answer => Some(first.route.agent),
        VersionKind::Continuation => first.agent,
        VersionKind::Question(_) => None,
    };
    let asked: Vec<AgentId> = asked.into_iter().collect();
    let found = store.agents_by_ids(&asked).await?.pop();
    Ok(found.map(|agent| agent.id))
}

fn branch_of(
    original: &OriginalMessage,
    new: &NewVersion,
    before: &Conversation,
    agent: AgentId,
) -> Branch {
    let current = &original.conversation;
    let left = current.agent.filter(|current| *current != agent);
    Branch {
        parent: before.head_run,
        keeps_question: new.keeps_question(),
        left_context: left.map(|left| (left, current.context.clone())),
    }
}

impl NewVersion {
    /// Whether the run answers the stored question, or continues an answer to it.
    fn keeps_question(&self) -> bool {
        !matches!(self.kind, VersionKind::Question(_))
    }

    fn problems(&self) -> Vec<Problem> {
        let key = check_name("input.clientMessageId", &self.client_message_id);
        let text = match &self.kind {
            VersionKind::Question(text) => check_text("input.message", text, LONGEST_MESSAGE),
            VersionKind::Answer | VersionKind::Continuation => None,
        };
        key.into_iter().chain(text).collect()
    }
}

/// The message that the new run answers, as a caller would send it.
fn message_of(
    original: &OriginalMessage,
    new: &NewVersion,
    question: &Message,
    first: &Run,
) -> NewMessage {
    NewMessage {
        text: match &new.kind {
            VersionKind::Question(text) => text.clone(),
            VersionKind::Answer | VersionKind::Continuation => question.text.clone(),
        },
        agent: None,
        conversation: Some(original.conversation.id),
        end_user: None,
        context: None,
        client_message_id: Some(new.client_message_id.clone()),
        allow_tools: first.allow_tools.clone(),
        private: question.private,
    }
}
