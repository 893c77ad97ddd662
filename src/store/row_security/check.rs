//! Whether the database enforces the policies for the role of this process.

use sea_orm::{ConnectionTrait, DbBackend, Statement};

use super::policies::{OF_ACCOUNT, OF_END_USER, TableNames};
use crate::{
    error::{Error, Result},
    store::{PlatformStore, scoped::visit_tables},
};

const IS_ON: &str = "SELECT relrowsecurity AS is_on FROM pg_class WHERE oid = to_regclass('runs')";
const ROLE: &str = "SELECT rolname::text AS name, rolsuper AS is_superuser, rolbypassrls AS bypasses \
     FROM pg_roles WHERE rolname = current_user";
/// The first table that no policy binds the role to, or that the role owns. `$tables` are their names. The vectors belong to
/// the role, which builds their indexes, and have no policy for end users; they may be created later than the other tables.
const UNBOUND: &str = "
SELECT given.name, found.oid IS NOT NULL AS exists,
       COALESCE(pg_has_role(found.relowner, 'MEMBER'), false) AS is_owner
FROM (VALUES $tables) AS given (name)
LEFT JOIN pg_class AS found ON found.oid = to_regclass(given.name)
WHERE found.oid IS NULL OR NOT found.relrowsecurity OR NOT found.relforcerowsecurity
      OR pg_has_role(found.relowner, 'MEMBER')
      OR (SELECT count(*) FROM pg_policy WHERE polrelid = found.oid AND polname IN ($policies)) < 2
UNION ALL
SELECT 'pgvectors', true, false FROM pg_class AS found
WHERE found.oid = to_regclass('pgvectors') AND NOT (found.relrowsecurity AND found.relforcerowsecurity
      AND EXISTS (SELECT 1 FROM pg_policy WHERE polrelid = found.oid AND polname IN ($policies)))
ORDER BY is_owner, name LIMIT 1";

/// Whether the database enforces row-level security.
pub(super) async fn is_on(connection: &impl ConnectionTrait) -> Result<bool> {
    let question = Statement::from_string(DbBackend::Postgres, IS_ON);
    match connection.query_one_raw(question).await? {
        Some(row) => Ok(row.try_get("", "is_on")?),
        None => Ok(false),
    }
}

impl PlatformStore {
    /// UNAVAILABLE when the database enforces policies for the role of this process, whose statements do not say whose rows
    /// they are about: it would find nothing.
    pub async fn refuse_row_security(&self) -> Result<()> {
        let connection = self.database.primary();
        if connection.get_database_backend() != DbBackend::Postgres || !is_on(connection).await? {
            return Ok(());
        }
        let question = Statement::from_string(DbBackend::Postgres, ROLE);
        let Some(role) = connection.query_one_raw(question).await? else {
            return Ok(());
        };
        if role.try_get("", "is_superuser")? || role.try_get("", "bypasses")? {
            return Ok(());
        }
        Err(Error::unavailable(
            "the database enforces row-level security, and database.row_security is `none`: set it to `require`, or run \
             `troupe row-security off`",
        ))
    }

    /// UNAVAILABLE, with the reason and the remedy, unless the database enforces the policies of every table for the role of
    /// this process.
    pub async fn require_row_security(&self) -> Result<()> {
        let connection = self.database.primary();
        if connection.get_database_backend() != DbBackend::Postgres {
            return Err(insecure("the database is no PostgreSQL"));
        }
        let question = Statement::from_string(DbBackend::Postgres, ROLE);
        let role = connection.query_one_raw(question).await?;
        let role = role.ok_or_else(|| Error::internal("find the role of the connection"))?;
        let name: String = role.try_get("", "name")?;
        if role.try_get("", "is_superuser")? {
            return Err(insecure(&format!(
                "the role {name} is a superuser, for whom no policy holds"
            )));
        }
        if role.try_get("", "bypasses")? {
            return Err(insecure(&format!(
                "the role {name} has BYPASSRLS, so no policy holds for it"
            )));
        }
        let mut tables = TableNames::default();
        visit_tables(&mut tables).await?;
        let names: Vec<String> = tables
            .names
            .iter()
            .map(|name| format!("('{name}')"))
            .collect();
        let unbound = UNBOUND
            .replace("$tables", &names.join(", "))
            .replace("$policies", &format!("'{OF_ACCOUNT}', '{OF_END_USER}'"));
        let question = Statement::from_string(DbBackend::Postgres, unbound);
        let Some(found) = connection.query_one_raw(question).await? else {
            return Ok(());
        };
        let table: String = found.try_get("", "name")?;
        Err(if found.try_get("", "is_owner")? {
            insecure(&format!(
                "the role {name} owns the table {table}, and could remove its policies"
            ))
        } else if found.try_get("", "exists")? {
            insecure(&format!("the table {table} is without its policies"))
        } else {
            insecure(&format!("the table {table} is missing"))
        })
    }
}

fn insecure(reason: &str) -> Error {
    Error::unavailable(format!(
        "database.row_security is `require`, and {reason}: run `troupe row-security on --role ROLE` as the owner of the \
         tables, and connect this process as that role (docs/operations.md)"
    ))
}
