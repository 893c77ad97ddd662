//! An account's own keys for providers of models, in the API.

use async_graphql::{ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};

use crate::domain;

/// The account's own key for a provider of models. Runs of the account use it instead of the operator's key. The key
/// itself is never returned.
pub(super) struct ProviderKey(pub(super) domain::ProviderKey);

/// The account's own key for a provider of models. Runs of the account use it instead of the operator's key. The key
/// itself is never returned.
#[Object]
impl ProviderKey {
    /// The id of the key, `providerkey_…`.
    pub(super) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// The name of the provider, for example `openai`.
    async fn provider(&self) -> &str {
        &self.0.provider.name
    }

    /// The origin to which the key is sent, for example `https://api.openai.com`.
    async fn origin(&self) -> &str {
        &self.0.provider.origin
    }

    /// The last four characters of the key.
    async fn last_characters(&self) -> &str {
        &self.0.last_characters
    }

    /// The time at which the first key for this provider was set.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// The time at which the key was set.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }
}

/// A key for a provider of models.
#[derive(InputObject)]
pub(super) struct SetProviderKeyInput {
    /// The name of the provider: `openai`, `anthropic`, or the name of a model with an address of its own.
    pub(super) provider: String,
    /// The key, 12 to 4000 characters. It is stored encrypted.
    pub(super) secret: String,
}

/// The result of `setProviderKey`.
#[derive(SimpleObject)]
pub(super) struct SetProviderKeyPayload {
    /// The key.
    pub(super) provider_key: ProviderKey,
}

/// The key to remove.
#[derive(InputObject)]
pub(super) struct RemoveProviderKeyInput {
    /// The id of the key.
    pub(super) id: ID,
}

/// The result of `removeProviderKey`.
#[derive(SimpleObject)]
pub(super) struct RemoveProviderKeyPayload {
    /// The id of the removed key.
    pub(super) deleted_id: ID,
}
