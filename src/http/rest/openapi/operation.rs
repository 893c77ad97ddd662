//! The description of one endpoint.

use async_graphql::parser::{self, types::OperationType};
use serde_json::{Map, Value, json};

use super::{
    super::{
        endpoint::{AgentArgument, Endpoint, QueryParameter, RestAnswer},
        graphql_documents, parameter,
        types::{ApiTypes, text_of},
    },
    schema::{self, AnswerSchemas},
};

/// The description of an endpoint at one of its paths.
pub(super) fn operation(
    endpoint: &Endpoint,
    path: &str,
    id: &str,
    answers: &mut AnswerSchemas,
) -> Value {
    let mut operation = Map::from_iter([
        ("operationId".to_owned(), id.into()),
        ("summary".to_owned(), endpoint.summary.into()),
        ("description".to_owned(), endpoint.description.into()),
        ("parameters".to_owned(), parameters(endpoint, path).into()),
        ("responses".to_owned(), responses(endpoint, answers)),
        ("x-graphql".to_owned(), graphql(endpoint)),
    ]);
    if let Some(type_name) = endpoint.body {
        let of_path = match endpoint.agent {
            AgentArgument::Input(field) => Some(field),
            AgentArgument::None | AgentArgument::By => None,
        };
        let mut schema = schema::of_input_object(type_name, of_path);
        if endpoint.answer == RestAnswer::Run {
            schema::require(&mut schema, "clientMessageId");
        }
        let body = json!({"required": true, "content": {"application/json": {"schema": schema}}});
        operation.insert("requestBody".to_owned(), body);
    }
    Value::Object(operation)
}

/// The documents that the endpoint executes, which an account can register for its end users.
fn graphql(endpoint: &Endpoint) -> Value {
    let mut documents = Map::from_iter([("document".to_owned(), endpoint.document.into())]);
    if let Some(document) = endpoint.for_end_users {
        documents.insert("documentForEndUsers".to_owned(), document.into());
    }
    if let AgentArgument::Input(_) = endpoint.agent {
        let document = graphql_documents::FIND_AGENT;
        documents.insert("documentForSlugs".to_owned(), document.into());
    }
    Value::Object(documents)
}

fn parameters(endpoint: &Endpoint, path: &str) -> Vec<Value> {
    let text = json!({"type": "string"});
    let mut parameters = Vec::new();
    for (name, description) in [
        (
            "account",
            "The id of the account, or `me` for the caller's own. Another account does not exist for the caller, unless it is an operator.",
        ),
        ("agent", "The id or the slug of the agent."),
    ] {
        if path.contains(&format!("{{{name}}}")) {
            parameters.push(json!({
                "name": name, "in": "path", "required": true, "description": description, "schema": text,
            }));
        }
    }
    parameters.extend(
        endpoint
            .query
            .iter()
            .filter_map(|parameter| query(endpoint, parameter)),
    );
    if endpoint.answer == RestAnswer::Run {
        parameters.push(json!({
            "name": "Last-Event-ID", "in": "header", "schema": text,
            "description": "The id of the last event that was received: the stream resumes after it.",
        }));
    }
    parameters
}

fn query(endpoint: &Endpoint, parameter: &QueryParameter) -> Option<Value> {
    let definition = parameter::definition(endpoint, parameter)?;
    Some(json!({
        "name": parameter.name(),
        "in": "query",
        "description": text_of(definition.description.as_ref()),
        "schema": schema::of_input(definition),
    }))
}

fn responses(endpoint: &Endpoint, answers: &mut AnswerSchemas) -> Value {
    let described: Vec<(&str, Value)> = match &endpoint.answer {
        RestAnswer::Value(status, keys) => {
            let content = content(&answer(endpoint, keys, answers));
            let response = json!({"description": "The value.", "content": content});
            vec![(status.as_str(), response)]
        }
        RestAnswer::NewAgent(keys) => {
            let content = content(&answer(endpoint, keys, answers));
            let location =
                json!({"description": "The path of the agent.", "schema": {"type": "string"}});
            let response = json!({
                "description": "The agent.", "headers": {"Location": location}, "content": content,
            });
            vec![("201", response)]
        }
        RestAnswer::Nothing => vec![("204", json!({"description": "It is deleted."}))],
        RestAnswer::Run => run_responses(&answer(endpoint, &["chat"], answers)),
    };
    let problem = json!({"$ref": "#/components/responses/Problem"});
    let problems = ["4XX", "5XX"].map(|status| (status, problem.clone()));
    let all = described.into_iter().chain(problems);
    all.map(|(status, response)| (status.to_owned(), response))
        .collect()
}

fn content(schema: &Value) -> Value {
    json!({"application/json": {"schema": schema}})
}

/// The responses to a message: the last event of its run, a call that waits, or the stream.
fn run_responses(event: &Value) -> Vec<(&'static str, Value)> {
    let stream = json!({
        "schema": {"type": "string"},
        "x-event-schema": event,
        "example": "event: TokenDelta\nid: AaIEkQjHcEKHCGfSxdbgpAAAAAAAAAAF\ndata: {\"type\":\"TokenDelta\",\"text\":\"The \",\"offset\":0,…}\n\n",
    });
    let ended = json!({
        "description": "The event RunSucceeded or RunCancelled; as a stream, every event of the run, each named by its type, then `complete`. An \
            error after the first event is the event `problem`.",
        "content": {"application/json": {"schema": event}, "text/event-stream": stream},
    });
    let waits = json!({
        "description": "The event ToolCallUpdated of a tool call that a person has to approve. Send the same request later to get the answer.",
        "content": content(event),
    });
    vec![("200", ended), ("202", waits)]
}

/// The schema of an answer; one of two where end users get fewer fields.
fn answer(endpoint: &Endpoint, keys: &[&str], answers: &mut AnswerSchemas) -> Value {
    let root = match endpoint.answer {
        RestAnswer::Value(..) if endpoint.body.is_none() => OperationType::Query,
        RestAnswer::Run => OperationType::Subscription,
        RestAnswer::Value(..) | RestAnswer::NewAgent(_) | RestAnswer::Nothing => {
            OperationType::Mutation
        }
    };
    let documents = [Some(endpoint.document), endpoint.for_end_users];
    let schemas = documents.into_iter().flatten().filter_map(|document| {
        let document = parser::parse_query(document).ok()?;
        answers.of_answer(&document, ApiTypes::root(root), keys)
    });
    match <[Value; 1]>::try_from(schemas.collect::<Vec<_>>()) {
        Ok([schema]) => schema,
        Err(schemas) => json!({"anyOf": schemas}),
    }
}
