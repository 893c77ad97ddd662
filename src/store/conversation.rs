//! Conversations.

use chrono::{DateTime, Utc};
use entity::conversation;
use sea_orm::{ActiveValue::Set, ColumnTrait, QueryFilter, QuerySelect, sea_query::LockType};

use crate::{
    domain::{
        AccountId, AgentId, AuditNote, Conversation, ConversationId, ConversationUpdate, MessageId,
        RunId,
    },
    error::Result,
    store::{TenantStore, fold::fold},
};

impl TenantStore {
    /// The conversations with these ids that exist, in no particular order.
    pub async fn conversations_by_ids(&self, ids: &[ConversationId]) -> Result<Vec<Conversation>> {
        let rows = self
            .rows::<conversation::Entity>()
            .filter(conversation::Column::Id.is_in(ids.iter().map(|id| id.uuid())))
            .all(self.database.primary())
            .await?;
        Ok(rows.into_iter().map(conversation_of).collect())
    }

    /// Applies a change to a conversation at this time. None when it does not exist.
    pub async fn change_conversation(
        &self,
        id: ConversationId,
        change: &ConversationUpdate,
        now: DateTime<Utc>,
    ) -> Result<Option<Conversation>> {
        let transaction = self.database.begin().await?;
        let row = self
            .rows::<conversation::Entity>()
            .filter(conversation::Column::Id.eq(id.uuid()))
            .lock(LockType::NoKeyUpdate)
            .one(&*transaction)
            .await?;
        let Some(row) = row else {
            transaction.roll_back().await?;
            return Ok(None);
        };
        let conversation = change.applied_to(conversation_of(row), now);
        self.change::<conversation::Entity>()
            .filter(conversation::Column::Id.eq(id.uuid()))
            .set(conversation::ActiveModel {
                title: Set(conversation.own_title.clone()),
                folded_title: Set(folded_title(&conversation)),
                metadata: Set(conversation.metadata.clone()),
                archived_at: Set(conversation.archived_at),
                unread: Set(conversation.unread),
                ..Default::default()
            })
            .exec(&*transaction)
            .await?;
        transaction.commit().await?;
        Ok(Some(conversation))
    }

    /// Deletes a conversation with its messages, runs and events, and writes an audit entry; its usage records stay.
    /// Returns false when it does not exist.
    pub async fn delete_conversation(&self, id: ConversationId, note: AuditNote) -> Result<bool> {
        let transaction = self.database.begin().await?;
        let deleted = self
            .delete::<conversation::Entity>()
            .filter(conversation::Column::Id.eq(id.uuid()))
            .exec(&*transaction)
            .await?;
        if deleted.rows_affected == 0 {
            transaction.roll_back().await?;
            return Ok(false);
        }
        self.note(vec![note], &transaction).await?;
        transaction.commit().await?;
        Ok(true)
    }
}

/// The title that is shown, as it is stored for searching.
pub(super) fn folded_title(conversation: &Conversation) -> String {
    fold(conversation.title().unwrap_or_default())
}

pub(super) fn conversation_row(
    account: AccountId,
    conversation: &Conversation,
) -> conversation::ActiveModel {
    conversation::ActiveModel {
        id: Set(conversation.id.uuid()),
        account_id: Set(account.uuid()),
        end_user: Set(conversation.end_user.clone()),
        agent_id: Set(conversation.agent.map(AgentId::uuid)),
        context: Set(conversation.context.clone()),
        title: Set(conversation.own_title.clone()),
        made_title: Set(conversation.made_title.clone()),
        folded_title: Set(folded_title(conversation)),
        metadata: Set(conversation.metadata.clone()),
        archived_at: Set(conversation.archived_at),
        unread: Set(conversation.unread),
        message_count: Set(conversation.message_count),
        last_message_id: Set(conversation.last_message.map(MessageId::uuid)),
        head_run_id: Set(conversation.head_run.map(RunId::uuid)),
        previous_head_run_id: Set(None),
        created_at: Set(conversation.created_at),
        updated_at: Set(conversation.updated_at),
    }
}

pub(super) fn conversation_of(row: conversation::Model) -> Conversation {
    Conversation {
        id: ConversationId::from_uuid(row.id),
        account: AccountId::from_uuid(row.account_id),
        end_user: row.end_user,
        agent: row.agent_id.map(AgentId::from_uuid),
        context: row.context,
        own_title: row.title,
        made_title: row.made_title,
        metadata: row.metadata,
        archived_at: row.archived_at,
        unread: row.unread,
        message_count: row.message_count,
        last_message: row.last_message_id.map(MessageId::from_uuid),
        head_run: row.head_run_id.map(RunId::from_uuid),
        created_at: row.created_at,
        updated_at: row.updated_at,
    }
}
