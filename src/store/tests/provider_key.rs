//! An account's key for a provider of models.

use super::fixture::{id, now};
use crate::{
    domain::{ModelProvider, ProviderKey},
    store::TenantStore,
};

/// A key of the account, not stored.
pub(super) fn a_provider_key(tenant: &TenantStore) -> ProviderKey {
    ProviderKey {
        id: id(),
        account: tenant.account,
        provider: ModelProvider {
            name: "openai".to_owned(),
            origin: "https://api.openai.com".to_owned(),
        },
        secret: vec![1, 2, 3],
        last_characters: "4711".to_owned(),
        created_at: now(),
        updated_at: now(),
    }
}
