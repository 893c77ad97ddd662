//! The database connection.

use std::path::Path;

use url::Url;

use super::reader::Section;
use crate::domain::{Durability, RowSecurity, Secret};

/// The database; section `database` of `app.yaml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseConfig {
    /// `TROUPE_DATABASE_URL`: `postgres://user:password@host/name` or `sqlite://file?mode=rwc`. Default: in
    /// production roles none, elsewhere the SQLite file `troupe.db` in the data folder.
    pub url: Secret,
    /// `TROUPE_DATABASE_READ_URL`: a replica that queries may read from; PostgreSQL only. Default: none.
    pub read_url: Option<Secret>,
    /// `TROUPE_DATABASE_MAX_CONNECTIONS`: the maximum number of open connections of this process to each database.
    /// Default: 20; a SQLite file never has more than 4.
    pub max_connections: u32,
    /// `TROUPE_DATABASE_ROW_SECURITY`: `none`, `prepare` or `require`; PostgreSQL only. Default: `none`.
    pub row_security: RowSecurity,
    /// `TROUPE_DATABASE_DURABILITY`: `process` or `power`; SQLite only. Default: `process`.
    pub durability: Durability,
    /// Whether `url` is the default, because none was configured.
    pub is_default: bool,
}

/// The supported kinds of database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DatabaseKind {
    /// A SQLite file of this process.
    Sqlite,
    /// A PostgreSQL server.
    Postgres,
}

impl DatabaseConfig {
    /// The kind of database that `url` names; the URL was validated at the start.
    pub fn kind(&self) -> DatabaseKind {
        kind_of(self.url.reveal()).unwrap_or(DatabaseKind::Sqlite)
    }

    pub(super) fn read(section: &mut Section<'_, '_>, data_dir: &Path) -> Self {
        let url = read_url(section, "url");
        let read_url = read_url(section, "read_url");
        let is_sqlite = |url: &Secret| kind_of(url.reveal()) == Some(DatabaseKind::Sqlite);
        if let Some(replica) = &read_url {
            if is_sqlite(replica) {
                section.problem(
                    "read_url",
                    "a SQLite file has no replica, expected PostgreSQL",
                );
            } else if url.as_ref().is_none_or(is_sqlite) {
                section.problem(
                    "read_url",
                    "is a replica of nothing: database.url is not PostgreSQL; set it, or remove this",
                );
            }
        }
        let modes = [
            ("none", RowSecurity::Off),
            ("prepare", RowSecurity::Prepared),
            ("require", RowSecurity::Required),
        ];
        let row_security = section.choice("row_security", &modes).unwrap_or_default();
        if row_security != RowSecurity::Off && url.as_ref().is_none_or(is_sqlite) {
            section.problem(
                "row_security",
                "is a feature of PostgreSQL, and database.url is a SQLite file; use PostgreSQL, or remove this",
            );
        }
        let choices = [
            ("process", Durability::Process),
            ("power", Durability::Power),
        ];
        let durability = section.choice("durability", &choices);
        if durability.is_some() && !url.as_ref().is_none_or(is_sqlite) {
            section.problem(
                "durability",
                "is about SQLite, and database.url is PostgreSQL, whose server decides it with fsync and synchronous_commit; remove this",
            );
        }
        Self {
            row_security,
            durability: durability.unwrap_or_default(),
            is_default: !section.is_given("url"),
            url: url.unwrap_or_else(|| {
                Secret::new(format!(
                    "sqlite://{}/troupe.db?mode=rwc",
                    data_dir.display()
                ))
            }),
            read_url,
            max_connections: section.number("max_connections", 1..=1_000).unwrap_or(20),
        }
    }
}

/// Reads a database's URL; a problem shows only its scheme, because the remaining URL may contain a password.
fn read_url(section: &mut Section<'_, '_>, name: &'static str) -> Option<Secret> {
    let url = section.secret(name)?;
    let scheme = url.reveal().split(':').next().unwrap_or_default();
    match kind_of(url.reveal()) {
        None => {
            let shown = if url.reveal().contains(':') {
                scheme
            } else {
                "no scheme"
            };
            section.problem(
                name,
                &format!(
                    "{} given, expected postgres://user:password@host/name or sqlite://file?mode=rwc",
                    crate::domain::excerpt(shown)
                ),
            );
            None
        }
        Some(DatabaseKind::Postgres) if !names_a_database(url.reveal()) => {
            section.problem(
                name,
                "names no host and database, expected postgres://user:password@host/name",
            );
            None
        }
        Some(DatabaseKind::Postgres | DatabaseKind::Sqlite) => Some(url),
    }
}

fn kind_of(url: &str) -> Option<DatabaseKind> {
    match url.split_once(':')?.0 {
        "postgres" | "postgresql" => Some(DatabaseKind::Postgres),
        "sqlite" => Some(DatabaseKind::Sqlite),
        _ => None,
    }
}

fn names_a_database(url: &str) -> bool {
    // the host may be a Unix socket in the query: postgres:///name?host=/run/postgresql
    Url::parse(url).is_ok_and(|url| {
        let has_host = url.has_host() || url.query_pairs().any(|(name, _)| name == "host");
        has_host && url.path().len() > 1
    })
}
