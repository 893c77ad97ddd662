//! The variables of an endpoint's document, from the path, the query string and the body of a request.

use axum::{
    body::Body,
    extract::{Query, RawPathParams},
    http::request::Parts,
};
use serde_json::{Map, Value, json};

use super::{
    super::{HttpState, body, negotiate, params::kind_of, refusal::Refusal},
    endpoint::{AgentArgument, Endpoint},
    input, parameter,
};
use crate::{
    domain::{Actor, AgentId},
    error::{Error, Problem},
};

/// The names in the path of a request.
#[derive(Debug, Default)]
pub(super) struct PathNames {
    pub(super) account: Option<String>,
    pub(super) agent: Option<String>,
}

/// The agent that a path names. A slug has no underscore, and an id has one.
#[derive(Debug)]
pub(super) enum NamedAgent {
    Id(AgentId),
    Slug(String),
}

impl PathNames {
    pub(super) fn of(params: &RawPathParams) -> Self {
        let mut names = Self::default();
        for (name, text) in params {
            let into = match name {
                "account" => &mut names.account,
                "agent" => &mut names.agent,
                _ => continue,
            };
            *into = Some(text.to_owned());
        }
        names
    }

    /// The agent; `BAD_USER_INPUT` for an id of another kind.
    pub(super) fn agent(&self) -> Result<Option<NamedAgent>, Error> {
        let Some(text) = &self.agent else {
            return Ok(None);
        };
        if text.contains('_') {
            let id = AgentId::parse("agent", text)?;
            return Ok(Some(NamedAgent::Id(id)));
        }
        Ok(Some(NamedAgent::Slug(text.clone())))
    }
}

impl NamedAgent {
    /// The agent as a value of the input `AgentBy`.
    pub(super) fn by(&self) -> Value {
        match self {
            Self::Id(id) => json!({"id": id.to_string()}),
            Self::Slug(slug) => json!({"slug": slug}),
        }
    }
}

/// The variables of the query string and the body. Everything that is wrong with them is reported at once.
pub(super) async fn variables(
    state: &HttpState,
    actor: &Actor,
    endpoint: &Endpoint,
    parts: &Parts,
    body: Body,
) -> Result<Map<String, Value>, Refusal> {
    let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri)
        .map_err(|_| Refusal::malformed("the query string is not URL-encoded UTF-8"))?;
    let mut problems: Vec<Problem> = Vec::new();
    let mut variables = parameter::variables(endpoint, &pairs, &mut problems);
    if let Some(type_name) = endpoint.body {
        let input = object(state, actor, parts, body).await?;
        let of_path = match endpoint.agent {
            AgentArgument::Input(field) => Some(field),
            AgentArgument::None | AgentArgument::By => None,
        };
        problems.extend(input::problems(&input, type_name, of_path));
        variables.insert("input".to_owned(), Value::Object(input));
    }
    if problems.is_empty() {
        Ok(variables)
    } else {
        Err(Error::problems(problems).into())
    }
}

/// The body of a request, which is a JSON object.
async fn object(
    state: &HttpState,
    actor: &Actor,
    parts: &Parts,
    body: Body,
) -> Result<Map<String, Value>, Refusal> {
    negotiate::check_content(&parts.headers)?;
    let limits = state.config().request_limits(Some(actor));
    let body = body::read(state, parts, body, &limits).await?;
    if body.is_empty() {
        return Err(Refusal::malformed(
            "the body is empty, expected a JSON object",
        ));
    }
    // the error's text would repeat parts of the body
    let value = serde_json::from_slice(&body).map_err(|error| {
        Refusal::malformed(format!(
            "the body is not JSON: line {}, column {}",
            error.line(),
            error.column()
        ))
    })?;
    match value {
        Value::Object(fields) => Ok(fields),
        other => Err(Refusal::malformed(format!(
            "the body is {}, expected a JSON object",
            kind_of(&other)
        ))),
    }
}
