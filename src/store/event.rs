//! The rows of the run log: appends of many runs in one statement, fenced by the runs' epochs, and the events of a run
//! in order.
//!
//! A row holds one event, or several consecutive text pieces, whose sequences end with the row's own. Rows may overlap
//! when an append was repeated after its result was lost; the overlapping events are then equal.

use std::{collections::HashSet, sync::Arc};

use chrono::{DateTime, Utc};
use entity::{run, run_event};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbBackend, EntityTrait, ExprTrait, JsonValue,
    QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, JoinType, LockType, Order, Query, SelectStatement},
};
use uuid::Uuid;

use crate::{
    domain::{AccountId, Lease, RunEvent, RunId},
    error::{Error, Result},
    port::{Append, EventPosition},
    store::{
        PlatformStore, TenantStore,
        error::{is_taken, refers_to_nothing},
        event_row::{self, EventRow},
    },
};

/// SQLite binds at most 32,766 values in a statement, and a row has six.
const MOST_ROWS: usize = 4_000;
/// The maximum number of rows per query of [`PlatformStore::events_after_any`]; the next query returns the remaining
/// ones.
const MOST_NEWS: u64 = 4_096;

/// A row to write, with the epoch that its run must still have.
type FencedRow = (Uuid, i64, Uuid, DateTime<Utc>, JsonValue, i64);

impl PlatformStore {
    /// Appends events of any number of runs; see [`RunLog::append`](crate::port::RunLog::append).
    pub async fn append_events(&self, batch: &[Append]) -> Vec<Result<()>> {
        let kept = match all_rows_of(batch) {
            Ok(rows) if rows.is_empty() => true,
            Ok(rows) if rows.len() <= MOST_ROWS => self.insert_fenced(rows).await.unwrap_or(false),
            _ => false,
        };
        if kept {
            return batch.iter().map(|_| Ok(())).collect();
        }
        // one lease is lost, or one row was there already, or the database is away: append each one alone to learn
        // which
        let mut outcomes = Vec::with_capacity(batch.len());
        for append in batch {
            outcomes.push(self.append_alone(append).await);
        }
        outcomes
    }

    /// The events after these positions, up to [`MOST_NEWS`] rows.
    pub async fn events_after_any(
        &self,
        positions: &[EventPosition],
    ) -> Result<Vec<Arc<RunEvent>>> {
        let mut any = Condition::any();
        for position in positions {
            any = any.add(
                run_event::Column::RunId
                    .eq(position.run.uuid())
                    .and(run_event::Column::AccountId.eq(position.account.uuid()))
                    .and(run_event::Column::Sequence.gt(position.after)),
            );
        }
        if any.is_empty() {
            return Ok(Vec::new());
        }
        let rows = Self::rows::<run_event::Entity>()
            .filter(any)
            .order_by_asc(run_event::Column::RunId)
            .order_by_asc(run_event::Column::Sequence)
            .limit(MOST_NEWS)
            .all(self.database.primary())
            .await?;
        let mut events = Vec::with_capacity(rows.len());
        for row in rows {
            events.extend(event_row::events_of(row)?);
        }
        Ok(events)
    }

    /// Deletes the events of at most `most` runs that ended before this time; returns how many rows were deleted.
    pub async fn forget_events(&self, before: DateTime<Utc>, most: u64) -> Result<u64> {
        let ended: Vec<Uuid> = Self::rows::<run_event::Entity>()
            .join(
                JoinType::InnerJoin,
                run_event::Entity::belongs_to(run::Entity)
                    .from(run_event::Column::RunId)
                    .to(run::Column::Id)
                    .into(),
            )
            .filter(run::Column::FinishedAt.lt(before))
            .limit(most)
            .distinct()
            .select_only()
            .column(run_event::Column::RunId)
            .into_tuple()
            .all(self.database.primary())
            .await?;
        if ended.is_empty() {
            return Ok(0);
        }
        let writer = self.database.writer().await;
        let forgotten = Self::delete::<run_event::Entity>()
            .filter(run_event::Column::RunId.is_in(ended))
            .exec(&*writer)
            .await?;
        Ok(forgotten.rows_affected)
    }

    /// Appends to one run, leaving out the rows that are there already.
    async fn append_alone(&self, append: &Append) -> Result<()> {
        let lease = &append.lease;
        let mut rows = rows_of(append)?;
        let sequences = rows.iter().map(|row| row.1);
        let present: Vec<i64> = Self::rows::<run_event::Entity>()
            .filter(run_event::Column::RunId.eq(lease.run.uuid()))
            .filter(run_event::Column::Sequence.is_in(sequences))
            .select_only()
            .column(run_event::Column::Sequence)
            .into_tuple()
            .all(self.database.primary())
            .await?;
        let present: HashSet<i64> = present.into_iter().collect();
        rows.retain(|row| !present.contains(&row.1));
        while !rows.is_empty() {
            let rest = rows.split_off(rows.len().min(MOST_ROWS));
            if !self
                .insert_fenced(std::mem::replace(&mut rows, rest))
                .await?
            {
                return Err(taken_over());
            }
        }
        match self.epoch_of(lease).await? {
            Some(epoch) if epoch == lease.epoch => Ok(()),
            _ => Err(taken_over()),
        }
    }

