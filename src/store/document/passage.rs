//! Passages: the searchable ones, and those of other revisions.

use entity::{document, passage};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect, Select,
    sea_query::{Expr, JoinType},
};
use serde_json::json;
use uuid::Uuid;

use crate::{
    domain::{AccountId, AgentId, Document, DocumentId, Passage, PassageId},
    error::Result,
    store::{TenantStore, row::from_json},
};

/// Ids are queried in chunks: SQLite binds at most 32,766 values in a statement.
const MOST_IDS: usize = 1_000;

impl TenantStore {
    /// The searchable passages of an agent.
    pub(super) fn served_passages(&self, agent: AgentId) -> Select<passage::Entity> {
        let of = |column: document::Column| Expr::col((document::Entity, column));
        self.rows::<passage::Entity>()
            .filter(passage::Column::AgentId.eq(agent.uuid()))
            .join(
                JoinType::InnerJoin,
                passage::Entity::belongs_to(document::Entity)
                    .from(passage::Column::DocumentId)
                    .to(document::Column::Id)
                    .into(),
            )
            .filter(
                of(document::Column::Revision).equals((passage::Entity, passage::Column::Revision)),
            )
    }

    /// The searchable passages with these ids, in no particular order.
    pub async fn served_passages_by_ids(
        &self,
        agent: AgentId,
        ids: &[PassageId],
    ) -> Result<Vec<Passage>> {
        let mut passages = Vec::with_capacity(ids.len());
        for part in ids.chunks(MOST_IDS) {
            let rows = self
                .served_passages(agent)
                .filter(passage::Column::Id.is_in(part.iter().map(|id| id.uuid())))
                .all(self.database.primary())
                .await?;
            for row in rows {
                passages.push(passage_of(row)?);
            }
        }
        Ok(passages)
    }

    /// At most `most` passages of a document's revision from a position on, in order.
    pub async fn passages_from(
        &self,
        document: DocumentId,
        revision: i32,
        position: i32,
        most: u64,
    ) -> Result<Vec<Passage>> {
        self.rows::<passage::Entity>()
            .filter(passage::Column::DocumentId.eq(document.uuid()))
            .filter(passage::Column::Revision.eq(revision))
            .filter(passage::Column::Position.gte(position))
            .order_by_asc(passage::Column::Position)
            .limit(most)
            .all(self.database.primary())
            .await?
            .into_iter()
            .map(passage_of)
            .collect()
    }

    /// At most `most` searchable passages of an agent with ids above `after`, in the order of their ids.
    pub async fn served_passages_after(
        &self,
        agent: AgentId,
        after: Option<PassageId>,
        most: u64,
    ) -> Result<Vec<Passage>> {
        let mut passages = self
            .served_passages(agent)
            .order_by_asc(Expr::col((passage::Entity, passage::Column::Id)))
            .limit(most);
        if let Some(after) = after {
            passages =
                passages.filter(Expr::col((passage::Entity, passage::Column::Id)).gt(after.uuid()));
        }
        passages
            .all(self.database.primary())
            .await?
            .into_iter()
            .map(passage_of)
            .collect()
    }

    /// At most `most` passages of a document whose revision is neither the searchable nor the wanted one.
    pub async fn stale_passages(&self, id: DocumentId, most: u64) -> Result<Vec<PassageId>> {
        let of = |column: document::Column| (document::Entity, column);
        let revision = || Expr::col((passage::Entity, passage::Column::Revision));
        let ids: Vec<Uuid> = self
            .rows::<passage::Entity>()
            .filter(passage::Column::DocumentId.eq(id.uuid()))
            .join(
                JoinType::InnerJoin,
                passage::Entity::belongs_to(document::Entity)
                    .from(passage::Column::DocumentId)
                    .to(document::Column::Id)
                    .into(),
            )
            .filter(Expr::col(of(document::Column::Revision)).ne(revision()))
            .filter(Expr::col(of(document::Column::WantedRevision)).ne(revision()))
            .limit(most)
            .select_only()
            .column(passage::Column::Id)
            .into_tuple()
            .all(self.database.primary())
            .await?;
        Ok(ids.into_iter().map(PassageId::from_uuid).collect())
    }

    /// Deletes passages, in several statements when there are many.
    pub async fn delete_passages(&self, ids: &[PassageId]) -> Result<()> {
        for part in ids.chunks(MOST_IDS) {
            let writer = self.database.writer().await;
            self.delete::<passage::Entity>()
                .filter(passage::Column::Id.is_in(part.iter().map(|id| id.uuid())))
                .exec(&*writer)
                .await?;
        }
        Ok(())
    }
}

pub(super) fn passage_row(
    account: AccountId,
    document: &Document,
    revision: i32,
    passage: &Passage,
) -> passage::ActiveModel {
    passage::ActiveModel {
        id: Set(passage.id.uuid()),
        account_id: Set(account.uuid()),
        agent_id: Set(document.agent.uuid()),
        document_id: Set(document.id.uuid()),
        revision: Set(revision),
        position: Set(passage.position),
        headings: Set(Some(json!(passage.headings))),
        text: Set(passage.text.clone()),
        tokens: Set(passage.tokens),
    }
}

fn passage_of(row: passage::Model) -> Result<Passage> {
    Ok(Passage {
        id: PassageId::from_uuid(row.id),
        document: DocumentId::from_uuid(row.document_id),
        position: row.position,
        headings: row
            .headings
            .map(|headings| from_json("passages.headings", headings))
            .transpose()?
            .unwrap_or_default(),
        text: row.text,
        tokens: row.tokens,
    })
}
