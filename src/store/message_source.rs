//! Sources: the passages that the models of answers were given.

use entity::message_source;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::json;
use uuid::Uuid;

use crate::{
    domain::{DocumentId, MessageId, NumberedPassage, ScoredPassage},
    error::Result,
    store::{TenantStore, connection::Transaction, document::documents_that_exist, row::from_json},
};

impl TenantStore {
    /// The sources of these messages, each with its message, in the order of their numbers. Passages of deleted documents
    /// are not included.
    pub async fn sources_of(
        &self,
        messages: &[MessageId],
    ) -> Result<Vec<(MessageId, NumberedPassage)>> {
        self.rows::<message_source::Entity>()
            .filter(message_source::Column::MessageId.is_in(messages.iter().map(|id| id.uuid())))
            .order_by_asc(message_source::Column::Number)
            .all(self.database.primary())
            .await?
            .into_iter()
            .map(|row| {
                let headings = row
                    .headings
                    .map(|headings| from_json("message_sources.headings", headings))
                    .transpose()?
                    .unwrap_or_default();
                let passage = ScoredPassage {
                    document: DocumentId::from_uuid(row.document_id),
                    position: row.position,
                    headings,
                    text: row.text,
                    score: row.score,
                };
                let number = row.number;
                let source = NumberedPassage { number, passage };
                Ok((MessageId::from_uuid(row.message_id), source))
            })
            .collect()
    }

    /// Stores the sources of an answer. Passages of a document that was deleted meanwhile are left out.
    pub(super) async fn insert_sources(
        &self,
        message: MessageId,
        sources: &[NumberedPassage],
        transaction: &Transaction,
    ) -> Result<()> {
        if sources.is_empty() {
            return Ok(());
        }
        let passages = sources.iter().map(|source| &source.passage);
        let there = documents_that_exist(self, passages, transaction).await?;
        let rows: Vec<_> = sources
            .iter()
            .filter(|source| there.contains(&source.passage.document))
            .map(
                |NumberedPassage { number, passage }| message_source::ActiveModel {
                    id: Set(Uuid::now_v7()),
                    account_id: Set(self.account.uuid()),
                    message_id: Set(message.uuid()),
                    document_id: Set(passage.document.uuid()),
                    number: Set(*number),
                    position: Set(passage.position),
                    text: Set(passage.text.clone()),
                    headings: Set(Some(json!(passage.headings))),
                    score: Set(passage.score),
                },
            )
            .collect();
        if !rows.is_empty() {
            message_source::Entity::insert_many(rows)
                .exec_without_returning(&**transaction)
                .await?;
        }
        Ok(())
    }
}
