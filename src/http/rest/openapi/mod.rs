//! The description of REST endpoints at `/openapi.json`: OpenAPI 3.1 (<https://spec.openapis.org/oas/v3.1.1.html>), made
//! from the table of endpoints, their documents and the GraphQL schema, so that it cannot differ from them.

mod operation;
mod schema;

use std::sync::LazyLock;

use axum::{
    extract::{Request, State},
    http::StatusCode,
    response::Response,
};
use serde_json::{Map, Value, json};

use self::{operation::operation, schema::AnswerSchemas};
use super::{
    super::{HttpState, caller, operation_result::SchemaAccess, refusal::Refusal},
    endpoints::ENDPOINTS,
    problem, value,
};
use crate::error::ErrorCode;

/// The description is the same in every process of this build.
static DESCRIPTION: LazyLock<Value> = LazyLock::new(description);

/// Handles `GET /openapi.json`, for the callers who may read the GraphQL schema.
pub(super) async fn handle(State(state): State<HttpState>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let actor = caller::identified(&parts);
    if state.executor().schema_access(actor.as_ref()) == SchemaAccess::Stranger {
        return problem::response(&Refusal::hidden_schema());
    }
    value::json(StatusCode::OK, &DESCRIPTION)
}

fn description() -> Value {
    let mut answers = AnswerSchemas::default();
    let mut paths = Map::new();
    for endpoint in ENDPOINTS {
        for (path, id) in endpoint.paths {
            let described = operation(endpoint, path, id, &mut answers);
            let item = paths.entry(*path).or_insert_with(|| json!({}));
            if let Some(item) = item.as_object_mut() {
                item.insert(endpoint.method.key().to_owned(), described);
            }
        }
    }
    let mut schemas = answers.components;
    schemas.insert("Problem".to_owned(), problem_schema());
    json!({
        "openapi": "3.1.1",
        "info": {
            "title": "Troupe",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "The REST endpoints for agents and chats. They execute documents of the GraphQL API at `/graphql`, which \
                has everything else: the same permissions, limits and errors hold.",
        },
        "security": [{"bearer": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"bearer": {
                "type": "http",
                "scheme": "bearer",
                "description": "An API key, or the token of an end user: of a session (`ts_…`), or of the account's identity provider.",
            }},
            "responses": {"Problem": {
                "description": "The request was refused, or the run failed.",
                "headers": {
                    "x-request-id": {"description": "The id of the request, for the log.", "schema": {"type": "string"}},
                    "retry-after": {"description": "Seconds after which a retry may succeed.", "schema": {"type": "integer"}},
                },
                "content": {problem::MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
            }},
        },
    })
}

/// The schema of problem details.
fn problem_schema() -> Value {
    json!({
        "type": "object",
        "description": "Problem details (RFC 9457).",
        "properties": {
            "type": {"const": "about:blank"},
            "title": {"type": "string", "description": "The status in words."},
            "status": {"type": "integer", "description": "The status of the response."},
            "detail": {"type": "string", "description": "What is wrong, for people."},
            "code": {
                "type": "string",
                "enum": ErrorCode::ALL.map(ErrorCode::name),
                "description": "What is wrong, for programs: the code that GraphQL has in `extensions.code`.",
            },
            "problems": {
                "type": "array",
                "description": "With BAD_USER_INPUT: each problem of the input.",
                "items": {
                    "type": "object",
                    "properties": {
                        "path": {"type": "string", "description": "The path of the field, such as `configuration.temperature`."},
                        "message": {"type": "string"},
                    },
                    "required": ["path", "message"],
                },
            },
            "retryAfterSeconds": {"type": "integer", "description": "Seconds after which a retry may succeed."},
            "requestId": {"type": "string", "description": "With INTERNAL: the id under which the log has the cause."},
            "event": {"type": "object", "description": "The event RunFailed of the run, if the request waited for it."},
        },
        "required": ["type", "title", "status", "detail", "code"],
    })
}
