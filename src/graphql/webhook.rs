//! Webhooks in the API.

use async_graphql::{Enum, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};

use super::big_int::BigInt;
use crate::{
    domain,
    service::{WebhookInput, WebhookWithSecret},
};

/// What happened in an account.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "domain::AccountEventKind")]
pub(super) enum AccountEventKind {
    /// A run ended, with an answer or without one.
    RunEnded,
    /// A handoff was recorded.
    Handoff,
    /// An entry was added to the audit log.
    AuditEntry,
}

/// Whether the events of a webhook are sent.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "domain::WebhookStatus")]
pub(super) enum WebhookStatus {
    /// Events are sent.
    Active,
    /// Events wait, for at most 14 days.
    Paused,
}

/// An address of the account to which its events are sent: in their order, signed as the Standard Webhooks specification
/// has it, at least once.
pub(super) struct Webhook(pub(super) domain::Webhook);

/// An address of the account to which its events are sent: in their order, signed as the Standard Webhooks specification
/// has it, at least once.
#[Object]
impl Webhook {
    /// The id of the webhook, `webhook_…`.
    pub(super) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// The address.
    async fn url(&self) -> &str {
        &self.0.url
    }

    /// The kinds of events that are sent.
    async fn events(&self) -> Vec<AccountEventKind> {
        self.0.events.iter().copied().map(Into::into).collect()
    }

    /// Whether events are sent. A webhook that fails for three days, or whose server answers 410 (Gone), is paused.
    async fn status(&self) -> WebhookStatus {
        self.0.status.into()
    }

    /// The position of the last event that was delivered, or left out because of its kind.
    async fn cursor(&self) -> BigInt {
        BigInt(self.0.cursor)
    }

    /// The time of the last delivery.
    async fn delivered_at(&self) -> Option<DateTime<Utc>> {
        self.0.delivered_at
    }

    /// The time of the first failure since the last delivery; null after a delivery.
    async fn failing_since(&self) -> Option<DateTime<Utc>> {
        self.0.failing_since
    }

    /// Why the last delivery failed; null after a delivery.
    async fn error(&self) -> Option<&str> {
        self.0.error.as_deref()
    }

    /// The time at which the webhook was created.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// The time of the last change of its settings.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }
}

/// A webhook to create.
#[derive(InputObject)]
pub(super) struct CreateWebhookInput {
    /// The address, `https://…`.
    pub(super) url: String,
    /// The kinds of events that are sent, at least one.
    pub(super) events: Vec<AccountEventKind>,
}

/// The result of `createWebhook`.
#[derive(SimpleObject)]
pub(super) struct CreateWebhookPayload {
    /// The webhook.
    webhook: Webhook,
    /// The secret of the signatures, `whsec_…`. It is shown only once.
    secret: Option<String>,
}

impl From<WebhookWithSecret> for CreateWebhookPayload {
    fn from(made: WebhookWithSecret) -> Self {
        Self {
            webhook: Webhook(made.webhook),
            secret: made.secret.map(|secret| secret.reveal().to_owned()),
        }
    }
}

/// Changes of a webhook. A field that is left out stays as it is.
#[derive(InputObject)]
pub(super) struct UpdateWebhookInput {
    /// The id of the webhook.
    pub(super) id: ID,
    /// The address, `https://…`.
    url: Option<String>,
    /// The kinds of events that are sent, at least one.
    events: Option<Vec<AccountEventKind>>,
    /// Whether events are sent. ACTIVE also tries again at once what failed.
    status: Option<WebhookStatus>,
    /// A position: the events after it are sent, again or for the first time. 0 for everything that is kept.
    after: Option<BigInt>,
    /// Whether to make a new secret, which signs from the next delivery on.
    #[graphql(default)]
    new_secret: bool,
}

impl UpdateWebhookInput {
    /// The changes.
    pub(super) fn change(self) -> WebhookInput {
        let events = self.events.map(|events| {
            let events = events.into_iter();
            events.map(Into::into).collect()
        });
        WebhookInput {
            url: self.url,
            events,
            status: self.status.map(Into::into),
            cursor: self.after.map(|after| after.0),
            new_secret: self.new_secret,
        }
    }
}

/// The result of `updateWebhook`.
#[derive(SimpleObject)]
pub(super) struct UpdateWebhookPayload {
    /// The webhook.
    webhook: Webhook,
    /// The new secret of the signatures, if one was asked for. It is shown only once.
    secret: Option<String>,
}

impl From<WebhookWithSecret> for UpdateWebhookPayload {
    fn from(made: WebhookWithSecret) -> Self {
        Self {
            webhook: Webhook(made.webhook),
            secret: made.secret.map(|secret| secret.reveal().to_owned()),
        }
    }
}

/// The webhook to delete.
#[derive(InputObject)]
pub(super) struct DeleteWebhookInput {
    /// The id of the webhook.
    pub(super) id: ID,
}

/// The result of `deleteWebhook`.
#[derive(SimpleObject)]
pub(super) struct DeleteWebhookPayload {
    /// The id of the deleted webhook.
    pub(super) deleted_id: ID,
}
