//! Reads the sums of a period: those of its whole days and hours, and the records at its ends.

use std::collections::BTreeMap;

use entity::{run_record, run_sum, usage_record};
use sea_orm::{
    ColumnTrait, Condition, ExprTrait, FromQueryResult, IntoSimpleExpr, QueryFilter, QuerySelect,
    QueryTrait,
    sea_query::{Expr, Func},
};
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::RunSumChanges;
use crate::{
    domain::{AgentId, DateRange, RunSumKey, RunSums, SumPeriods, TemplateId, TimeBuckets, Usage},
    error::{Error, Result},
    store::{TenantStore, run::HeldAgent},
};

/// A row of the sums; the counts are JSON texts.
#[derive(FromQueryResult)]
struct SumRow {
    agent_id: Uuid,
    runs: i64,
    failed: i64,
    tool_calls: i64,
    tool_failures: i64,
    rated_up: i64,
    rated_down: i64,
    route_refused: i64,
    attempts: i64,
    input_tokens: i64,
    output_tokens: i64,
    cost_usd: f64,
    failure_counts: String,
    route_counts: String,
    first_token_counts: String,
    duration_counts: String,
}

/// What the model calls of an agent took.
#[derive(FromQueryResult)]
struct UsageRow {
    agent_id: Option<Uuid>,
    input: Option<i64>,
    output: Option<i64>,
    usd: Option<f64>,
    attempts: Option<i64>,
}

/// What sums are wanted.
#[derive(Clone, Copy)]
struct SumScope<'a> {
    /// The only agents.
    agents: Option<&'a [AgentId]>,
    /// The only template version, of one agent.
    version: Option<HeldAgent>,
}

impl TenantStore {
    /// The sums over the runs that ended in a period, by agent; `agents` limits them. Runs whose agent was deleted before
    /// they ended have none.
    pub async fn run_sums(
        &self,
        range: DateRange,
        agents: Option<&[AgentId]>,
    ) -> Result<BTreeMap<Option<AgentId>, RunSums>> {
        let scope = SumScope {
            agents,
            version: None,
        };
        self.sums_in(range, scope).await
    }

    /// The sums over the runs of an agent that one version of its template answered and that ended in a period.
    pub async fn run_sums_of_version(
        &self,
        range: DateRange,
        agent: AgentId,
        version: TemplateId,
    ) -> Result<RunSums> {
        let version = HeldAgent {
            id: agent,
            template: version,
        };
        let scope = SumScope {
            agents: Some(&[agent]),
            version: Some(version),
        };
        let mut sums = self.sums_in(range, scope).await?;
        Ok(sums.remove(&Some(agent)).unwrap_or_default())
    }

    async fn sums_in(
        &self,
        range: DateRange,
        scope: SumScope<'_>,
    ) -> Result<BTreeMap<Option<AgentId>, RunSums>> {
        let SumPeriods { days, hours, edges } = SumPeriods::of(range);
        let mut sums = BTreeMap::new();
        for (span, ranges) in [(run_sum::Span::Day, days), (run_sum::Span::Hour, hours)] {
            for range in ranges {
                self.read_sums(span, range, scope, &mut sums).await?;
            }
        }
        let mut records = RunSumChanges::of(scope.version);
        for range in edges {
            self.read_records(range, scope, &mut records).await?;
        }
        let version = scope.version.map(|version| version.template);
        let wanted = |key: &RunSumKey| version.is_none() || key.template == version;
        for (key, of_key) in records.sums.iter().filter(|(key, _)| wanted(key)) {
            *sums.entry(key.agent).or_default() += of_key;
        }
        if let Some(agents) = scope.agents {
            // an agent's record may name another agent that was chosen for the message
            sums.retain(|agent, _| agent.is_some_and(|agent| agents.contains(&agent)));
        }
        Ok(sums)
    }

