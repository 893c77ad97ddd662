//! Worker processes that are alive. Each renews its row; a row that was not renewed in time is that of a dead process.

use chrono::{DateTime, TimeDelta, Utc};
use entity::worker;
use sea_orm::{
    ColumnTrait, ConnectionTrait, ExprTrait, PaginatorTrait, QueryFilter, QuerySelect,
    sea_query::{Expr, OnConflict, Query},
};
use uuid::Uuid;

use crate::{
    error::{Error, Result},
    store::{Claimant, PlatformStore},
};

impl PlatformStore {
    /// Records that a worker is alive, for the length of its leases.
    pub async fn renew_worker(&self, worker: &Claimant, now: DateTime<Utc>) -> Result<()> {
        let values = [
            Expr::val(worker.owner),
            self.database.time(now, worker.lease),
        ];
        let mut renewal = Query::insert();
        renewal
            .into_table(worker::Entity)
            .columns([worker::Column::Id, worker::Column::ExpiresAt])
            .on_conflict(
                OnConflict::column(worker::Column::Id)
                    .update_column(worker::Column::ExpiresAt)
                    .to_owned(),
            )
            .values(values)
            .map_err(|cause| Error::internal("write a worker's statement").with_source(cause))?;
        let writer = self.database.writer().await;
        writer.execute(&renewal).await?;
        Ok(())
    }

    /// Whether a worker is alive.
    pub async fn has_worker(&self, now: DateTime<Utc>) -> Result<bool> {
        let alive: Option<Uuid> = Self::rows::<worker::Entity>()
            .filter(
                Expr::col(worker::Column::ExpiresAt).gt(self.database.time(now, TimeDelta::zero())),
            )
            .select_only()
            .column(worker::Column::Id)
            .limit(1)
            .into_tuple()
            .one(self.database.primary())
            .await?;
        Ok(alive.is_some())
    }

    /// The number of workers that are alive.
    pub async fn live_workers(&self, now: DateTime<Utc>) -> Result<u64> {
        let is_alive =
            Expr::col(worker::Column::ExpiresAt).gt(self.database.time(now, TimeDelta::zero()));
        let alive = Self::rows::<worker::Entity>().filter(is_alive);
        Ok(alive.count(self.database.primary()).await?)
    }

    /// Removes a worker that ends.
    pub async fn remove_worker(&self, id: Uuid) -> Result<()> {
        let writer = self.database.writer().await;
        Self::delete::<worker::Entity>()
            .filter(worker::Column::Id.eq(id))
            .exec(&*writer)
            .await?;
        Ok(())
    }

    /// Removes the rows of dead workers.
    pub async fn remove_dead_workers(&self, now: DateTime<Utc>) -> Result<()> {
        let writer = self.database.writer().await;
        Self::delete::<worker::Entity>()
            .filter(
                Expr::col(worker::Column::ExpiresAt)
                    .lte(self.database.time(now, TimeDelta::zero())),
            )
            .exec(&*writer)
            .await?;
        Ok(())
    }
}
