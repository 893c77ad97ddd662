//! Conversations and messages: read, rated, deleted.

use serde_json::json;

use super::{Services, refuse};
use crate::{
    domain::{
        Actor, AuditNote, Conversation, ConversationFilter, ConversationId, Message, MessageId,
        Operation, Page, PageRequest, Rating, check_text,
    },
    error::{Error, Problem, Result},
    port::Announcement,
};

/// A comment has at most this many characters.
const LONGEST_COMMENT: usize = 2000;

impl Services {
    /// The account's conversations, the newest first.
    pub async fn conversations(
        &self,
        actor: &Actor,
        filter: &ConversationFilter,
        page: &PageRequest,
    ) -> Result<Page<Conversation>> {
        self.allowed(actor, Operation::Conversations)?
            .conversations(filter, page)
            .await
    }

    /// The conversation with that id.
    pub async fn conversation(
        &self,
        actor: &Actor,
        id: ConversationId,
    ) -> Result<Option<Conversation>> {
        Ok(self
            .allowed(actor, Operation::Conversation)?
            .conversations_by_ids(&[id])
            .await?
            .pop())
    }

    /// Keeps what a person thought of an answer; a second rating replaces the first.
    pub async fn rate_message(
        &self,
        actor: &Actor,
        id: MessageId,
        rating: Rating,
    ) -> Result<Message> {
        let store = self.allowed(actor, Operation::RateMessage)?;
        let mut problems: Vec<Problem> = rating
            .comment
            .as_deref()
            .and_then(|comment| check_text("input.comment", comment, LONGEST_COMMENT))
            .into_iter()
            .collect();
        if !matches!(rating.score, -1 | 1) {
            problems.push(Problem::new(
                "input.score",
                format!("{}, expected 1 or -1", rating.score),
            ));
        }
        refuse(problems)?;
        let found = || async {
            store
                .messages_by_ids(&[id])
                .await
                .map(|mut messages| messages.pop())
        };
        if found().await?.is_none() {
            return Err(Error::not_found("message"));
        }
        if !store.rate(id, &rating, self.clock.now()).await? {
            return Err(Error::bad_input(
                "input.messageId",
                "is a person's message, expected an agent's",
            ));
        }
        found().await?.ok_or_else(|| Error::not_found("message"))
    }

    /// Deletes a conversation with everything that was said in it; an answer under way is stopped.
    pub async fn delete_conversation(&self, actor: &Actor, id: ConversationId) -> Result<()> {
        let store = self.allowed(actor, Operation::DeleteConversation)?;
        // the last one first, so that none is begun because the one before it has ended
        for run in store.unfinished_runs(id).await? {
            self.stop_run(&store, run).await?;
        }
        let note = AuditNote {
            conversation: Some(id),
            ..self.note(actor, Operation::DeleteConversation, id, json!({}))
        };
        if store.delete_conversation(id, note).await? {
            self.announcements
                .publish(actor.account, Announcement::ConversationDeleted(id));
            Ok(())
        } else {
            Err(Error::not_found("conversation"))
        }
    }
}
