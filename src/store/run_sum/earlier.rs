//! Adds what versions without sums recorded: runs before the upgrade, and those that an old process ends during it.

use entity::{rating, run, run_record, usage_record};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, LockType},
};
use uuid::Uuid;

use super::RunSumChanges;
use crate::{
    domain::{AccountId, RunId, TemplateId, Usage},
    error::Result,
    store::{
        PlatformStore, TenantStore,
        connection::Transaction,
        run::{HeldAgent, run_of},
    },
};

/// The condition of the index of records that are not in the sums. Literal, so that SQLite recognises the index.
const NOT_SUMMED: &str = "NOT usage_records.summed";

impl PlatformStore {
    /// At most `most` usage records after this one that are not in the sums, each with its account.
    pub async fn unsummed_usage(
        &self,
        after: Option<Uuid>,
        most: u64,
    ) -> Result<Vec<(AccountId, Uuid)>> {
        let later = after.map(|after| usage_record::Column::Id.gt(after));
        let rows: Vec<(Uuid, Uuid)> = Self::rows::<usage_record::Entity>()
            .filter(Expr::cust(NOT_SUMMED))
            .filter(Condition::all().add_option(later))
            .order_by_asc(usage_record::Column::Id)
            .limit(most)
            .select_only()
            .column(usage_record::Column::AccountId)
            .column(usage_record::Column::Id)
            .into_tuple()
            .all(self.database.primary())
            .await?;
        let rows = rows.into_iter();
        Ok(rows
            .map(|(account, id)| (AccountId::from_uuid(account), id))
            .collect())
    }
}

impl TenantStore {
    /// Adds a usage record to the sums, and its run if that exists still. Does nothing for a record that is in the sums: of
    /// two processes that add it at the same time, one waits for the other.
    pub async fn sum_earlier(&self, record: Uuid) -> Result<()> {
        let transaction = self.database.begin().await?;
        let row = self
            .rows::<usage_record::Entity>()
            .filter(usage_record::Column::Id.eq(record))
            .lock(LockType::Update)
            .one(&*transaction)
            .await?;
        let Some(row) = row.filter(|row| !row.summed) else {
            return transaction.roll_back().await;
        };
        let (held, run) = match row.run_id.map(RunId::from_uuid) {
            // agents are locked before runs, in every transaction
            Some(run) => (
                self.agent_of_run(run, &transaction)
                    .await?
                    .map(|found| found.held),
                self.unrecorded_run(run, &transaction).await?,
            ),
            None => (None, None),
        };
        let mut changes = RunSumChanges::of(held);
        let attempts = run.as_ref().map_or(0, |run| run.attempt);
        if let Some(run) = run {
            let record = self.earlier_record(run, held, &transaction).await?;
            self.insert_run_record(record.clone(), &transaction).await?;
            changes.add_record(&record);
        }
        let usage = Usage {
            input_tokens: row.input_tokens,
            output_tokens: row.output_tokens,
            cost_usd: row.cost_usd,
            attempts: i64::from(attempts),
            ..Usage::default()
        };
        changes.add_usage(row.agent_id, usage);
        let (id, at) = (row.id, row.at);
        self.change::<usage_record::Entity>()
            .filter(usage_record::Column::Id.eq(id))
            .set(usage_record::ActiveModel {
                attempts: Set(attempts),
                summed: Set(true),
                ..Default::default()
            })
            .exec(&*transaction)
            .await?;
        self.add_sums(at, &changes, &transaction).await?;
        transaction.commit().await
    }

    /// A run that has ended and has no record.
    async fn unrecorded_run(
        &self,
        id: RunId,
        transaction: &Transaction,
    ) -> Result<Option<run::Model>> {
        let run = self
            .rows::<run::Entity>()
            .filter(run::Column::Id.eq(id.uuid()))
            .filter(run::Column::FinishedAt.is_not_null())
            // another process that adds another usage record of the run waits here
            .lock(LockType::NoKeyUpdate)
            .one(&**transaction)
            .await?;
        let recorded = self
            .rows::<run_record::Entity>()
            .filter(run_record::Column::RunId.eq(id.uuid()))
            .one(&**transaction)
            .await?;
        Ok(run.filter(|_| recorded.is_none()))
    }

    /// The record of a run that an earlier version ended.
    async fn earlier_record(
        &self,
        row: run::Model,
        held: Option<HeldAgent>,
        transaction: &Transaction,
    ) -> Result<run_record::Model> {
        let (agent, finished_at) = (row.agent_id, row.finished_at.unwrap_or(row.created_at));
        let score = match row.answer_id {
            Some(answer) => self
                .rows::<rating::Entity>()
                .filter(rating::Column::MessageId.eq(answer))
                .one(&**transaction)
                .await?
                .map(|rating| rating.score),
            None => None,
        };
        let status = row.status;
        let run = run_of(row)?;
        let calls = self.count_calls(run.id, transaction).await?;
        let route = run.route.outcome();
        Ok(run_record::Model {
            id: Uuid::now_v7(),
            account_id: self.account.uuid(),
            run_id: Some(run.id.uuid()),
            conversation_id: Some(run.conversation.uuid()),
            agent_id: agent,
            template_id: held.map(|held| held.template).map(TemplateId::uuid),
            status,
            error_code: run.error.map(|error| error.code.name().to_owned()),
            first_token_ms: run.usage.first_token_ms,
            duration_ms: run.usage.duration_ms,
            tool_calls: calls.all,
            tool_failures: calls.failed,
            routed_agent_id: Some(route.agent.uuid()),
            route_reason: route.reason.name().to_owned(),
            route_refused: route.refused,
            score,
            at: finished_at,
        })
    }

    /// Inserts the record of a run.
    pub(in crate::store) async fn insert_run_record(
        &self,
        record: run_record::Model,
        transaction: &Transaction,
    ) -> Result<()> {
        run_record::Entity::insert(record.into_active_model().reset_all())
            .exec_without_returning(&**transaction)
            .await?;
        Ok(())
    }
}
