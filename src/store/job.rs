//! Background jobs: one row per kind and subject, owned through a lease and an epoch while a worker runs the job.

use chrono::{DateTime, TimeDelta, Utc};
use entity::job;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, Condition, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{CaseStatement, Expr, OnConflict},
};
use serde_json::Value;
use uuid::Uuid;

use crate::{
    domain::{AccountId, AgentId, Job, JobKind},
    error::Result,
    store::{PlatformStore, TenantStore, connection::Transaction, row::same_variants},
};

/// A worker that runs jobs, with the length of its leases.
#[derive(Debug, Clone, Copy)]
pub struct Worker {
    /// Identifies the process.
    pub owner: Uuid,
    /// How long a lease lasts without a renewal.
    pub lease: TimeDelta,
}

/// The outcome of an attempt at a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobOutcome {
    /// The job is done; it runs again if it was requested again meanwhile.
    Done,
    /// The job failed for the given reason, and is retried after this time.
    Retry(TimeDelta, String),
    /// The attempt ended for a reason outside the job, such as a shutdown, and does not count; it is retried at once.
    Release,
    /// The job failed for the given reason, and is not retried until it is requested again.
    Parked(String),
}

/// A request for a job.
pub(super) struct JobRequest {
    pub(super) kind: JobKind,
    pub(super) subject: Uuid,
    /// What the job needs beyond its subject.
    pub(super) payload: Option<Value>,
    /// The time until the job is due.
    pub(super) delay: TimeDelta,
}

impl JobRequest {
    /// A request without a payload.
    pub(super) fn new(kind: JobKind, subject: Uuid) -> Self {
        Self {
            kind,
            subject,
            payload: None,
            delay: TimeDelta::zero(),
        }
    }
}

impl TenantStore {
    /// Queues a job in the transaction of the change that needs it. A job that waits or runs already runs once more
    /// afterwards.
    pub(super) async fn want_job(
        &self,
        wish: JobRequest,
        at: DateTime<Utc>,
        transaction: &Transaction,
    ) -> Result<()> {
        let row = job::ActiveModel {
            id: Set(Uuid::now_v7()),
            account_id: Set(self.account.uuid()),
            kind: Set(wish.kind.into()),
            subject: Set(wish.subject),
            payload: Set(wish.payload),
            status: Set(job::JobStatus::Waiting),
            wanted: Set(1),
            epoch: Set(0),
            attempts: Set(0),
            deaths: Set(0),
            due_at: Set(at + wish.delay),
            lease_owner: Set(None),
            lease_expires_at: Set(None),
            error: Set(None),
            created_at: Set(at),
            updated_at: Set(at),
        };
        let is_running = Expr::col((job::Entity, job::Column::Status)).eq(job::JobStatus::Running);
        let unless_running = |now: Expr, otherwise: Expr| {
            CaseStatement::new()
                .case(is_running.clone(), now)
                .finally(otherwise)
        };
        let old = |column: job::Column| Expr::col((job::Entity, column));
        let again = OnConflict::columns([job::Column::Kind, job::Column::Subject])
            .update_columns([
                job::Column::Payload,
                job::Column::DueAt,
                job::Column::UpdatedAt,
            ])
            .value(job::Column::Wanted, old(job::Column::Wanted).add(1))
            .value(
                job::Column::Status,
                unless_running(old(job::Column::Status), Expr::val(job::JobStatus::Waiting)),
            )
            .value(
                job::Column::Attempts,
                unless_running(old(job::Column::Attempts), Expr::val(0)),
            )
            // this request may be for another content, so earlier deaths do not count
            .value(job::Column::Deaths, Expr::val(0))
            .to_owned();
        job::Entity::insert(row)
            .on_conflict(again)
            .exec_without_returning(&**transaction)
            .await?;
        Ok(())
    }
}

