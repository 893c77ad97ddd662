//! Runs that wait for a process, in all accounts.

use chrono::{DateTime, Utc};
use entity::{run, template};
use sea_orm::{ColumnTrait, Condition, QueryFilter, QuerySelect, sea_query::Expr};

use super::{
    UNFINISHED_INDEX,
    lease::{has_lapsed, standing_before},
};
use crate::{domain::LatencyClass, error::Result, store::PlatformStore};

/// The runs of a latency class that wait for a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaitingRuns {
    /// The class.
    pub class: LatencyClass,
    /// The number of runs.
    pub count: i64,
    /// The time at which the first of them was requested.
    pub since: DateTime<Utc>,
}

impl PlatformStore {
    /// The runs that a process could begin now: queued ones with no other run of their conversation before them, and those
    /// whose owner is gone. A message behind an unfinished answer, or behind a call that waits for approval, waits for a
    /// person or a model and not for a process.
    pub async fn waiting_runs(&self, now: DateTime<Utc>) -> Result<Vec<WaitingRuns>> {
        let next = Condition::all()
            .add(run::Column::Status.eq(run::RunStatus::Queued))
            .add(Expr::not_exists(standing_before()));
        let lapsed = Condition::all()
            .add(run::Column::Status.eq(run::RunStatus::Running))
            .add(has_lapsed(&self.database, now));
        let waiting: Vec<(template::LatencyClass, i64, Option<DateTime<Utc>>)> =
            Self::rows::<run::Entity>()
                .filter(Expr::cust(UNFINISHED_INDEX))
                .filter(Condition::any().add(next).add(lapsed))
                .select_only()
                .column(run::Column::LatencyClass)
                .column_as(run::Column::Id.count(), "count")
                .column_as(run::Column::CreatedAt.min(), "since")
                .group_by(run::Column::LatencyClass)
                .into_tuple()
                .all(self.database.primary())
                .await?;
        let waiting = waiting.into_iter().filter_map(|(class, count, since)| {
            Some(WaitingRuns {
                class: class.into(),
                count,
                since: since?,
            })
        });
        Ok(waiting.collect())
    }
}
