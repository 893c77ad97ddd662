//! The deletions of accounts. An audit entry may be deleted with its whole account, and in no other way.

use sea_orm_migration::{
    prelude::{
        DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, Table, TableCreateStatement,
        async_trait,
    },
    schema::{json_binary, json_binary_null, pk_uuid},
};

use crate::{
    m20261129_000028_create_erasures::POSTGRES as POSTGRES_DOWN,
    table::{create, drop, execute, moment, moment_null},
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create(manager, vec![account_deletions()], Vec::new()).await?;
        execute(manager, SQLITE, POSTGRES).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        execute(manager, SQLITE_DOWN, POSTGRES_DOWN).await?;
        drop(manager, &["account_deletions"]).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

/// A row stays when its account is gone, so it refers to no other table. `removed` is null until the rows are counted.
fn account_deletions() -> TableCreateStatement {
    Table::create()
        .table("account_deletions")
        .col(pk_uuid("account_id"))
        .col(json_binary_null("removed"))
        .col(json_binary("sent_to"))
        .col(json_binary("remains"))
        .col(moment("requested_at"))
        .col(moment_null("finished_at"))
        .take()
}

const SQLITE: &[&str] = &[
    "DROP TRIGGER audit_entries_no_delete",
    "CREATE TRIGGER audit_entries_no_delete BEFORE DELETE ON audit_entries WHEN NOT EXISTS ( \
     SELECT 1 FROM account_deletions WHERE account_id = OLD.account_id AND finished_at IS NULL) \
     BEGIN SELECT RAISE(ABORT, 'audit entries are only ever added'); END",
];

const SQLITE_DOWN: &[&str] = &[
    "DROP TRIGGER audit_entries_no_delete",
    "CREATE TRIGGER audit_entries_no_delete BEFORE DELETE ON audit_entries BEGIN \
     SELECT RAISE(ABORT, 'audit entries are only ever added'); END",
];

/// As [`SQLITE`]; the trigger for updates and deletions calls the function.
const POSTGRES: &[&str] = &[
    "CREATE OR REPLACE FUNCTION audit_entries_only_added() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
     IF TG_OP = 'UPDATE' THEN \
       IF OLD.tombstone IS NULL AND NEW.tombstone IS NOT NULL \
       AND NEW.subject IS NULL AND NEW.conversation_id IS NULL \
       AND NEW.id = OLD.id AND NEW.account_id = OLD.account_id AND NEW.sequence = OLD.sequence \
       AND NEW.at = OLD.at AND NEW.action = OLD.action AND NEW.agent_id IS NOT DISTINCT FROM OLD.agent_id \
       AND NEW.previous_hash = OLD.previous_hash AND NEW.hash = OLD.hash \
       AND NEW.hash_key IS NOT DISTINCT FROM OLD.hash_key \
       THEN RETURN NEW; END IF; \
     ELSIF EXISTS ( \
       SELECT 1 FROM account_deletions WHERE account_id = OLD.account_id AND finished_at IS NULL) \
       THEN RETURN OLD; \
     END IF; \
     RAISE EXCEPTION 'audit entries are only ever added'; END $$",
];
