//! Creates the tables of the built-in server `crm`: contacts, leads, deals and activities.

use sea_orm_migration::{
    prelude::{
        DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, TableCreateStatement,
        async_trait,
    },
    schema::{
        big_integer_null, date_null, integer_null, json_binary, string, string_null, text,
        text_null, uuid, uuid_null,
    },
};

use crate::table::{
    create, drop, index, moment, moment_null, tenant_table, to_neighbour, to_owner,
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create(
            manager,
            vec![contacts(), leads(), deals(), activities()],
            vec![
                index("contacts", &["account_id", "email"]).unique().take(),
                index("leads", &["account_id", "contact_id"]),
                index("deals", &["account_id", "contact_id"]),
                index("deals", &["account_id", "lead_id"]),
                index("activities", &["account_id", "contact_id", "id"]),
                index("activities", &["account_id", "lead_id"]),
                index("activities", &["account_id", "deal_id"]),
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["activities", "deals", "leads", "contacts"]).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

fn contacts() -> TableCreateStatement {
    tenant_table("contacts")
        .col(string("name"))
        .col(string_null("email"))
        .col(string_null("phone"))
        .col(string_null("company"))
        .col(string_null("job_title"))
        .col(text_null("notes"))
        .col(text("folded"))
        .col(moment("created_at"))
        .col(moment("updated_at"))
        .take()
}

fn leads() -> TableCreateStatement {
    tenant_table("leads")
        .col(uuid("contact_id"))
        .col(string("title"))
        .col(string_null("source"))
        .col(string("stage"))
        .col(json_binary("criteria"))
        .col(integer_null("score"))
        .col(text_null("reason"))
        .col(big_integer_null("value"))
        .col(string_null("currency"))
        .col(moment_null("qualified_at"))
        .col(moment("created_at"))
        .col(moment("updated_at"))
        .foreign_key(&mut to_owner("leads", "contact_id", "contacts"))
        .take()
}

fn deals() -> TableCreateStatement {
    tenant_table("deals")
        .col(uuid("contact_id"))
        .col(uuid_null("lead_id"))
        .col(string("name"))
        .col(string("stage"))
        .col(big_integer_null("value"))
        .col(string_null("currency"))
        .col(date_null("expected_close"))
        .col(text_null("lost_reason"))
        .col(moment_null("closed_at"))
        .col(moment("created_at"))
        .col(moment("updated_at"))
        .foreign_key(&mut to_owner("deals", "contact_id", "contacts"))
        .foreign_key(&mut to_neighbour("deals", "lead_id", "leads"))
        .take()
}

fn activities() -> TableCreateStatement {
    tenant_table("activities")
        .col(uuid("contact_id"))
        .col(uuid_null("lead_id"))
        .col(uuid_null("deal_id"))
        .col(string("kind"))
        .col(text("text"))
        .col(moment("happened_at"))
        .col(moment("created_at"))
        .foreign_key(&mut to_owner("activities", "contact_id", "contacts"))
        .foreign_key(&mut to_neighbour("activities", "lead_id", "leads"))
        .foreign_key(&mut to_neighbour("activities", "deal_id", "deals"))
        .take()
}
