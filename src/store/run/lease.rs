//! Leases: one process owns a run at a time, and another takes it over when the lease expires.
//!
//! One clock, [`Database::time`], decides whether a lease has expired; callers pass the length of the lease.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use entity::{run, template};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, Condition, ConnectionTrait, DbBackend, ExprTrait, QueryFilter, QueryOrder,
    QuerySelect,
    sea_query::{Alias, Expr, LockType, Order, Query, SelectStatement},
};
use uuid::Uuid;

use crate::{
    domain::{AccountId, ConversationId, LatencyClass, Lease, Run, RunId},
    error::Result,
    store::{
        PlatformStore, TenantStore,
        connection::Database,
        error::is_taken,
        run::{UNFINISHED, UNFINISHED_INDEX, run_of},
    },
};

/// The statuses of which a conversation has at most one run.
const ACTIVE: [run::RunStatus; 2] = [run::RunStatus::Running, run::RunStatus::AwaitingApproval];

/// A process that claims runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Claimant {
    /// Identifies the process.
    pub owner: Uuid,
    /// The latency classes that the process answers.
    pub classes: Vec<LatencyClass>,
    /// How long a run stays the process's without a renewal.
    pub lease: TimeDelta,
}

/// Whether an attempt that was given up counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttemptCount {
    /// The attempt counts towards the run's maximum.
    Counted,
    /// The attempt does not count: the process ends, or a dependency is unavailable.
    NotCounted,
}

/// How an attempt was given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttemptEnd<'a> {
    /// Whether the attempt counts.
    pub count: AttemptCount,
    /// The model that broke off after its first text; the next attempt begins with another one.
    pub failed_model: Option<&'a str>,
}

impl From<AttemptCount> for AttemptEnd<'_> {
    /// The end of an attempt in which no model broke off.
    fn from(count: AttemptCount) -> Self {
        Self {
            count,
            failed_model: None,
        }
    }
}

impl TenantStore {
    /// Makes the claimant the owner of the run that is due in a conversation: the one with an expired lease, or the
    /// oldest queued one. None when no run is due that the claimant may answer, or when another process was faster.
    pub async fn claim_next(
        &self,
        conversation: ConversationId,
        claimant: &Claimant,
        now: DateTime<Utc>,
    ) -> Result<Option<(Lease, Run)>> {
        let Some(mut due) = self.due_in(conversation).await? else {
            return Ok(None);
        };
        if !claimant.classes.contains(&due.latency_class.into()) {
            return Ok(None);
        }
        let writer = self.database.writer().await;
        let claimed = self
            .change::<run::Entity>()
            .filter(run::Column::Id.eq(due.id))
            .filter(run::Column::Epoch.eq(due.epoch))
            .filter(run::Column::Status.eq(due.status))
            .filter(unless_held(&self.database, now))
            .set(run::ActiveModel {
                status: Set(run::RunStatus::Running),
                epoch: Set(due.epoch + 1),
                attempt: Set(due.attempt + 1),
                lease_owner: Set(Some(claimant.owner)),
                started_at: due.started_at.map_or(Set(Some(now)), |_| NotSet),
                ..Default::default()
            })
            .col_expr(
                run::Column::LeaseExpiresAt,
                self.database.time(now, claimant.lease),
            )
            .exec(&*writer)
            .await;
        match claimed {
            Ok(claimed) if claimed.rows_affected == 0 => return Ok(None),
            Ok(_) => {}
            // another run of the conversation became active in between
            Err(cause) if is_taken(&cause) => return Ok(None),
            Err(cause) => return Err(cause.into()),
        }
        due.status = run::RunStatus::Running;
        due.epoch += 1;
        due.attempt += 1;
        due.started_at = due.started_at.or(Some(now));
        let tries = due.attempt - due.excused_attempts;
        let run = run_of(due)?;
        let lease = Lease {
            account: self.account,
            conversation,
            run: run.id,
            epoch: run.epoch,
            attempt: run.attempt,
            tries,
        };
        Ok(Some((lease, run)))
    }

