//! Usage records: what agents caused with models, added up for budgets and reports.

use chrono::{DateTime, NaiveDate, Utc};
use entity::{conversation, usage_record};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, ExprTrait,
    FromQueryResult, IntoActiveModel, QueryFilter, QueryOrder, QueryResult, QuerySelect,
    QueryTrait, Select, TryGetable,
    sea_query::{Alias, Expr, Func},
};
use uuid::Uuid;

use crate::{
    domain::{
        AgentId, ConversationId, DateRange, Spending, Usage, UsageGroup, UsageKey, UsageReport,
        UsageRow,
    },
    error::Result,
    store::{TenantStore, connection::Transaction, run_sum::RunSumChanges},
};

/// The sums of records, as the database returns them: none without a record.
#[derive(Default, FromQueryResult)]
struct Sums {
    input: Option<i64>,
    output: Option<i64>,
    usd: Option<f64>,
    attempts: Option<i64>,
    tool_calls: Option<i64>,
}

/// A group with its sums.
struct Group<K> {
    key: Option<K>,
    runs: i64,
    sums: Sums,
}

impl TenantStore {
    /// Records what a model call took that belongs to no run: the background reading of documents, a choice between agents
    /// for a message, an embedding.
    pub async fn record_call_without_run(
        &self,
        agent: Option<AgentId>,
        model: &str,
        usage: Usage,
        at: DateTime<Utc>,
    ) -> Result<()> {
        let record = usage_record::Model {
            id: Uuid::now_v7(),
            account_id: self.account.uuid(),
            run_id: None,
            conversation_id: None,
            agent_id: agent.map(AgentId::uuid),
            model: Some(model.to_owned()),
            input_tokens: usage.input_tokens,
            output_tokens: usage.output_tokens,
            cost_usd: usage.cost_usd,
            attempts: 0,
            tool_calls: 0,
            summed: true,
            at,
        };
        let transaction = self.database.begin().await?;
        let mut sums = RunSumChanges::default();
        self.insert_usage(vec![record], &mut sums, &transaction)
            .await?;
        self.add_sums(at, &sums, &transaction).await?;
        transaction.commit().await
    }

    /// Inserts records, and adds them to what the transaction adds to the sums.
    pub(super) async fn insert_usage(
        &self,
        records: Vec<usage_record::Model>,
        sums: &mut RunSumChanges,
        transaction: &Transaction,
    ) -> Result<()> {
        for record in &records {
            let usage = Usage {
                input_tokens: record.input_tokens,
                output_tokens: record.output_tokens,
                cost_usd: record.cost_usd,
                attempts: i64::from(record.attempts),
                ..Usage::default()
            };
            sums.add_usage(record.agent_id, usage);
        }
        let rows = records
            .into_iter()
            .map(|record| record.into_active_model().reset_all());
        usage_record::Entity::insert_many(rows)
            .exec_without_returning(&**transaction)
            .await?;
        Ok(())
    }

    /// What the account used in a period, added up by one property.
    pub async fn usage_report(&self, range: DateRange, by: UsageGroup) -> Result<UsageReport> {
        let rows = match by {
            UsageGroup::Agent => {
                let agent = usage_record::Column::AgentId.into_expr();
                let rows = self.groups::<Uuid>(range, agent, by).await?;
                each(rows, |id| UsageKey::Agent(id.map(AgentId::from_uuid)))
            }
            UsageGroup::Conversation => {
                let conversation = usage_record::Column::ConversationId.into_expr();
                let rows = self.groups::<Uuid>(range, conversation, by).await?;
                each(rows, |id| {
                    UsageKey::Conversation(id.map(ConversationId::from_uuid))
                })
            }
            UsageGroup::Model => {
                let model = usage_record::Column::Model.into_expr();
                each(self.groups(range, model, by).await?, UsageKey::Model)
            }
            UsageGroup::Day => {
                let rows = self.groups::<String>(range, self.day(), by).await?;
                each(rows, |day| {
                    UsageKey::Day(day.and_then(|day| day.parse::<NaiveDate>().ok()))
                })
            }
        };
        let total = self.total(self.used(range)).await?;
        Ok(UsageReport {
            total: total.usage(),
            tool_calls: total.tool_calls.unwrap_or_default(),
            rows,
        })
    }

