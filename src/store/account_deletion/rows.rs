//! The rows of one account in every table: how many, and their removal.

use std::collections::BTreeMap;

use sea_orm::{
    ColumnTrait, Condition, Iterable, PrimaryKeyToColumn, QueryFilter, QuerySelect, QueryTrait,
};

use crate::{
    error::Result,
    store::{
        TenantStore,
        connection::Transaction,
        erasure::kind_of,
        scoped::{TableVisitor, TenantEntity},
    },
};

/// The maximum number of rows that are removed at a time: other writers wait for as long.
const AT_A_TIME: u64 = 1_000;
/// The table with the account's own row.
const ACCOUNT: &str = "account";

/// Counts the rows by kind.
pub(super) struct RowCounter<'a> {
    pub(super) store: &'a TenantStore,
    pub(super) transaction: &'a Transaction,
    pub(super) counts: &'a mut BTreeMap<String, u64>,
}

impl TableVisitor for RowCounter<'_> {
    async fn visit<E: TenantEntity>(&mut self) -> Result<()> {
        let count: Option<i64> = self
            .store
            .rows::<E>()
            .select_only()
            .column_as(E::ACCOUNT.count(), "count")
            .into_tuple()
            .one(&**self.transaction)
            .await?;
        let count = count.and_then(|count| u64::try_from(count).ok());
        if let Some(count) = count.filter(|count| *count > 0) {
            self.counts.insert(kind_of(E::NOUN), count);
        }
        Ok(())
    }
}

/// Removes the rows, except for the account's own.
pub(super) struct RowRemover<'a> {
    pub(super) store: &'a TenantStore,
}

impl TableVisitor for RowRemover<'_> {
    async fn visit<E: TenantEntity>(&mut self) -> Result<()> {
        if E::NOUN == ACCOUNT {
            return Ok(());
        }
        loop {
            let writer = self.store.database.writer().await;
            let removed = self
                .store
                .delete::<E>()
                .filter(some_rows::<E>(self.store))
                .exec(&*writer)
                .await?;
            if removed.rows_affected < AT_A_TIME {
                return Ok(());
            }
        }
    }
}

/// Some of the account's rows of a table; all of them where a row has no id of its own.
fn some_rows<E: TenantEntity>(store: &TenantStore) -> Condition {
    let mut keys = <E::PrimaryKey as Iterable>::iter();
    let (Some(key), None) = (keys.next(), keys.next()) else {
        return Condition::all();
    };
    let key = key.into_column();
    let some = store.rows::<E>().select_only().column(key).limit(AT_A_TIME);
    Condition::all().add(key.in_subquery(some.into_query()))
}
