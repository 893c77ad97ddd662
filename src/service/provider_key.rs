//! An account's own keys for providers of models: set, replaced and removed by its administrators, never returned.

use std::sync::Arc;

use serde_json::json;

use super::{audit::audit_note, refuse, tables::Tables};
use crate::{
    domain::{
        AccountId, Actor, AuditNote, ModelProvider, Operation, Permission, ProviderKey,
        ProviderKeyId, SealedColumn, Secret, excerpt,
    },
    engine::Models,
    error::{Error, Problem, Result},
    port::{Clock, SecretLocation, Vault},
};

/// The noun in error messages.
const NOUN: &str = "provider key";
/// The minimum length of a key, in characters.
const SHORTEST_KEY: usize = 12;
/// The maximum length of a key, in characters.
const LONGEST_KEY: usize = 4_000;
/// The number of a key's characters that stay readable, at its end.
const SHOWN: usize = 4;

/// Manages accounts' own keys for providers of models.
#[derive(Clone)]
pub struct ProviderKeyService {
    pub(super) tables: Tables,
    pub(super) models: Models,
    pub(super) vault: Arc<dyn Vault>,
    pub(super) clock: Arc<dyn Clock>,
}

impl ProviderKeyService {
    /// The account's keys, ordered by provider.
    pub async fn list(&self, actor: &Actor, account: AccountId) -> Result<Vec<ProviderKey>> {
        let permission = actor
            .acting_in(account)?
            .authorize(Operation::ProviderKeys)?;
        self.tables.tenant(&permission).provider_keys().await
    }

    /// A key of the actor's account.
    pub async fn get(&self, actor: &Actor, id: ProviderKeyId) -> Result<Option<ProviderKey>> {
        let permission = actor.authorize(Operation::ProviderKeys)?;
        let keys = self.tables.tenant(&permission).provider_keys().await?;
        Ok(keys.into_iter().find(|key| key.id == id))
    }

    /// Sets the key of the actor's account for a provider, in place of an earlier one. It is used from the next answer
    /// on.
    pub async fn set(&self, actor: &Actor, provider: &str, secret: Secret) -> Result<ProviderKey> {
        let permission = actor.authorize(Operation::SetProviderKey)?;
        let provider = self.provider(provider);
        let problems = [provider.as_ref().err().cloned(), key_problem(&secret)];
        refuse(problems.into_iter().flatten().collect())?;
        let provider = provider.map_err(Error::from)?;
        let store = self.tables.tenant(&permission);
        let now = self.clock.now();
        let keys = store.provider_keys().await?;
        let before = keys
            .into_iter()
            .find(|key| key.provider.name == provider.name);
        let (id, created_at) = match before {
            Some(before) => (before.id, before.created_at),
            None => (ProviderKeyId::new(self.clock.as_ref()), now),
        };
        let account = permission.account();
        let place = SecretLocation::of_stored(SealedColumn::ProviderKey, Some(account), id.uuid());
        let key = ProviderKey {
            id,
            account,
            provider,
            secret: self.vault.seal(place, &secret)?,
            last_characters: last_characters(&secret),
            created_at,
            updated_at: now,
        };
        let note = self.audit_note(&permission, &key);
        store.put_provider_key(&key, note).await?;
        Ok(key)
    }

    /// Removes a key of the actor's account; the operator's is used from the next answer on.
    pub async fn remove(&self, actor: &Actor, id: ProviderKeyId) -> Result<()> {
        let permission = actor.authorize(Operation::RemoveProviderKey)?;
        let store = self.tables.tenant(&permission);
        let keys = store.provider_keys().await?;
        let key = keys.iter().find(|key| key.id == id);
        let key = key.ok_or_else(|| Error::not_found(NOUN))?;
        let note = self.audit_note(&permission, key);
        if !store.delete_provider_key(id, note).await? {
            return Err(Error::not_found(NOUN));
        }
        Ok(())
    }

    /// The provider of this name, or the problem with the name.
    fn provider(&self, name: &str) -> Result<ModelProvider, Problem> {
        let providers = self.models.providers();
        let mut found = providers.iter();
        if let Some(provider) = found.find(|provider| provider.name == name) {
            return Ok(provider.clone());
        }
        let names: Vec<&str> = providers.iter().map(|one| one.name.as_str()).collect();
        let expected = match names.as_slice() {
            [] => "this installation has no model whose provider takes a key".to_owned(),
            names => format!("expected one of: {}", names.join(", ")),
        };
        let message = format!("\"{}\" is no provider, {expected}", excerpt(name));
        Err(Problem::new("input.provider", message))
    }

    fn audit_note(&self, permission: &Permission, key: &ProviderKey) -> AuditNote {
        let detail = json!({
            "provider": key.provider.name,
            "origin": key.provider.origin,
            "lastCharacters": key.last_characters,
        });
        audit_note(self.clock.as_ref(), permission, key.id, detail)
    }
}

/// The problem with a key that no provider has; the key is not repeated.
fn key_problem(secret: &Secret) -> Option<Problem> {
    let key = secret.reveal();
    let length = key.chars().count();
    let message = if !(SHORTEST_KEY..=LONGEST_KEY).contains(&length) {
        format!("{length} characters, expected {SHORTEST_KEY} to {LONGEST_KEY}")
    } else if !key.chars().all(|c| c.is_ascii_graphic()) {
        "has blanks or characters that no key has".to_owned()
    } else {
        return None;
    };
    Some(Problem::new("input.secret", message))
}

fn last_characters(secret: &Secret) -> String {
    let key = secret.reveal();
    let hidden = key.chars().count().saturating_sub(SHOWN);
    key.chars().skip(hidden).collect()
}
