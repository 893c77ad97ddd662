//! The rows of the run log: many runs' events in one statement, and one run's events in order.

use std::sync::Arc;

use entity::run_event;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::{
    domain::{AccountId, RunEvent, RunId},
    error::Result,
    store::{
        PlatformStore, TenantStore,
        error::{is_taken, refers_to_nothing},
        row::{from_json, to_json},
    },
};

/// What became of events that were appended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Appended {
    /// All of them are kept.
    All,
    /// None of them is: for one, the log has that sequence already, or the run is gone.
    Conflict,
}

impl PlatformStore {
    /// Appends events of any number of runs in one statement, all or none; a few thousand at most.
    pub async fn append_events(&self, events: &[(AccountId, Arc<RunEvent>)]) -> Result<Appended> {
        let rows = events
            .iter()
            .map(|(account, event)| event_row(*account, event))
            .collect::<Result<Vec<_>>>()?;
        if rows.is_empty() {
            return Ok(Appended::All);
        }
        let writer = self.database.writer().await;
        match run_event::Entity::insert_many(rows)
            .exec_without_returning(&*writer)
            .await
        {
            Ok(_) => Ok(Appended::All),
            Err(cause) if is_taken(&cause) || refers_to_nothing(&cause) => Ok(Appended::Conflict),
            Err(cause) => Err(cause.into()),
        }
    }
}

impl TenantStore {
    /// A run's events after that sequence, at most `most`, in order.
    pub async fn events_after(&self, run: RunId, after: i64, most: u64) -> Result<Vec<RunEvent>> {
        self.rows::<run_event::Entity>()
            .filter(run_event::Column::RunId.eq(run.uuid()))
            .filter(run_event::Column::Sequence.gt(after))
            .order_by_asc(run_event::Column::Sequence)
            .limit(most)
            .all(self.database.primary())
            .await?
            .into_iter()
            .map(event_of)
            .collect()
    }

    /// The sequence of a run's last event; 0 for none.
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

fn event_row(account: AccountId, event: &RunEvent) -> Result<run_event::ActiveModel> {
    Ok(run_event::ActiveModel {
        run_id: Set(event.run.uuid()),
        sequence: Set(event.sequence),
        account_id: Set(account.uuid()),
        at: Set(event.at),
        body: Set(to_json("run_events.body", &event.body)?),
    })
}

fn event_of(row: run_event::Model) -> Result<RunEvent> {
    Ok(RunEvent {
        run: RunId::from_uuid(row.run_id),
        sequence: row.sequence,
        at: row.at,
        body: from_json("run_events.body", row.body)?,
    })
}
