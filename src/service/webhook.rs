//! Webhooks, managed by an account's administrators.

use std::sync::Arc;

use rand::Rng;
use serde_json::{Value, json};

use super::{audit::audit_note, refuse, tables::Tables};
use crate::{
    domain::{
        AccountEventKind, AccountId, Actor, AuditNote, Operation, Permission, SealedColumn, Secret,
        Webhook, WebhookChange, WebhookId, WebhookSecret, WebhookStatus,
    },
    error::{Error, Kind, Problem, Result},
    jobs,
    port::{Clock, JobQueue, SecretLocation, Vault, WebhookSender},
};

/// The noun in error messages.
const NOUN: &str = "webhook";
/// The maximum number of webhooks of an account.
const MOST_WEBHOOKS: u64 = 10;

/// A change of a webhook; none of a field leaves it as it is.
#[derive(Debug, Clone, Default)]
pub struct WebhookInput {
    /// The address.
    pub url: Option<String>,
    /// The kinds of events.
    pub events: Option<Vec<AccountEventKind>>,
    /// Whether events are sent.
    pub status: Option<WebhookStatus>,
    /// The position after which events are sent.
    pub cursor: Option<i64>,
    /// Whether the webhook gets a new secret.
    pub new_secret: bool,
}

/// A webhook with the secret that was made for it, which is shown once.
#[derive(Debug, Clone)]
pub struct WebhookWithSecret {
    /// The webhook.
    pub webhook: Webhook,
    /// The secret; none when it was not changed.
    pub secret: Option<Secret>,
}

/// Manages accounts' webhooks.
#[derive(Clone)]
pub struct WebhookService {
    tables: Tables,
    sender: Arc<dyn WebhookSender>,
    vault: Arc<dyn Vault>,
    queue: Arc<dyn JobQueue>,
    clock: Arc<dyn Clock>,
}

impl WebhookService {
    /// Composes the service.
    pub(super) fn new(
        tables: &Tables,
        sender: Arc<dyn WebhookSender>,
        vault: &Arc<dyn Vault>,
        queue: &Arc<dyn JobQueue>,
        clock: &Arc<dyn Clock>,
    ) -> Self {
        Self {
            tables: tables.clone(),
            sender,
            vault: Arc::clone(vault),
            queue: Arc::clone(queue),
            clock: Arc::clone(clock),
        }
    }

    /// The account's webhooks, oldest first.
    pub async fn list(&self, actor: &Actor) -> Result<Vec<Webhook>> {
        let permission = actor.authorize(Operation::Webhooks)?;
        self.tables.tenant(&permission).webhooks().await
    }

    /// A webhook of the actor's account.
    pub async fn get(&self, actor: &Actor, id: WebhookId) -> Result<Option<Webhook>> {
        let permission = actor.authorize(Operation::Webhooks)?;
        self.tables.tenant(&permission).webhook(id).await
    }

    /// Creates a webhook, to which all later events of these kinds are sent. `QUOTA_EXCEEDED` when the account has ten.
    pub async fn create(
        &self,
        actor: &Actor,
        url: String,
        events: Vec<AccountEventKind>,
    ) -> Result<WebhookWithSecret> {
        let permission = actor.authorize(Operation::CreateWebhook)?;
        let problems = [self.url_problem(&url), events_problem(&events)];
        refuse(problems.into_iter().flatten().collect())?;
        let id = WebhookId::new(self.clock.as_ref());
        let (secret, sealed) = self.new_secret(permission.account(), id)?;
        let now = self.clock.now();
        let webhook = Webhook {
            id,
            account: permission.account(),
            url,
            events: without_repetitions(events),
            secret: sealed,
            status: WebhookStatus::Active,
            cursor: 0,
            delivered_at: None,
            failing_since: None,
            error: None,
            created_at: now,
            updated_at: now,
        };
        let detail = json!({"events": names(&webhook.events)});
        let note = self.audit_note(&permission, id, detail);
        let store = self.tables.tenant(&permission);
        let webhook = store.insert_webhook(webhook, MOST_WEBHOOKS, note).await?;
        Ok(WebhookWithSecret {
            webhook,
            secret: Some(secret),
        })
    }

