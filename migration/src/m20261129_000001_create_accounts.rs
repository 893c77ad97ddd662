//! Creates accounts and API keys.

use sea_orm_migration::{
    prelude::{
        ConditionalStatement, DbErr, DeriveMigrationName, Expr, ExprTrait, MigrationTrait,
        SchemaManager, TableCreateStatement, async_trait,
    },
    schema::{
        big_integer, big_integer_null, blob_null, boolean, double_null, json_binary, string,
        text_null, var_binary,
    },
};

use crate::table::{create, drop, index, moment, moment_null, platform_table, tenant_table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create(
            manager,
            vec![accounts(), api_keys()],
            vec![
                index("api_keys", &["hash"]).unique().take(),
                index("api_keys", &["account_id", "expires_at"])
                    .and_where(Expr::col("revoked_at").is_null())
                    .take(),
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["api_keys", "accounts"]).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

/// `document_count` and `document_bytes` are maintained by each transaction that changes the account's documents. The
/// ceilings are the operator's, beside the account's own budgets. `audit_length`, `audit_key` and `audit_mac` are the
/// sealed head of the account's audit log.
fn accounts() -> TableCreateStatement {
    platform_table("accounts")
        .col(string("name"))
        .col(string("tier"))
        .col(json_binary("billing_settings"))
        .col(json_binary("configuration"))
        .col(boolean("routes_by_model").default(false))
        .col(big_integer("document_count").default(0))
        .col(big_integer("document_bytes").default(0))
        .col(big_integer_null("ceiling_tokens"))
        .col(double_null("ceiling_cost_usd"))
        .col(big_integer("audit_length").default(0))
        .col(text_null("audit_key"))
        .col(blob_null("audit_mac"))
        .col(moment("created_at"))
        .take()
}

fn api_keys() -> TableCreateStatement {
    tenant_table("api_keys")
        .col(string("name"))
        .col(string("prefix"))
        .col(var_binary("hash", 32))
        .col(string("role"))
        .col(moment("created_at"))
        .col(moment_null("last_used_at"))
        .col(moment_null("expires_at"))
        .col(moment_null("revoked_at"))
        .take()
}
