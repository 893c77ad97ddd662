//! Messages, each with its rating.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::{message, rating, run, run_record};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    Select,
    sea_query::{LockType, OnConflict},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use uuid::Uuid;

use crate::{
    domain::{
        AccountId, AgentId, Conversation, ConversationId, FinishReason, Message, MessageId,
        MessageRole, MessageSection, Page, PageRequest, PastMessage, Rating, RouteCorrection,
        RunId,
    },
    error::Result,
    store::{
        TenantStore, connection::Transaction, error::refers_to_nothing, fold::fold, page::Listing,
        row::same_variants, run_sum::RunSumChanges,
    },
};

impl TenantStore {
    /// The messages on the selected line of a conversation, oldest first.
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

    /// The number of messages on the selected line of a conversation.
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

    /// The newest `most` messages on the selected line of a conversation that belong to runs before `before`, each
    /// question followed by its answers: the history that a run may use, whenever its own question was sent. Ratings are
    /// not loaded.
    pub async fn answers_before(
        &self,
        conversation: ConversationId,
        before: RunId,
        most: u64,
    ) -> Result<Vec<PastMessage>> {
        let older = message::Column::RunId.lt(before.uuid());
        self.newest_answers(conversation, Condition::all().add(older), most)
            .await
    }

    /// The newest `most` messages of a conversation up to its last run, as [`Self::answers_before`].
    pub async fn latest_answers(
        &self,
        conversation: &Conversation,
        most: u64,
    ) -> Result<Vec<PastMessage>> {
        let Some(head) = conversation.head_run else {
            return Ok(Vec::new());
        };
        let up_to_head = message::Column::RunId.lte(head.uuid());
        self.newest_answers(conversation.id, Condition::all().add(up_to_head), most)
            .await
    }

    async fn newest_answers(
        &self,
        conversation: ConversationId,
        condition: Condition,
        most: u64,
    ) -> Result<Vec<PastMessage>> {
        let rows = self
            .messages_in(conversation)
            .filter(condition)
            .order_by_desc(message::Column::RunId)
            .order_by_desc(message::Column::Id)
            .limit(most)
            .all(self.database.primary())
            .await?;
        let mut runs: Vec<Uuid> = rows.iter().map(|message| message.run_id).collect();
        // the messages of a run are neighbours
        runs.dedup();
        let agents = self.agents_of_runs(&runs).await?;
        let past = |message: message::Model| PastMessage {
            run_agent: agents.get(&message.run_id).copied(),
            message: message_of(message),
        };
        Ok(rows.into_iter().rev().map(past).collect())
    }

    /// The agents of these runs, without those that were deleted.
    async fn agents_of_runs(&self, runs: &[Uuid]) -> Result<HashMap<Uuid, AgentId>> {
        if runs.is_empty() {
            return Ok(HashMap::new());
        }
        let pairs: Vec<(Uuid, Option<Uuid>)> = self
            .rows::<run::Entity>()
            .filter(run::Column::Id.is_in(runs.iter().copied()))
            .select_only()
            .column(run::Column::Id)
            .column(run::Column::AgentId)
            .into_tuple()
            .all(self.database.primary())
            .await?;
        Ok(pairs
            .into_iter()
            .filter_map(|(run, agent)| Some((run, AgentId::from_uuid(agent?))))
            .collect())
    }

