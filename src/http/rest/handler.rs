//! Handles the requests to REST endpoints.

use async_graphql::Variables;
use axum::{
    body::Body,
    extract::{FromRequestParts, RawPathParams, Request},
    http::{HeaderMap, request::Parts},
    response::Response,
};
use serde_json::{Map, Value, json};

use super::{
    super::{
        HttpState, caller,
        negotiate::{Acceptable, Format},
        operation::Operation,
        params::Params,
        refusal::Refusal,
        requester::{MethodSafety, Requester},
        sse,
    },
    account,
    arguments::{self, NamedAgent, PathNames},
    chat,
    endpoint::{AgentArgument, Endpoint, RestAnswer, RestMethod},
    graphql_documents, problem, value,
};
use crate::{
    domain::{Actor, AnonymousCaller, RequestId},
    error::Error,
};

/// A caller with a key or a session, acting in the account that the path names.
pub(super) struct RestCaller<'s> {
    pub(super) state: &'s HttpState,
    pub(super) actor: Actor,
    /// Where the request came from.
    pub(super) from: AnonymousCaller,
    pub(super) request_id: RequestId,
}

/// How a client receives the answer to a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Delivery {
    Json,
    EventStream,
}

/// Handles a request to an endpoint.
pub(super) async fn handle(
    state: &HttpState,
    request_id: RequestId,
    endpoint: &'static Endpoint,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let answered = answer(state, request_id, endpoint, parts, body).await;
    answered.unwrap_or_else(|refusal| problem::response(&refusal))
}

async fn answer(
    state: &HttpState,
    request_id: RequestId,
    endpoint: &'static Endpoint,
    mut parts: Parts,
    body: Body,
) -> Result<Response, Refusal> {
    let hidden = |error: Error| Refusal::of(error, &request_id, state.failures());
    let names = RawPathParams::from_request_parts(&mut parts, state).await;
    let names = names.map_err(|_| Refusal::malformed("the path is not URL-encoded UTF-8"))?;
    let names = PathNames::of(&names);
    let actor = caller::identified(&parts).ok_or_else(|| Refusal::needs_credentials(&[]))?;
    let actor = account::acting(state, actor, names.account.as_deref());
    let caller = RestCaller {
        state,
        actor: actor.await.map_err(hidden)?,
        from: caller::anonymous(state, &parts),
        request_id,
    };
    let agent = names.agent()?;
    let delivery = delivery(endpoint, &parts.headers)?;
    let variables = arguments::variables(state, &caller.actor, endpoint, &parts, body).await?;
    let variables = caller.with_agent(variables, endpoint, agent).await?;
    let document = endpoint.document_for(&caller.actor);
    let mut operation = caller.admit(endpoint.method, document, variables).await?;
    match (endpoint.answer, delivery) {
        (RestAnswer::Run, Delivery::EventStream) => {
            let last = sse::last_event_id(&parts.headers);
            let resumes = last.is_some();
            if let Some(last) = last {
                operation.resume_after(last);
            }
            chat::stream(&caller, operation, resumes).await
        }
        (RestAnswer::Run, Delivery::Json) => chat::wait(&caller, operation).await,
        (answer, _) => {
            let result = state.executor().execute(operation).await;
            value::response(result, answer, caller.actor.account())
        }
    }
}

impl RestCaller<'_> {
    /// Admits the operation of a document.
    async fn admit(
        &self,
        method: RestMethod,
        document: &str,
        variables: Map<String, Value>,
    ) -> Result<Operation, Refusal> {
        let params = Params {
            query: Some(document.to_owned()),
            variables: Variables::from_json(Value::Object(variables)),
            ..Params::default()
        };
        let requester = Requester {
            actor: Some(self.actor.clone()),
            anonymous: self.from.clone(),
            request_id: self.request_id,
        };
        let safety = match method {
            RestMethod::Get => MethodSafety::Safe,
            RestMethod::Post | RestMethod::Put | RestMethod::Delete => MethodSafety::Any,
        };
        self.state.executor().admit(params, requester, safety).await
    }

    /// Adds the agent that the path names to the variables.
    async fn with_agent(
        &self,
        mut variables: Map<String, Value>,
        endpoint: &Endpoint,
        agent: Option<NamedAgent>,
    ) -> Result<Map<String, Value>, Refusal> {
        let Some(agent) = agent else {
            return Ok(variables);
        };
        match endpoint.agent {
            AgentArgument::None => {}
            AgentArgument::By => {
                variables.insert("by".to_owned(), agent.by());
            }
            AgentArgument::Input(field) => {
                let id = match agent {
                    NamedAgent::Id(id) => id.to_string().into(),
                    NamedAgent::Slug(_) => self.find(&agent).await?,
                };
                let input = variables.entry("input").or_insert_with(|| json!({}));
                if let Some(input) = input.as_object_mut() {
                    input.insert(field.to_owned(), id);
                }
            }
        }
        Ok(variables)
    }

    /// The id of an agent that the caller can see.
    async fn find(&self, agent: &NamedAgent) -> Result<Value, Refusal> {
        let variables = Map::from_iter([("by".to_owned(), agent.by())]);
        let operation = self.admit(RestMethod::Get, graphql_documents::FIND_AGENT, variables);
        let found = self.state.executor().execute(operation.await?).await;
        value::value_at(problem::data_of(found)?, &["agent", "id"])
    }
}

/// How the client wants the answer. Refuses a client that accepts none of the formats.
fn delivery(endpoint: &Endpoint, headers: &HeaderMap) -> Result<Delivery, Refusal> {
    let acceptable = Acceptable::of(headers);
    let streams = endpoint.answer == RestAnswer::Run;
    if streams && acceptable.prefers_events() {
        return Ok(Delivery::EventStream);
    }
    match acceptable.any() {
        Ok(Format::Json | Format::GraphqlResponse) => Ok(Delivery::Json),
        Ok(_) | Err(_) if streams => Err(Refusal::not_acceptable(
            "accept application/json or text/event-stream",
        )),
        Ok(_) | Err(_) => Err(Refusal::not_acceptable("accept application/json")),
    }
}
