//! Reservations of what model calls may cost. The rows are the truth: all processes reserve one after the other, under the
//! lock of their account's row.

use chrono::{DateTime, TimeDelta, Utc};
use entity::{account, budget_hold, run, session, usage_record};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QuerySelect,
    Select,
    sea_query::{Expr, LockType, Query, SelectStatement},
};
use uuid::Uuid;

use crate::{
    domain::{
        Account, AgentId, BudgetEnforcement, BudgetScope, BudgetStatus, CallCost, Lease,
        Reservation, SessionId, Spending, Usage, month_of,
    },
    error::{Error, Result},
    store::{TenantStore, account::account_of, connection::Transaction, usage::spent_in},
};

/// The time for which a hold of a call outside of runs counts.
const WITHOUT_RUN: TimeDelta = TimeDelta::minutes(2);

/// A model call that is about to be made.
#[derive(Debug, Clone)]
pub struct NewHold<'a> {
    /// The id of the hold.
    pub id: Uuid,
    /// The run that asks the model, with its owner; none for a call outside of runs.
    pub run: Option<&'a Lease>,
    /// The session that the run's message was sent in.
    pub session: Option<SessionId>,
    /// The agent that asks.
    pub agent: AgentId,
    /// The name of the model.
    pub model: &'a str,
    /// What the call may take.
    pub cost: CallCost,
}

impl TenantStore {
    /// Reserves what a model call may take against every budget that bounds it, in one step for all processes.
    pub async fn reserve(&self, hold: &NewHold<'_>, now: DateTime<Utc>) -> Result<Reservation> {
        let transaction = self.database.begin().await?;
        let account = self
            .rows::<account::Entity>()
            .lock(LockType::NoKeyUpdate)
            .one(&*transaction)
            .await?;
        let account = account_of(account.ok_or_else(|| Error::not_found("account"))?)?;
        let [at_least, at_most] = self.left(&account, hold, now, &transaction).await?;
        let reservation = Reservation::decide(hold.cost, &at_least, &at_most);
        let Reservation::Granted(granted) = &reservation else {
            transaction.roll_back().await?;
            return Ok(reservation);
        };
        budget_hold::Entity::insert(self.hold_row(hold, *granted, now))
            .exec_without_returning(&*transaction)
            .await?;
        transaction.commit().await?;
        Ok(reservation)
    }

    /// Replaces what a call might have taken by what it took. A hold of a run counts until the run's usage is recorded;
    /// one without a run is removed.
    pub async fn settle_hold(&self, hold: Uuid, usage: Usage) -> Result<()> {
        let writer = self.database.writer().await;
        self.change::<budget_hold::Entity>()
            .filter(budget_hold::Column::Id.eq(hold))
            .set(budget_hold::ActiveModel {
                tokens: Set(usage.input_tokens + usage.output_tokens),
                cost_usd: Set(usage.cost_usd),
                settled: Set(true),
                ..Default::default()
            })
            .exec(&*writer)
            .await?;
        self.delete::<budget_hold::Entity>()
            .filter(budget_hold::Column::Id.eq(hold))
            .filter(budget_hold::Column::RunId.is_null())
            .exec(&*writer)
            .await?;
        Ok(())
    }

    /// What the account's model calls in progress hold.
    pub async fn reserved(&self, now: DateTime<Utc>) -> Result<Spending> {
        sum_of(self.live_holds(now), self.database.primary()).await
    }

    /// Removes the holds of a run whose usage is recorded in the same transaction. A call whose process ended before the call
    /// did is recorded with the tokens of its prompt: what it wrote is unknown.
    pub(super) async fn remove_holds(
        &self,
        lease: &Lease,
        at: DateTime<Utc>,
        transaction: &Transaction,
    ) -> Result<()> {
        let run = lease.run;
        let lost = self
            .rows::<budget_hold::Entity>()
            .filter(budget_hold::Column::RunId.eq(run.uuid()))
            .filter(budget_hold::Column::Epoch.lt(lease.epoch))
            .filter(budget_hold::Column::Settled.eq(false))
            .all(&**transaction)
            .await?;
        let records = lost.into_iter().map(|hold| usage_record::ActiveModel {
            id: Set(Uuid::now_v7()),
            account_id: Set(self.account.uuid()),
            run_id: Set(Some(run.uuid())),
            conversation_id: Set(Some(lease.conversation.uuid())),
            agent_id: Set(hold.agent_id),
            model: Set(Some(hold.model)),
            input_tokens: Set(hold.input_tokens),
            output_tokens: Set(0),
            cost_usd: Set(hold.input_usd),
            at: Set(at),
        });
        let records: Vec<_> = records.collect();
        if !records.is_empty() {
            usage_record::Entity::insert_many(records)
                .exec_without_returning(&**transaction)
                .await?;
        }
        self.delete::<budget_hold::Entity>()
            .filter(budget_hold::Column::RunId.eq(run.uuid()))
            .exec(&**transaction)
            .await?;
        Ok(())
    }

