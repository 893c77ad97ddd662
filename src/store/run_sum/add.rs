//! Adds to the sums.

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use entity::run_sum::{ActiveModel, Column, Entity, Span};
use sea_orm::{
    ActiveValue::Set,
    ConnectionTrait, DbBackend, EntityTrait, IdenStatic,
    sea_query::{Expr, OnConflict},
};
use serde::Serialize;
use uuid::Uuid;

use super::RunSumChanges;
use crate::{
    domain::{AgentId, RunSumKey, RunSums, TemplateId},
    error::{Error, Result},
    store::{TenantStore, connection::Transaction, row::to_json},
};

/// The columns of numbers, which are added.
const NUMBERS: [Column; 11] = [
    Column::Runs,
    Column::Failed,
    Column::ToolCalls,
    Column::ToolFailures,
    Column::RatedUp,
    Column::RatedDown,
    Column::RouteRefused,
    Column::Attempts,
    Column::InputTokens,
    Column::OutputTokens,
    Column::CostUsd,
];

/// The columns of counts by a key, which are added key by key.
const COUNTS: [Column; 4] = [
    Column::Failures,
    Column::Routes,
    Column::FirstToken,
    Column::Duration,
];

impl TenantStore {
    /// Adds to the hour and the day of `at`. The last statement of its transaction, for the order of locks.
    pub(in crate::store) async fn add_sums(
        &self,
        at: DateTime<Utc>,
        changes: &RunSumChanges,
        transaction: &Transaction,
    ) -> Result<()> {
        let mut rows = Vec::with_capacity(2 * changes.sums.len());
        for (span, length) in [
            (Span::Hour, TimeDelta::hours(1)),
            (Span::Day, TimeDelta::days(1)),
        ] {
            let starts_at = at.duration_trunc(length).map_err(|cause| {
                Error::internal("find the hour of a run's end").with_source(cause)
            })?;
            for (key, sums) in &changes.sums {
                rows.push(ActiveModel {
                    account_id: Set(self.account.uuid()),
                    span: Set(span),
                    starts_at: Set(starts_at),
                    ..sums_row(*key, sums)?
                });
            }
        }
        if rows.is_empty() {
            return Ok(());
        }
        let backend = transaction.get_database_backend();
        Entity::insert_many(rows)
            .on_conflict(added(backend))
            .exec_without_returning(&**transaction)
            .await?;
        Ok(())
    }
}

/// Adds the values of a row that exists already to that row.
fn added(backend: DbBackend) -> OnConflict {
    let mut add = OnConflict::columns([
        Column::AccountId,
        Column::Span,
        Column::StartsAt,
        Column::AgentId,
        Column::TemplateId,
    ]);
    for column in NUMBERS {
        let name = column.as_str();
        add.value(
            column,
            Expr::cust(format!("run_sums.{name} + excluded.{name}")),
        );
    }
    for column in COUNTS {
        let template = match backend {
            DbBackend::Postgres => ADD_COUNTS_POSTGRES,
            _ => ADD_COUNTS_SQLITE,
        };
        add.value(
            column,
            Expr::cust(template.replace("COLUMN", column.as_str())),
        );
    }
    add
}

/// Only the keys of the added row are looked up: a run adds one count to each column.
const ADD_COUNTS_POSTGRES: &str = "COALESCE((SELECT (run_sums.COLUMN::jsonb || jsonb_object_agg(added.key, \
     added.value::bigint + COALESCE((run_sums.COLUMN ->> added.key)::bigint, 0)))::json \
     FROM json_each_text(excluded.COLUMN) AS added), run_sums.COLUMN)";
const ADD_COUNTS_SQLITE: &str = "COALESCE((SELECT json_patch(run_sums.COLUMN, json_group_object(added.key, \
     added.value + COALESCE(json_extract(run_sums.COLUMN, '$.\"' || added.key || '\"'), 0))) \
     FROM json_each(excluded.COLUMN) AS added), run_sums.COLUMN)";

fn sums_row(key: RunSumKey, sums: &RunSums) -> Result<ActiveModel> {
    Ok(ActiveModel {
        agent_id: Set(key.agent.map_or(Uuid::nil(), AgentId::uuid)),
        template_id: Set(key.template.map_or(Uuid::nil(), TemplateId::uuid)),
        runs: Set(sums.runs),
        failed: Set(sums.failed),
        tool_calls: Set(sums.tool_calls),
        tool_failures: Set(sums.tool_failures),
        rated_up: Set(sums.rated_up),
        rated_down: Set(sums.rated_down),
        route_refused: Set(sums.route_refused),
        attempts: Set(sums.usage.attempts),
        input_tokens: Set(sums.usage.input_tokens),
        output_tokens: Set(sums.usage.output_tokens),
        cost_usd: Set(sums.usage.cost_usd),
        failures: Set(counts_json(&sums.failures)?),
        routes: Set(counts_json(&sums.routes)?),
        first_token: Set(counts_json(&sums.first_token)?),
        duration: Set(counts_json(&sums.duration)?),
        ..Default::default()
    })
}

fn counts_json<T: Serialize>(counts: &T) -> Result<serde_json::Value> {
    to_json("run_sums", counts)
}
