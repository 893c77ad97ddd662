//! Citations: the passages that answers refer to.

use entity::citation;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::json;
use uuid::Uuid;

use crate::{
    domain::{DocumentId, MessageId, ScoredPassage},
    error::Result,
    store::{TenantStore, connection::Transaction, document::documents_that_exist, row::from_json},
};

impl TenantStore {
    /// The passages that these messages cite, each with its message, best first. Passages of deleted documents are not
    /// included.
    pub async fn citations_of(
        &self,
        messages: &[MessageId],
    ) -> Result<Vec<(MessageId, ScoredPassage)>> {
        self.rows::<citation::Entity>()
            .filter(citation::Column::MessageId.is_in(messages.iter().map(|id| id.uuid())))
            .order_by_asc(citation::Column::Rank)
            .all(self.database.primary())
            .await?
            .into_iter()
            .map(|row| {
                let headings = row
                    .headings
                    .map(|headings| from_json("citations.headings", headings))
                    .transpose()?
                    .unwrap_or_default();
                let passage = ScoredPassage {
                    document: DocumentId::from_uuid(row.document_id),
                    position: row.position,
                    headings,
                    text: row.text,
                    score: row.score,
                };
                Ok((MessageId::from_uuid(row.message_id), passage))
            })
            .collect()
    }

    /// Stores the citations of an answer. Passages of a document that was deleted meanwhile are left out.
    pub(super) async fn insert_citations(
        &self,
        message: MessageId,
        passages: &[ScoredPassage],
        transaction: &Transaction,
    ) -> Result<()> {
        if passages.is_empty() {
            return Ok(());
        }
        let there = documents_that_exist(self, passages, transaction).await?;
        let rows: Vec<_> = passages
            .iter()
            .filter(|passage| there.contains(&passage.document))
            .zip(0..)
            .map(|(passage, rank)| citation::ActiveModel {
                id: Set(Uuid::now_v7()),
                account_id: Set(self.account.uuid()),
                message_id: Set(message.uuid()),
                document_id: Set(passage.document.uuid()),
                rank: Set(rank),
                position: Set(passage.position),
                text: Set(passage.text.clone()),
                headings: Set(Some(json!(passage.headings))),
                score: Set(passage.score),
            })
            .collect();
        if !rows.is_empty() {
            citation::Entity::insert_many(rows)
                .exec_without_returning(&**transaction)
                .await?;
        }
        Ok(())
    }
}