    /// Changes a webhook of the actor's account. A new secret signs from the next delivery on.
    pub async fn update(
        &self,
        actor: &Actor,
        id: WebhookId,
        input: WebhookInput,
    ) -> Result<WebhookWithSecret> {
        let permission = actor.authorize(Operation::UpdateWebhook)?;
        refuse(self.problems(&input))?;
        let store = self.tables.tenant(&permission);
        if let Some(cursor) = input.cursor {
            // later positions follow the greatest cursor: one of the future would make them leap
            let last = store.last_event_position().await?;
            if cursor > last {
                let message = format!("{cursor}, the last event has the position {last}");
                return Err(Error::bad_input("input.after", message));
            }
        }
        let new = if input.new_secret {
            Some(self.new_secret(permission.account(), id)?)
        } else {
            None
        };
        let (secret, sealed) = new.unzip();
        let detail = json!({
            "url": input.url.is_some(),
            "events": input.events.as_deref().map(names),
            "status": input.status.map(status_name),
            "cursor": input.cursor,
            "newSecret": input.new_secret,
        });
        let change = WebhookChange {
            url: input.url,
            events: input.events.map(without_repetitions),
            secret: sealed,
            status: input.status,
            cursor: input.cursor,
        };
        let note = self.audit_note(&permission, id, detail);
        if !store.change_webhook(id, &change, note).await? {
            return Err(Error::not_found(NOUN));
        }
        jobs::offer(self.queue.as_ref(), permission.account(), id.uuid());
        let webhook = store.webhook(id).await?;
        Ok(WebhookWithSecret {
            webhook: webhook.ok_or_else(|| Error::not_found(NOUN))?,
            secret,
        })
    }

    /// Deletes a webhook of the actor's account; nothing more is sent to it.
    pub async fn delete(&self, actor: &Actor, id: WebhookId) -> Result<()> {
        let permission = actor.authorize(Operation::DeleteWebhook)?;
        let store = self.tables.tenant(&permission);
        let note = self.audit_note(&permission, id, json!({}));
        if !store.delete_webhook(id, note).await? {
            return Err(Error::not_found(NOUN));
        }
        Ok(())
    }

    fn new_secret(&self, account: AccountId, id: WebhookId) -> Result<(Secret, Vec<u8>)> {
        let mut bytes = [0; 32];
        rand::rng().fill_bytes(&mut bytes);
        let secret = WebhookSecret::new(bytes).text();
        let place =
            SecretLocation::of_stored(SealedColumn::WebhookSecret, Some(account), id.uuid());
        let sealed = self.vault.seal(place, &secret)?;
        Ok((secret, sealed))
    }

    fn problems(&self, input: &WebhookInput) -> Vec<Problem> {
        let url = input.url.as_deref().and_then(|url| self.url_problem(url));
        let events = input.events.as_deref().and_then(events_problem);
        let cursor = input.cursor.filter(|cursor| *cursor < 0).map(|cursor| {
            let message = format!("{cursor}, expected 0 for the first event, or a position");
            Problem::new("input.after", message)
        });
        [url, events, cursor].into_iter().flatten().collect()
    }

    fn url_problem(&self, url: &str) -> Option<Problem> {
        match self.sender.check("input.url", url).err()?.kind() {
            Kind::BadInput(problems) => problems.first().cloned(),
            _ => None,
        }
    }

    /// The address is not noted: it may have a secret in its path.
    fn audit_note(&self, permission: &Permission, id: WebhookId, detail: Value) -> AuditNote {
        audit_note(self.clock.as_ref(), permission, id, detail)
    }
}

fn events_problem(events: &[AccountEventKind]) -> Option<Problem> {
    let message = "is empty, expected at least one kind of event";
    events
        .is_empty()
        .then(|| Problem::new("input.events", message))
}

fn without_repetitions(events: Vec<AccountEventKind>) -> Vec<AccountEventKind> {
    let mut once = Vec::new();
    for event in events {
        if !once.contains(&event) {
            once.push(event);
        }
    }
    once
}

fn names(events: &[AccountEventKind]) -> Vec<&'static str> {
    events.iter().map(|event| event.name()).collect()
}

fn status_name(status: WebhookStatus) -> &'static str {
    match status {
        WebhookStatus::Active => "ACTIVE",
        WebhookStatus::Paused => "PAUSED",
    }
}