    /// Releases a run before its lease expires, for its next attempt.
    pub async fn release_run(
        &self,
        lease: &Lease,
        end: impl Into<AttemptEnd<'_>>,
        now: DateTime<Utc>,
    ) -> Result<()> {
        let AttemptEnd {
            count,
            failed_model,
        } = end.into();
        let writer = self.database.writer().await;
        let excused = Expr::col(run::Column::ExcusedAttempts);
        self.change::<run::Entity>()
            .filter(run::Column::Id.eq(lease.run.uuid()))
            .filter(run::Column::Epoch.eq(lease.epoch))
            .filter(run::Column::Status.eq(run::RunStatus::Running))
            .set(run::ActiveModel {
                failed_model: failed_model.map_or(NotSet, |model| Set(Some(model.to_owned()))),
                ..Default::default()
            })
            .col_expr(
                run::Column::LeaseExpiresAt,
                self.database.time(now, TimeDelta::zero()),
            )
            .col_expr(
                run::Column::ExcusedAttempts,
                excused.add(i32::from(count == AttemptCount::NotCounted)),
            )
            .exec(&*writer)
            .await?;
        Ok(())
    }

    /// The run that may be claimed now, unless its lease is still valid.
    async fn due_in(&self, conversation: ConversationId) -> Result<Option<run::Model>> {
        // the active run, else the oldest queued one
        let first = self
            .rows::<run::Entity>()
            .filter(run::Column::ConversationId.eq(conversation.uuid()))
            .filter(run::Column::Status.is_in(UNFINISHED))
            .order_by_asc(run::Column::Status.eq(run::RunStatus::Queued))
            .order_by_asc(run::Column::Id)
            .one(self.database.primary())
            .await?;
        Ok(first.filter(|run| run.status != run::RunStatus::AwaitingApproval))
    }
}

impl PlatformStore {
    /// Renews the leases of exactly these runs of an owner: the lease of a run that its owner has abandoned, or has
    /// claimed without receiving the reply, must expire. Returns the runs that it still owns, and whether the
    /// cancellation of each was requested.
    pub async fn renew_leases(
        &self,
        claimant: &Claimant,
        runs: &[RunId],
        now: DateTime<Utc>,
    ) -> Result<HashMap<RunId, bool>> {
        let mine = Condition::all()
            .add(run::Column::LeaseOwner.eq(claimant.owner))
            .add(run::Column::Status.eq(run::RunStatus::Running))
            .add(run::Column::Id.is_in(runs.iter().map(|run| run.uuid())));
        let writer = self.database.writer().await;
        Self::change::<run::Entity>()
            .filter(run::Column::Id.in_subquery(in_order(mine.clone(), &*writer)))
            .filter(mine.clone())
            .col_expr(
                run::Column::LeaseExpiresAt,
                self.database.time(now, claimant.lease),
            )
            .exec(&*writer)
            .await?;
        drop(writer);
        let owned: Vec<(Uuid, bool)> = Self::rows::<run::Entity>()
            .filter(mine)
            .select_only()
            .column(run::Column::Id)
            .column(run::Column::CancelRequested)
            .into_tuple()
            .all(self.database.primary())
            .await?;
        Ok(owned
            .into_iter()
            .map(|(run, asked)| (RunId::from_uuid(run), asked))
            .collect())
    }

    /// Ends every lease of an owner now, so that another process takes its runs over at once.
    pub async fn release_leases(&self, owner: Uuid, now: DateTime<Utc>) -> Result<()> {
        let mine = Condition::all()
            .add(run::Column::LeaseOwner.eq(owner))
            .add(run::Column::Status.eq(run::RunStatus::Running));
        let writer = self.database.writer().await;
        Self::change::<run::Entity>()
            .filter(run::Column::Id.in_subquery(in_order(mine.clone(), &*writer)))
            .filter(mine)
            .col_expr(
                run::Column::LeaseExpiresAt,
                self.database.time(now, TimeDelta::zero()),
            )
            .col_expr(
                run::Column::ExcusedAttempts,
                Expr::col(run::Column::ExcusedAttempts).add(1),
            )
            .exec(&*writer)
            .await?;
        Ok(())
    }

