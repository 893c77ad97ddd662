//! The few shapes that every table here is made of: what belongs to an account looks the same everywhere.

use sea_orm_migration::{
    prelude::{
        ColumnDef, DbErr, ForeignKey, ForeignKeyAction, ForeignKeyCreateStatement, Index,
        IndexCreateStatement, SchemaManager, Table, TableCreateStatement,
    },
    schema::{pk_uuid, timestamp_with_time_zone, timestamp_with_time_zone_null, uuid},
};

/// A table with an id of its own that belongs to no account.
pub(crate) fn platform_table(name: &'static str) -> TableCreateStatement {
    Table::create().table(name).col(pk_uuid("id")).take()
}

/// A table whose rows belong to an account and can be pointed at by `(account_id, id)`.
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

/// An account is never deleted under its rows.
pub(crate) fn to_account(table: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create()
        .name(format!("{table}_account_id_fkey"))
        .from(table, "account_id")
        .to("accounts", "id")
        .on_delete(ForeignKeyAction::Restrict)
        .take()
}

/// `column` points at a row of the same account that this row has no meaning without.
pub(crate) fn to_owner(
    table: &'static str,
    column: &'static str,
    owner: &'static str,
) -> ForeignKeyCreateStatement {
    to_neighbour(table, column, owner)
        .on_delete(ForeignKeyAction::Cascade)
        .take()
}

/// `column` points at a row of the same account that may go before this one does. Whoever deletes that row clears the
/// column in the same transaction: `ON DELETE SET NULL` would clear `account_id` too, and only PostgreSQL can be told
/// which column is meant.
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

/// A moment that is always known.
pub(crate) fn moment(name: &'static str) -> ColumnDef {
    timestamp_with_time_zone(name)
}

/// A moment that may not have come.
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

/// Makes the tables in the order given, then the indexes.
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

/// Drops the tables in the order given, which is the reverse of how they were made.
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
