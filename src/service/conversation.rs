//! Conversations and messages: read, rated, deleted.

use std::sync::Arc;

use serde_json::json;

use super::{RunService, audit::audit_note, refuse, route_correction, tables::Tables};
use crate::{
    domain::{
        Actor, AuditNote, Conversation, ConversationFilter, ConversationId, Message, MessageId,
        Operation, Page, PageRequest, Rating, check_text,
    },
    error::{Error, Problem, Result},
    port::{Announcement, Announcements, Clock},
};

/// The maximum length of a comment, in characters.
const LONGEST_COMMENT: usize = 2000;

/// Reads, rates and deletes conversations and their messages.
#[derive(Clone)]
pub struct ConversationService {
    pub(super) tables: Tables,
    pub(super) runs: RunService,
    pub(super) announcements: Arc<dyn Announcements>,
    pub(super) clock: Arc<dyn Clock>,
}

impl ConversationService {
    /// The account's conversations, the newest first.
    pub async fn list(
        &self,
        actor: &Actor,
        filter: &ConversationFilter,
        page: &PageRequest,
    ) -> Result<Page<Conversation>> {
        let permission = actor.authorize(Operation::Conversations)?;
        check_filter(actor, filter)?;
        let store = self.tables.tenant(permission);
        store.conversations(filter, page).await
    }

    /// The conversation with that id.
    pub async fn get(&self, actor: &Actor, id: ConversationId) -> Result<Option<Conversation>> {
        Ok(self
            .tables
            .tenant(actor.authorize(Operation::Conversation)?)
            .conversations_by_ids(&[id])
            .await?
            .pop())
    }

    /// The total number of conversations in [`Self::list`].
    pub async fn count(&self, actor: &Actor, filter: &ConversationFilter) -> Result<u64> {
        let permission = actor.authorize(Operation::Conversations)?;
        check_filter(actor, filter)?;
        let store = self.tables.tenant(&permission);
        store.count_conversations(filter).await
    }

    /// The messages of a conversation, the oldest first.
    pub async fn messages(
        &self,
        actor: &Actor,
        id: ConversationId,
        page: &PageRequest,
    ) -> Result<Page<Message>> {
        let permission = actor.authorize(Operation::Conversation)?;
        self.tables.tenant(&permission).messages(id, page).await
    }

    /// The number of messages of a conversation.
    pub async fn count_messages(&self, actor: &Actor, id: ConversationId) -> Result<u64> {
        let permission = actor.authorize(Operation::Conversation)?;
        self.tables.tenant(&permission).count_messages(id).await
    }

    /// Stores a person's rating of an answer; a second rating replaces the first.
    pub async fn rate_message(
        &self,
        actor: &Actor,
        id: MessageId,
        rating: Rating,
    ) -> Result<Message> {
        let permission = actor.authorize(Operation::RateMessage)?;
        let store = self.tables.tenant(&permission);
        let problems: Vec<Problem> = rating
            .comment
            .as_deref()
            .and_then(|comment| check_text("input.comment", comment, LONGEST_COMMENT))
            .into_iter()
            .collect();
        refuse(problems)?;
        let found = || async {
            store
                .messages_by_ids(&[id])
                .await
                .map(|mut messages| messages.pop())
        };
        let Some(answer) = found().await? else {
            return Err(Error::not_found("message"));
        };
        let correction = match store.runs_by_ids(&[answer.run]).await?.pop() {
            Some(run) if rating.score < 0 => {
                route_correction::by_rating(&store, &run, self.clock.as_ref()).await?
            }
            _ => None,
        };
        let now = self.clock.now();
        if !store.rate(id, &rating, correction.as_ref(), now).await? {
            return Err(Error::bad_input(
                "input.messageId",
                "is a person's message, expected an agent's",
            ));
        }
        found().await?.ok_or_else(|| Error::not_found("message"))
    }

    /// Deletes a conversation with all its messages; runs in progress are stopped.
    pub async fn delete(&self, actor: &Actor, id: ConversationId) -> Result<()> {
        let permission = actor.authorize(Operation::DeleteConversation)?;
        let store = self.tables.tenant(&permission);
        // the last run first, so that the end of one does not start the next
        for run in store.unfinished_runs(id).await? {
            self.runs.stop(&permission, run).await?;
        }
        let note = AuditNote {
            conversation: Some(id),
            ..audit_note(self.clock.as_ref(), &permission, id, json!({}))
        };
        if store.delete_conversation(id, note).await? {
            self.announcements
                .publish(actor.account(), Announcement::ConversationDeleted(id));
            Ok(())
        } else {
            Err(Error::not_found("conversation"))
        }
    }
}

/// `BAD_USER_INPUT` when an end user asks for the conversations of another one.
fn check_filter(actor: &Actor, filter: &ConversationFilter) -> Result<()> {
    let named = filter.end_user.as_ref();
    let own = actor.end_user().map(|scope| &scope.external_id);
    match (named, own) {
        (Some(named), Some(own)) if named != own => Err(Error::bad_input(
            "filter.endUser",
            "is not the end user of this session; leave it out",
        )),
        _ => Ok(()),
    }
}
