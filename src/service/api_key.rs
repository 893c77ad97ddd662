//! API keys: created, shown once, revoked.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use data_encoding::BASE32_NOPAD;
use rand::Rng;
use serde_json::json;

use super::{Access, access::hash, audit::audit_note, refuse, tables::Tables};
use crate::{
    domain::{
        AccountId, Actor, ApiKey, AuditNote, CredentialId, KeyId, Operation, Page, PageRequest,
        Permission, Role, Secret, check_name,
    },
    error::{Error, Problem, Result},
    port::Clock,
};

/// The prefix of every key, for people and secret scanners.
const MARK: &str = "troupe_";
/// The number of a secret's characters that stay readable, to identify the key.
const SHOWN: usize = MARK.len() + 6;

/// The input of a key to create.
#[derive(Debug, Clone)]
pub struct NewApiKey {
    /// The display name.
    pub name: String,
    /// The role that the key grants.
    pub role: Role,
    /// The time of expiry.
    pub expires_at: Option<DateTime<Utc>>,
}

/// A key that was just created, with its secret, which is never shown again.
#[derive(Debug, Clone)]
pub struct MintedKey {
    /// The key.
    pub key: ApiKey,
    /// The secret in plain text.
    pub secret: Secret,
    /// The hash under which the secret is stored.
    pub(crate) hash: [u8; 32],
}

impl MintedKey {
    /// Creates a key with 256 random bits.
    pub fn random(clock: &dyn Clock, account: AccountId, new: NewApiKey) -> Self {
        Self::of(random_secret(), clock, account, new)
    }

    /// Creates a key with a secret that the caller supplies.
    pub fn of(secret: Secret, clock: &dyn Clock, account: AccountId, new: NewApiKey) -> Self {
        let key = ApiKey {
            id: KeyId::new(clock),
            account,
            name: new.name,
            prefix: secret.reveal().chars().take(SHOWN).collect(),
            role: new.role,
            created_at: clock.now(),
            last_used_at: None,
            expires_at: new.expires_at,
            revoked_at: None,
        };
        Self {
            key,
            hash: hash(secret.reveal()),
            secret,
        }
    }
}

/// Creates, lists and revokes API keys.
#[derive(Clone)]
pub struct ApiKeyService {
    pub(super) tables: Tables,
    pub(super) access: Access,
    pub(super) clock: Arc<dyn Clock>,
}

impl ApiKeyService {
    /// The account's keys, including revoked ones.
    pub async fn list(
        &self,
        actor: &Actor,
        account: AccountId,
        page: &PageRequest,
    ) -> Result<Page<ApiKey>> {
        let permission = actor.acting_in(account)?.authorize(Operation::ApiKeys)?;
        self.tables.tenant(&permission).keys(page).await
    }

    /// The total number of keys in [`Self::list`].
    pub async fn count(&self, actor: &Actor, account: AccountId) -> Result<u64> {
        let permission = actor.acting_in(account)?.authorize(Operation::ApiKeys)?;
        self.tables.tenant(&permission).count_keys().await
    }

    /// A key of the actor's account by its id. Every role may read the key that it uses; another key needs an owner.
    pub async fn get(&self, actor: &Actor, id: KeyId) -> Result<Option<ApiKey>> {
        if actor.key() == Some(id) && !actor.is_operator() {
            return self.own(actor).await;
        }
        let permission = actor.authorize(Operation::ApiKeys)?;
        self.tables.tenant(&permission).key(id).await
    }

    /// The key that the actor is using.
    pub async fn own(&self, actor: &Actor) -> Result<Option<ApiKey>> {
        let permission = actor.authorize(Operation::Viewer)?;
        match actor.key() {
            Some(key) => self.tables.tenant(&permission).key(key).await,
            None => Ok(None),
        }
    }

    /// Creates a key for the actor's account.
    pub async fn create(&self, actor: &Actor, new: NewApiKey) -> Result<MintedKey> {
        let permission = actor.authorize(Operation::CreateApiKey)?;
        let store = self.tables.tenant(&permission);
        let mut problems: Vec<Problem> = check_name("input.name", &new.name).into_iter().collect();
        if new.expires_at.is_some_and(|at| at <= self.clock.now()) {
            problems.push(Problem::new(
                "input.expiresAt",
                "lies in the past, expected a time to come",
            ));
        }
        if let Some(own) = actor.role()
            && new.role > own
        {
            problems.push(Problem::new(
                "input.role",
                format!("{} is above your own role, {}", new.role.name(), own.name()),
            ));
        }
        if new.role == Role::Operator && actor.is_operator() && !actor.acts_for_platform() {
            problems.push(Problem::new(
                "input.role",
                "a tenant's account holds no OPERATOR keys; leave out the account you act in",
            ));
        }
        refuse(problems)?;
        let minted = MintedKey::random(self.clock.as_ref(), actor.account(), new);
        let note = self.audit_note(&permission, &minted.key);
        store.insert_key(&minted.key, minted.hash, note).await?;
        Ok(minted)
    }

    /// Revokes a key at once; its connections are closed too.
    pub async fn revoke(&self, actor: &Actor, id: KeyId) -> Result<ApiKey> {
        let permission = actor.authorize(Operation::RevokeApiKey)?;
        let store = self.tables.tenant(&permission);
        let key = store
            .key(id)
            .await?
            .ok_or_else(|| Error::not_found("API key"))?;
        if Some(key.role) > actor.role() {
            return Err(Error::forbidden(format!(
                "the key's role, {}, is above your own",
                key.role.name()
            )));
        }
        let note = self.audit_note(&permission, &key);
        let key = store
            .revoke_key(id, note)
            .await?
            .ok_or_else(|| Error::not_found("API key"))?;
        let credential = CredentialId::Key(id);
        self.access.revoke(key.account, credential).await;
        Ok(key)
    }

    fn audit_note(&self, permission: &Permission, key: &ApiKey) -> AuditNote {
        let detail = json!({"name": key.name, "role": key.role, "expiresAt": key.expires_at});
        audit_note(self.clock.as_ref(), permission, key.id, detail)
    }
}

/// 256 random bits in base32, followed by their CRC-32, so that a scanner can recognize a Troupe key without a request.
fn random_secret() -> Secret {
    let mut bits = [0_u8; 32];
    rand::rng().fill_bytes(&mut bits);
    let sum = crc32fast::hash(&bits).to_be_bytes();
    Secret::new(
        format!(
            "{MARK}{}{}",
            BASE32_NOPAD.encode(&bits),
            BASE32_NOPAD.encode(&sum)
        )
        .to_ascii_lowercase(),
    )
}
