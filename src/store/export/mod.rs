//! Exports of end users: the rows that an erasure would remove, a page of one table at a time, as JSON.

mod row;

use entity::conversation;
use sea_orm::{
    ColumnTrait, Condition, Iterable, PrimaryKeyToColumn, QueryFilter, QueryOrder, QuerySelect,
};
use serde_json::{Map, Value};
use uuid::Uuid;

use self::row::exported;
use crate::{
    domain::{ConversationId, EndUserId},
    error::Result,
    store::{
        TenantStore,
        erasure::{ErasedRows, kind_of},
        scoped::{TableVisitor, TenantEntity, visit_tables},
    },
};

/// Tables whose rows are left out: the program's own notes on the work, which repeat what other tables hold.
const LEFT_OUT: [&str; 3] = ["run_event", "run_step", "tool_effect"];

/// The rows of which part of a person's data an export page has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportPart {
    /// Those of a conversation.
    Conversation(ConversationId),
    /// Those of the person that are of no conversation.
    Person(EndUserId),
}

/// A position in the rows of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExportPosition {
    /// The number of the table, in the order of the list of tables.
    pub table: usize,
    /// The number of rows of the table before the page.
    pub offset: u64,
}

/// A page of an export.
#[derive(Debug, Default, PartialEq)]
pub struct ExportPage {
    /// The rows, each with its kind.
    pub rows: Vec<Map<String, Value>>,
    /// Whether the position is after the last table.
    pub is_past_the_end: bool,
}

impl TenantStore {
    /// At most `most` rows of one table that belong to a part.
    pub async fn export_page(
        &self,
        part: ExportPart,
        position: ExportPosition,
        most: u64,
    ) -> Result<ExportPage> {
        let rows = match part {
            ExportPart::Conversation(id) => ErasedRows::Conversation(id),
            ExportPart::Person(id) => ErasedRows::EndUser(id),
        };
        let mut reader = PageReader {
            store: self,
            rows,
            position,
            most,
            visited: 0,
            page: ExportPage::default(),
        };
        visit_tables(&mut reader).await?;
        let is_past_the_end = position.table >= reader.visited;
        Ok(ExportPage {
            is_past_the_end,
            ..reader.page
        })
    }

    /// At most `most` conversations of a person after `after`, the oldest first.
    pub async fn conversations_to_export(
        &self,
        external_id: &str,
        after: Option<ConversationId>,
        most: u64,
    ) -> Result<Vec<ConversationId>> {
        let after = after.map(|after| conversation::Column::Id.gt(after.uuid()));
        let ids: Vec<Uuid> = self
            .rows::<conversation::Entity>()
            .filter(conversation::Column::EndUser.eq(external_id))
            .filter(Condition::all().add_option(after))
            .order_by_asc(conversation::Column::Id)
            .limit(most)
            .select_only()
            .column(conversation::Column::Id)
            .into_tuple()
            .all(self.database.primary())
            .await?;
        Ok(ids.into_iter().map(ConversationId::from_uuid).collect())
    }
}

/// Reads a page of the table at a position.
struct PageReader<'a> {
    store: &'a TenantStore,
    rows: ErasedRows,
    position: ExportPosition,
    most: u64,
    /// The number of tables so far.
    visited: usize,
    page: ExportPage,
}

impl TableVisitor for PageReader<'_> {
    async fn visit<E: TenantEntity>(&mut self) -> Result<()> {
        let table = self.visited;
        self.visited += 1;
        if table != self.position.table || LEFT_OUT.contains(&E::NOUN) {
            return Ok(());
        }
        let Some(condition) = self.rows.condition::<E>(self.store) else {
            return Ok(());
        };
        let mut found = self.store.rows::<E>().filter(condition);
        for key in E::PrimaryKey::iter() {
            found = found.order_by_asc(key.into_column());
        }
        let models = found
            .offset(self.position.offset)
            .limit(self.most)
            .all(self.store.database.primary())
            .await?;
        for model in models {
            let kind = kind_of(E::NOUN);
            let mut row = exported::<E>(&model);
            // a column of that name is of what the row describes
            if let Some(column) = row.remove("kind") {
                row.insert(format!("{kind}Kind"), column);
            }
            row.insert("kind".to_owned(), Value::from(kind));
            self.page.rows.push(row);
        }
        Ok(())
    }
}
