//! The policies, made from the list of tables in `scoped.rs`, so that a new table cannot be forgotten.

use std::fmt::Write;

use entity::{agent, conversation, end_user, message, message_source, run};
use sea_orm::{ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, IdenStatic};

use super::check::is_on;
use crate::{
    error::{Error, Result},
    store::{
        Store,
        connection::Transaction,
        scoped::{SeenBy, TableVisitor, TenantEntity, visit_tables},
    },
};

/// The policy that bounds a transaction to its account.
pub(in crate::store) const OF_ACCOUNT: &str = "troupe_account";
/// The policy that bounds a transaction to its end user.
pub(in crate::store) const OF_END_USER: &str = "troupe_end_user";

/// The policy that shows rows of no account, which the platform shares with accounts; they are changed by the platform only.
const SHARED: &str = "troupe_shared";

/// The end user of the transaction; null for none.
const END_USER: &str = "nullif(current_setting('troupe.end_user', true), '')::uuid";

/// What the role of the processes may do, and that it owns the tables whose indexes it builds. `$role` is the role.
const PRIVILEGES: &str = "
GRANT USAGE, CREATE ON SCHEMA public TO $role;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO $role;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO $role;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO $role;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO $role;
DO $$ DECLARE part regclass; BEGIN
    FOR part IN SELECT to_regclass('pgvectors') UNION SELECT inhrelid FROM pg_inherits
        WHERE inhparent = to_regclass('pgvectors') LOOP
        CONTINUE WHEN part IS NULL;
        EXECUTE format('ALTER TABLE %s OWNER TO %s', part, '$role');
    END LOOP;
END $$";

/// Policies for the vectors, a table without an entity; it may be missing.
const VECTORS: &str = "
DO $$ BEGIN
    IF to_regclass('pgvectors') IS NULL THEN RETURN; END IF;
    ALTER TABLE pgvectors ENABLE ROW LEVEL SECURITY;
    ALTER TABLE pgvectors FORCE ROW LEVEL SECURITY;
    DROP POLICY IF EXISTS troupe_account ON pgvectors;
    CREATE POLICY troupe_account ON pgvectors USING ($of_account) WITH CHECK ($of_account);
END $$";

impl Store {
    /// Switches row-level security on for the role of the processes, with a policy for every table, or renews its policies.
    /// `BAD_USER_INPUT` for a database without it or a name that is no role's.
    pub async fn secure_rows(&self, role: &str) -> Result<()> {
        self.require_postgres()?;
        let transaction = self.begin_migration().await?;
        let quoted = quoted_role(role, &transaction).await?;
        policies(&transaction).await?;
        let privileges =
            PRIVILEGES.replace("'$role'", &format!("'{}'", quoted.replace('\'', "''")));
        let privileges = privileges.replace("$role", &quoted);
        transaction.execute_unprepared(&privileges).await?;
        transaction.commit().await
    }

    /// Switches row-level security off, and removes its policies.
    pub async fn open_rows(&self) -> Result<()> {
        self.require_postgres()?;
        let transaction = self.begin_migration().await?;
        let mut tables = TableNames::default();
        visit_tables(&mut tables).await?;
        let mut sql = String::new();
        for table in tables.names.iter().map(String::as_str) {
            write!(sql, "ALTER TABLE {table} DISABLE ROW LEVEL SECURITY; ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY; \
                 DROP POLICY IF EXISTS {OF_ACCOUNT} ON {table}; DROP POLICY IF EXISTS {OF_END_USER} ON {table}; \
                 DROP POLICY IF EXISTS {SHARED} ON {table};")
            .map_err(|cause| Error::internal("write policies").with_source(cause))?;
        }
        transaction.execute_unprepared(&sql).await?;
        transaction
            .execute_unprepared(
                "ALTER TABLE IF EXISTS pgvectors DISABLE ROW LEVEL SECURITY; \
                 DO $$ BEGIN IF to_regclass('pgvectors') IS NOT NULL THEN \
                 DROP POLICY IF EXISTS troupe_account ON pgvectors; END IF; END $$",
            )
            .await?;
        transaction.commit().await
    }

    fn require_postgres(&self) -> Result<()> {
        if self.database.primary().get_database_backend() == DbBackend::Postgres {
            return Ok(());
        }
        Err(Error::bad_input(
            "database.url",
            "row-level security is a feature of PostgreSQL; this database is a SQLite file",
        ))
    }
}

/// Renews the policies after a migration, if the database enforces some: new tables get theirs.
pub(in crate::store) async fn renew(transaction: &Transaction) -> Result<()> {
    if transaction.get_database_backend() != DbBackend::Postgres || !is_on(&**transaction).await? {
        return Ok(());
    }
    policies(transaction).await
}