    /// Conversations with a run that is due in these latency classes: either one is queued and none is active, or the
    /// active one's lease has expired. Accounts take turns, each with its longest waiting run first, so that one
    /// account's load does not delay the others.
    pub async fn conversations_with_work(
        &self,
        classes: &[LatencyClass],
        now: DateTime<Utc>,
        most: u64,
    ) -> Result<Vec<(AccountId, ConversationId, LatencyClass)>> {
        let lapsed = Condition::all()
            .add(run::Column::Status.eq(run::RunStatus::Running))
            .add(has_lapsed(&self.database, now));
        let next = Condition::all()
            .add(run::Column::Status.eq(run::RunStatus::Queued))
            .add(Expr::not_exists(standing_before()));
        let classes = classes.iter().copied().map(template::LatencyClass::from);
        let place = Expr::cust("ROW_NUMBER() OVER (PARTITION BY runs.account_id ORDER BY runs.id)");
        let due: Vec<(Uuid, Uuid, template::LatencyClass)> = Self::rows::<run::Entity>()
            .filter(Expr::cust(UNFINISHED_INDEX))
            .filter(run::Column::LatencyClass.is_in(classes))
            .filter(Condition::any().add(lapsed).add(next))
            .order_by_asc(place)
            .order_by_asc(run::Column::Id)
            .limit(most)
            .select_only()
            .column(run::Column::AccountId)
            .column(run::Column::ConversationId)
            .column(run::Column::LatencyClass)
            .into_tuple()
            .all(self.database.primary())
            .await?;
        Ok(due
            .into_iter()
            .map(|(account, conversation, class)| {
                (
                    AccountId::from_uuid(account),
                    ConversationId::from_uuid(conversation),
                    class.into(),
                )
            })
            .collect())
    }
}

/// The ids of these runs, locked in the order of their ids, as appends to the run log lock theirs: two transactions
/// that lock the same runs in different orders could deadlock.
fn in_order(runs: Condition, connection: &impl ConnectionTrait) -> SelectStatement {
    let mut select = Query::select()
        .column(run::Column::Id)
        .from(run::Entity)
        .cond_where(runs)
        .order_by(run::Column::Id, Order::Asc)
        .take();
    // SQLite has only one writer at a time
    if connection.get_database_backend() == DbBackend::Postgres {
        select.lock(LockType::NoKeyUpdate);
    }
    select
}

pub(super) fn has_lapsed(database: &Database, now: DateTime<Utc>) -> Expr {
    run::Column::LeaseExpiresAt
        .into_expr()
        .lte(database.time(now, TimeDelta::zero()))
}

/// Matches a run that is queued, or whose lease has expired.
fn unless_held(database: &Database, now: DateTime<Utc>) -> Condition {
    Condition::any()
        .add(run::Column::Status.eq(run::RunStatus::Queued))
        .add(has_lapsed(database, now))
}

/// The runs that a queued one has to wait for: the active run of its conversation, and older queued ones.
pub(super) fn standing_before() -> SelectStatement {
    let other = Alias::new("other");
    let of_other = |column: run::Column| Expr::col((other.clone(), column));
    let of_this = |column: run::Column| Expr::col((run::Entity, column));
    let active = of_other(run::Column::Status).is_in(ACTIVE);
    let older = of_other(run::Column::Status)
        .eq(run::RunStatus::Queued)
        .and(of_other(run::Column::Id).lt(of_this(run::Column::Id)));
    Query::select()
        .expr(Expr::val(1))
        .from_as(run::Entity, other.clone())
        .and_where(of_other(run::Column::AccountId).eq(of_this(run::Column::AccountId)))
        .and_where(of_other(run::Column::ConversationId).eq(of_this(run::Column::ConversationId)))
        .and_where(active.or(older))
        .take()
}
