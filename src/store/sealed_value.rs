//! Sealed values by the key that sealed them: secrets of every account, and the seals of audit logs. The indexes of the
//! migrations serve every query here: none of them reads a whole table.

use sea_orm::{
    ConnectionTrait, ExprTrait,
    sea_query::{Expr, Order, Query, SelectStatement},
};
use uuid::Uuid;

use crate::{
    domain::{AccountId, ResealedValue, SealedColumn, SealedValue},
    error::Result,
    store::PlatformStore,
};

/// The table and the column of the audit logs' seals.
const ACCOUNTS: &str = "accounts";
const AUDIT_KEY: &str = "audit_key";

impl PlatformStore {
    /// The ids of the keys that sealed the secrets of a column, each once.
    pub async fn sealing_keys(&self, column: SealedColumn) -> Result<Vec<String>> {
        self.distinct_keys(|| sealed(column), &self.key_of(column))
            .await
    }

    /// The number of secrets of a column that a key sealed.
    pub async fn count_sealed(&self, column: SealedColumn, key: &str) -> Result<u64> {
        let mut statement = sealed(column);
        statement.and_where(self.key_of(column).eq(key));
        self.count(statement).await
    }

    /// At most `most` secrets of a column that a key sealed, with rows after `after`, in the order of their ids.
    pub async fn sealed_values(
        &self,
        column: SealedColumn,
        key: &str,
        after: Option<Uuid>,
        most: u64,
    ) -> Result<Vec<SealedValue>> {
        let mut statement = sealed(column);
        statement
            .columns(["id", "account_id", column.column()])
            .and_where(self.key_of(column).eq(key))
            .order_by("id", Order::Asc)
            .limit(most);
        if let Some(after) = after {
            statement.and_where(Expr::col("id").gt(after));
        }
        let rows = self.database.primary().query_all(&statement).await?;
        let value = |row: &sea_orm::QueryResult| {
            let account: Option<Uuid> = row.try_get("", "account_id")?;
            Ok(SealedValue {
                row: row.try_get("", "id")?,
                account: account.map(AccountId::from_uuid),
                sealed: row.try_get("", column.column())?,
            })
        };
        rows.iter().map(value).collect()
    }

    /// Replaces secrets of a column, all in one transaction, each only if it is still the one that was read. Returns how
    /// many were replaced. The rows' times of change stay as they are: the secrets are the same.
    pub async fn reseal(&self, column: SealedColumn, values: &[ResealedValue]) -> Result<u64> {
        let transaction = self.database.begin().await?;
        let mut replaced = 0;
        for value in values {
            let update = Query::update()
                .table(column.table())
                .value(column.column(), value.sealed.clone())
                .and_where(Expr::col("id").eq(value.before.row))
                .and_where(Expr::col(column.column()).eq(value.before.sealed.clone()))
                .to_owned();
            replaced += transaction.execute(&update).await?.rows_affected();
        }
        transaction.commit().await?;
        Ok(replaced)
    }

    /// The ids of the keys that sealed audit logs, each once.
    pub async fn audit_seal_keys(&self) -> Result<Vec<String>> {
        self.distinct_keys(audit_seals, &Expr::col(AUDIT_KEY)).await
    }

    /// The number of audit logs that a key sealed.
    pub async fn count_audit_seals(&self, key: &str) -> Result<u64> {
        let mut statement = audit_seals();
        statement.and_where(Expr::col(AUDIT_KEY).eq(key));
        self.count(statement).await
    }

    /// At most `most` accounts whose audit log a key sealed, after `after`, in the order of their ids.
    pub async fn accounts_sealed_under(
        &self,
        key: &str,
        after: Option<AccountId>,
        most: u64,
    ) -> Result<Vec<AccountId>> {
        let mut statement = audit_seals();
        statement
            .column("id")
            .and_where(Expr::col(AUDIT_KEY).eq(key))
            .order_by("id", Order::Asc)
            .limit(most);
        if let Some(after) = after {
            statement.and_where(Expr::col("id").gt(after.uuid()));
        }
        let rows = self.database.primary().query_all(&statement).await?;
        let account = |row: &sea_orm::QueryResult| {
            let id: Uuid = row.try_get("", "id")?;
            Ok(AccountId::from_uuid(id))
        };
        rows.iter().map(account).collect()
    }

    /// The values of `key` in the rows of a statement, each once, by one look into the index per value.
    async fn distinct_keys(
        &self,
        rows: impl Fn() -> SelectStatement,
        key: &Expr,
    ) -> Result<Vec<String>> {
        let mut found: Vec<String> = Vec::new();
        loop {
            let last = found.last().map_or("", String::as_str);
            let mut statement = rows();
            statement
                .expr_as(key.clone(), "sealing_key")
                .and_where(key.clone().gt(last))
                .order_by_expr(key.clone(), Order::Asc)
                .limit(1);
            let row = self.database.primary().query_one(&statement).await?;
            match row {
                Some(row) => found.push(row.try_get("", "sealing_key")?),
                None => return Ok(found),
            }
        }
    }

    async fn count(&self, mut statement: SelectStatement) -> Result<u64> {
        statement.expr_as(Expr::cust("count(*)"), "rows");
        let row = self.database.primary().query_one(&statement).await?;
        let rows: i64 = row.map_or(Ok(0), |row| row.try_get("", "rows"))?;
        Ok(rows.unsigned_abs())
    }

    /// The id of the key that sealed the secret of a row.
    fn key_of(&self, column: SealedColumn) -> Expr {
        let backend = self.database.primary().get_database_backend();
        Expr::cust(migration::sealing_key(backend, column.column()))
    }
}

/// The rows with a secret in a column.
fn sealed(column: SealedColumn) -> SelectStatement {
    Query::select()
        .from(column.table())
        .and_where(Expr::col(column.column()).is_not_null())
        .to_owned()
}

/// The rows of sealed audit logs.
fn audit_seals() -> SelectStatement {
    Query::select()
        .from(ACCOUNTS)
        .and_where(Expr::col(AUDIT_KEY).is_not_null())
        .to_owned()
}
