//! What the readers of a run, and the log, receive about a failure.

use crate::{
    domain::RunError,
    error::{Error, Kind},
};

/// The cause for the log; for an internal error, which tells its readers nothing, with what was attempted.
pub(super) fn private_cause(error: &Error) -> Option<String> {
    match (error.kind(), error.cause()) {
        (Kind::Internal, Some(cause)) => Some(format!("{}: {cause}", error.message())),
        (Kind::Internal, None) => Some(error.message().to_owned()),
        (_, cause) => cause,
    }
}

/// The error as the run's readers receive it, without the details of an internal error.
pub(super) fn run_error(error: &Error) -> RunError {
    let message = if *error.kind() == Kind::Internal {
        "internal error"
    } else {
        error.message()
    };
    RunError {
        code: error.code(),
        message: message.to_owned(),
        detail: error.detail().map(str::to_owned),
    }
}
