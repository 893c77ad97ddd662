//! The response of an endpoint that answers with a value.

use async_graphql::Value as GraphqlValue;
use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::Value;

use super::{
    super::{operation_result::OperationResult, refusal::Refusal, reply},
    endpoint::RestAnswer,
    problem,
};
use crate::{domain::AccountId, error::Error};

/// The response to an operation in this account.
pub(super) fn response(
    result: OperationResult,
    answer: RestAnswer,
    account: AccountId,
) -> Result<Response, Refusal> {
    let data = problem::data_of(result)?;
    match answer {
        RestAnswer::Value(status, keys) => Ok(json(status, &value_at(data, keys)?)),
        RestAnswer::NewAgent(keys) => {
            let agent = value_at(data, keys)?;
            let mut response = json(StatusCode::CREATED, &agent);
            let id = agent.get("id").and_then(Value::as_str).unwrap_or_default();
            let location = HeaderValue::try_from(format!("/accounts/{account}/agents/{id}"));
            if let Ok(location) = location {
                response.headers_mut().insert(header::LOCATION, location);
            }
            Ok(response)
        }
        RestAnswer::Nothing | RestAnswer::Run => Ok(StatusCode::NO_CONTENT.into_response()),
    }
}

/// A JSON response.
pub(super) fn json(status: StatusCode, value: &Value) -> Response {
    let mut response = Response::new(Body::from(value.to_string()));
    *response.status_mut() = status;
    reply::describe(&mut response, "application/json; charset=utf-8");
    response
}

/// The value at these response keys. `NOT_FOUND` for null, which GraphQL answers for what the caller cannot see.
pub(super) fn value_at(data: GraphqlValue, keys: &[&str]) -> Result<Value, Refusal> {
    // the values of a response are those of JSON
    let data = data.into_json().unwrap_or_default();
    let found = keys.iter().try_fold(&data, |value, key| value.get(key));
    match found {
        Some(Value::Null) | None => Err(Error::not_found("agent").into()),
        Some(value) => Ok(value.clone()),
    }
}
