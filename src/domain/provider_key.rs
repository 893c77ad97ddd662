//! Providers of models, and the keys that accounts have for them.

use chrono::{DateTime, Utc};

use crate::domain::{AccountId, ProviderKeyId};

/// A provider of models for which an account can have a key of its own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ModelProvider {
    /// The name: a section of `app.yaml`, or a model of `models.chat` with an address of its own.
    pub name: String,
    /// The origin of its address, e.g. `https://api.openai.com`.
    pub origin: String,
}

/// The key of an account for a provider; it is used instead of the operator's.
#[derive(Debug, Clone, PartialEq)]
pub struct ProviderKey {
    /// The key's id.
    pub id: ProviderKeyId,
    /// The account that owns the key.
    pub account: AccountId,
    /// The provider for which the key was set: it is sent to no other origin.
    pub provider: ModelProvider,
    /// The key itself, sealed.
    pub secret: Vec<u8>,
    /// The end of the key, so that people recognize it.
    pub last_characters: String,
    /// The time at which the first key was set.
    pub created_at: DateTime<Utc>,
    /// The time at which this key was set.
    pub updated_at: DateTime<Utc>,
}