    /// What is left of each budget when all calls in progress take what they may, and when they take nothing.
    async fn left(
        &self,
        account: &Account,
        hold: &NewHold<'_>,
        now: DateTime<Utc>,
        transaction: &Transaction,
    ) -> Result<[Vec<BudgetStatus>; 2]> {
        let used = usage_record::Column::At.gte(month_of(now));
        let spent = spent_in(
            self.rows::<usage_record::Entity>().filter(used),
            &**transaction,
        );
        let spent = spent.await?;
        let reserved = sum_of(self.live_holds(now), &**transaction).await?;
        let mut least = account.budgets(spent + reserved);
        let mut most = account.budgets(spent);
        if let Some((tokens, spent, reserved)) = self.session_budget(hold, now, transaction).await?
        {
            let budget = |left: i64| BudgetStatus {
                scope: BudgetScope::EndUser,
                tokens: Some(tokens),
                tokens_left: Some(Ord::max(left, 0)),
                cost_usd: None,
                cost_usd_left: None,
                enforcement: BudgetEnforcement::Block,
            };
            least.push(budget(tokens - spent - reserved));
            most.push(budget(tokens - spent));
        }
        Ok([least, most])
    }

    /// The tokens of the session, those that its runs used, and those that they hold; none for a session without a budget.
    async fn session_budget(
        &self,
        hold: &NewHold<'_>,
        now: DateTime<Utc>,
        transaction: &Transaction,
    ) -> Result<Option<(i64, i64, i64)>> {
        let Some(id) = hold.session else {
            return Ok(None);
        };
        let tokens: Option<Option<i64>> = self
            .rows::<session::Entity>()
            .filter(session::Column::Id.eq(id.uuid()))
            .select_only()
            .column(session::Column::Tokens)
            .into_tuple()
            .one(&**transaction)
            .await?;
        let Some(tokens) = tokens.flatten() else {
            return Ok(None);
        };
        let spent = self.tokens_spent_in(id, &**transaction).await?;
        let of_session = self
            .live_holds(now)
            .filter(budget_hold::Column::SessionId.eq(id.uuid()));
        let reserved = sum_of(of_session, &**transaction).await?;
        Ok(Some((tokens, spent, reserved.tokens)))
    }

    /// The holds that count: of runs that their owner still owns, settled ones of unfinished runs, and those without a run
    /// that have not expired.
    fn live_holds(&self, now: DateTime<Utc>) -> Select<budget_hold::Entity> {
        let now = self.database.time(now, TimeDelta::zero());
        let without_run = Condition::all()
            .add(budget_hold::Column::RunId.is_null())
            .add(budget_hold::Column::ExpiresAt.into_expr().gt(now.clone()));
        let owned = Condition::all()
            .add(
                Expr::col((run::Entity, run::Column::Epoch))
                    .equals((budget_hold::Entity, budget_hold::Column::Epoch)),
            )
            .add(run::Column::LeaseExpiresAt.into_expr().gt(now));
        let settled = Condition::any()
            .add(budget_hold::Column::Settled.eq(true))
            .add(owned);
        self.rows::<budget_hold::Entity>().filter(
            Condition::any()
                .add(without_run)
                .add(Expr::exists(unfinished_run(settled))),
        )
    }

    fn hold_row(
        &self,
        hold: &NewHold<'_>,
        granted: CallCost,
        now: DateTime<Utc>,
    ) -> budget_hold::ActiveModel {
        budget_hold::ActiveModel {
            id: Set(hold.id),
            account_id: Set(self.account.uuid()),
            run_id: Set(hold.run.map(|lease| lease.run.uuid())),
            epoch: Set(hold.run.map(|lease| lease.epoch)),
            session_id: Set(hold.session.map(SessionId::uuid)),
            agent_id: Set(Some(hold.agent.uuid())),
            model: Set(hold.model.to_owned()),
            input_tokens: Set(granted.input_tokens),
            input_usd: Set(granted.input_usd),
            tokens: Set(granted.tokens()),
            cost_usd: Set(granted.usd()),
            settled: Set(false),
            expires_at: Set(now + WITHOUT_RUN),
        }
    }
}

/// The unfinished run of a hold, if it meets a condition.
fn unfinished_run(condition: Condition) -> SelectStatement {
    let of_hold = |column: budget_hold::Column| (budget_hold::Entity, column);
    Query::select()
        .expr(Expr::val(1))
        .from(run::Entity)
        .and_where(
            Expr::col((run::Entity, run::Column::AccountId))
                .equals(of_hold(budget_hold::Column::AccountId)),
        )
        .and_where(
            Expr::col((run::Entity, run::Column::Id)).equals(of_hold(budget_hold::Column::RunId)),
        )
        .and_where(run::Column::Status.is_in(super::run::UNFINISHED))
        .cond_where(condition)
        .take()
}

/// The tokens and the cost of these holds together.
async fn sum_of(
    holds: Select<budget_hold::Entity>,
    connection: &impl ConnectionTrait,
) -> Result<Spending> {
    let sum = Expr::from(sea_orm::sea_query::Func::sum(
        budget_hold::Column::Tokens.into_expr(),
    ));
    let held: Option<(Option<i64>, Option<f64>)> = holds
        .select_only()
        // PostgreSQL's sum of bigint is numeric
        .column_as(sum.cast_as("bigint"), "tokens")
        .column_as(budget_hold::Column::CostUsd.sum(), "usd")
        .into_tuple()
        .one(connection)
        .await?;
    let (tokens, usd) = held.unwrap_or_default();
    Ok(Spending {
        tokens: tokens.unwrap_or_default(),
        usd: usd.unwrap_or_default(),
    })
}
