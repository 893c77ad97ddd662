//! Webhooks: the events of an account, sent to an address of the account in their order, signed, at least once.

use std::fmt;

use base64::{Engine, prelude::BASE64_STANDARD};
use chrono::{DateTime, Utc};
use ring::hmac;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::{AccountId, EventId, Secret, WebhookId};

/// What happened in an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AccountEventKind {
    /// A run ended. The subject is the run.
    RunEnded,
    /// A handoff was recorded. The subject is the handoff.
    Handoff,
    /// An entry was added to the audit log. The subject is the entry.
    AuditEntry,
}

impl AccountEventKind {
    /// The kind's name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::RunEnded => "RUN_ENDED",
            Self::Handoff => "HANDOFF",
            Self::AuditEntry => "AUDIT_ENTRY",
        }
    }
}

/// An event of an account. It names a row and repeats nothing of it: what was erased is gone here too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountEvent {
    /// The event's id; the same in every delivery.
    pub id: EventId,
    /// What happened.
    pub kind: AccountEventKind,
    /// The row that the event is about; the kind determines its table.
    pub subject: Uuid,
    /// The event's place in the account's order, from 1.
    pub position: i64,
    /// The time of the event.
    pub at: DateTime<Utc>,
}

/// Whether the events of a webhook are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebhookStatus {
    /// Events are sent.
    Active,
    /// Events wait until the webhook is active again.
    Paused,
}

/// An address to which the events of an account are sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Webhook {
    /// The webhook's id.
    pub id: WebhookId,
    /// The account that owns the webhook.
    pub account: AccountId,
    /// The address.
    pub url: String,
    /// The kinds of events that are sent.
    pub events: Vec<AccountEventKind>,
    /// The secret of the signatures, sealed.
    pub secret: Vec<u8>,
    /// Whether events are sent.
    pub status: WebhookStatus,
    /// The position of the last event that was delivered, or left out because of its kind.
    pub cursor: i64,
    /// The time of the last delivery.
    pub delivered_at: Option<DateTime<Utc>>,
    /// The time of the first failure since the last delivery.
    pub failing_since: Option<DateTime<Utc>>,
    /// Why the last delivery failed; none after one that succeeded.
    pub error: Option<String>,
    /// The time at which the webhook was created.
    pub created_at: DateTime<Utc>,
    /// The time of the last change of its settings.
    pub updated_at: DateTime<Utc>,
}

/// Changes of a webhook; none of a field leaves it as it is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct WebhookChange {
    /// The address.
    pub url: Option<String>,
    /// The kinds of events.
    pub events: Option<Vec<AccountEventKind>>,
    /// The secret of the signatures, sealed.
    pub secret: Option<Vec<u8>>,
    /// Whether events are sent.
    pub status: Option<WebhookStatus>,
    /// The position after which events are sent, again or for the first time.
    pub cursor: Option<i64>,
}

/// The secret by which a receiver knows that a delivery is from this account, as the Standard Webhooks specification 1.0
/// has it: `whsec_` and 32 bytes in base64.
#[derive(Clone)]
pub struct WebhookSecret([u8; 32]);

/// The text before the bytes of a secret.
const SECRET_PREFIX: &str = "whsec_";

impl WebhookSecret {
    /// A secret of these bytes, which must be random.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Parses the text of a secret; none for another text.
    pub fn parse(text: &Secret) -> Option<Self> {
        let encoded = text.reveal().strip_prefix(SECRET_PREFIX)?;
        let bytes = BASE64_STANDARD.decode(encoded).ok()?;
        Some(Self(bytes.try_into().ok()?))
    }

    /// The text of the secret, for the receiver.
    pub fn text(&self) -> Secret {
        Secret::new(format!("{SECRET_PREFIX}{}", BASE64_STANDARD.encode(self.0)))
    }

    /// The signature of a delivery: HMAC-SHA256 over its id, its time in seconds since 1970, and its body.
    pub fn sign(&self, id: &str, seconds: i64, body: &str) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.0);
        let signed = hmac::sign(&key, format!("{id}.{seconds}.{body}").as_bytes());
        format!("v1,{}", BASE64_STANDARD.encode(signed))
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<webhook secret>")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_the_one_of_the_specification() {
        // computed with `printf '%s' "id.1700000000.{}" | openssl dgst -sha256 -mac HMAC -macopt hexkey:0707… -binary | base64`
        let secret = WebhookSecret::new([7; 32]);
        assert_eq!(
            secret.sign("id", 1_700_000_000, "{}"),
            "v1,gBQL6cshyCWpFb/RuG1wJJhg4x6IpRS0VHq4o73WVPs="
        );
        let text = secret.text();
        assert_eq!(
            text.reveal(),
            "whsec_BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc="
        );
        let parsed = WebhookSecret::parse(&text).unwrap();
        assert_eq!(parsed.sign("a", 1, "b"), secret.sign("a", 1, "b"));
        for other in ["", "whsec_", "whsec_BwcH", "BwcH", "whsec_***"] {
            assert!(
                WebhookSecret::parse(&Secret::new(other)).is_none(),
                "{other}"
            );
        }
        assert_eq!(format!("{secret:?}"), "<webhook secret>");
    }
}