    async fn read_sums(
        &self,
        span: run_sum::Span,
        range: DateRange,
        scope: SumScope<'_>,
        sums: &mut BTreeMap<Option<AgentId>, RunSums>,
    ) -> Result<()> {
        use run_sum::Column;
        let text = |column: Column| column.into_simple_expr().cast_as("text");
        let of_version = scope
            .version
            .map(|version| Column::TemplateId.eq(version.template.uuid()));
        let rows: Vec<SumRow> = self
            .rows::<run_sum::Entity>()
            .filter(Column::Span.eq(span))
            .filter(Column::StartsAt.gte(range.from))
            .filter(Column::StartsAt.lt(range.to))
            .filter(one_of(Column::AgentId, scope.agents))
            .filter(Condition::all().add_option(of_version))
            .select_only()
            .columns([
                Column::AgentId,
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
            ])
            .column_as(text(Column::Failures), "failure_counts")
            .column_as(text(Column::Routes), "route_counts")
            .column_as(text(Column::FirstToken), "first_token_counts")
            .column_as(text(Column::Duration), "duration_counts")
            .into_model()
            .all(self.database.replica())
            .await?;
        for row in rows {
            let agent = Some(row.agent_id).filter(|id| !id.is_nil());
            *sums.entry(agent.map(AgentId::from_uuid)).or_default() += &sums_of(&row)?;
        }
        Ok(())
    }

    async fn read_records(
        &self,
        range: DateRange,
        scope: SumScope<'_>,
        changes: &mut RunSumChanges,
    ) -> Result<()> {
        let agents = scope.agents;
        let of_agents = Condition::any()
            .add(one_of(run_record::Column::AgentId, agents))
            .add(one_of(run_record::Column::RoutedAgentId, agents));
        let records = self
            .rows::<run_record::Entity>()
            .filter(run_record::Column::At.gte(range.from))
            .filter(run_record::Column::At.lt(range.to))
            .filter(of_agents)
            .all(self.database.replica())
            .await?;
        for record in &records {
            changes.add_record(record);
        }
        let of_version = scope.version.map(|version| {
            let runs = self
                .rows::<run_record::Entity>()
                .filter(run_record::Column::TemplateId.eq(version.template.uuid()))
                .filter(one_of(run_record::Column::AgentId, agents))
                .filter(run_record::Column::At.gte(range.from))
                .filter(run_record::Column::At.lt(range.to))
                .select_only()
                .column(run_record::Column::RunId);
            usage_record::Column::RunId.in_subquery(runs.into_query())
        });
        let sum = |column: usage_record::Column| {
            Expr::from(Func::sum(column.into_simple_expr())).cast_as("bigint")
        };
        let used: Vec<UsageRow> = self
            .rows::<usage_record::Entity>()
            .filter(usage_record::Column::At.gte(range.from))
            .filter(usage_record::Column::At.lt(range.to))
            .filter(one_of(usage_record::Column::AgentId, agents))
            .filter(usage_record::Column::Summed.eq(true))
            .filter(Condition::all().add_option(of_version))
            .select_only()
            .column(usage_record::Column::AgentId)
            .column_as(sum(usage_record::Column::InputTokens), "input")
            .column_as(sum(usage_record::Column::OutputTokens), "output")
            .column_as(usage_record::Column::CostUsd.sum(), "usd")
            .column_as(sum(usage_record::Column::Attempts), "attempts")
            .group_by(usage_record::Column::AgentId)
            .into_model()
            .all(self.database.replica())
            .await?;
        for row in used {
            let usage = Usage {
                input_tokens: row.input.unwrap_or_default(),
                output_tokens: row.output.unwrap_or_default(),
                cost_usd: row.usd.unwrap_or_default(),
                attempts: row.attempts.unwrap_or_default(),
                ..Usage::default()
            };
            changes.add_usage(row.agent_id, usage);
        }
        Ok(())
    }
}

fn one_of(column: impl ColumnTrait, agents: Option<&[AgentId]>) -> Condition {
    let ids = agents.map(|agents| column.is_in(agents.iter().map(|id| id.uuid())));
    Condition::all().add_option(ids)
}

fn sums_of(row: &SumRow) -> Result<RunSums> {
    Ok(RunSums {
        runs: row.runs,
        failed: row.failed,
        tool_calls: row.tool_calls,
        tool_failures: row.tool_failures,
        rated_up: row.rated_up,
        rated_down: row.rated_down,
        route_refused: row.route_refused,
        usage: Usage {
            input_tokens: row.input_tokens,
            output_tokens: row.output_tokens,
            cost_usd: row.cost_usd,
            attempts: row.attempts,
            ..Usage::default()
        },
        failures: counts(&row.failure_counts)?,
        routes: counts(&row.route_counts)?,
        first_token: counts::<TimeBuckets>(&row.first_token_counts)?,
        duration: counts::<TimeBuckets>(&row.duration_counts)?,
    })
}

fn counts<T: DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text)
        .map_err(|cause| Error::internal("read counts of the sums over runs").with_source(cause))
}
