//! The HNSW index of one collection, on the table's partition that holds its vectors.
//!
//! It is built concurrently with reads and writes, without a statement timeout, because a build takes minutes. A build
//! that was killed leaves an invalid index, which the next build finds by its name and replaces.

use std::time::Duration;

use sea_orm::{
    DatabaseConnection, DbErr, RuntimeErr, SqlxError,
    sqlx::{self, AssertSqlSafe, Connection, PgConnection},
};

use crate::{
    error::{Error, Result},
    port::Collection,
};

/// The longest vector that pgvector indexes; collections of longer ones are searched exactly.
const LONGEST: usize = 2_000;
/// The first of the 16 advisory locks, one per partition, that serialize changes of its indexes: PostgreSQL would end
/// one of two changes that wait for each other.
const LOCK: i64 = 0x7472_6f75_7076_0000;
/// The pause between two attempts to lock. Waiting inside PostgreSQL would block the build that holds the lock.
const PAUSE: Duration = Duration::from_millis(100);
/// The timeout of a build, enough for millions of vectors.
const LONGEST_BUILD: Duration = Duration::from_hours(6);
/// The maximum memory of a build, in MiB. A graph that fits into memory is built many times faster.
const MOST_BUILD_MIB: u64 = 2_048;

/// Builds the index unless a valid one exists.
pub(super) async fn build(
    database: &DatabaseConnection,
    collection: &Collection,
    vectors: u64,
) -> Result<()> {
    if collection.dimensions > LONGEST {
        return Ok(());
    }
    let name = name(collection);
    let attempt = async {
        let mut session = Session::open(database).await?;
        if session.is_valid(&name).await? == Some(true) {
            return session.close().await;
        }
        let part = session.part_of(collection).await?;
        session.lock(part).await?;
        // another process may have built it meanwhile
        match session.is_valid(&name).await? {
            Some(true) => return session.close().await,
            Some(false) => session.drop_index(&name).await?,
            None => {}
        }
        session.allow_memory(collection, vectors).await?;
        let Collection {
            account,
            agent,
            generation,
            dimensions,
            ..
        } = collection;
        let (account, agent) = (account.uuid(), agent.uuid());
        session
            .run(format!(
                "CREATE INDEX CONCURRENTLY {name} ON pgvectors_{part} \
                 USING hnsw ((embedding::vector({dimensions})) vector_cosine_ops) \
                 WHERE account_id = '{account}' AND agent_id = '{agent}' AND generation = {generation}"
            ))
            .await?;
        // the planner needs statistics to choose the index
        session.run(format!("ANALYZE pgvectors_{part}")).await?;
        session.close().await
    };
    within("build the index of an agent's vectors", attempt).await
}

/// Removes the index if there is one.
pub(super) async fn drop(database: &DatabaseConnection, collection: &Collection) -> Result<()> {
    let name = name(collection);
    let attempt = async {
        let mut session = Session::open(database).await?;
        if session.is_valid(&name).await?.is_some() {
            let part = session.part_of(collection).await?;
            session.lock(part).await?;
            session.drop_index(&name).await?;
        }
        session.close().await
    };
    within("remove the index of an agent's vectors", attempt).await
}

/// The name of the index: at most 61 of the 63 bytes that PostgreSQL allows. The end of the account's id separates it
/// from a collection of the same agent id under an account that does not own the agent.
fn name(collection: &Collection) -> String {
    let account = collection.account.uuid().simple().to_string();
    let (_, account) = account.split_at(20);
    format!(
        "hnsw_{}_{}_{account}",
        collection.agent.uuid().simple(),
        collection.generation.unsigned_abs()
    )
}

async fn within(attempt: &str, steps: impl Future<Output = Result<(), SqlxError>>) -> Result<()> {
    match tokio::time::timeout(LONGEST_BUILD, steps).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(cause)) => Err(super::told(DbErr::Exec(RuntimeErr::SqlxError(
            cause.into(),
        )))),
        Err(_) => Err(Error::internal(format!("{attempt} in time"))),
    }
}

/// A connection detached from its pool, so that its settings and locks end with it.
struct Session(PgConnection);

impl Session {
    async fn open(database: &DatabaseConnection) -> Result<Self, SqlxError> {
        let pool = database.get_postgres_connection_pool();
        let mut session = Self(pool.acquire().await?.detach());
        session.run("SET statement_timeout = 0".to_owned()).await?;
        // shared memory for parallel workers is often small, above all in containers; a serial build is enough in the
        // background
        let serial = "SET max_parallel_maintenance_workers = 0";
        session.run(serial.to_owned()).await?;
        // makes a server that supports it end a build whose client has disconnected
        let check = "SET client_connection_check_interval = '5s'";
        if let Err(cause) = session.run(check.to_owned()).await {
            tracing::debug!(%cause, "this server does not look after clients that are gone");
        }
        Ok(session)
    }

    /// Whether the index may be used; none when it does not exist.
    async fn is_valid(&mut self, name: &str) -> Result<Option<bool>, SqlxError> {
        sqlx::query_scalar("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass($1)")
            .bind(name)
            .fetch_optional(&mut self.0)
            .await
    }

    /// The number of the partition that holds the agent's vectors.
    async fn part_of(&mut self, collection: &Collection) -> Result<i32, SqlxError> {
        sqlx::query_scalar(
            "SELECT part FROM generate_series(0, 15) AS part \
             WHERE satisfies_hash_partition('pgvectors'::regclass, 16, part, $1::uuid)",
        )
        .bind(collection.agent.uuid())
        .fetch_one(&mut self.0)
        .await
    }

    async fn lock(&mut self, part: i32) -> Result<(), SqlxError> {
        loop {
            let is_ours: bool = sqlx::query_scalar("SELECT pg_try_advisory_lock($1)")
                .bind(LOCK + i64::from(part))
                .fetch_one(&mut self.0)
                .await?;
            if is_ours {
                return Ok(());
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Sets the memory that the graph needs: its vectors, and about 400 bytes of neighbours for each.
    async fn allow_memory(
        &mut self,
        collection: &Collection,
        vectors: u64,
    ) -> Result<(), SqlxError> {
        let each = u64::try_from(collection.dimensions * 4 + 400).unwrap_or(u64::MAX);
        let needed = vectors.saturating_mul(each) / (1 << 20) * 3 / 2;
        let allowed = needed.clamp(64, MOST_BUILD_MIB);
        self.run(format!("SET maintenance_work_mem = '{allowed}MB'"))
            .await
    }

    async fn drop_index(&mut self, name: &str) -> Result<(), SqlxError> {
        self.run(format!("DROP INDEX CONCURRENTLY IF EXISTS {name}"))
            .await
    }

    /// Runs a statement that is made only of names and numbers of this program.
    async fn run(&mut self, statement: String) -> Result<(), SqlxError> {
        sqlx::raw_sql(AssertSqlSafe(statement))
            .execute(&mut self.0)
            .await
            .map(std::mem::drop)
    }

    async fn close(self) -> Result<(), SqlxError> {
        self.0.close().await
    }
}