    /// Inserts the rows whose run still has their epoch; returns whether all were inserted.
    async fn insert_fenced(&self, rows: Vec<FencedRow>) -> Result<bool> {
        let expected = u64::try_from(rows.len()).unwrap_or(u64::MAX);
        let writer = self.database.writer().await;
        let backend = writer.get_database_backend();
        let insert = Query::insert()
            .into_table(run_event::Entity)
            .columns([
                run_event::Column::RunId,
                run_event::Column::Sequence,
                run_event::Column::AccountId,
                run_event::Column::At,
                run_event::Column::Body,
            ])
            .select_from(still_owned(rows, backend))
            .map_err(|cause| Error::internal("write the log's statement").with_source(cause))?
            .take();
        match writer.execute(&insert).await {
            Ok(done) => Ok(done.rows_affected() == expected),
            Err(cause) if is_taken(&cause) || refers_to_nothing(&cause) => Ok(false),
            Err(cause) => Err(cause.into()),
        }
    }

    async fn epoch_of(&self, lease: &Lease) -> Result<Option<i64>> {
        Ok(Self::rows::<run::Entity>()
            .filter(run::Column::Id.eq(lease.run.uuid()))
            .filter(run::Column::AccountId.eq(lease.account.uuid()))
            .select_only()
            .column(run::Column::Epoch)
            .into_tuple()
            .one(self.database.primary())
            .await?)
    }
}

impl TenantStore {
    /// Deletes the events of these runs.
    pub async fn forget_events_of(&self, runs: &[RunId]) -> Result<()> {
        let writer = self.database.writer().await;
        self.delete::<run_event::Entity>()
            .filter(run_event::Column::RunId.is_in(runs.iter().map(|run| run.uuid())))
            .exec(&*writer)
            .await?;
        Ok(())
    }

    /// A run's events after this sequence, in order, from at most `most` rows.
    pub async fn events_after(
        &self,
        run: RunId,
        after: i64,
        most: u64,
    ) -> Result<Vec<Arc<RunEvent>>> {
        let rows = self
            .rows::<run_event::Entity>()
            .filter(run_event::Column::RunId.eq(run.uuid()))
            .filter(run_event::Column::Sequence.gt(after))
            .order_by_asc(run_event::Column::Sequence)
            .limit(most)
            .all(self.database.primary())
            .await?;
        let mut events: Vec<Arc<RunEvent>> = Vec::with_capacity(rows.len());
        let mut seen = after;
        for row in rows {
            for event in event_row::events_of(row)? {
                if event.sequence > seen {
                    seen = event.sequence;
                    events.push(event);
                }
            }
        }
        Ok(events)
    }

    /// The sequence of a run's last event; 0 when it has none.
    pub async fn last_sequence(&self, run: RunId) -> Result<i64> {
        let last: Option<i64> = self
            .rows::<run_event::Entity>()
            .filter(run_event::Column::RunId.eq(run.uuid()))
            .order_by_desc(run_event::Column::Sequence)
            .select_only()
            .column(run_event::Column::Sequence)
            .into_tuple()
            .one(self.database.primary())
            .await?;
        Ok(last.unwrap_or_default())
    }
}

/// Selects the rows whose run still has their epoch, and locks these runs, so that no other process claims them in
/// between.
fn still_owned(rows: Vec<FencedRow>, backend: DbBackend) -> SelectStatement {
    let given = |column: &'static str| Expr::col(("given", column));
    let mut select = Query::select()
        .exprs(["column1", "column2", "column3", "column4", "column5"].map(given))
        .from_values(rows, "given")
        .join(
            JoinType::InnerJoin,
            run::Entity,
            Expr::col((run::Entity, run::Column::Id))
                .equals(("given", "column1"))
                .and(Expr::col((run::Entity, run::Column::AccountId)).equals(("given", "column3")))
                .and(Expr::col((run::Entity, run::Column::Epoch)).equals(("given", "column6"))),
        )
        .take();
    // SQLite has only one writer at a time
    if backend == DbBackend::Postgres {
        // in the order in which leases are renewed: two transactions that lock the same runs must not deadlock
        select
            .order_by((run::Entity, run::Column::Id), Order::Asc)
            .lock_with_tables(LockType::Share, [run::Entity]);
    }
    select
}

fn all_rows_of(batch: &[Append]) -> Result<Vec<FencedRow>> {
    let mut all = Vec::with_capacity(batch.len());
    for append in batch {
        all.extend(rows_of(append)?);
    }
    Ok(all)
}

fn rows_of(append: &Append) -> Result<Vec<FencedRow>> {
    let Lease { account, epoch, .. } = append.lease;
    event_row::rows_of(&append.events)
        .map(|row| {
            let EventRow {
                run,
                sequence,
                at,
                body,
            } = row?;
            Ok((
                run.uuid(),
                sequence,
                AccountId::uuid(account),
                at,
                body,
                epoch,
            ))
        })
        .collect()
}

fn taken_over() -> Error {
    Error::conflict("another process has taken this run over")
}
