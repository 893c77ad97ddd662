//! The removal of the rows of one account from every table.

use sea_orm::{
    ColumnTrait, Condition, Iterable, PrimaryKeyToColumn, QueryFilter, QuerySelect, QueryTrait,
};

use crate::{
    error::Result,
    store::{
        TenantStore,
        scoped::{TableVisitor, TenantEntity},
    },
};

/// The maximum number of rows that are removed at a time: other writers wait for as long.
const AT_A_TIME: u64 = 1_000;
/// The table with the account's own row.
const ACCOUNT: &str = "account";

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
