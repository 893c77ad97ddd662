//! The id of the key that sealed a secret, as the database reads it from the sealed bytes: their format is `version |
//! length of the id | id | …`.

use sea_orm_migration::sea_orm::DbBackend;

/// The SQL expression for the id of the key that sealed the secret in a column; null for bytes that are too short. The
/// indexes of the migrations are over exactly this expression, so it never changes.
pub fn sealing_key(backend: DbBackend, column: &str) -> String {
    match backend {
        // an id is ASCII, which this encoding leaves as it is; other bytes do not make it fail
        DbBackend::Postgres => format!(
            "(CASE WHEN octet_length({column}) > 1 THEN encode(substring({column} FROM 3 FOR get_byte({column}, 1)), 'escape') END)"
        ),
        _ => format!(
            "(CAST(substr({column}, 3, unicode(CAST(substr({column}, 2, 1) AS TEXT))) AS TEXT))"
        ),
    }
}
