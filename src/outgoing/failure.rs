//! The failure of a request to another system.

use std::{error::Error as StdError, time::Duration};

use reqwest::StatusCode;

use crate::error::Error;

/// The failure of a request: the error for the caller, and what a retry may hope for.
#[derive(Debug)]
pub struct OutgoingFailure {
    error: Error,
    /// Whether the failure is temporary, so that a retry can help.
    pub is_temporary: bool,
    /// How long the other system asks to wait before a retry.
    pub retry_after: Option<Duration>,
    /// The status of the response, if there was one.
    pub status: Option<StatusCode>,
}

impl OutgoingFailure {
    /// A failure that a retry does not change.
    pub fn permanent(error: Error) -> Self {
        Self {
            error,
            is_temporary: false,
            retry_after: None,
            status: None,
        }
    }

    /// A failure that may be over at the next attempt.
    pub fn temporary(error: Error) -> Self {
        Self {
            is_temporary: true,
            ..Self::permanent(error)
        }
    }

    /// Marks a failure that every caller of the other system would meet now, whatever it asks.
    #[must_use]
    pub fn outage(mut self) -> Self {
        self.error = self.error.outage();
        self
    }

    /// Adds the status of the response.
    #[must_use]
    pub fn with_status(mut self, status: StatusCode) -> Self {
        self.status = Some(status);
        self
    }

    /// Adds the pause that the other system asks for.
    #[must_use]
    pub fn with_retry_after(mut self, pause: Option<Duration>) -> Self {
        self.retry_after = pause;
        self
    }

    /// Adds the cause, for the log.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.error = self.error.with_source(source);
        self
    }

    /// Adds the other system's own words, for administrators.
    #[must_use]
    pub fn with_detail(mut self, detail: Option<String>) -> Self {
        self.error = self.error.with_detail(detail);
        self
    }

    /// The error for the caller.
    pub fn error(&self) -> &Error {
        &self.error
    }
}

impl From<OutgoingFailure> for Error {
    fn from(failure: OutgoingFailure) -> Self {
        failure.error
    }
}

impl From<Error> for OutgoingFailure {
    /// An error of this program, which a retry does not change.
    fn from(error: Error) -> Self {
        Self::permanent(error)
    }
}
