//! The answer to a message: the events of its run as server-sent events, or the last event as JSON.

use std::{collections::BTreeMap, convert::Infallible, time::Duration};

use axum::{
    body::{Body, Bytes},
    http::StatusCode,
    response::Response,
};
use futures::{StreamExt, future, stream};
use serde_json::Value;
use tokio::time::error::Elapsed;

use super::{
    super::{
        lifetime::Lifetime,
        open_connections::{self, ConnectionKind},
        operation::Operation,
        operation_result::OperationResult,
        refusal::Refusal,
        reply,
        steps::{self, StreamStep, StreamSteps},
    },
    handler::RestCaller,
    problem, value,
};
use crate::{domain::Cursor, error::Error};

/// The response key of the document's root field.
const KEY: &str = "chat";
/// The JSON around an event that bypasses the executor, which writes whole responses.
const BEFORE: &[u8] = b"{\"data\":{\"chat\":";
const AFTER: &[u8] = b"}}";
/// `complete` needs its empty data line: without one, a browser drops the event.
const COMPLETE: &[u8] = b"event: complete\ndata:\n\n";

/// The time after which a tool call that nothing follows waits for a person.
const UNDECIDED: Duration = Duration::from_secs(1);
/// The message for a client whose request outlives the process.
const ENDS: &str = "this process ends; send the same request again, it attaches to the run";

/// The events of the run as a stream. An error before the first event is a response of its own, except for a client that
/// resumes: its stream begins at once, also while the run has nothing new.
pub(super) async fn stream(
    caller: &RestCaller<'_>,
    operation: Operation,
    resumes: bool,
) -> Result<Response, Refusal> {
    let mut steps = begin(caller, operation).await?;
    if !resumes {
        let first = match steps.next().await {
            Some(StreamStep::OperationResult(result)) if result.error_codes().next().is_some() => {
                return Err(problem::data_of(result).err().unwrap_or_else(shutdown));
            }
            Some(StreamStep::Barred(error)) => return Err(error.into()),
            Some(step) => step,
            None => return Err(shutdown()),
        };
        steps = stream::iter([first]).chain(steps).boxed();
    }
    let events = steps.scan(false, |has_ended, step| {
        if *has_ended {
            return future::ready(None);
        }
        let written = written_step(step);
        *has_ended = written.is_last;
        future::ready(Some(Ok::<_, Infallible>(Bytes::from(written.event))))
    });
    Ok(reply::event_stream(Body::from_stream(events)))
}

/// Waits for the last event of the run, or for a tool call that a person has to approve.
pub(super) async fn wait(
    caller: &RestCaller<'_>,
    operation: Operation,
) -> Result<Response, Refusal> {
    let mut steps = begin(caller, operation).await?;
    let mut waiting = WaitingCalls::default();
    loop {
        let Ok(step) = waiting.next(&mut steps).await else {
            let (_, event) = waiting.0.pop_last().unwrap_or_default();
            return Ok(value::json(StatusCode::ACCEPTED, &event));
        };
        let result = match step.ok_or_else(shutdown)? {
            StreamStep::OperationResult(OperationResult::TokenResponse(_))
            | StreamStep::Silence => continue,
            StreamStep::OperationResult(result) => result,
            StreamStep::Complete => {
                // as when its conversation is deleted
                return Err(Error::conflict("the run ended without an answer").into());
            }
            StreamStep::Barred(error) => return Err(error.into()),
        };
        let event = value::value_at(problem::data_of(result)?, &[KEY])?;
        match text_at(&event, "/type") {
            "RunSucceeded" | "RunCancelled" => {
                return Ok(value::json(StatusCode::OK, &event));
            }
            "RunFailed" => return Ok(problem::failed_run(event, &caller.request_id)),
            "ToolCallUpdated" => waiting.note(event),
            // a new attempt tells again which calls wait
            "RunStarted" => waiting.0.clear(),
            _ => {}
        }
    }
}

/// The events of the tool calls that wait for approval, by the id of the call.
#[derive(Debug, Default)]
struct WaitingCalls(BTreeMap<String, Value>);

impl WaitingCalls {
    /// Adds or removes the call of an event.
    fn note(&mut self, event: Value) {
        let id = text_at(&event, "/toolCall/id").to_owned();
        if text_at(&event, "/toolCall/status") == "AWAITING_APPROVAL" {
            self.0.insert(id, event);
        } else {
            self.0.remove(&id);
        }
    }

