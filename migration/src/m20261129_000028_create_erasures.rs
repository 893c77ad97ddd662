//! The erasures of end users, the mark of an end user who is being erased, and the tombstones of audit entries.

use sea_orm_migration::{
    prelude::{
        DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, Table, TableCreateStatement,
        async_trait,
    },
    schema::{blob_null, json_binary, string_null, uuid_null, var_binary},
};

use crate::table::{create, drop, execute, index, moment, moment_null, tenant_table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create(
            manager,
            vec![erasures()],
            vec![index(
                "erasures",
                &["account_id", "fingerprint", "requested_at"],
            )],
        )
        .await?;
        let mark = Table::alter()
            .table("end_users")
            .add_column(uuid_null("erasure_id"))
            .take();
        manager.alter_table(mark).await?;
        let tombstone = Table::alter()
            .table("audit_entries")
            .add_column(blob_null("tombstone"))
            .take();
        manager.alter_table(tombstone).await?;
        execute(manager, SQLITE, POSTGRES).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // SQLite drops no column that a trigger names
        execute(manager, &[SQLITE_DROP], &[]).await?;
        let tombstone = Table::alter()
            .table("audit_entries")
            .drop_column("tombstone")
            .take();
        manager.alter_table(tombstone).await?;
        execute(manager, SQLITE_DOWN, POSTGRES_DOWN).await?;
        let mark = Table::alter()
            .table("end_users")
            .drop_column("erasure_id")
            .take();
        manager.alter_table(mark).await?;
        drop(manager, &["erasures"]).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

/// `end_user` is the account's own id of the person until the rows are removed; `fingerprint` is what stays of it.
fn erasures() -> TableCreateStatement {
    tenant_table("erasures")
        .col(string_null("end_user"))
        .col(var_binary("fingerprint", 32))
        .col(json_binary("removed"))
        .col(json_binary("sent_to"))
        .col(moment("requested_at"))
        .col(moment_null("finished_at"))
        .take()
}

const SQLITE_DROP: &str = "DROP TRIGGER audit_entries_no_update";

/// The only change of an entry that is allowed: its content is replaced by a tombstone, once, and its place in the chain
/// stays.
const SQLITE: &[&str] = &[
    SQLITE_DROP,
    "CREATE TRIGGER audit_entries_no_update BEFORE UPDATE ON audit_entries WHEN NOT ( \
     OLD.tombstone IS NULL AND NEW.tombstone IS NOT NULL \
     AND NEW.subject IS NULL AND NEW.conversation_id IS NULL \
     AND NEW.id = OLD.id AND NEW.account_id = OLD.account_id AND NEW.sequence = OLD.sequence \
     AND NEW.at = OLD.at AND NEW.action = OLD.action AND NEW.agent_id IS OLD.agent_id \
     AND NEW.previous_hash = OLD.previous_hash AND NEW.hash = OLD.hash AND NEW.hash_key IS OLD.hash_key) \
     BEGIN SELECT RAISE(ABORT, 'audit entries are only ever added'); END",
];

const SQLITE_DOWN: &[&str] = &[
    "CREATE TRIGGER audit_entries_no_update BEFORE UPDATE ON audit_entries BEGIN \
     SELECT RAISE(ABORT, 'audit entries are only ever added'); END",
];

/// As [`SQLITE`]; the trigger calls the function.
pub(crate) const POSTGRES: &[&str] = &[
    "CREATE OR REPLACE FUNCTION audit_entries_only_added() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
     IF TG_OP = 'UPDATE' THEN \
       IF OLD.tombstone IS NULL AND NEW.tombstone IS NOT NULL \
       AND NEW.subject IS NULL AND NEW.conversation_id IS NULL \
       AND NEW.id = OLD.id AND NEW.account_id = OLD.account_id AND NEW.sequence = OLD.sequence \
       AND NEW.at = OLD.at AND NEW.action = OLD.action AND NEW.agent_id IS NOT DISTINCT FROM OLD.agent_id \
       AND NEW.previous_hash = OLD.previous_hash AND NEW.hash = OLD.hash \
       AND NEW.hash_key IS NOT DISTINCT FROM OLD.hash_key \
       THEN RETURN NEW; END IF; \
     END IF; \
     RAISE EXCEPTION 'audit entries are only ever added'; END $$",
];

const POSTGRES_DOWN: &[&str] = &[
    "CREATE OR REPLACE FUNCTION audit_entries_only_added() RETURNS trigger LANGUAGE plpgsql AS \
     $$ BEGIN RAISE EXCEPTION 'audit entries are only ever added'; END $$",
];
