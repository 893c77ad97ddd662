//! Leases: a run has one owner at a time, and another one when that owner is gone.
//!
//! Whether a lease has lapsed is said by one clock, [`Database::time`]; the times that callers pass in give its length.

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

/// At most one run of a conversation is in one of these.
const ACTIVE: [run::RunStatus; 2] = [run::RunStatus::Running, run::RunStatus::AwaitingApproval];

/// Who claims runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Claimant {
    /// Names the process.
    pub owner: Uuid,
    /// What it answers.
    pub classes: Vec<LatencyClass>,
    /// How long a run is its own when nothing more is heard of it.
    pub lease: TimeDelta,
}

/// Who is to blame that an attempt came to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blame {
    /// It counts towards the attempts that a run may have.
    Run,
    /// It does not: the process ends, or something that it needs is away.
    Nobody,
}

impl TenantStore {
    /// Makes the claimant the owner of the run that is due in a conversation: the one whose owner's lease has lapsed,
    /// or the oldest queued one. None when nothing is due that it may answer, or someone else was faster.
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

    /// Gives a run back before its lease lapses, for its next attempt.
    pub async fn let_go(&self, lease: &Lease, blame: Blame, now: DateTime<Utc>) -> Result<()> {
        let writer = self.database.writer().await;
        let excused = Expr::col(run::Column::ExcusedAttempts);
        self.change::<run::Entity>()
            .filter(run::Column::Id.eq(lease.run.uuid()))
            .filter(run::Column::Epoch.eq(lease.epoch))
            .filter(run::Column::Status.eq(run::RunStatus::Running))
            .col_expr(
                run::Column::LeaseExpiresAt,
                self.database.time(now, TimeDelta::zero()),
            )
            .col_expr(
                run::Column::ExcusedAttempts,
                excused.add(i32::from(blame == Blame::Nobody)),
            )
            .exec(&*writer)
            .await?;
        Ok(())
    }

    /// The run that may be claimed now, if nobody holds it.
    async fn due_in(&self, conversation: ConversationId) -> Result<Option<run::Model>> {
        // the active one, else the oldest that waits
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
    /// Prolongs the leases of these runs of an owner, and of no others: a run that its owner has left, or has claimed
    /// without learning of it, must lapse. Returns those of them that it still owns, and whether each was asked to stop.
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

    /// Lets every lease of an owner lapse now, so that another process takes its runs over at once.
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

    /// Conversations in which a run is due that may be answered here: one is queued and none is active, or the active
    /// one's owner is gone. Accounts take turns, each with its longest waiting first, so that nobody's flood is in
    /// everybody's way.
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

/// Those runs, held in the order of their ids as the log's commits hold theirs: two that lock the same runs in different
/// orders would wait for each other.
fn in_order(runs: Condition, connection: &impl ConnectionTrait) -> SelectStatement {
    let mut select = Query::select()
        .column(run::Column::Id)
        .from(run::Entity)
        .cond_where(runs)
        .order_by(run::Column::Id, Order::Asc)
        .take();
    // SQLite has one writer at a time anyway
    if connection.get_database_backend() == DbBackend::Postgres {
        select.lock(LockType::NoKeyUpdate);
    }
    select
}

fn has_lapsed(database: &Database, now: DateTime<Utc>) -> Expr {
    run::Column::LeaseExpiresAt
        .into_expr()
        .lte(database.time(now, TimeDelta::zero()))
}

/// Nobody has it, or its owner has not come back.
fn unless_held(database: &Database, now: DateTime<Utc>) -> Condition {
    Condition::any()
        .add(run::Column::Status.eq(run::RunStatus::Queued))
        .add(has_lapsed(database, now))
}

/// The runs that a queued one has to wait for: the active one of its conversation, and older queued ones.
fn standing_before() -> SelectStatement {
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
