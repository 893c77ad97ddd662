//! Webhooks of accounts.

use chrono::{DateTime, Utc};
use entity::{account, account_event, job, webhook};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, EntityTrait, ExprTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait,
    sea_query::{Expr, Func, SelectStatement},
};
use uuid::Uuid;

use crate::{
    domain::{AccountId, AuditNote, JobKind, Webhook, WebhookChange, WebhookId, WebhookStatus},
    error::{Error, Result},
    store::{
        PlatformStore, TenantStore,
        job::JobRequest,
        row::{from_json, same_variants, to_json},
    },
};

impl TenantStore {
    /// The account's webhooks, oldest first.
    pub async fn webhooks(&self) -> Result<Vec<Webhook>> {
        let rows = self
            .rows::<webhook::Entity>()
            .order_by_asc(webhook::Column::Id)
            .all(self.database.primary())
            .await?;
        rows.into_iter().map(webhook_of).collect()
    }

    /// The webhook with this id.
    pub async fn webhook(&self, id: WebhookId) -> Result<Option<Webhook>> {
        let row = self
            .rows::<webhook::Entity>()
            .filter(webhook::Column::Id.eq(id.uuid()))
            .one(self.database.primary())
            .await?;
        row.map(webhook_of).transpose()
    }

    /// Adds a webhook, with an audit entry, which is its first event. Returns it with its cursor, behind everything that
    /// happened before. `QUOTA_EXCEEDED` when the account has `most`.
    pub async fn insert_webhook(
        &self,
        mut webhook: Webhook,
        most: u64,
        note: AuditNote,
    ) -> Result<Webhook> {
        let transaction = self.database.begin().await?;
        webhook.cursor = self.number_events_in(&transaction).await?;
        let count = self.rows::<webhook::Entity>().count(&*transaction).await?;
        if count >= most {
            return Err(Error::quota_exceeded(
                format!("the account has {count} webhooks, at most {most}; delete one first"),
                None,
            ));
        }
        webhook::Entity::insert(webhook_row(&webhook)?)
            .exec_without_returning(&*transaction)
            .await?;
        self.note(vec![note], &transaction).await?;
        transaction.commit().await?;
        Ok(webhook)
    }

