//! Creates the keys of accounts for providers of models.

use sea_orm_migration::{
    prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, async_trait},
    schema::{blob, string},
};

use crate::table::{create, drop, index, moment, tenant_table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let keys = tenant_table("provider_keys")
            .col(string("provider"))
            .col(string("origin"))
            .col(blob("secret"))
            .col(string("last_characters"))
            .col(moment("created_at"))
            .col(moment("updated_at"))
            .take();
        let one_per_provider = index("provider_keys", &["account_id", "provider"])
            .unique()
            .take();
        create(manager, vec![keys], vec![one_per_provider]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["provider_keys"]).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
