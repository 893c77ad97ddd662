//! Conversion of the domain error to the error that a client receives.

use std::{fmt, sync::Arc};

use async_graphql::{ErrorExtensions, Value};

use crate::{
    domain::RequestId,
    error::{Error, Kind},
};

/// The error of every resolver. It does not implement `Display`: async-graphql converts every `Display` error to client
/// text, so `?` on a database error must not compile.
#[derive(Clone)]
pub struct ApiError(Arc<Error>);

/// The result of every resolver.
pub(super) type Result<T> = std::result::Result<T, ApiError>;

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        Self(Arc::new(error))
    }
}

impl From<ApiError> for async_graphql::Error {
    fn from(error: ApiError) -> Self {
        let public = async_graphql::Error::new(message(&error.0));
        let mut public = public.extend_with(|_, extensions| {
            extensions.set("code", error.0.code().name());
            match error.0.kind() {
                Kind::BadInput(problems) => {
                    let problems = problems.iter().map(|problem| {
                        Value::from_json(
                            serde_json::json!({"path": problem.path, "message": problem.message}),
                        )
                        .unwrap_or_default()
                    });
                    extensions.set("problems", Value::List(problems.collect()));
                }
                Kind::RateLimited(Some(after)) | Kind::QuotaExceeded(Some(after)) => {
                    // Rounded up, so that a client never retries too early.
                    let seconds = after.as_secs() + u64::from(after.subsec_nanos() > 0);
                    extensions.set("retryAfterSeconds", seconds.max(1));
                }
                Kind::Unauthenticated
                | Kind::Forbidden
                | Kind::NotFound
                | Kind::Conflict
                | Kind::RateLimited(None)
                | Kind::QuotaExceeded(None)
                | Kind::Unavailable
                | Kind::Internal => {}
            }
        });
        // The transport logs the cause once, with the id of the request.
        public.source = Some(error.0);
        public
    }
}

impl fmt::Debug for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Converts an error to a server error without a location, for a request that fails before it reaches a resolver.
pub fn public_error(error: Error, request_id: &RequestId) -> async_graphql::ServerError {
    let internal = *error.kind() == Kind::Internal;
    let mut public = async_graphql::Error::from(ApiError::from(error))
        .into_server_error(async_graphql::Pos::default());
    public.locations.clear();
    if internal {
        public
            .extensions
            .get_or_insert_default()
            .set("requestId", request_id.to_string());
    }
    public
}

fn message(error: &Error) -> String {
    match error.kind() {
        Kind::Internal => "internal error".to_owned(),
        _ => error.message().to_owned(),
    }
}
