//! Conversations.

use entity::conversation;
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, PaginatorTrait, QueryFilter};

use crate::{
    domain::{
        AccountId, AgentId, AuditNote, Conversation, ConversationFilter, ConversationId, Page,
        PageRequest,
    },
    error::Result,
    store::{TenantStore, page::Listing},
};

impl TenantStore {
    /// Conversations, newest first.
    pub async fn conversations(
        &self,
        filter: &ConversationFilter,
        request: &PageRequest,
    ) -> Result<Page<Conversation>> {
        let list = self.rows::<conversation::Entity>().filter(wanted(filter));
        Listing::newest_first(conversation::Column::Id)
            .page(list, request, self.database.replica(), |row| {
                Ok(conversation_of(row))
            })
            .await
    }

    /// The total number of conversations that [`Self::conversations`] lists.
    pub async fn count_conversations(&self, filter: &ConversationFilter) -> Result<u64> {
        Ok(self
            .rows::<conversation::Entity>()
            .filter(wanted(filter))
            .count(self.database.replica())
            .await?)
    }

    /// The conversations with these ids that exist, in no particular order.
    pub async fn conversations_by_ids(&self, ids: &[ConversationId]) -> Result<Vec<Conversation>> {
        let rows = self
            .rows::<conversation::Entity>()
            .filter(conversation::Column::Id.is_in(ids.iter().map(|id| id.uuid())))
            .all(self.database.primary())
            .await?;
        Ok(rows.into_iter().map(conversation_of).collect())
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

fn wanted(filter: &ConversationFilter) -> Condition {
    let ConversationFilter { agent, end_user } = filter;
    Condition::all()
        .add_option(agent.map(|agent| conversation::Column::AgentId.eq(agent.uuid())))
        .add_option(
            end_user
                .as_deref()
                .map(|end_user| conversation::Column::EndUser.eq(end_user)),
        )
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
        created_at: Set(conversation.created_at),
        updated_at: Set(conversation.updated_at),
    }
}

fn conversation_of(row: conversation::Model) -> Conversation {
    Conversation {
        id: ConversationId::from_uuid(row.id),
        account: AccountId::from_uuid(row.account_id),
        end_user: row.end_user,
        agent: row.agent_id.map(AgentId::from_uuid),
        context: row.context,
        created_at: row.created_at,
        updated_at: row.updated_at,
    }
}
