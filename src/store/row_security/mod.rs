//! PostgreSQL's row-level security, the wall behind the types of `scoped.rs`: each transaction says whose rows it is about,
//! and the database refuses all others, whatever the statement says.
//!
//! A transaction without such a setting sees nothing. The settings are local to their transaction: a connection carries
//! nothing to its next user, and transaction poolers can stand between. So a single statement is a transaction too.

mod check;
mod policies;

pub(super) use policies::renew;
#[cfg(test)]
pub(super) use policies::{OF_ACCOUNT, OF_END_USER, policies};

use std::sync::Arc;

use sea_orm::{
    ConnAcquireErr, DbErr, ExecResult, QueryResult, RuntimeErr, SqlxError, Statement, Values,
    sqlx::{AssertSqlSafe, PgPool, Postgres, Transaction, query::Query, query_with},
};
use sea_query_sqlx::SqlxValues;

use crate::{
    domain::{AccountId, EndUserId},
    store::pending_transactions::{PendingTransaction, PendingTransactions},
};

/// Whose rows the statements of a connection are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// Those of all accounts: the platform's own work.
    Platform,
    /// Those of an account.
    Account(AccountId),
    /// Those of an account that an end user may see.
    EndUser(AccountId, EndUserId),
}

impl Reach {
    /// What a transaction of several statements is bound to: those that write for an end user also lock and count rows of
    /// the account and note in its audit log, which no end user sees. Their other statements are narrowed by type only.
    pub(super) fn of_transaction(self) -> Self {
        match self {
            Self::Platform => self,
            Self::Account(account) | Self::EndUser(account, _) => Self::Account(account),
        }
    }

    /// The statements that bind a transaction to these rows.
    pub(super) fn settings(self) -> String {
        match self {
            Self::Platform => "SET LOCAL troupe.platform = 'on'".to_owned(),
            Self::Account(account) => {
                format!("SET LOCAL troupe.account = '{}'", account.uuid())
            }
            Self::EndUser(account, end_user) => format!(
                "SET LOCAL troupe.account = '{}'; SET LOCAL troupe.end_user = '{}'",
                account.uuid(),
                end_user.uuid()
            ),
        }
    }
}

/// Executes single statements, each in a transaction that is bound to some rows.
pub(super) struct BoundPool {
    pool: PgPool,
    pending: Arc<PendingTransactions>,
    reach: Reach,
}

impl BoundPool {
    pub(super) fn new(pool: PgPool, pending: Arc<PendingTransactions>, reach: Reach) -> Self {
        Self {
            pool,
            pending,
            reach,
        }
    }

    pub(super) fn reach(&self) -> Reach {
        self.reach
    }

    pub(super) async fn execute(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        let mut transaction = self.begin().await?;
        let done = query_of(&statement).execute(&mut *transaction).await;
        let done = done.map_err(|cause| DbErr::Exec(runtime(cause)))?;
        commit(transaction).await?;
        Ok(done.into())
    }

    pub(super) async fn query_one(
        &self,
        statement: Statement,
    ) -> Result<Option<QueryResult>, DbErr> {
        let mut transaction = self.begin().await?;
        let row = query_of(&statement).fetch_optional(&mut *transaction).await;
        let row = row.map_err(|cause| DbErr::Query(runtime(cause)))?;
        end(transaction, &statement).await?;
        Ok(row.map(QueryResult::from))
    }

    pub(super) async fn query_all(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let mut transaction = self.begin().await?;
        let rows = query_of(&statement).fetch_all(&mut *transaction).await;
        let rows = rows.map_err(|cause| DbErr::Query(runtime(cause)))?;
        end(transaction, &statement).await?;
        Ok(rows.into_iter().map(QueryResult::from).collect())
    }

    /// Begins a transaction that is bound to the rows, in one exchange with the server.
    async fn begin(&self) -> Result<Transaction<'static, Postgres>, DbErr> {
        let statements = AssertSqlSafe(format!("BEGIN; {}", self.reach.settings()));
        let pending = PendingTransaction::of(&self.pending);
        let begun = self
            .pool
            .begin_with(statements)
            .await
            .map_err(|cause| match cause {
                SqlxError::PoolTimedOut => DbErr::ConnectionAcquire(ConnAcquireErr::Timeout),
                SqlxError::PoolClosed => DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed),
                cause => DbErr::Conn(runtime(cause)),
            })?;
        pending.has_begun();
        Ok(begun)
    }
}

/// Ends the transaction of a query. What a `SELECT` has read is the same without a commit, for which a caller would wait;
/// the transaction is rolled back when its connection returns to the pool.
async fn end(
    transaction: Transaction<'static, Postgres>,
    statement: &Statement,
) -> Result<(), DbErr> {
    if statement.sql.starts_with("SELECT ") {
        return Ok(());
    }
    commit(transaction).await
}

async fn commit(transaction: Transaction<'static, Postgres>) -> Result<(), DbErr> {
    let done = transaction.commit().await;
    done.map_err(|cause| DbErr::Exec(runtime(cause)))
}

fn query_of(statement: &Statement) -> Query<'_, Postgres, SqlxValues> {
    let values = statement.values.clone().unwrap_or(Values(Vec::new()));
    query_with(AssertSqlSafe(statement.sql.as_str()), SqlxValues(values))
}

fn runtime(cause: SqlxError) -> RuntimeErr {
    RuntimeErr::SqlxError(Arc::new(cause))
}
