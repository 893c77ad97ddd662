//! One REST endpoint: its path, and the GraphQL document that it executes.

use axum::{http::StatusCode, routing::MethodFilter};

use crate::domain::Actor;

/// A REST endpoint, from which its route, its execution and its description are made.
#[derive(Debug)]
pub(super) struct Endpoint {
    pub(super) method: RestMethod,
    /// The paths, each with the id of its operation in the OpenAPI description; the first names the account, a further
    /// one is short for the caller's own account.
    pub(super) paths: &'static [(&'static str, &'static str)],
    pub(super) summary: &'static str,
    pub(super) description: &'static str,
    /// The document for the holders of keys.
    pub(super) document: &'static str,
    /// The document for end users, whose fields are fewer; none where an end user has no access.
    pub(super) for_end_users: Option<&'static str>,
    pub(super) query: &'static [QueryParameter],
    /// The type of the body in the GraphQL schema, which is the variable `input`.
    pub(super) body: Option<&'static str>,
    /// Where the document expects the agent of the path.
    pub(super) agent: AgentArgument,
    pub(super) answer: RestAnswer,
}

/// The method of an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RestMethod {
    Get,
    Post,
    Put,
    Delete,
}

/// A parameter of the query string.
#[derive(Debug)]
pub(super) enum QueryParameter {
    /// A variable of the document, named like the argument of its root field.
    Variable(&'static str),
    /// A field of the variable `filter`.
    Filter(&'static str),
}

/// Where a document expects the agent that the path names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AgentArgument {
    /// The path names no agent.
    None,
    /// The variable `by`, as an id or a slug.
    By,
    /// A field of the variable `input`, as an id.
    Input(&'static str),
}

/// What of the result is the response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RestAnswer {
    /// The value at these response keys, with this status. Null is answered `NOT_FOUND`.
    Value(StatusCode, &'static [&'static str]),
    /// The value at these response keys, a new agent, with its address in `Location`.
    NewAgent(&'static [&'static str]),
    /// Nothing but the status 204.
    Nothing,
    /// The events of a run, or its last one.
    Run,
}

impl Endpoint {
    /// The document for this caller.
    pub(super) fn document_for(&self, actor: &Actor) -> &'static str {
        let for_end_users = self.for_end_users.filter(|_| actor.end_user().is_some());
        for_end_users.unwrap_or(self.document)
    }
}

impl RestMethod {
    pub(super) fn filter(self) -> MethodFilter {
        match self {
            Self::Get => MethodFilter::GET,
            Self::Post => MethodFilter::POST,
            Self::Put => MethodFilter::PUT,
            Self::Delete => MethodFilter::DELETE,
        }
    }

    /// The method's key in an OpenAPI path item.
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::Post => "post",
            Self::Put => "put",
            Self::Delete => "delete",
        }
    }
}

impl QueryParameter {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Variable(name) | Self::Filter(name) => name,
        }
    }
}
