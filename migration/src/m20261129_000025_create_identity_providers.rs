//! Creates the identity providers of accounts, and the time from which on an end user's tokens are accepted.

use sea_orm_migration::{
    prelude::{
        DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, Table, TableCreateStatement,
        async_trait,
    },
    schema::{json_binary, string, text},
};

use crate::table::{create, drop, index, moment, moment_null, tenant_table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let valid_from = Table::alter()
            .table("end_users")
            .add_column(moment_null("tokens_valid_from"))
            .take();
        manager.alter_table(valid_from).await?;
        create(
            manager,
            vec![identity_providers()],
            vec![
                index("identity_providers", &["account_id", "issuer"])
                    .unique()
                    .take(),
                // a token leads to one account
                index("identity_providers", &["issuer", "audience"])
                    .unique()
                    .take(),
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["identity_providers"]).await?;
        let valid_from = Table::alter()
            .table("end_users")
            .drop_column("tokens_valid_from")
            .take();
        manager.alter_table(valid_from).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

fn identity_providers() -> TableCreateStatement {
    tenant_table("identity_providers")
        .col(string("name"))
        .col(string("issuer"))
        .col(string("audience"))
        .col(text("jwks_url"))
        .col(json_binary("algorithms"))
        .col(json_binary("claims"))
        .col(moment("created_at"))
        .take()
}