/// Creates the policies of all tables, and has them enforced for owners too.
pub(in crate::store) async fn policies(transaction: &Transaction) -> Result<()> {
    let mut writer = PolicyWriter::default();
    visit_tables(&mut writer).await?;
    transaction.execute_unprepared(&writer.sql).await?;
    let vectors = VECTORS.replace("$of_account", &of_account("account_id"));
    transaction.execute_unprepared(&vectors).await?;
    Ok(())
}

/// The name of an existing role, quoted.
async fn quoted_role(role: &str, transaction: &Transaction) -> Result<String> {
    let sql = "SELECT quote_ident(rolname) AS name FROM pg_roles WHERE rolname = $1";
    let question = sea_orm::Statement::from_sql_and_values(DbBackend::Postgres, sql, [role.into()]);
    let row = transaction.query_one_raw(question).await?;
    let row = row.ok_or_else(|| {
        Error::bad_input(
            "--role",
            "no such role: create it first, CREATE ROLE … LOGIN PASSWORD …",
        )
    })?;
    Ok(row.try_get("", "name")?)
}

/// The names of all tables with policies.
#[derive(Default)]
pub(super) struct TableNames {
    pub(super) names: Vec<String>,
}

impl TableVisitor for TableNames {
    async fn visit<E: TenantEntity>(&mut self) -> Result<()> {
        self.names.push(E::default().table_name().to_owned());
        Ok(())
    }
}

/// Writes the statements that create the policies.
#[derive(Default)]
struct PolicyWriter {
    sql: String,
}

impl TableVisitor for PolicyWriter {
    async fn visit<E: TenantEntity>(&mut self) -> Result<()> {
        let table = E::default().table_name().to_owned();
        let account = of_account(E::ACCOUNT.as_str());
        let seen = seen_by(E::SEEN_BY);
        // what an end user does may add rows that it never sees, such as the steps of a run
        let added = match E::SEEN_BY {
            SeenBy::Nobody | SeenBy::Agent(_) | SeenBy::Document(_) => "true".to_owned(),
            _ => format!("{END_USER} IS NULL OR {seen}"),
        };
        write!(
            self.sql,
            "ALTER TABLE {table} ENABLE ROW LEVEL SECURITY; \
             ALTER TABLE {table} FORCE ROW LEVEL SECURITY; \
             DROP POLICY IF EXISTS {OF_ACCOUNT} ON {table}; \
             CREATE POLICY {OF_ACCOUNT} ON {table} USING ({account}) WITH CHECK ({account}); \
             DROP POLICY IF EXISTS {OF_END_USER} ON {table}; \
             CREATE POLICY {OF_END_USER} ON {table} AS RESTRICTIVE \
             USING ({END_USER} IS NULL OR {seen}) WITH CHECK ({added});"
        )
        .map_err(|cause| Error::internal("write policies").with_source(cause))?;
        if E::ACCOUNT.def().is_null() {
            let shared = format!(
                "DROP POLICY IF EXISTS {SHARED} ON {table}; \
                 CREATE POLICY {SHARED} ON {table} FOR SELECT USING ({} IS NULL);",
                E::ACCOUNT.as_str()
            );
            self.sql.push_str(&shared);
        }
        Ok(())
    }
}

/// The condition of the rows of the transaction's account.
fn of_account(column: &str) -> String {
    format!(
        "current_setting('troupe.platform', true) = 'on' \
         OR {column} = nullif(current_setting('troupe.account', true), '')::uuid"
    )
}

/// The condition of the rows that the transaction's end user sees. The tables that it names have policies of their own, so
/// that their rows are the end user's already.
fn seen_by<C: IdenStatic>(rule: SeenBy<C>) -> String {
    let refers = |column: C, table: &str, key: &str| {
        format!("{} IN (SELECT {key} FROM {table})", column.as_str())
    };
    match rule {
        SeenBy::Nobody => "false".to_owned(),
        SeenBy::EndUser(column) => format!("{} = {END_USER}", column.as_str()),
        SeenBy::ExternalId(column) => {
            let people = name::<end_user::Entity>();
            refers(column, &people, end_user::Column::ExternalId.as_str())
        }
        SeenBy::Conversation(column) => {
            let conversations = name::<conversation::Entity>();
            refers(column, &conversations, conversation::Column::Id.as_str())
        }
        SeenBy::Run(column) => refers(column, &name::<run::Entity>(), run::Column::Id.as_str()),
        SeenBy::Message(column) => {
            let messages = name::<message::Entity>();
            refers(column, &messages, message::Column::Id.as_str())
        }
        SeenBy::Document(column) => {
            let sources = name::<message_source::Entity>();
            let key = message_source::Column::DocumentId.as_str();
            refers(column, &sources, key)
        }
        SeenBy::Agent(column) => {
            let answered = run::Column::AgentId.as_str();
            format!(
                "({} = 'ACTIVE' OR {})",
                agent::Column::Status.as_str(),
                refers(column, &name::<run::Entity>(), answered)
            )
        }
    }
}

fn name<E: EntityTrait>() -> String {
    E::default().table_name().to_owned()
}
