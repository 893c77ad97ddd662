//! API keys: an account's own keys, and any key by its hash for authentication.

use chrono::{DateTime, Utc};
use entity::api_key;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, SelectExt,
};
use uuid::Uuid;

use crate::{
    domain::{AccountId, ApiKey, AuditNote, KeyId, Page, PageRequest, Role},
    error::{Error, Result},
    store::{
        PlatformStore, TenantStore, connection::Transaction, page::Listing, row::same_variants,
    },
};

/// The maximum number of keys in one query.
const AT_A_TIME: usize = 500;

impl TenantStore {
    /// The keys of the account, revoked ones included, oldest first.
    pub async fn keys(&self, request: &PageRequest) -> Result<Page<ApiKey>> {
        let list = self.rows::<api_key::Entity>();
        Listing::oldest_first(api_key::Column::Id)
            .page(list, request, self.database.primary(), |row| {
                Ok(key_of(row))
            })
            .await
    }

    /// The total number of keys that [`Self::keys`] lists.
    pub async fn count_keys(&self) -> Result<u64> {
        Ok(self
            .rows::<api_key::Entity>()
            .count(self.database.primary())
            .await?)
    }

    /// The key with this id.
    pub async fn key(&self, id: KeyId) -> Result<Option<ApiKey>> {
        let row = self
            .rows::<api_key::Entity>()
            .filter(api_key::Column::Id.eq(id.uuid()))
            .one(self.database.primary())
            .await?;
        Ok(row.map(key_of))
    }

    /// Adds a key and an audit entry; `hash` is the SHA-256 of the key's secret. `QUOTA_EXCEEDED` when the account has
    /// reached its number of keys; `CONFLICT` when an OPERATOR key has an expiry and no OPERATOR key without one
    /// exists.
    pub async fn insert_key(&self, key: &ApiKey, hash: [u8; 32], note: AuditNote) -> Result<()> {
        let transaction = self.database.begin().await?;
        api_key::Entity::insert(key_row(self.account, key, hash))
            .exec_without_returning(&*transaction)
            .await?;
        self.check_keys(note.at, &transaction).await?;
        if key.role == Role::Operator && !self.has_lasting_operator(&transaction).await? {
            return Err(Error::conflict(
                "input.expiresAt: every operator key would expire, and none would be left; make one without expiresAt first",
            ));
        }
        self.note(vec![note], &transaction).await?;
        transaction.commit().await
    }

    /// Adds a key without checking the quota, and an audit entry; `hash` is the SHA-256 of the key's secret.
    pub async fn insert_uncounted_key(
        &self,
        key: &ApiKey,
        hash: [u8; 32],
        note: AuditNote,
    ) -> Result<()> {
        let transaction = self.database.begin().await?;
        api_key::Entity::insert(key_row(self.account, key, hash))
            .exec_without_returning(&*transaction)
            .await?;
        self.note(vec![note], &transaction).await?;
        transaction.commit().await
    }

    /// Revokes a key, writes an audit entry and returns the key; a key that is already revoked keeps its first date.
    /// `CONFLICT` when no OPERATOR key without an expiry would remain: of two concurrent revocations, the second waits
    /// for the first and is refused.
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
        let key = self
            .rows::<api_key::Entity>()
            .filter(api_key::Column::Id.eq(id.uuid()))
            .one(&*transaction)
            .await?
            .map(key_of);
        if revoked.rows_affected > 0 {
            let is_operator = key.as_ref().is_some_and(|key| key.role == Role::Operator);
            if is_operator {
                self.lock_account(&transaction).await?;
            }
            if is_operator && !self.has_lasting_operator(&transaction).await? {
                return Err(Error::conflict(
                    "this is the last operator key that does not expire; make another OPERATOR key without expiresAt first, then \
                     revoke this one",
                ));
            }
            self.note(vec![note], &transaction).await?;
        }
        transaction.commit().await?;
        Ok(key)
    }

    /// Whether the account has, or had, an OPERATOR key.
    pub async fn has_operator_keys(&self) -> Result<bool> {
        Ok(self
            .rows::<api_key::Entity>()
            .filter(api_key::Column::Role.eq(api_key::Role::Operator))
            .exists(self.database.primary())
            .await?)
    }

    /// Whether an OPERATOR key exists that is neither revoked nor expires. The caller holds the lock on the account.
    async fn has_lasting_operator(&self, transaction: &Transaction) -> Result<bool> {
        Ok(self
            .rows::<api_key::Entity>()
            .filter(api_key::Column::Role.eq(api_key::Role::Operator))
            .filter(api_key::Column::RevokedAt.is_null())
            .filter(api_key::Column::ExpiresAt.is_null())
            .exists(&**transaction)
            .await?)
    }
}

impl PlatformStore {
    /// The key with this hash, of any account, also when it is revoked or expired.
    pub async fn key_by_hash(&self, hash: &[u8; 32]) -> Result<Option<ApiKey>> {
        let row = Self::rows::<api_key::Entity>()
            .filter(api_key::Column::Hash.eq(hash.to_vec()))
            .one(self.database.primary())
            .await?;
        Ok(row.map(key_of))
    }

    /// Writes the time of a key's last use.
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

    /// The keys among these that are revoked or deleted.
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

    /// The operator's account: that of the oldest OPERATOR key, which may be revoked. None on a database where the
    /// platform was never started.
    pub async fn operator_account(&self) -> Result<Option<AccountId>> {
        let key = Self::rows::<api_key::Entity>()
            .filter(api_key::Column::Role.eq(api_key::Role::Operator))
            .order_by_asc(api_key::Column::Id)
            .one(self.database.primary())
            .await?;
        Ok(key.map(|row| AccountId::from_uuid(row.account_id)))
    }

    /// Whether any key exists. Without one, nothing has bootstrapped this database yet.
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
