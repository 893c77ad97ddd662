//! The few shapes of all tables, so that every table of an account looks the same.

use sea_orm_migration::{
    prelude::{
        ColumnDef, DbErr, ForeignKey, ForeignKeyAction, ForeignKeyCreateStatement, Index,
        IndexCreateStatement, SchemaManager, Table, TableCreateStatement,
    },
    schema::{pk_uuid, timestamp_with_time_zone, timestamp_with_time_zone_null, uuid},
    sea_orm::{ConnectionTrait, DbBackend},
};

/// A table with an id that belongs to no account.
pub(crate) fn platform_table(name: &'static str) -> TableCreateStatement {
    Table::create().table(name).col(pk_uuid("id")).take()
}

/// A table whose rows belong to an account and can be referred to by `(account_id, id)`.
pub(crate) fn tenant_table(name: &'static str) -> TableCreateStatement {
    platform_table(name)
        .col(uuid("account_id"))
        .foreign_key(&mut to_account(name))
        .index(
            Index::create()
                .unique()
                .name(format!("{name}_account_id_id_key"))
                .col("account_id")
                .col("id"),
        )
        .take()
}

/// A foreign key to the account; an account with rows cannot be deleted.
pub(crate) fn to_account(table: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create()
        .name(format!("{table}_account_id_fkey"))
        .from(table, "account_id")
        .to("accounts", "id")
        .on_delete(ForeignKeyAction::Restrict)
        .take()
}

/// A foreign key to a row of the same account; this row is deleted with it.
pub(crate) fn to_owner(
    table: &'static str,
    column: &'static str,
    owner: &'static str,
) -> ForeignKeyCreateStatement {
    to_neighbour(table, column, owner)
        .on_delete(ForeignKeyAction::Cascade)
        .take()
}

/// A foreign key to a row of the same account that may be deleted before this one. The transaction that deletes that
/// row sets the column to null itself: `ON DELETE SET NULL` would also clear `account_id`, and only PostgreSQL can
/// restrict it to one column.
pub(crate) fn to_neighbour(
    table: &'static str,
    column: &'static str,
    other: &'static str,
) -> ForeignKeyCreateStatement {
    ForeignKey::create()
        .name(format!("{table}_{column}_fkey"))
        .from(table, ("account_id", column))
        .to(other, ("account_id", "id"))
        .take()
}

/// A foreign key to an MCP server. The platform's servers have no account, so `account_id` is not part of it.
pub(crate) fn to_server(table: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create()
        .name(format!("{table}_server_id_fkey"))
        .from(table, "server_id")
        .to("mcp_servers", "id")
        .take()
}

/// A timestamp that is never null.
pub(crate) fn moment(name: &'static str) -> ColumnDef {
    timestamp_with_time_zone(name)
}

/// A timestamp that may be null.
pub(crate) fn moment_null(name: &'static str) -> ColumnDef {
    timestamp_with_time_zone_null(name)
}

/// An index named after its table and columns; `.unique()` and a condition may follow.
pub(crate) fn index(table: &'static str, columns: &[&'static str]) -> IndexCreateStatement {
    let mut index = Index::create()
        .name(format!("{table}_{}_idx", columns.join("_")))
        .table(table)
        .take();
    for column in columns {
        index.col(*column);
    }
    index
}

/// Creates the tables in the given order, then the indexes.
pub(crate) async fn create(
    manager: &SchemaManager<'_>,
    tables: Vec<TableCreateStatement>,
    indexes: Vec<IndexCreateStatement>,
) -> Result<(), DbErr> {
    for table in tables {
        manager.create_table(table).await?;
    }
    for index in indexes {
        manager.create_index(index).await?;
    }
    Ok(())
}

/// Drops the tables in the given order, the reverse of their creation.
pub(crate) async fn drop(
    manager: &SchemaManager<'_>,
    tables: &[&'static str],
) -> Result<(), DbErr> {
    for table in tables {
        manager
            .drop_table(Table::drop().table(*table).take())
            .await?;
    }
    Ok(())
}

/// Executes the statements for this kind of database.
pub(crate) async fn execute(
    manager: &SchemaManager<'_>,
    sqlite: &[&str],
    postgres: &[&str],
) -> Result<(), DbErr> {
    let statements = match manager.get_database_backend() {
        DbBackend::Postgres => postgres,
        _ => sqlite,
    };
    for statement in statements {
        manager
            .get_connection()
            .execute_unprepared(statement)
            .await?;
    }
    Ok(())
}