impl TenantStore {
    /// Queues the job that builds the index of an agent's vectors.
    pub async fn want_settled(&self, agent: AgentId, at: DateTime<Utc>) -> Result<()> {
        let transaction = self.database.begin().await?;
        let job = JobRequest::new(JobKind::SettleVectors, agent.uuid());
        self.want_job(job, at, &transaction).await?;
        transaction.commit().await
    }
}

impl PlatformStore {
    /// At most `most` jobs that are due: accounts take turns, each with its longest waiting job first. Jobs of `busy`
    /// accounts are left out.
    pub async fn due_jobs(
        &self,
        busy: &[AccountId],
        now: DateTime<Utc>,
        most: u64,
    ) -> Result<Vec<Job>> {
        let place = Expr::cust(
            "ROW_NUMBER() OVER (PARTITION BY jobs.account_id ORDER BY jobs.due_at, jobs.id)",
        );
        let rows = Self::rows::<job::Entity>()
            .filter(self.is_due(now))
            .filter(job::Column::AccountId.is_not_in(busy.iter().map(|account| account.uuid())))
            .order_by_asc(place)
            .order_by_asc(job::Column::Id)
            .limit(most)
            .all(self.database.primary())
            .await?;
        Ok(rows.into_iter().map(job_of).collect())
    }

    /// Makes the worker the owner of a job; none when another worker has claimed it.
    pub async fn claim_job(
        &self,
        job: &Job,
        worker: &Worker,
        now: DateTime<Utc>,
    ) -> Result<Option<Job>> {
        let writer = self.database.writer().await;
        let claimed = Self::change::<job::Entity>()
            .filter(job::Column::Id.eq(job.id))
            .filter(job::Column::Epoch.eq(job.epoch))
            .filter(self.is_due(now))
            .set(job::ActiveModel {
                status: Set(job::JobStatus::Running),
                epoch: Set(job.epoch + 1),
                attempts: Set(job.attempts + 1),
                lease_owner: Set(Some(worker.owner)),
                updated_at: Set(now),
                ..Default::default()
            })
            .col_expr(
                job::Column::LeaseExpiresAt,
                self.database.time(now, worker.lease),
            )
            .exec(&*writer)
            .await?;
        drop(writer);
        if claimed.rows_affected == 0 {
            return Ok(None);
        }
        // the job may have been requested again since it was found
        let row = Self::rows::<job::Entity>()
            .filter(job::Column::Id.eq(job.id))
            .filter(job::Column::Epoch.eq(job.epoch + 1))
            .one(self.database.primary())
            .await?;
        Ok(row.map(job_of))
    }

    /// Renews the lease of a job; false when another worker owns it now.
    pub async fn prolong_job(
        &self,
        job: &Job,
        worker: &Worker,
        now: DateTime<Utc>,
    ) -> Result<bool> {
        let writer = self.database.writer().await;
        let prolonged = Self::change::<job::Entity>()
            .filter(mine(job))
            .col_expr(
                job::Column::LeaseExpiresAt,
                self.database.time(now, worker.lease),
            )
            .exec(&*writer)
            .await?;
        Ok(prolonged.rows_affected > 0)
    }

    /// Resets a job's attempts after progress. Does nothing when another worker owns the job now.
    pub async fn forgive_job(&self, job: &Job) -> Result<()> {
        let writer = self.database.writer().await;
        Self::change::<job::Entity>()
            .filter(mine(job))
            .filter(job::Column::Attempts.gt(0))
            .set(job::ActiveModel {
                attempts: Set(0),
                deaths: Set(0),
                ..Default::default()
            })
            .exec(&*writer)
            .await?;
        Ok(())
    }

    /// Counts one death before a step that may kill the process; returns false when another worker owns the job now.
    pub async fn begin_job_risk(&self, job: &Job) -> Result<bool> {
        let writer = self.database.writer().await;
        let noted = Self::change::<job::Entity>()
            .filter(mine(job))
            .col_expr(job::Column::Deaths, Expr::col(job::Column::Deaths).add(1))
            .exec(&*writer)
            .await?;
        Ok(noted.rows_affected > 0)
    }

