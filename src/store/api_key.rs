//! API keys: an account's own, and any by its hash when a request comes in.

use chrono::{DateTime, Utc};
use entity::api_key;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, SelectExt,
};
use uuid::Uuid;

use crate::{
    domain::{AccountId, ApiKey, AuditNote, KeyId, Role},
    error::Result,
    store::{PlatformStore, TenantStore, row::same_variants},
};

/// So many keys are looked up in one query.
const AT_A_TIME: usize = 500;

impl TenantStore {
    /// Every key of the account, revoked ones too, the oldest first.
    pub async fn keys(&self) -> Result<Vec<ApiKey>> {
        let rows = self
            .rows::<api_key::Entity>()
            .order_by_asc(api_key::Column::Id)
            .all(self.database.primary())
            .await?;
        Ok(rows.into_iter().map(key_of).collect())
    }

    /// One key.
    pub async fn key(&self, id: KeyId) -> Result<Option<ApiKey>> {
        let row = self
            .rows::<api_key::Entity>()
            .filter(api_key::Column::Id.eq(id.uuid()))
            .one(self.database.primary())
            .await?;
        Ok(row.map(key_of))
    }

    /// Adds a key, and notes it; `hash` is the SHA-256 of its secret.
    pub async fn insert_key(&self, key: &ApiKey, hash: [u8; 32], note: AuditNote) -> Result<()> {
        let transaction = self.database.begin().await?;
        api_key::Entity::insert(key_row(self.account, key, hash))
            .exec_without_returning(&*transaction)
            .await?;
        self.note(vec![note], &transaction).await?;
        transaction.commit().await
    }

    /// Revokes a key, notes it and returns it; one that was revoked before keeps its first date.
    pub async fn revoke_key(&self, id: KeyId, note: AuditNote) -> Result<Option<ApiKey>> {
        let transaction = self.database.begin().await?;
        let revoked = self
            .change::<api_key::Entity>()
            .filter(api_key::Column::Id.eq(id.uuid()))
            .filter(api_key::Column::RevokedAt.is_null())
            .set(api_key::ActiveModel {
                revoked_at: Set(Some(note.at)),
                ..Default::default()
            })
            .exec(&*transaction)
            .await?;
        if revoked.rows_affected > 0 {
            self.note(vec![note], &transaction).await?;
        }
        transaction.commit().await?;
        self.key(id).await
    }
}

impl PlatformStore {
    /// The key with this hash, good or not: whose it is, is what is being asked.
    pub async fn key_by_hash(&self, hash: &[u8; 32]) -> Result<Option<ApiKey>> {
        let row = Self::rows::<api_key::Entity>()
            .filter(api_key::Column::Hash.eq(hash.to_vec()))
            .one(self.database.primary())
            .await?;
        Ok(row.map(key_of))
    }

    /// Notes that a key was used.
    pub async fn touch_key(&self, id: KeyId, at: DateTime<Utc>) -> Result<()> {
        let writer = self.database.writer().await;
        Self::change::<api_key::Entity>()
            .filter(api_key::Column::Id.eq(id.uuid()))
            .set(api_key::ActiveModel {
                last_used_at: Set(Some(at)),
                ..Default::default()
            })
            .exec(&*writer)
            .await?;
        Ok(())
    }

    /// Those of these keys that were revoked, or are gone.
    pub async fn revoked_among(&self, keys: &[KeyId]) -> Result<Vec<KeyId>> {
        let mut revoked = Vec::new();
        for some in keys.chunks(AT_A_TIME) {
            let good: Vec<Uuid> = Self::rows::<api_key::Entity>()
                .filter(api_key::Column::Id.is_in(some.iter().map(|key| key.uuid())))
                .filter(api_key::Column::RevokedAt.is_null())
                .select_only()
                .column(api_key::Column::Id)
                .into_tuple()
                .all(self.database.primary())
                .await?;
            revoked.extend(some.iter().filter(|key| !good.contains(&key.uuid())));
        }
        Ok(revoked)
    }

    /// Whether there is any key at all; without one, nobody has come in yet.
    pub async fn has_keys(&self) -> Result<bool> {
        Ok(Self::rows::<api_key::Entity>()
            .exists(self.database.primary())
            .await?)
    }
}

pub(super) fn key_row(account: AccountId, key: &ApiKey, hash: [u8; 32]) -> api_key::ActiveModel {
    api_key::ActiveModel {
        id: Set(key.id.uuid()),
        account_id: Set(account.uuid()),
        name: Set(key.name.clone()),
        prefix: Set(key.prefix.clone()),
        hash: Set(hash.to_vec()),
        role: Set(key.role.into()),
        created_at: Set(key.created_at),
        last_used_at: Set(key.last_used_at),
        expires_at: Set(key.expires_at),
        revoked_at: Set(key.revoked_at),
    }
}

fn key_of(row: api_key::Model) -> ApiKey {
    ApiKey {
        id: KeyId::from_uuid(row.id),
        account: AccountId::from_uuid(row.account_id),
        name: row.name,
        prefix: row.prefix,
        role: row.role.into(),
        created_at: row.created_at,
        last_used_at: row.last_used_at,
        expires_at: row.expires_at,
        revoked_at: row.revoked_at,
    }
}

same_variants!(api_key::Role, Role: Reader, Member, Admin, Owner, Operator);