    /// The sums of each value of `key`.
    async fn groups<K: TryGetable + Send>(
        &self,
        range: DateRange,
        key: Expr,
        by: UsageGroup,
    ) -> Result<Vec<Group<K>>> {
        let runs = Func::count_distinct(usage_record::Column::RunId.into_expr());
        let grouped = summed(self.used(range))
            .column_as(key, "key")
            .column_as(Expr::from(runs), "runs")
            .group_by(Expr::col(Alias::new("key")));
        let ordered = match by {
            UsageGroup::Day => grouped.order_by_asc(Expr::col(Alias::new("key"))),
            UsageGroup::Agent | UsageGroup::Model | UsageGroup::Conversation => {
                grouped.order_by_desc(sum(tokens()))
            }
        };
        let connection = self.database.replica();
        let statement = ordered
            .limit(UsageReport::MOST_ROWS)
            .build(connection.get_database_backend());
        let rows = connection.query_all_raw(statement).await?;
        let group = |row: &QueryResult| {
            Ok(Group {
                key: row.try_get("", "key")?,
                runs: row.try_get("", "runs")?,
                sums: Sums::from_query_result(row, "")?,
            })
        };
        rows.iter().map(group).collect()
    }

    /// What the runs in the conversations of an end user used in a period.
    pub async fn usage_of_end_user(&self, external_id: &str, range: DateRange) -> Result<Usage> {
        let theirs = self
            .values::<conversation::Entity>(conversation::Column::Id)
            .and_where(conversation::Column::EndUser.eq(external_id))
            .to_owned();
        let used = self
            .used(range)
            .filter(usage_record::Column::ConversationId.in_subquery(theirs));
        Ok(self.total(used).await?.usage())
    }

    /// The sums of records.
    async fn total(&self, records: Select<usage_record::Entity>) -> Result<Sums> {
        let sums = summed(records).into_model().one(self.database.replica());
        Ok(sums.await?.unwrap_or_default())
    }

    fn used(&self, range: DateRange) -> Select<usage_record::Entity> {
        self.rows::<usage_record::Entity>()
            .filter(usage_record::Column::At.gte(range.from))
            .filter(usage_record::Column::At.lt(range.to))
    }

    /// The day (UTC) of a record, as `2026-11-29`.
    fn day(&self) -> Expr {
        match self.database.primary().get_database_backend() {
            DbBackend::Postgres => {
                Expr::cust("to_char(usage_records.at AT TIME ZONE 'UTC', 'YYYY-MM-DD')")
            }
            // a text that begins with the day
            _ => Expr::cust("substr(usage_records.at, 1, 10)"),
        }
    }

    /// The tokens and the cost in US dollars of the account's runs and background readings since `since`.
    pub async fn spending_since(&self, since: DateTime<Utc>) -> Result<Spending> {
        let used = usage_record::Column::At.gte(since);
        let records = self.rows::<usage_record::Entity>().filter(used);
        spent_in(records, self.database.primary()).await
    }
}

/// The tokens and the cost of these records together.
pub(super) async fn spent_in(
    records: Select<usage_record::Entity>,
    connection: &impl ConnectionTrait,
) -> Result<Spending> {
    let spent: Option<(Option<i64>, Option<f64>)> = records
        .select_only()
        .column_as(sum(tokens()), "tokens")
        .column_as(usage_record::Column::CostUsd.sum(), "usd")
        .into_tuple()
        .one(connection)
        .await?;
    let (tokens, usd) = spent.unwrap_or_default();
    Ok(Spending {
        tokens: tokens.unwrap_or_default(),
        usd: usd.unwrap_or_default(),
    })
}

/// The tokens of a record.
fn tokens() -> Expr {
    usage_record::Column::InputTokens
        .into_expr()
        .add(usage_record::Column::OutputTokens.into_expr())
}

/// The sum of an integer; PostgreSQL's own sum of `bigint` is `numeric`.
fn sum(integers: Expr) -> Expr {
    Expr::from(Func::sum(integers)).cast_as("bigint")
}

fn each<K>(groups: Vec<Group<K>>, key: impl Fn(Option<K>) -> UsageKey) -> Vec<UsageRow> {
    let row = |group: Group<K>| UsageRow {
        key: key(group.key),
        runs: group.runs,
        tool_calls: group.sums.tool_calls.unwrap_or_default(),
        usage: group.sums.usage(),
    };
    groups.into_iter().map(row).collect()
}

/// The sums of these records.
fn summed(records: Select<usage_record::Entity>) -> Select<usage_record::Entity> {
    use usage_record::Column::{Attempts, CostUsd, InputTokens, OutputTokens, ToolCalls};
    records
        .select_only()
        .column_as(sum(InputTokens.into_expr()), "input")
        .column_as(sum(OutputTokens.into_expr()), "output")
        .column_as(CostUsd.sum(), "usd")
        .column_as(sum(Attempts.into_expr()), "attempts")
        .column_as(sum(ToolCalls.into_expr()), "tool_calls")
}

impl Sums {
    /// The tokens, the cost and the attempts.
    fn usage(&self) -> Usage {
        Usage {
            input_tokens: self.input.unwrap_or_default(),
            output_tokens: self.output.unwrap_or_default(),
            cost_usd: self.usd.unwrap_or_default(),
            attempts: self.attempts.unwrap_or_default(),
            ..Usage::default()
        }
    }
}
