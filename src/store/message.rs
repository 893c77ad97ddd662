//! Messages, each with its rating.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::{message, rating};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, Select, SelectExt, sea_query::OnConflict,
};

use crate::{
    domain::{
        AccountId, AgentId, ConversationId, FinishReason, Message, MessageId, MessageRole, Page,
        PageRequest, Rating, RunId,
    },
    error::Result,
    store::{TenantStore, error::refers_to_nothing, page::Listing, row::same_variants},
};

impl TenantStore {
    /// A conversation's messages, oldest first.
    pub async fn messages(
        &self,
        conversation: ConversationId,
        request: &PageRequest,
    ) -> Result<Page<Message>> {
        let mut page = Listing::oldest_first(message::Column::Id)
            .page(
                self.messages_in(conversation),
                request,
                self.database.replica(),
                |row| Ok(message_of(row)),
            )
            .await?;
        self.add_ratings(&mut page.items).await?;
        Ok(page)
    }

    /// The number of messages of a conversation.
    pub async fn count_messages(&self, conversation: ConversationId) -> Result<u64> {
        Ok(self
            .messages_in(conversation)
            .count(self.database.replica())
            .await?)
    }

    /// The messages with these ids that exist, in no particular order.
    pub async fn messages_by_ids(&self, ids: &[MessageId]) -> Result<Vec<Message>> {
        let rows = self
            .rows::<message::Entity>()
            .filter(message::Column::Id.is_in(ids.iter().map(|id| id.uuid())))
            .all(self.database.primary())
            .await?;
        let mut messages = rows.into_iter().map(message_of).collect::<Vec<_>>();
        self.add_ratings(&mut messages).await?;
        Ok(messages)
    }

    /// The newest `most` messages of a conversation that belong to runs before `before`, each question followed by its
    /// answer: the history that a run may use, whenever its own question was sent. Ratings are not loaded.
    pub async fn answers_before(
        &self,
        conversation: ConversationId,
        before: RunId,
        most: u64,
    ) -> Result<Vec<Message>> {
        let rows = self
            .messages_in(conversation)
            .filter(message::Column::RunId.lt(before.uuid()))
            .order_by_desc(message::Column::RunId)
            .order_by_desc(message::Column::Id)
            .limit(most)
            .all(self.database.primary())
            .await?;
        Ok(rows.into_iter().rev().map(message_of).collect())
    }

    /// Stores an end user's rating of an answer in place of an earlier one. Returns false when the message does not
    /// exist or is not an answer.
    pub async fn rate(&self, id: MessageId, rating: &Rating, at: DateTime<Utc>) -> Result<bool> {
        let is_answer = self
            .rows::<message::Entity>()
            .filter(message::Column::Id.eq(id.uuid()))
            .filter(message::Column::Role.eq(message::MessageRole::Assistant))
            .exists(self.database.primary())
            .await?;
        if !is_answer {
            return Ok(false);
        }
        let row = rating::ActiveModel {
            message_id: Set(id.uuid()),
            account_id: Set(self.account.uuid()),
            score: Set(rating.score),
            comment: Set(rating.comment.clone()),
            created_at: Set(at),
        };
        let changed = [
            rating::Column::Score,
            rating::Column::Comment,
            rating::Column::CreatedAt,
        ];
        let replace = OnConflict::column(rating::Column::MessageId)
            .update_columns(changed)
            .to_owned();
        let writer = self.database.writer().await;
        match rating::Entity::insert(row)
            .on_conflict(replace)
            .exec_without_returning(&*writer)
            .await
        {
            Ok(_) => Ok(true),
            Err(cause) if refers_to_nothing(&cause) => Ok(false),
            Err(cause) => Err(cause.into()),
        }
    }

    fn messages_in(&self, conversation: ConversationId) -> Select<message::Entity> {
        self.rows::<message::Entity>()
            .filter(message::Column::ConversationId.eq(conversation.uuid()))
    }

    async fn add_ratings(&self, messages: &mut [Message]) -> Result<()> {
        let answers = messages
            .iter()
            .filter(|message| message.role == MessageRole::Assistant)
            .map(|message| message.id.uuid())
            .collect::<Vec<_>>();
        if answers.is_empty() {
            return Ok(());
        }
        let rows = self
            .rows::<rating::Entity>()
            .filter(rating::Column::MessageId.is_in(answers))
            .all(self.database.primary())
            .await?;
        let mut ratings: HashMap<MessageId, Rating> = rows
            .into_iter()
            .map(|row| (MessageId::from_uuid(row.message_id), rating_of(row)))
            .collect();
        for message in messages {
            message.rating = ratings.remove(&message.id);
        }
        Ok(())
    }
}

pub(super) fn message_row(account: AccountId, message: &Message) -> message::ActiveModel {
    message::ActiveModel {
        id: Set(message.id.uuid()),
        account_id: Set(account.uuid()),
        conversation_id: Set(message.conversation.uuid()),
        run_id: Set(message.run.uuid()),
        role: Set(message.role.into()),
        text: Set(message.text.clone()),
        finish_reason: Set(message.finish_reason.map(Into::into)),
        reasoning: Set(message.reasoning.clone()),
        agent_id: Set(message.agent.map(AgentId::uuid)),
        demo_quality: Set(message.demo_quality),
        created_at: Set(message.created_at),
    }
}

pub(super) fn message_of(row: message::Model) -> Message {
    Message {
        id: MessageId::from_uuid(row.id),
        conversation: ConversationId::from_uuid(row.conversation_id),
        role: row.role.into(),
        text: row.text,
        finish_reason: row.finish_reason.map(Into::into),
        reasoning: row.reasoning,
        agent: row.agent_id.map(AgentId::from_uuid),
        run: RunId::from_uuid(row.run_id),
        rating: None,
        demo_quality: row.demo_quality,
        created_at: row.created_at,
    }
}

fn rating_of(row: rating::Model) -> Rating {
    Rating {
        score: row.score,
        comment: row.comment,
    }
}

same_variants!(message::MessageRole, MessageRole: User, Assistant);
same_variants!(message::FinishReason, FinishReason: Stop, Length, ContentFilter, ToolLimit, Cancelled, Error);