    /// Subtracts the death that [`Self::begin_job_risk`] counted, because the process has survived the step; also when
    /// another worker owns the job now.
    pub async fn end_job_risk(&self, job: &Job) -> Result<()> {
        let writer = self.database.writer().await;
        Self::change::<job::Entity>()
            .filter(job::Column::Id.eq(job.id))
            .filter(job::Column::Deaths.gt(0))
            .col_expr(job::Column::Deaths, Expr::col(job::Column::Deaths).sub(1))
            .exec(&*writer)
            .await?;
        Ok(())
    }

    /// Stores the outcome of an attempt; does nothing when another worker owns the job now.
    pub async fn settle_job(
        &self,
        job: &Job,
        outcome: &JobOutcome,
        now: DateTime<Utc>,
    ) -> Result<()> {
        let writer = self.database.writer().await;
        if *outcome == JobOutcome::Done {
            let done = Self::delete::<job::Entity>()
                .filter(mine(job))
                .filter(job::Column::Wanted.eq(job.wanted))
                .exec(&*writer)
                .await?;
            if done.rows_affected > 0 {
                return Ok(());
            }
        }
        // whatever the outcome, the job was requested again since, or is retried
        let mut next = job::ActiveModel {
            status: Set(job::JobStatus::Waiting),
            lease_owner: Set(None),
            lease_expires_at: Set(None),
            due_at: Set(now),
            error: Set(None),
            updated_at: Set(now),
            ..Default::default()
        };
        match outcome {
            JobOutcome::Done => {
                // the newer request has set when the job is due
                next.due_at = NotSet;
                next.attempts = Set(0);
                next.deaths = Set(0);
            }
            JobOutcome::Release => next.attempts = Set(std::cmp::max(job.attempts - 1, 0)),
            JobOutcome::Retry(pause, why) => {
                next.due_at = Set(now + *pause);
                next.error = Set(Some(why.clone()));
            }
            JobOutcome::Parked(why) => {
                next.status = Set(job::JobStatus::Parked);
                next.error = Set(Some(why.clone()));
            }
        }
        let mut change = Self::change::<job::Entity>().filter(mine(job)).set(next);
        if matches!(outcome, JobOutcome::Parked(_)) {
            change = change.filter(job::Column::Wanted.eq(job.wanted));
        }
        let noted = change.exec(&*writer).await?;
        drop(writer);
        if noted.rows_affected == 0 && matches!(outcome, JobOutcome::Parked(_)) {
            return Box::pin(self.settle_job(job, &JobOutcome::Done, now)).await;
        }
        Ok(())
    }

    fn is_due(&self, now: DateTime<Utc>) -> Condition {
        let waits = Condition::all()
            .add(job::Column::Status.eq(job::JobStatus::Waiting))
            .add(job::Column::DueAt.lte(now));
        let lapsed = Condition::all()
            .add(job::Column::Status.eq(job::JobStatus::Running))
            .add(
                job::Column::LeaseExpiresAt
                    .into_expr()
                    .lte(self.database.time(now, TimeDelta::zero())),
            );
        Condition::any().add(waits).add(lapsed)
    }
}

/// Matches the job's row while this claim still owns it.
fn mine(job: &Job) -> Condition {
    Condition::all()
        .add(job::Column::Id.eq(job.id))
        .add(job::Column::Epoch.eq(job.epoch))
        .add(job::Column::Status.eq(job::JobStatus::Running))
}

fn job_of(row: job::Model) -> Job {
    Job {
        id: row.id,
        account: AccountId::from_uuid(row.account_id),
        kind: row.kind.into(),
        subject: row.subject,
        payload: row.payload,
        wanted: row.wanted,
        epoch: row.epoch,
        attempts: row.attempts,
        deaths: row.deaths,
    }
}

same_variants!(job::JobKind, JobKind: IngestDocument, MoveVectors, SettleVectors, RemoveVectors, BuildPersona, EraseEndUser, DeleteAccount, DeliverEvents);
