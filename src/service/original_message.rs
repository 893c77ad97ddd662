//! A stored message that another version is asked for, with its place among the lines of its conversation.

use serde_json::Value;

use super::alternative::{NewVersion, VersionKind};
use crate::{
    domain::{
        AgentId, Conversation, FinishReason, Lineage, LineageRun, Message, MessageId, MessageRole,
        Run, RunId,
    },
    error::{Error, Result},
    store::{Sender, TenantStore},
};

/// The stored rows that a new version is based on.
pub(super) struct OriginalMessage {
    pub(super) conversation: Conversation,
    pub(super) message: Message,
    pub(super) lineage: Lineage,
    /// The run that the message belongs to: on the selected line, if the message is there.
    pub(super) run: LineageRun,
}

impl OriginalMessage {
    /// Reads a message that the caller may see. `NOT_FOUND` when it does not exist.
    pub(super) async fn read(store: &TenantStore, message: MessageId) -> Result<Self> {
        let found = store.messages_by_ids(&[message]).await?.pop();
        let message = found.ok_or_else(|| Error::not_found("message"))?;
        let lineage = store.lineage(message.conversation).await?;
        let found = store.conversations_by_ids(&[message.conversation]).await?;
        let conversation = found.into_iter().next();
        let run = lineage
            .selected_run_of(message.id)
            .or_else(|| lineage.run_of(message.id));
        let run = run.copied();
        Ok(Self {
            conversation: conversation.ok_or_else(|| Error::not_found("conversation"))?,
            run: run.ok_or_else(|| Error::not_found("message"))?,
            message,
            lineage,
        })
    }

    /// The run before the new one.
    fn parent(&self, kind: &VersionKind) -> Option<RunId> {
        match kind {
            VersionKind::Answer | VersionKind::Question(_) => self.run.parent,
            VersionKind::Continuation => Some(self.run.id),
        }
    }

    /// `BAD_USER_INPUT` for a message that has no such version, CONFLICT while the conversation does not allow one.
    pub(super) fn check(&self, kind: &VersionKind) -> Result<()> {
        let wrong = |message: &str| Err(Error::bad_input("input.messageId", message));
        match (kind, self.message.role) {
            (VersionKind::Answer, MessageRole::User) => {
                return wrong("is a person's message, expected an agent's; editMessage changes it");
            }
            (VersionKind::Question(_), MessageRole::Assistant) => {
                return wrong(
                    "is an agent's message, expected a person's; regenerateMessage replaces it",
                );
            }
            (VersionKind::Continuation, _)
                if !matches!(
                    self.message.finish_reason,
                    Some(FinishReason::Length | FinishReason::Budget)
                ) =>
            {
                return wrong(
                    "is complete, expected an answer with the finishReason LENGTH or BUDGET",
                );
            }
            _ => {}
        }
        if !self.lineage.shows(self.message.id) {
            return Err(Error::conflict(
                "input.messageId: is not on the selected line of its conversation; select it with selectAlternative first",
            ));
        }
        if self.lineage.has_unfinished() {
            return Err(Error::conflict(
                "the conversation is being answered; wait for the end of its runs, or cancel them, and repeat the request",
            ));
        }
        let is_last = self
            .lineage
            .head()
            .is_some_and(|head| head.id == self.run.id);
        if *kind == VersionKind::Continuation && !is_last {
            return Err(Error::conflict(
                "input.messageId: is not the last message of the selected line, and only that one can be continued",
            ));
        }
        Ok(())
    }

    /// The run that the idempotency key started. CONFLICT when the key was used for another message.
    pub(super) async fn attached(
        &self,
        store: &TenantStore,
        sender: Option<Sender>,
        new: &NewVersion,
    ) -> Result<Option<Run>> {
        let sender = sender.map(|sender| sender.end_user);
        let found = store.run_by_client_message(sender, &new.client_message_id);
        let Some((run, question)) = found.await? else {
            return Ok(None);
        };
        let placed = self.lineage.run(run.id).copied();
        let placed = match placed {
            Some(placed) => Some(placed),
            // accepted since the lines were read
            None if run.conversation == self.message.conversation => {
                store.lineage(run.conversation).await?.run(run.id).copied()
            }
            None => None,
        };
        let same_question = match &new.kind {
            VersionKind::Answer | VersionKind::Continuation => question.id == self.run.question,
            VersionKind::Question(text) => question.id != self.message.id && question.text == *text,
        };
        // the place of the message itself: the selected run may be a later version by now
        let first = self.lineage.run(self.message.run);
        let parent = match new.kind {
            VersionKind::Continuation => first.map(|first| first.id),
            _ => first.and_then(|first| first.parent),
        };
        if same_question && placed.is_some_and(|placed| placed.parent == parent) {
            return Ok(Some(run));
        }
        Err(Error::conflict(
            "input.clientMessageId: was used for another message; a new request takes a new key",
        ))
    }

    /// The conversation as it was before the new run: with the agent that answered then.
    pub(super) async fn conversation_before(
        &self,
        kind: &VersionKind,
        store: &TenantStore,
    ) -> Result<Conversation> {
        let parent = self.parent(kind);
        let agent = parent.and_then(|parent| self.lineage.run(parent)?.agent);
        Ok(Conversation {
            agent,
            head_run: parent,
            context: self.context_for(agent, store).await?,
            ..self.conversation.clone()
        })
    }

    /// The context of an agent in the conversation; the current one for the current agent, and where there is no agent.
    pub(super) async fn context_for(
        &self,
        agent: Option<AgentId>,
        store: &TenantStore,
    ) -> Result<Value> {
        match agent {
            Some(agent) if self.conversation.agent != Some(agent) => {
                store.agent_context(self.conversation.id, agent).await
            }
            _ => Ok(self.conversation.context.clone()),
        }
    }
}
