//! Background jobs that are due, and jobs that were given up, in all accounts.

use chrono::{DateTime, Utc};
use entity::job;
use sea_orm::{ColumnTrait, QueryFilter, QuerySelect};

use crate::{domain::JobKind, error::Result, store::PlatformStore};

/// The jobs of a kind that are due or were given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaitingJobs {
    /// The kind.
    pub kind: JobKind,
    /// Whether they were given up, so that no process takes them until they are requested again.
    pub is_given_up: bool,
    /// The number of jobs.
    pub count: i64,
    /// The time since which the first of them is due.
    pub since: DateTime<Utc>,
}

impl PlatformStore {
    /// The jobs that are due and that no process has begun, and those that were given up.
    pub async fn waiting_jobs(&self, now: DateTime<Utc>) -> Result<Vec<WaitingJobs>> {
        let statuses = [job::JobStatus::Waiting, job::JobStatus::Parked];
        let waiting: Vec<(job::JobKind, job::JobStatus, i64, Option<DateTime<Utc>>)> =
            Self::rows::<job::Entity>()
                .filter(job::Column::Status.is_in(statuses))
                .filter(job::Column::DueAt.lte(now))
                .select_only()
                .column(job::Column::Kind)
                .column(job::Column::Status)
                .column_as(job::Column::Id.count(), "count")
                .column_as(job::Column::DueAt.min(), "since")
                .group_by(job::Column::Kind)
                .group_by(job::Column::Status)
                .into_tuple()
                .all(self.database.primary())
                .await?;
        let waiting = waiting
            .into_iter()
            .filter_map(|(kind, status, count, since)| {
                Some(WaitingJobs {
                    kind: kind.into(),
                    is_given_up: status == job::JobStatus::Parked,
                    count,
                    since: since?,
                })
            });
        Ok(waiting.collect())
    }
}