    /// The next step; an error when a call still waits after [`UNDECIDED`]. A client that attaches again gets the events
    /// from the start, with those of calls that people have decided about since.
    async fn next(&self, steps: &mut StreamSteps) -> Result<Option<StreamStep>, Elapsed> {
        if self.0.is_empty() {
            return Ok(steps.next().await);
        }
        tokio::time::timeout(UNDECIDED, steps.next()).await
    }
}

/// Begins the subscription; it counts as one of the caller's streams.
async fn begin(caller: &RestCaller<'_>, operation: Operation) -> Result<StreamSteps, Refusal> {
    let RestCaller {
        state,
        actor,
        from,
        request_id,
    } = caller;
    let kind = ConnectionKind::Stream;
    let connection = open_connections::open(state, Some(actor), from.address, kind).await;
    let connection =
        connection.map_err(|error| Refusal::of(error, request_id, state.failures()))?;
    let life = Lifetime::new(connection, state.closing().clone());
    let events = state.executor().stream(operation);
    Ok(steps::until_end(events, life, state.config().keep_alive()))
}

fn shutdown() -> Refusal {
    Refusal::busy(ENDS)
}

/// A step in the format of server-sent events.
struct WrittenStep {
    event: Vec<u8>,
    /// Whether the stream ends with it.
    is_last: bool,
}

fn written_step(step: StreamStep) -> WrittenStep {
    let goes_on = |event| WrittenStep {
        event,
        is_last: false,
    };
    match step {
        StreamStep::OperationResult(result) => match run_event(result) {
            Ok(event) => goes_on(event),
            // without `complete`: a client that resumes after its last id reads the event again
            Err(refusal) => WrittenStep {
                event: problem_event(&refusal),
                is_last: true,
            },
        },
        StreamStep::Silence => goes_on(b":\n\n".to_vec()),
        StreamStep::Complete => goes_on(COMPLETE.to_vec()),
        StreamStep::Barred(error) => {
            let mut events = problem_event(&Refusal::from(error));
            events.extend_from_slice(COMPLETE);
            goes_on(events)
        }
    }
}

/// An event of the run, with its type as its name and its cursor as its id.
fn run_event(result: OperationResult) -> Result<Vec<u8>, Refusal> {
    let cursor = result.cursor();
    if let OperationResult::TokenResponse(_) = result {
        let whole = result.written(b"", b"");
        let event = whole.strip_prefix(BEFORE);
        let event = event.and_then(|event| event.strip_suffix(AFTER));
        let event = event.unwrap_or(&whole);
        return Ok(written(type_of(event), cursor, event));
    }
    let event = value::value_at(problem::data_of(result)?, &[KEY])?;
    let name = text_at(&event, "/type");
    Ok(written(name, cursor, event.to_string().as_bytes()))
}

fn problem_event(refusal: &Refusal) -> Vec<u8> {
    written(
        "problem",
        None,
        problem::body(refusal).to_string().as_bytes(),
    )
}

/// The text at a place of an event; empty if there is none.
fn text_at<'v>(event: &'v Value, pointer: &str) -> &'v str {
    let text = event.pointer(pointer).and_then(Value::as_str);
    text.unwrap_or_default()
}

/// The type of a written event, which is its first field.
fn type_of(event: &[u8]) -> &str {
    let rest = event.strip_prefix(b"{\"type\":\"").unwrap_or_default();
    let name = rest.split(|byte| *byte == b'"').next();
    std::str::from_utf8(name.unwrap_or_default()).unwrap_or_default()
}

/// Serialized JSON contains no line breaks, so one data line is enough.
fn written(name: &str, cursor: Option<Cursor>, data: &[u8]) -> Vec<u8> {
    let id = cursor.map_or_else(String::new, |cursor| format!("id: {cursor}\n"));
    let mut event = format!("event: {name}\n{id}data: ").into_bytes();
    event.extend_from_slice(data);
    event.extend_from_slice(b"\n\n");
    event
}

#[cfg(test)]
mod tests {
    use super::type_of;

    #[test]
    fn the_type_of_a_written_event_is_its_first_field() {
        assert_eq!(
            type_of(br#"{"type":"TokenDelta","text":"a"}"#),
            "TokenDelta"
        );
        assert_eq!(type_of(br#"{"text":"a"}"#), "");
    }
}
