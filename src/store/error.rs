//! The conversion of database errors to [`Error`].

use sea_orm::{DbErr, RuntimeErr, SqlErr, SqlxError};

use crate::error::Error;

impl From<DbErr> for Error {
    fn from(cause: DbErr) -> Self {
        if is_away(&cause) {
            return Self::unavailable(
                "the database does not answer or is too busy; try again in a moment",
            )
            .with_source(cause);
        }
        if refers_to_nothing(&cause) {
            return Self::conflict(
                "something that this refers to was deleted meanwhile; read it again",
            )
            .with_source(cause);
        }
        Self::internal("ask the database").with_source(cause)
    }
}

/// Whether the statement violated a unique constraint.
pub(super) fn is_taken(cause: &DbErr) -> bool {
    matches!(cause.sql_err(), Some(SqlErr::UniqueConstraintViolation(_)))
}

/// Whether the statement refers to a row that does not exist (any more).
pub(super) fn refers_to_nothing(cause: &DbErr) -> bool {
    matches!(
        cause.sql_err(),
        Some(SqlErr::ForeignKeyConstraintViolation(_))
    )
}

/// Whether the statement names a table or a type that does not exist.
pub(super) fn is_missing(cause: &DbErr) -> bool {
    let (DbErr::Exec(RuntimeErr::SqlxError(cause)) | DbErr::Query(RuntimeErr::SqlxError(cause))) =
        cause
    else {
        return false;
    };
    // PostgreSQL: undefined table, undefined object
    let SqlxError::Database(cause) = cause.as_ref() else {
        return false;
    };
    let code = cause.code();
    code.is_some_and(|code| code == "42P01" || code == "42704")
}

/// Whether the error comes from the database's state, not from the statement; such a statement may be repeated.
pub(super) fn is_away(cause: &DbErr) -> bool {
    match cause {
        DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => true,
        DbErr::Exec(RuntimeErr::SqlxError(cause)) | DbErr::Query(RuntimeErr::SqlxError(cause)) => {
            is_of_its_state(cause)
        }
        _ => false,
    }
}

/// Whether the database may answer in a moment: it is busy, it starts, or nothing listens at its address yet. A refused
/// password or a missing file is lasting.
pub fn is_busy(error: &Error) -> bool {
    match error.source_of() {
        Some(DbErr::Conn(RuntimeErr::SqlxError(cause))) => is_of_its_state(cause),
        Some(cause) => is_away(cause),
        None => false,
    }
}

fn is_of_its_state(cause: &SqlxError) -> bool {
    match cause {
        SqlxError::Io(_)
        | SqlxError::Tls(_)
        | SqlxError::Protocol(_)
        | SqlxError::PoolTimedOut
        | SqlxError::PoolClosed
        | SqlxError::WorkerCrashed => true,
        SqlxError::Database(cause) => cause.code().is_some_and(|code| is_passing(&code)),
        _ => false,
    }
}

/// Whether an error code is temporary. PostgreSQL: connection exceptions, too many connections, shutdown or startup,
/// serialization failure, deadlock, statement timeout. SQLite: busy and locked, with their extended codes, and a full
/// disk.
fn is_passing(code: &str) -> bool {
    let of_postgres = code.len() == 5
        && (code.starts_with("08")
            || code.starts_with("53")
            || code.starts_with("57")
            || code.starts_with("40"));
    let of_sqlite = code
        .parse::<u32>()
        .is_ok_and(|code| code < 1_000 && matches!(code & 0xff, 5 | 6 | 13));
    of_postgres || of_sqlite
}
