//! Webhooks: sends the events of accounts to the addresses that they have named, in their order, at least once.
//!
//! A delivery has all events that wait, at most [`MOST_EVENTS`], and the webhook's cursor moves on when the server has accepted
//! it. A process may end at any point: the next one sends the same events again, with the same ids. What cannot be
//! delivered waits; a webhook that fails for three days is paused.

mod body;
mod watch;

use std::sync::Arc;

use async_trait::async_trait;
use chrono::TimeDelta;

pub use self::watch::DeliveryWatch;
use crate::{
    domain::{Job, JobKind, SealedColumn, Webhook, WebhookId, WebhookSecret, WebhookStatus},
    error::{Error, Kind, Result},
    jobs::{JobHandler, JobProgress, JobRetry},
    port::{Clock, Delivery, SecretLocation, Vault, WebhookSender},
    store::{Store, TenantStore},
};

/// The maximum number of events of a delivery.
const MOST_EVENTS: u64 = 100;
/// The time for which a webhook may fail before it is paused.
const PATIENCE: TimeDelta = TimeDelta::days(3);

/// What deliveries work with.
#[derive(Clone)]
pub struct WebhookParts {
    /// The database.
    pub store: Store,
    /// Sends deliveries.
    pub sender: Arc<dyn WebhookSender>,
    /// Opens the secrets of signatures.
    pub vault: Arc<dyn Vault>,
    /// The source of the current time.
    pub clock: Arc<dyn Clock>,
}

/// Performs the background job that delivers the events of one webhook.
pub struct WebhookJobs(pub WebhookParts);

#[async_trait]
impl JobHandler for WebhookJobs {
    fn kinds(&self) -> &'static [JobKind] {
        &[JobKind::DeliverEvents]
    }

    async fn run(&self, job: &Job, progress: &JobProgress) -> Result<()> {
        let tenant = self.0.store.tenant(job.account);
        let id = WebhookId::from_uuid(job.subject);
        // the row is read anew for each delivery: its settings may have changed
        while let Some(webhook) = tenant.webhook(id).await? {
            if webhook.status == WebhookStatus::Paused {
                return Ok(());
            }
            let events = tenant
                .account_events_after(webhook.cursor, MOST_EVENTS)
                .await?;
            let Some(last) = events.last().map(|event| event.position) else {
                return Ok(());
            };
            let wanted: Vec<_> = events
                .into_iter()
                .filter(|event| webhook.events.contains(&event.kind))
                .collect();
            let mut delivered_at = None;
            if !wanted.is_empty() {
                let body = body::of(&tenant, &webhook, &wanted).await?;
                self.deliver(&webhook, last, body).await?;
                delivered_at = Some(self.0.clock.now());
            }
            tenant
                .advance_webhook(id, webhook.cursor, last, delivered_at)
                .await?;
            progress.made().await?;
        }
        Ok(())
    }

    async fn note_retry(&self, job: &Job, error: &Error, _retry: JobRetry) -> Result<()> {
        self.note_failure(job, error, false).await
    }

    async fn give_up(&self, job: &Job, error: &Error) -> Result<()> {
        let tenant = self.0.store.tenant(job.account);
        let id = WebhookId::from_uuid(job.subject);
        let Some(webhook) = tenant.webhook(id).await? else {
            return Ok(());
        };
        let now = self.0.clock.now();
        let is_lasting = webhook
            .failing_since
            .is_some_and(|since| now - since >= PATIENCE);
        let is_refused = matches!(error.kind(), Kind::BadInput(_));
        if !is_lasting && !is_refused {
            self.note_failure(job, error, false).await?;
            // with an error, the job begins anew
            return Err(Error::unavailable("the webhook is tried again"));
        }
        tracing::warn!(webhook = %id, error = error.message(), "a webhook is paused");
        self.note_failure(job, error, true).await
    }
}

impl WebhookJobs {
    async fn deliver(&self, webhook: &Webhook, last: i64, body: String) -> Result<()> {
        let location = SecretLocation::of_stored(
            SealedColumn::WebhookSecret,
            Some(webhook.account),
            webhook.id.uuid(),
        );
        let secret = self.0.vault.open(location, &webhook.secret)?;
        let secret = WebhookSecret::parse(&secret)
            .ok_or_else(|| Error::internal("read the secret of a webhook"))?;
        let seconds = self.0.clock.now().timestamp();
        let id = format!("{}.{}-{last}", webhook.id, webhook.cursor + 1);
        let delivery = Delivery {
            url: webhook.url.clone(),
            signature: secret.sign(&id, seconds, &body),
            id,
            seconds,
            body,
        };
        self.0.sender.send(&delivery).await
    }

    /// Shows the failure at the webhook, if there is still one. The caller does not see what failed inside of this program.
    async fn note_failure(&self, job: &Job, error: &Error, pauses: bool) -> Result<()> {
        let tenant: TenantStore = self.0.store.tenant(job.account);
        let id = WebhookId::from_uuid(job.subject);
        let shown = match error.kind() {
            Kind::Internal => "an internal error; the operator finds it in the log",
            _ => error.message(),
        };
        tenant
            .fail_webhook(id, shown, pauses, self.0.clock.now())
            .await
    }
}
