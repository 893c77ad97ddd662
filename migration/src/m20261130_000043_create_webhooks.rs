//! Creates webhooks and the events that are sent to them.

use sea_orm_migration::{
    prelude::{
        ConditionalStatement, DbErr, DeriveMigrationName, Expr, ExprTrait, MigrationTrait,
        SchemaManager, async_trait,
    },
    schema::{big_integer, big_integer_null, blob, json_binary, string, text_null, uuid},
    sea_orm::ConnectionTrait,
};

use crate::{
    sealing_key::sealing_key,
    table::{create, drop, index, moment, moment_null, tenant_table},
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let webhooks = tenant_table("webhooks")
            .col(string("url"))
            .col(json_binary("events"))
            .col(blob("secret"))
            .col(string("status"))
            .col(big_integer("cursor"))
            .col(moment_null("delivered_at"))
            .col(moment_null("failing_since"))
            .col(text_null("error"))
            .col(moment("created_at"))
            .col(moment("updated_at"))
            .take();
        let events = tenant_table("account_events")
            .col(string("kind"))
            .col(uuid("subject"))
            .col(big_integer_null("position"))
            .col(moment("at"))
            .take();
        let in_order = index("account_events", &["account_id", "position"])
            .unique()
            .take();
        // those that no one has read yet, and those that are old
        let new = index("account_events", &["account_id", "id"])
            .and_where(Expr::col("position").is_null())
            .take();
        let old = index("account_events", &["at"]);
        create(manager, vec![webhooks, events], vec![in_order, new, old]).await?;
        let connection = manager.get_connection();
        let key = sealing_key(connection.get_database_backend(), "secret");
        let sealed = format!("CREATE INDEX webhooks_sealing_key_idx ON webhooks ({key}, id)");
        connection.execute_unprepared(&sealed).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["account_events", "webhooks"]).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