    /// Stores an end user's rating of an answer in place of an earlier one, with the correction of the router that it
    /// brings about. Returns false when the message does not exist or is not an answer.
    pub async fn rate(
        &self,
        id: MessageId,
        rating: &Rating,
        correction: Option<&RouteCorrection>,
        at: DateTime<Utc>,
    ) -> Result<bool> {
        let answered: Option<Uuid> = self
            .rows::<message::Entity>()
            .filter(message::Column::Id.eq(id.uuid()))
            .filter(message::Column::Role.eq(message::MessageRole::Assistant))
            .select_only()
            .column(message::Column::RunId)
            .into_tuple()
            .one(self.database.primary())
            .await?;
        let Some(run) = answered.map(RunId::from_uuid) else {
            return Ok(false);
        };
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
        let transaction = self.database.begin().await?;
        // an erasure locks records before messages too
        let record = self.lock_run_record(run, &transaction).await?;
        match rating::Entity::insert(row)
            .on_conflict(replace)
            .exec_without_returning(&*transaction)
            .await
        {
            Ok(_) => {}
            Err(cause) if refers_to_nothing(&cause) => return Ok(false),
            Err(cause) => return Err(cause.into()),
        }
        self.correct_by_rating(run, rating, correction, &transaction)
            .await?;
        self.sum_rating(record, rating.score, &transaction).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// The record of a run, locked until the transaction ends; none for a run of a version without sums, which is added with
    /// its rating.
    async fn lock_run_record(
        &self,
        run: RunId,
        transaction: &Transaction,
    ) -> Result<Option<run_record::Model>> {
        Ok(self
            .rows::<run_record::Entity>()
            .filter(run_record::Column::RunId.eq(run.uuid()))
            .lock(LockType::NoKeyUpdate)
            .one(&**transaction)
            .await?)
    }

    /// Replaces the rating in the record of a run and in the sums over runs.
    async fn sum_rating(
        &self,
        record: Option<run_record::Model>,
        score: i32,
        transaction: &Transaction,
    ) -> Result<()> {
        let Some(record) = record.filter(|record| record.score != Some(score)) else {
            return Ok(());
        };
        let mut sums = RunSumChanges::default();
        sums.replace_rating(&record, score);
        self.change::<run_record::Entity>()
            .filter(run_record::Column::Id.eq(record.id))
            .set(run_record::ActiveModel {
                score: Set(Some(score)),
                ..Default::default()
            })
            .exec(&**transaction)
            .await?;
        self.add_sums(record.at, &sums, transaction).await
    }

    /// The messages on the selected line of a conversation.
    fn messages_in(&self, conversation: ConversationId) -> Select<message::Entity> {
        self.rows::<message::Entity>()
            .filter(message::Column::ConversationId.eq(conversation.uuid()))
            .filter(message::Column::Selected.eq(true))
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
        folded: Set(fold(&message.text)),
        selected: Set(true),
        finish_reason: Set(message.finish_reason.map(Into::into)),
        parts: Set(list_json(&message.parts)),
        citations: Set(list_json(&message.citations)),
        agent_id: Set(message.agent.map(AgentId::uuid)),
        demo_quality: Set(message.demo_quality),
        private: Set(message.private),
        sections: Set(list_json(&message.sections)),
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
        parts: list_of(row.parts),
        citations: list_of(row.citations),
        agent: row.agent_id.map(AgentId::from_uuid),
        run: RunId::from_uuid(row.run_id),
        rating: None,
        demo_quality: row.demo_quality,
        private: row.private,
        sections: sections_of(row.sections),
        created_at: row.created_at,
    }
}

/// A list as a column; null for an empty one.
fn list_json<T: Serialize>(list: &[T]) -> Option<Value> {
    let has_any = !list.is_empty();
    has_any.then(|| serde_json::to_value(list).unwrap_or_default())
}

/// The list in a column; an empty one for a column that cannot be read: the text of the message is whole without it.
fn list_of<T: DeserializeOwned>(column: Option<Value>) -> Vec<T> {
    let list = column.map(serde_json::from_value);
    list.and_then(std::result::Result::ok).unwrap_or_default()
}

/// The sections in a column; one private section of the whole text for a column that cannot be read.
fn sections_of(column: Option<Value>) -> Vec<MessageSection> {
    let Some(column) = column else {
        return Vec::new();
    };
    serde_json::from_value(column).unwrap_or_else(|_| {
        vec![MessageSection {
            agent: None,
            characters: usize::MAX,
            private: true,
        }]
    })
}

fn rating_of(row: rating::Model) -> Rating {
    Rating {
        score: row.score,
        comment: row.comment,
    }
}

same_variants!(message::MessageRole, MessageRole: User, Assistant);
same_variants!(message::FinishReason, FinishReason: Stop, Length, ContentFilter, ToolLimit, Budget, Cancelled, Error);
