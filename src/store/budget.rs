//! Reservations of what model calls may cost. The rows are the truth: all processes reserve one after the other, under the
//! lock of their account's row.

use chrono::{DateTime, TimeDelta, Utc};
use entity::{account, budget_hold, run, usage_record};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QuerySelect,
    Select,
    sea_query::{Expr, Func, LockType, Query, SelectStatement},
};
use uuid::Uuid;

use crate::{
    domain::{
        Account, AgentId, BudgetStatus, CallCost, Lease, Reservation, SessionId, Spending, Usage,
        month_of,
    },
    error::{Error, Result},
    store::{
        BudgetedCalls, TenantStore, TokenBudget, account::account_of, connection::Transaction,
        usage::spent_in,
    },
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
    /// The budgets of tokens that bound the call beside those of the account.
    pub budgets: &'a [TokenBudget],
    /// The agent that asks.
    pub agent: AgentId,
    /// The name of the model.
    pub model: &'a str,
    /// What the call may take.
    pub cost: CallCost,
}

/// What holds take from a budget.
struct HoldSums {
    /// What all of them may take.
    all: Spending,
    /// The part of it that calls took which have ended: it does not come back.
    settled: Spending,
}

impl TenantStore {
    /// Reserves what a model call may take against every budget that bounds it, in one step for all processes.
    pub async fn reserve(&self, hold: &NewHold<'_>, now: DateTime<Utc>) -> Result<Reservation> {
        let _turn = self.database.account_turns.wait_for(self.account).await;
        let transaction = self.database.begin().await?;
        // runs are locked before accounts, in every transaction
        if let Some(lease) = hold.run {
            self.lock_run_of_hold(lease, &transaction).await?;
        }
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
        let held = held_by(self.live_holds(now), self.database.primary()).await?;
        Ok(held.all)
    }

    /// Removes the holds of a run whose usage is recorded in the same transaction. Returns the records of calls whose process
    /// ended before they did, with the tokens of their prompts: what they wrote is unknown.
    pub(super) async fn remove_holds(
        &self,
        lease: &Lease,
        at: DateTime<Utc>,
        transaction: &Transaction,
    ) -> Result<Vec<usage_record::Model>> {
        let run = lease.run;
        let lost = self
            .rows::<budget_hold::Entity>()
            .filter(budget_hold::Column::RunId.eq(run.uuid()))
            .filter(budget_hold::Column::Epoch.lt(lease.epoch))
            .filter(budget_hold::Column::Settled.eq(false))
            .all(&**transaction)
            .await?;
        let records = lost.into_iter().map(|hold| usage_record::Model {
            id: Uuid::now_v7(),
            account_id: self.account.uuid(),
            run_id: Some(run.uuid()),
            conversation_id: Some(lease.conversation.uuid()),
            agent_id: hold.agent_id,
            model: Some(hold.model),
            input_tokens: hold.input_tokens,
            output_tokens: 0,
            cost_usd: hold.input_usd,
            attempts: 0,
            tool_calls: 0,
            summed: true,
            at,
        });
        let records = records.collect();
        self.delete::<budget_hold::Entity>()
            .filter(budget_hold::Column::RunId.eq(run.uuid()))
            .exec(&**transaction)
            .await?;
        Ok(records)
    }

    /// What is left of each budget when all calls in progress take what they may, and when they take nothing more.
    async fn left(
        &self,
        account: &Account,
        hold: &NewHold<'_>,
        now: DateTime<Utc>,
        transaction: &Transaction,
    ) -> Result<[Vec<BudgetStatus>; 2]> {
        let used = usage_record::Column::At.gte(month_of(now));
        let records = self.rows::<usage_record::Entity>().filter(used);
        let spent = spent_in(records, &**transaction).await?;
        let taken = held_by(self.live_holds(now), &**transaction).await?;
        let mut least = account.budgets(spent + taken.all);
        let mut most = account.budgets(spent + taken.settled);
        for budget in hold.budgets {
            let spent = self.tokens_used(budget.of, now, &**transaction).await?;
            let holds = self.live_holds(now).filter(match budget.of {
                BudgetedCalls::Agent(id) => budget_hold::Column::AgentId.eq(id.uuid()),
                BudgetedCalls::Session(id) => budget_hold::Column::SessionId.eq(id.uuid()),
                BudgetedCalls::Run(id) => budget_hold::Column::RunId.eq(id.uuid()),
            });
            let taken = held_by(holds, &**transaction).await?;
            least.push(budget.status(spent + taken.all.tokens));
            most.push(budget.status(spent + taken.settled.tokens));
        }
        Ok([least, most])
    }

    /// Protects the run of a hold from its deletion until the transaction ends. `NOT_FOUND` when it was deleted.
    async fn lock_run_of_hold(&self, lease: &Lease, transaction: &Transaction) -> Result<()> {
        let run: Option<Uuid> = self
            .rows::<run::Entity>()
            .filter(run::Column::Id.eq(lease.run.uuid()))
            .lock(LockType::KeyShare)
            .select_only()
            .column(run::Column::Id)
            .into_tuple()
            .one(&**transaction)
            .await?;
        run.map(|_| ()).ok_or_else(|| Error::not_found("run"))
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
        let session = hold.budgets.iter().find_map(|budget| match budget.of {
            BudgetedCalls::Session(id) => Some(id),
            BudgetedCalls::Agent(_) | BudgetedCalls::Run(_) => None,
        });
        budget_hold::ActiveModel {
            id: Set(hold.id),
            account_id: Set(self.account.uuid()),
            run_id: Set(hold.run.map(|lease| lease.run.uuid())),
            epoch: Set(hold.run.map(|lease| lease.epoch)),
            session_id: Set(session.map(SessionId::uuid)),
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

/// What these holds take.
async fn held_by(
    holds: Select<budget_hold::Entity>,
    connection: &impl ConnectionTrait,
) -> Result<HoldSums> {
    let parts: Vec<(bool, Option<i64>, Option<f64>)> = holds
        .select_only()
        .column(budget_hold::Column::Settled)
        // PostgreSQL's sum of bigint is numeric
        .column_as(
            Expr::from(Func::sum(budget_hold::Column::Tokens.into_expr())).cast_as("bigint"),
            "tokens",
        )
        .column_as(budget_hold::Column::CostUsd.sum(), "usd")
        .group_by(budget_hold::Column::Settled)
        .into_tuple()
        .all(connection)
        .await?;
    let mut held = HoldSums {
        all: Spending::default(),
        settled: Spending::default(),
    };
    for (is_settled, tokens, usd) in parts {
        let part = Spending {
            tokens: tokens.unwrap_or_default(),
            usd: usd.unwrap_or_default(),
        };
        held.all = held.all + part;
        if is_settled {
            held.settled = part;
        }
    }
    Ok(held)
}
