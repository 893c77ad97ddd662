//! Statements on the table of pgvector, each with its collection, and the conversion of their rows.

use sea_orm::{DbBackend, DbErr, QueryResult, Statement, Value};
use uuid::Uuid;

use super::text;
use crate::{
    domain::{DocumentId, PassageId},
    error::Result,
    port::{Collection, VectorMatch, VectorQuery, VectorRecord},
};

/// The filter of every statement, with the values of [`scope`].
pub(super) const IN_COLLECTION: &str = "account_id = $1 AND agent_id = $2 AND generation = $3";

pub(super) fn statement(sql: String, values: Vec<Value>) -> Statement {
    Statement::from_sql_and_values(DbBackend::Postgres, sql, values)
}

/// The first three values of every statement: account, agent and generation.
pub(super) fn scope(collection: &Collection) -> Vec<Value> {
    vec![
        collection.account.uuid().into(),
        collection.agent.uuid().into(),
        collection.generation.into(),
    ]
}

/// Appends ids to the values; returns their placeholders.
pub(super) fn one_of(values: &mut Vec<Value>, ids: impl Iterator<Item = Uuid>) -> String {
    let before = values.len();
    values.extend(ids.map(Value::from));
    let places: Vec<String> = (before + 1..=values.len())
        .map(|place| format!("${place}"))
        .collect();
    places.join(", ")
}

/// The search for the closest vectors. The distance must be written exactly as in the index, and only once: the outer
/// query computes the score. It sorts again, because an iterative index scan returns only an approximate order.
pub(super) fn nearest(collection: &Collection, query: &VectorQuery) -> Statement {
    let mut values = scope(collection);
    values.push(text::of(&query.values).into());
    values.push(i64::try_from(query.most).unwrap_or(i64::MAX).into());
    let among = if query.documents.is_empty() {
        String::new()
    } else {
        let documents = query.documents.iter().map(|document| document.uuid());
        format!("AND document_id IN ({})", one_of(&mut values, documents))
    };
    let vector = format!("vector({})", collection.dimensions);
    let sql = format!(
        "WITH nearest AS MATERIALIZED (\
         SELECT passage_id, document_id, embedding::{vector} <=> $4::{vector} AS distance \
         FROM pgvectors WHERE {IN_COLLECTION} {among} ORDER BY distance LIMIT $5) \
         SELECT passage_id, document_id, 1 - distance AS score FROM nearest ORDER BY distance, passage_id"
    );
    statement(sql, values)
}

/// Converts a row of [`nearest`].
pub(super) fn found(row: &QueryResult) -> Result<VectorMatch, DbErr> {
    let score: f64 = row.try_get("", "score")?;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the numbers it comes from were as short"
    )]
    let score = score as f32;
    Ok(VectorMatch {
        passage: PassageId::from_uuid(row.try_get("", "passage_id")?),
        document: DocumentId::from_uuid(row.try_get("", "document_id")?),
        score: score.clamp(-1.0, 1.0),
    })
}

/// Converts a stored row whose `embedding` is selected as text.
pub(super) fn kept(row: &QueryResult) -> Result<VectorRecord> {
    let embedding: String = row.try_get("", "embedding")?;
    Ok(VectorRecord {
        passage: PassageId::from_uuid(row.try_get("", "passage_id")?),
        document: DocumentId::from_uuid(row.try_get("", "document_id")?),
        values: text::read(&embedding)?,
    })
}
