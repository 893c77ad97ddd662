//! The events of accounts, for their webhooks.
//!
//! An event is written in the transaction of what happened, and gets its position when it is read first: the order is that in
//! which readers can see them. So a reader that has gone on never misses one whose transaction took longer.

use chrono::{DateTime, Utc};
use entity::{account_event, webhook};
use sea_orm::{
    ColumnTrait, ConnectionTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{CaseStatement, Expr, Query},
};
use uuid::Uuid;

use crate::{
    domain::{AccountEvent, AccountEventKind, EventId},
    error::{Error, Result},
    store::{PlatformStore, TenantStore, connection::Transaction, row::same_variants},
};

/// The maximum number of events that get their positions at a time.
const MOST_NUMBERED: u64 = 200;

impl TenantStore {
    /// Records what happened, in the transaction in which it does, if the account has webhooks.
    pub(super) async fn record_events(
        &self,
        kind: AccountEventKind,
        subject: Uuid,
        at: DateTime<Utc>,
        transaction: &Transaction,
    ) -> Result<()> {
        let kind = account_event::AccountEventKind::from(kind);
        let webhooks = self.whole().values::<webhook::Entity>(webhook::Column::Id);
        let row = Query::select()
            .exprs([
                Expr::val(Uuid::now_v7()),
                Expr::val(self.account.uuid()),
                Expr::val(kind),
                Expr::val(subject),
                Expr::val(at),
            ])
            .and_where(Expr::exists(webhooks))
            .to_owned();
        let mut insert = Query::insert()
            .into_table(account_event::Entity)
            .columns([
                account_event::Column::Id,
                account_event::Column::AccountId,
                account_event::Column::Kind,
                account_event::Column::Subject,
                account_event::Column::At,
            ])
            .to_owned();
        insert
            .select_from(row)
            .map_err(|cause| Error::internal("record an event").with_source(cause))?;
        transaction.execute(&insert).await?;
        Ok(())
    }

    /// At most `most` events after a position, in their order.
    pub async fn account_events_after(
        &self,
        position: i64,
        most: u64,
    ) -> Result<Vec<AccountEvent>> {
        self.number_events().await?;
        let rows = self
            .rows::<account_event::Entity>()
            .filter(account_event::Column::Position.gt(position))
            .order_by_asc(account_event::Column::Position)
            .limit(most)
            .all(self.database.primary())
            .await?;
        rows.iter().map(event_of).collect()
    }

    /// The position of the last event so far; 0 before the first one.
    pub async fn last_event_position(&self) -> Result<i64> {
        let transaction = self.database.begin().await?;
        let last = self.number_events_in(&transaction).await?;
        transaction.commit().await?;
        Ok(last)
    }

    /// Gives the events that have none their positions, and returns the last position of the account.
    pub(super) async fn number_events_in(&self, transaction: &Transaction) -> Result<i64> {
        // one process at a time
        self.lock_account(transaction).await?;
        let mut last = self.last_position(transaction).await?;
        loop {
            let new: Vec<Uuid> = self
                .rows::<account_event::Entity>()
                .filter(account_event::Column::Position.is_null())
                .order_by_asc(account_event::Column::Id)
                .limit(MOST_NUMBERED)
                .select_only()
                .column(account_event::Column::Id)
                .into_tuple()
                .all(&**transaction)
                .await?;
            if new.is_empty() {
                return Ok(last);
            }
            let mut positions = CaseStatement::new();
            for id in &new {
                last += 1;
                positions = positions.case(account_event::Column::Id.eq(*id), last);
            }
            self.change::<account_event::Entity>()
                .filter(account_event::Column::Id.is_in(new))
                .col_expr(account_event::Column::Position, positions.into())
                .exec(&**transaction)
                .await?;
        }
    }

    async fn number_events(&self) -> Result<()> {
        let new = self
            .rows::<account_event::Entity>()
            .filter(account_event::Column::Position.is_null())
            .limit(1)
            .one(self.database.primary())
            .await?;
        if new.is_none() {
            return Ok(());
        }
        let transaction = self.database.begin().await?;
        self.number_events_in(&transaction).await?;
        transaction.commit().await
    }

    /// The last position that was given. Old events are removed, so the cursors of webhooks count as well.
    async fn last_position(&self, transaction: &Transaction) -> Result<i64> {
        let of_events: Option<Option<i64>> = self
            .rows::<account_event::Entity>()
            .select_only()
            .column_as(account_event::Column::Position.max(), "last")
            .into_tuple()
            .one(&**transaction)
            .await?;
        let of_webhooks: Option<Option<i64>> = self
            .rows::<webhook::Entity>()
            .select_only()
            .column_as(webhook::Column::Cursor.max(), "last")
            .into_tuple()
            .one(&**transaction)
            .await?;
        let last = of_events.flatten().max(of_webhooks.flatten());
        Ok(last.unwrap_or_default())
    }
}

impl PlatformStore {
    /// Removes the events before a time, whether they were delivered or not.
    pub async fn remove_events_before(&self, time: DateTime<Utc>) -> Result<u64> {
        let writer = self.database.writer().await;
        let removed = Self::delete::<account_event::Entity>()
            .filter(account_event::Column::At.lt(time))
            .exec(&*writer)
            .await?;
        Ok(removed.rows_affected)
    }
}

fn event_of(row: &account_event::Model) -> Result<AccountEvent> {
    let position = row.position;
    Ok(AccountEvent {
        id: EventId::from_uuid(row.id),
        kind: row.kind.into(),
        subject: row.subject,
        position: position.ok_or_else(|| Error::internal("read the position of an event"))?,
        at: row.at,
    })
}

same_variants!(account_event::AccountEventKind, AccountEventKind: RunEnded, Handoff, AuditEntry);
