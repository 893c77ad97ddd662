//! Full-text search of passages: FTS5 on SQLite, `tsvector` on PostgreSQL.

use entity::passage;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, QueryFilter, QueryOrder, QuerySelect, Statement,
    sea_query::{Expr, Order},
};
use uuid::Uuid;

use crate::{
    domain::{AgentId, PassageId},
    error::Result,
    store::TenantStore,
};

/// Returns the rowids of FTS5's best hits. `scope` is the agent's id as one word; it only limits the candidates,
/// because the passages are then read through the account's filter like every other row.
const MATCH: &str = "SELECT rowid FROM passages_text WHERE passages_text MATCH ? ORDER BY bm25(passages_text, 0.0, 1.0) LIMIT ?";
/// A query in the text search configuration that the index is made with.
const QUERY: &str = "to_tsquery('english', $1)";

impl TenantStore {
    /// The searchable passages of an agent that contain any of these words, best first. A word consists of letters and
    /// digits only.
    pub async fn passages_with_words(
        &self,
        agent: AgentId,
        words: &[String],
        most: u64,
    ) -> Result<Vec<PassageId>> {
        if words.is_empty() {
            return Ok(Vec::new());
        }
        match self.database.primary().get_database_backend() {
            DbBackend::Postgres => self.with_words_postgres(agent, words, most).await,
            _ => self.with_words_sqlite(agent, words, most).await,
        }
    }

    async fn with_words_postgres(
        &self,
        agent: AgentId,
        words: &[String],
        most: u64,
    ) -> Result<Vec<PassageId>> {
        let any = words.join(" | ");
        let matches = format!("passages.words @@ {QUERY}");
        // the number of matched words ranks first: PostgreSQL does not know which words are rare
        let has =
            |place: usize| format!("(passages.words @@ to_tsquery('english', ${place}))::int");
        let has: Vec<String> = (1..=words.len()).map(has).collect();
        // the rank is divided by the logarithm of the length: a long passage is no better for being long
        let rank = format!("ts_rank_cd(passages.words, {QUERY}, 1)");
        let ids: Vec<Uuid> = self
            .served_passages(agent)
            .filter(Expr::cust_with_values(matches, [any.as_str()]))
            .order_by(
                Expr::cust_with_values(has.join(" + "), words.iter().map(String::as_str)),
                Order::Desc,
            )
            .order_by(Expr::cust_with_values(rank, [any.as_str()]), Order::Desc)
            .order_by(
                Expr::col((passage::Entity, passage::Column::Id)),
                Order::Asc,
            )
            .limit(most)
            .select_only()
            .column(passage::Column::Id)
            .into_tuple()
            .all(self.database.primary())
            .await?;
        Ok(ids.into_iter().map(PassageId::from_uuid).collect())
    }

    async fn with_words_sqlite(
        &self,
        agent: AgentId,
        words: &[String],
        most: u64,
    ) -> Result<Vec<PassageId>> {
        let quoted: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
        let wanted = format!(
            "scope : {} AND text : ({})",
            agent.uuid().simple(),
            quoted.join(" OR ")
        );
        // some hits may be of a revision that is not searchable
        let looked_at = i64::try_from(most.saturating_mul(2)).unwrap_or(i64::MAX);
        let statement = Statement::from_sql_and_values(
            DbBackend::Sqlite,
            MATCH,
            [wanted.into(), looked_at.into()],
        );
        let database = self.database.primary();
        let mut keys: Vec<i64> = Vec::new();
        for row in database.query_all_raw(statement).await? {
            keys.push(row.try_get("", "rowid")?);
        }
        let found: Vec<(Uuid, Option<i64>)> = self
            .served_passages(agent)
            .filter(passage::Column::SearchKey.is_in(keys.iter().copied()))
            .select_only()
            .column(passage::Column::Id)
            .column(passage::Column::SearchKey)
            .into_tuple()
            .all(database)
            .await?;
        let ids = keys.iter().filter_map(|key| {
            let found = found.iter().find(|(_, known)| *known == Some(*key));
            found.map(|(id, _)| PassageId::from_uuid(*id))
        });
        Ok(ids
            .take(usize::try_from(most).unwrap_or(usize::MAX))
            .collect())
    }
}
