//! The keys of accounts for providers of models.

use entity::provider_key;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::{
    domain::{AccountId, AuditNote, ModelProvider, ProviderKey, ProviderKeyId},
    error::{Error, Result},
    store::{TenantStore, error::is_taken},
};

impl TenantStore {
    /// The account's keys, ordered by provider.
    pub async fn provider_keys(&self) -> Result<Vec<ProviderKey>> {
        let rows = self
            .rows::<provider_key::Entity>()
            .order_by_asc(provider_key::Column::Provider)
            .all(self.database.primary())
            .await?;
        Ok(rows.into_iter().map(key_of).collect())
    }

    /// Stores a key, or replaces the one with the same id, and writes an audit entry. CONFLICT when another caller has set
    /// or removed the provider's key meanwhile.
    pub async fn put_provider_key(&self, key: &ProviderKey, note: AuditNote) -> Result<()> {
        let transaction = self.database.begin().await?;
        let replaced = self
            .change::<provider_key::Entity>()
            .filter(provider_key::Column::Id.eq(key.id.uuid()))
            .set(provider_key::ActiveModel {
                origin: Set(key.provider.origin.clone()),
                secret: Set(key.secret.clone()),
                last_characters: Set(key.last_characters.clone()),
                updated_at: Set(key.updated_at),
                ..Default::default()
            })
            .exec(&*transaction)
            .await?;
        if replaced.rows_affected == 0 {
            let row = key_row(self.account, key);
            let inserted = provider_key::Entity::insert(row)
                .exec_without_returning(&*transaction)
                .await;
            match inserted {
                Ok(_) => {}
                Err(cause) if is_taken(&cause) => {
                    return Err(Error::conflict(
                        "the key was set meanwhile by another caller; read it again and repeat the change",
                    ));
                }
                Err(cause) => return Err(cause.into()),
            }
        }
        self.note(vec![note], &transaction).await?;
        transaction.commit().await
    }

    /// Deletes a key and writes an audit entry; returns false when there is none.
    pub async fn delete_provider_key(&self, id: ProviderKeyId, note: AuditNote) -> Result<bool> {
        let transaction = self.database.begin().await?;
        let deleted = self
            .delete::<provider_key::Entity>()
            .filter(provider_key::Column::Id.eq(id.uuid()))
            .exec(&*transaction)
            .await?;
        if deleted.rows_affected == 0 {
            transaction.roll_back().await?;
            return Ok(false);
        }
        self.note(vec![note], &transaction).await?;
        transaction.commit().await?;
        Ok(true)
    }
}

fn key_row(account: AccountId, key: &ProviderKey) -> provider_key::ActiveModel {
    provider_key::ActiveModel {
        id: Set(key.id.uuid()),
        account_id: Set(account.uuid()),
        provider: Set(key.provider.name.clone()),
        origin: Set(key.provider.origin.clone()),
        secret: Set(key.secret.clone()),
        last_characters: Set(key.last_characters.clone()),
        created_at: Set(key.created_at),
        updated_at: Set(key.updated_at),
    }
}

fn key_of(row: provider_key::Model) -> ProviderKey {
    ProviderKey {
        id: ProviderKeyId::from_uuid(row.id),
        account: AccountId::from_uuid(row.account_id),
        provider: ModelProvider {
            name: row.provider,
            origin: row.origin,
        },
        secret: row.secret,
        last_characters: row.last_characters,
        created_at: row.created_at,
        updated_at: row.updated_at,
    }
}
