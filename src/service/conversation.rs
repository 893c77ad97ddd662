//! Conversations and messages: read, changed, rated, deleted.

use std::sync::Arc;

use serde_json::json;

use super::{RunService, audit::audit_note, refuse, route_correction, tables::Tables};
use crate::{
    domain::{
        Actor, AuditNote, Conversation, ConversationFilter, ConversationId, ConversationOrder,
        ConversationUpdate, EndUserId, Message, MessageId, Operation, Page, PageRequest, Rating,
        Run, check_text,
    },
    error::{Error, Problem, Result},
    port::{Announcement, Announcements, Clock, ConversationChangeKind, ConversationNotice},
    store::TenantStore,
};

/// The maximum length of a comment, in characters.
const LONGEST_COMMENT: usize = 2000;

/// Reads, changes and deletes conversations, and rates their messages.
#[derive(Clone)]
pub struct ConversationService {
    pub(super) tables: Tables,
    pub(super) runs: RunService,
    pub(super) announcements: Arc<dyn Announcements>,
    pub(super) clock: Arc<dyn Clock>,
}

impl ConversationService {
    /// The account's conversations that match the filter, in the given order.
    pub async fn list(
        &self,
        actor: &Actor,
        filter: &ConversationFilter,
        order: ConversationOrder,
        page: &PageRequest,
    ) -> Result<Page<Conversation>> {
        let permission = actor.authorize(Operation::Conversations)?;
        check_filter(actor, filter)?;
        let store = self.tables.tenant(permission);
        store.conversations(filter, order, page).await
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

    /// The runs of a conversation, the oldest first, of every line.
    pub async fn runs(
        &self,
        actor: &Actor,
        id: ConversationId,
        page: &PageRequest,
    ) -> Result<Page<Run>> {
        let permission = actor.authorize(Operation::Conversation)?;
        self.tables.tenant(&permission).runs_in(id, page).await
    }

    /// The number of runs of a conversation.
    pub async fn count_runs(&self, actor: &Actor, id: ConversationId) -> Result<u64> {
        let permission = actor.authorize(Operation::Conversation)?;
        self.tables.tenant(&permission).count_runs_in(id).await
    }

    /// Changes the title, the archive state, the metadata or the read mark of a conversation.
    pub async fn update(
        &self,
        actor: &Actor,
        id: ConversationId,
        change: &ConversationUpdate,
    ) -> Result<Conversation> {
        let permission = actor.authorize(Operation::UpdateConversation)?;
        refuse(change.problems())?;
        let store = self.tables.tenant(&permission);
        let changed = store
            .change_conversation(id, change, self.clock.now())
            .await?;
        let changed = changed.ok_or_else(|| Error::not_found("conversation"))?;
        let notice = ConversationNotice::of(id, ConversationChangeKind::Updated);
        self.announcements.publish(actor.account(), notice);
        Ok(changed)
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

    /// The end user of a conversation, if it has one.
    async fn owner(&self, store: &TenantStore, id: ConversationId) -> Result<Option<EndUserId>> {
        let found = store.conversations_by_ids(&[id]).await?.pop();
        let Some(name) = found.and_then(|conversation| conversation.end_user) else {
            return Ok(None);
        };
        let end_user = store.end_user(&name).await?;
        Ok(end_user.map(|end_user| end_user.id))
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
        let owner = self.owner(&store, id).await?;
        if store.delete_conversation(id, note).await? {
            let notice = ConversationNotice {
                conversation: id,
                kind: ConversationChangeKind::Deleted,
                owner,
            };
            for announcement in [
                Announcement::ConversationDeleted(id),
                Announcement::ConversationChanged(notice),
            ] {
                self.announcements.publish(actor.account(), announcement);
            }
            Ok(())
        } else {
            Err(Error::not_found("conversation"))
        }
    }
}

/// `BAD_USER_INPUT` for a filter that is not valid, and when an end user asks for the conversations of another one.
fn check_filter(actor: &Actor, filter: &ConversationFilter) -> Result<()> {
    refuse(filter.problems())?;
    check_own(actor, "filter.endUser", filter.end_user.as_deref())
}

/// `BAD_USER_INPUT` when an end user names another one.
pub(super) fn check_own(actor: &Actor, path: &str, named: Option<&str>) -> Result<()> {
    let own = actor.end_user().map(|scope| scope.external_id.as_str());
    match (named, own) {
        (Some(named), Some(own)) if named != own => Err(Error::bad_input(
            path,
            "is not the end user of this session; leave it out",
        )),
        _ => Ok(()),
    }
}
