//! Failures of requests to a server: the message for the caller, whether the call may have had an effect, and whether a
//! retry can help.

use std::{error::Error as StdError, time::Duration};

use reqwest::StatusCode;
use rmcp::{
    model::ErrorCode,
    service::{ClientInitializeError, ServiceError},
    transport::{DynamicTransportError, streamable_http_client::StreamableHttpError},
};

pub(super) use super::http_failure::HttpFailure;
use super::session_doubt::SessionDoubt;
use crate::{error::Error, port::ToolFailure};

/// The failure of a call, or of one attempt.
#[derive(Debug)]
pub(super) struct CallFailure {
    error: Error,
    /// Whether the server may have executed the request.
    pub(super) may_have_happened: bool,
    /// Whether the failure is temporary, so that a retry can help.
    pub(super) passes: bool,
    /// How long the server asks to wait before a retry.
    pub(super) retry_after: Option<Duration>,
    /// What the failure says about the server.
    pub(super) evidence: FailureEvidence,
    /// What the failure says about the session.
    pub(super) session: SessionDoubt,
    /// Whether no connection was made.
    pub(super) is_unreached: bool,
}

/// What a failure says about the server's health.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FailureEvidence {
    /// Nothing: the caller caused it.
    Neutral,
    /// The server refuses, which other callers need not see.
    Refused,
    /// The server fails.
    Failed,
}

impl CallFailure {
    /// Nothing was sent, and the failure does not count against the server.
    pub(super) fn not_made(error: Error) -> Self {
        Self {
            error,
            may_have_happened: false,
            passes: false,
            retry_after: None,
            evidence: FailureEvidence::Neutral,
            session: SessionDoubt::Unlikely,
            is_unreached: false,
        }
    }

    /// A permanent failure of the server.
    fn failed(message: impl Into<String>) -> Self {
        Self {
            may_have_happened: true,
            evidence: FailureEvidence::Failed,
            ..Self::not_made(Error::unavailable(message))
        }
    }

    /// A temporary failure of the server.
    fn passing(message: impl Into<String>) -> Self {
        Self {
            passes: true,
            ..Self::failed(message)
        }
    }

    /// The same failure, before the call itself was sent.
    pub(super) fn before_the_call(self) -> Self {
        Self {
            may_have_happened: false,
            ..self
        }
    }

    /// The server was silent for too long.
    pub(super) fn silent(after: Duration) -> Self {
        Self::failed(format!(
            "the tool's server did not answer within {} s",
            after.as_secs_f32()
        ))
    }

    /// The connection ended before the answer, or the call was cancelled.
    pub(super) fn lost() -> Self {
        Self::passing("the tool's server broke off before it answered")
    }

    /// The server's response does not follow the protocol.
    pub(super) fn senseless() -> Self {
        Self::failed(
            "the tool's server answers something that is not what was asked for; check endpointUrl and transport",
        )
    }

    /// The server answered, but what it offers cannot be used. It counts as available.
    pub(super) fn unusable(message: impl Into<String>) -> Self {
        Self::not_made(Error::unavailable(message))
    }

    /// The message for the caller.
    pub(super) fn message(&self) -> &str {
        self.error.message()
    }

    pub(super) fn into_error(self) -> Error {
        self.error
    }

    fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.error = self.error.with_source(source);
        self
    }

    /// Converts the failure of an HTTP request.
    pub(super) fn of_http(fault: HttpFailure) -> Self {
        let cause = fault.to_string();
        match fault {
            HttpFailure::Forbidden => Self {
                is_unreached: true,
                ..Self::not_made(Error::bad_input(
                    "endpointUrl",
                    "the host has no public address",
                ))
            },
            HttpFailure::Unreachable(error) => Self {
                is_unreached: true,
                ..Self::passing("the tool's server cannot be reached; try again later")
                    .with_source(error)
                    .before_the_call()
            },
            HttpFailure::Broken(error) => Self::lost().with_source(error),
            HttpFailure::Status {
                status,
                retry_after,
            } => Self {
                retry_after,
                session: SessionDoubt::of_status(status),
                ..Self::of_status(status)
            }
            .with_source(cause),
            HttpFailure::Redirected(to) => Self::redirected(to.as_deref()),
            HttpFailure::TooLarge => {
                Self::failed("the tool's server answers more than can be taken; ask it for less")
            }
            HttpFailure::Senseless => Self::senseless(),
        }
    }

    /// The server refuses the request, which had no effect.
    fn refused(message: impl Into<String>) -> Self {
        Self {
            evidence: FailureEvidence::Refused,
            ..Self::not_made(Error::unavailable(message))
        }
    }

    fn redirected(to: Option<&str>) -> Self {
        let address = to.map_or_else(String::new, |address| format!("{address}, "));
        Self::refused(format!(
            "the tool's server redirects to another address, {address}which is not followed; register the address that it leads to"
        ))
    }

    fn of_status(status: StatusCode) -> Self {
        let code = status.as_u16();
        let refused = Self::refused;
        match code {
            300..=399 => Self::redirected(None),
            401 | 403 | 407 => refused(
                "the tool's server refuses the token, or wants one; give it one that is good",
            ),
            404 | 405 | 410 => refused(
                "the tool's server has nothing to call at its address; check endpointUrl and transport",
            ),
            408 | 425 => {
                Self::passing("the tool's server did not take the call in time").before_the_call()
            }
            429 => Self {
                passes: true,
                evidence: FailureEvidence::Refused,
                ..Self::not_made(Error::rate_limited(
                    "the tool's server is asked too often; try again later",
                    None,
                ))
            },
            500..=599 => Self::passing(format!(
                "the tool's server has a problem ({code}); try again later"
            )),
            _ => refused("the tool's server refuses the call; check endpointUrl and transport"),
        }
    }

    /// Converts the failure to initialise a connection.
    pub(super) fn of_opening(error: ClientInitializeError) -> Self {
        let fault = match error {
            ClientInitializeError::TransportError { error, .. } => Self::of_transport(error),
            ClientInitializeError::JsonRpcError(error) => Self::failed(
                "the tool's server refuses to open a connection; check endpointUrl and transport",
            )
            .with_source(cause(error.code)),
            ClientInitializeError::NoCompatibleProtocolVersion { .. } => {
                Self::failed("the tool's server speaks no revision of MCP that is spoken here")
            }
            ClientInitializeError::ConnectionClosed(_) => Self::lost(),
            _ => Self::senseless(),
        };
        fault.before_the_call()
    }

    /// Converts the failure of a request on an initialised connection.
    pub(super) fn of_service(error: ServiceError) -> Self {
        match error {
            ServiceError::TransportSend(error) => Self::of_transport(error),
            ServiceError::TransportClosed | ServiceError::Cancelled { .. } => Self::lost(),
            ServiceError::McpError(error) => Self {
                session: SessionDoubt::of_error(&error),
                ..Self::failed("the tool's server answers with an error")
                    .with_source(cause(error.code))
            },
            _ => Self::senseless(),
        }
    }

    fn of_transport(error: DynamicTransportError) -> Self {
        let Ok(error) = error.error.downcast::<StreamableHttpError<HttpFailure>>() else {
            return Self::lost();
        };
        match *error {
            StreamableHttpError::Client(fault) => Self::of_http(fault),
            StreamableHttpError::UnexpectedServerResponse(_)
            | StreamableHttpError::UnexpectedContentType(_)
            | StreamableHttpError::Deserialize(_) => Self::senseless(),
            _ => Self::lost(),
        }
    }
}

/// The part of a server's error that may be logged: its message may repeat a secret that was sent.
fn cause(code: ErrorCode) -> String {
    format!("JSON-RPC error {}", code.0)
}

impl From<CallFailure> for ToolFailure {
    fn from(fault: CallFailure) -> Self {
        Self {
            error: fault.error,
            may_have_happened: fault.may_have_happened,
        }
    }
}