    /// Changes a webhook and writes an audit entry; false when there is none with this id. Its next delivery begins at once.
    pub async fn change_webhook(
        &self,
        id: WebhookId,
        change: &WebhookChange,
        note: AuditNote,
    ) -> Result<bool> {
        let at = note.at;
        let mut row = webhook::ActiveModel {
            failing_since: Set(None),
            error: Set(None),
            updated_at: Set(at),
            ..Default::default()
        };
        if let Some(url) = &change.url {
            row.url = Set(url.clone());
        }
        if let Some(events) = &change.events {
            row.events = Set(to_json("webhooks.events", events)?);
        }
        if let Some(secret) = &change.secret {
            row.secret = Set(secret.clone());
        }
        if let Some(status) = change.status {
            row.status = Set(status.into());
        }
        if let Some(cursor) = change.cursor {
            row.cursor = Set(cursor);
        }
        let transaction = self.database.begin().await?;
        let changed = self
            .change::<webhook::Entity>()
            .filter(webhook::Column::Id.eq(id.uuid()))
            .set(row)
            .exec(&*transaction)
            .await?;
        if changed.rows_affected == 0 {
            transaction.roll_back().await?;
            return Ok(false);
        }
        let job = JobRequest::new(JobKind::DeliverEvents, id.uuid());
        self.want_job(job, at, &transaction).await?;
        self.note(vec![note], &transaction).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Deletes a webhook and writes an audit entry; false when there is none with this id.
    pub async fn delete_webhook(&self, id: WebhookId, note: AuditNote) -> Result<bool> {
        let transaction = self.database.begin().await?;
        let deleted = self
            .delete::<webhook::Entity>()
            .filter(webhook::Column::Id.eq(id.uuid()))
            .exec(&*transaction)
            .await?;
        if deleted.rows_affected == 0 {
            transaction.roll_back().await?;
            return Ok(false);
        }
        self.delete::<job::Entity>()
            .filter(job::Column::Kind.eq(job::JobKind::DeliverEvents))
            .filter(job::Column::Subject.eq(id.uuid()))
            .exec(&*transaction)
            .await?;
        self.note(vec![note], &transaction).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Queues the delivery of a webhook's events.
    pub async fn want_delivery(&self, id: WebhookId, at: DateTime<Utc>) -> Result<()> {
        let transaction = self.database.begin().await?;
        let job = JobRequest::new(JobKind::DeliverEvents, id.uuid());
        self.want_job(job, at, &transaction).await?;
        transaction.commit().await
    }

    /// Moves the cursor of a webhook on; `delivered` is the time of the delivery, if anything was sent. Does nothing when
    /// the cursor is not at `from` any more.
    pub async fn advance_webhook(
        &self,
        id: WebhookId,
        from: i64,
        to: i64,
        delivered: Option<DateTime<Utc>>,
    ) -> Result<()> {
        let mut row = webhook::ActiveModel {
            cursor: Set(to),
            ..Default::default()
        };
        if let Some(at) = delivered {
            row.delivered_at = Set(Some(at));
            row.failing_since = Set(None);
            row.error = Set(None);
        }
        let writer = self.database.writer().await;
        self.change::<webhook::Entity>()
            .filter(webhook::Column::Id.eq(id.uuid()))
            .filter(webhook::Column::Cursor.eq(from))
            .set(row)
            .exec(&*writer)
            .await?;
        Ok(())
    }

    /// Records why a delivery failed, and pauses the webhook if `pauses`.
    pub async fn fail_webhook(
        &self,
        id: WebhookId,
        error: &str,
        pauses: bool,
        at: DateTime<Utc>,
    ) -> Result<()> {
        let since = Expr::col(webhook::Column::FailingSince);
        let since = Func::coalesce([since, Expr::val(at)]);
        let mut row = webhook::ActiveModel {
            error: Set(Some(error.to_owned())),
            ..Default::default()
        };
        if pauses {
            row.status = Set(webhook::WebhookStatus::Paused);
        }
        let writer = self.database.writer().await;
        self.change::<webhook::Entity>()
            .filter(webhook::Column::Id.eq(id.uuid()))
            .set(row)
            .col_expr(webhook::Column::FailingSince, since.into())
            .exec(&*writer)
            .await?;
        Ok(())
    }
}

impl PlatformStore {
    /// At most `most` active webhooks that have events to read and no job that will, with their accounts. Those of suspended
    /// accounts wait.
    pub async fn webhooks_behind(&self, most: u64) -> Result<Vec<(AccountId, WebhookId)>> {
        let webhook = |column| Expr::col((webhook::Entity, column));
        let is_new = Condition::any()
            .add(account_event::Column::Position.is_null())
            .add(Expr::col(account_event::Column::Position).gt(webhook(webhook::Column::Cursor)));
        let events: SelectStatement = Self::rows::<account_event::Entity>()
            .select_only()
            .column(account_event::Column::Id)
            .filter(
                Expr::col((account_event::Entity, account_event::Column::AccountId))
                    .eq(webhook(webhook::Column::AccountId)),
            )
            .filter(is_new)
            .into_query();
        let jobs: SelectStatement = Self::rows::<job::Entity>()
            .select_only()
            .column(job::Column::Id)
            .filter(job::Column::Kind.eq(job::JobKind::DeliverEvents))
            .filter(job::Column::Status.ne(job::JobStatus::Parked))
            .filter(Expr::col(job::Column::Subject).eq(webhook(webhook::Column::Id)))
            .into_query();
        let suspended: SelectStatement = Self::rows::<account::Entity>()
            .select_only()
            .column(account::Column::Id)
            .filter(account::Column::SuspendedAt.is_not_null())
            .into_query();
        let rows: Vec<(Uuid, Uuid)> = Self::rows::<webhook::Entity>()
            .filter(webhook::Column::Status.eq(webhook::WebhookStatus::Active))
            .filter(webhook::Column::AccountId.not_in_subquery(suspended))
            .filter(Expr::exists(events))
            .filter(Expr::exists(jobs).not())
            .limit(most)
            .select_only()
            .column(webhook::Column::AccountId)
            .column(webhook::Column::Id)
            .into_tuple()
            .all(self.database.primary())
            .await?;
        let ids = rows
            .into_iter()
            .map(|(account, id)| (AccountId::from_uuid(account), WebhookId::from_uuid(id)));
        Ok(ids.collect())
    }
}

fn webhook_row(webhook: &Webhook) -> Result<webhook::ActiveModel> {
    Ok(webhook::ActiveModel {
        id: Set(webhook.id.uuid()),
        account_id: Set(webhook.account.uuid()),
        url: Set(webhook.url.clone()),
        events: Set(to_json("webhooks.events", &webhook.events)?),
        secret: Set(webhook.secret.clone()),
        status: Set(webhook.status.into()),
        cursor: Set(webhook.cursor),
        delivered_at: Set(webhook.delivered_at),
        failing_since: Set(webhook.failing_since),
        error: Set(webhook.error.clone()),
        created_at: Set(webhook.created_at),
        updated_at: Set(webhook.updated_at),
    })
}

fn webhook_of(row: webhook::Model) -> Result<Webhook> {
    Ok(Webhook {
        id: WebhookId::from_uuid(row.id),
        account: AccountId::from_uuid(row.account_id),
        url: row.url,
        events: from_json("webhooks.events", row.events)?,
        secret: row.secret,
        status: row.status.into(),
        cursor: row.cursor,
        delivered_at: row.delivered_at,
        failing_since: row.failing_since,
        error: row.error,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}

same_variants!(webhook::WebhookStatus, WebhookStatus: Active, Paused);
