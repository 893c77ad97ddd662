//! The token fast path and the executor produce the same responses.

mod document;
mod kinds;
mod source;

use std::{
    cell::Cell,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_graphql::{
    Context, Request, Schema, Subscription as SubscriptionObject, Variables, value,
};
use chrono::{DateTime, Utc};
use futures::{FutureExt, Stream, StreamExt, executor::block_on, stream};
use proptest::{
    collection::vec,
    prelude::*,
    sample::select,
    test_runner::{Config, TestRunner},
};
use uuid::Uuid;

use self::{
    document::{Document, document},
    source::{Source, unshown},
};
use super::{RunEvent, SubscriptionResponse, SubscriptionResponses, events, selection::PieceKind};
use crate::{
    domain::{self, EventBody, RunError, RunId, Usage},
    error::ErrorCode,
    graphql::{Mutation, Query, error::Result, node::Node},
};

/// A subscription with the event types of the API, which replays the events of a test.
struct Replay;

#[SubscriptionObject(name = "Subscription")]
impl Replay {
    #[expect(clippy::unused_async, reason = "a resolver of a subscription is async")]
    async fn chat(
        &self,
        ctx: &Context<'_>,
    ) -> Result<impl Stream<Item = Result<RunEvent>> + use<>> {
        let Source(make) = ctx.data_unchecked::<Source>();
        Ok(events(ctx, make()))
    }
}

type ReplaySchema = Schema<Query, Mutation, Replay>;

fn schema() -> ReplaySchema {
    Schema::build(Query::default(), Mutation::default(), Replay)
        .register_output_type::<Node>()
        .register_output_type::<RunEvent>()
        .finish()
}

/// The responses of the subscription as JSON, and the number of responses that bypassed the executor.
async fn round(schema: &ReplaySchema, request: Request) -> (Vec<String>, usize) {
    let mut tokens = 0;
    let outcomes: Vec<_> = SubscriptionResponses::of(schema, request).collect().await;
    let texts = outcomes.into_iter().map(|outcome| match outcome {
        SubscriptionResponse::TokenResponse(token) => {
            tokens += 1;
            let mut json = Vec::new();
            token.write(&mut json);
            String::from_utf8(json).unwrap()
        }
        SubscriptionResponse::Executed { response, .. } => {
            serde_json::to_string(&response).unwrap()
        }
    });
    (texts.collect(), tokens)
}

/// The responses of the executor alone, as JSON.
async fn through(schema: &ReplaySchema, request: Request) -> Vec<String> {
    let responses = schema.execute_stream(request);
    responses
        .map(|response| serde_json::to_string(&response).unwrap())
        .collect()
        .await
}

fn run() -> RunId {
    RunId::from_uuid(Uuid::from_u128(7))
}

fn event(sequence: i64, body: EventBody) -> domain::RunEvent {
    domain::RunEvent {
        run: run(),
        sequence,
        at: DateTime::UNIX_EPOCH,
        body,
    }
}

fn token(sequence: i64) -> domain::RunEvent {
    let text = format!("{sequence} ");
    event(
        sequence,
        EventBody::TokenDelta {
            text,
            offset: sequence,
            utf16_offset: sequence + 1,
        },
    )
}

fn started(sequence: i64) -> domain::RunEvent {
    event(sequence, EventBody::Started { attempt: 1 })
}

fn any_text() -> impl Strategy<Value = String> {
    let special: Vec<char> = ('\0'..='\u{a0}')
        .chain([
            '\u{2028}', '\u{2029}', '\u{feff}', '\u{fffe}', '\u{200d}', '👩', '😀', '€',
        ])
        .collect();
    vec(prop_oneof![any::<char>(), select(special)], 0..12)
        .prop_map(|characters| characters.into_iter().collect())
}

fn any_time() -> impl Strategy<Value = DateTime<Utc>> {
    let seconds = prop_oneof![
        4 => 0..4_000_000_000_i64,
        1 => -70_000_000_000..300_000_000_000_i64,
    ];
    // A nanosecond part of one second or more is a leap second.
    let nanoseconds = prop_oneof![
        Just(0),
        (0..1_000_u32).prop_map(|part| part * 1_000_000),
        (0..1_000_000_u32).prop_map(|part| part * 1_000),
        0..2_000_000_000_u32,
    ];
    (seconds, nanoseconds).prop_map(|(seconds, nanoseconds)| {
        DateTime::from_timestamp(seconds, nanoseconds).unwrap_or_default()
    })
}

fn any_event() -> impl Strategy<Value = domain::RunEvent> {
    let body = prop_oneof![
        6 => (any_text(), any::<i64>(), any::<i64>())
            .prop_map(|(text, offset, utf16_offset)| EventBody::TokenDelta { text, offset, utf16_offset }),
        3 => any_text().prop_map(|text| EventBody::ReasoningDelta { text }),
        1 => any::<i32>().prop_map(|attempt| EventBody::Started { attempt }),
        1 => Just(EventBody::Cancelled { message: None, usage: Usage::default() }),
        1 => any_text().prop_map(|message| EventBody::Failed {
            error: RunError { code: ErrorCode::Internal, message, detail: None },
            message: None,
            usage: Usage::default(),
        }),
    ];
    (any::<u128>(), any::<i64>(), any_time(), body).prop_map(|(run, sequence, at, body)| {
        domain::RunEvent {
            run: RunId::from_uuid(Uuid::from_u128(run)),
            sequence,
            at,
            body,
        }
    })
}

fn any_events() -> impl Strategy<Value = Vec<Option<domain::RunEvent>>> {
    let end = prop_oneof![4 => Just(None), 1 => Just(Some(None))];
    (vec(any_event().prop_map(Some), 1..6), end).prop_map(|(mut events, end)| {
        events.extend(end);
        events
    })
}

fn request(document: &Document, source: &Source) -> Request {
    let mut variables = Variables::from_value(value!({ "yes": true, "no": false }));
    if let Some(given) = document.given {
        variables.insert(async_graphql::Name::new("given"), value!(given));
    }
    Request::new(&document.text)
        .variables(variables)
        .data(source.clone())
}

/// Whether the request was rejected before execution: only errors of an execution have a path.
fn is_refused(said: &[String]) -> bool {
    matches!(said, [only] if only.contains("\"data\":null") && !only.contains("\"path\""))
}

/// The sorted errors of a rejected request; the framework does not define the order of some of them.
fn errors(said: &[String]) -> Vec<String> {
    let said: Vec<serde_json::Value> = said
        .iter()
        .map(|text| serde_json::from_str(text).unwrap())
        .collect();
    let errors = said.iter().filter_map(|answer| answer["errors"].as_array());
    let mut errors: Vec<_> = errors.flatten().map(ToString::to_string).collect();
    errors.sort();
    errors
}

#[test]
fn the_fast_path_and_the_executor_write_the_same_bytes() {
    let schema = schema();
    let (valid, tokens) = (Cell::new(0), Cell::new(0));
    let config = Config {
        cases: 1_300,
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new(config)
        .run(&(document(), any_events()), |(document, events)| {
            let deltas = |event: &&Option<domain::RunEvent>| {
                event
                    .as_ref()
                    .is_some_and(|event| PieceKind::of(event).is_some())
            };
            let deltas = events.iter().filter(deltas).count();
            let source = Source::recorded(events);
            let expected = block_on(through(&schema, request(&document, &source)));
            let (said, bypassed) = block_on(round(&schema, request(&document, &source)));
            if is_refused(&expected) {
                prop_assert_eq!(errors(&said), errors(&expected));
                prop_assert_eq!(bypassed, 0);
                return Ok(());
            }
            prop_assert_eq!(&said, &expected);
            prop_assert_eq!(bypassed, deltas, "a token went through the executor");
            valid.set(valid.get() + 1);
            tokens.set(tokens.get() + bypassed);
            Ok(())
        })
        .unwrap();
    assert!(valid.get() >= 1_000, "{} documents were valid", valid.get());
    assert!(tokens.get() >= 1_000, "{} tokens", tokens.get());
}

#[test]
fn unsupported_selections_stay_with_the_executor() {
    let schema = schema();
    let source = Source::recorded(vec![Some(started(1)), Some(token(2))]);
    let many = "text ".repeat(600);
    let cases = [
        (
            format!("{{ chat {{ ... on TokenDelta {{ {many} }} }} }}"),
            2,
        ),
        // Two root fields, which the transport rejects.
        (
            "{ chat { sequence } other: chat { sequence } }".to_owned(),
            4,
        ),
        // Invalid documents are not executed.
        ("{ chat { text } }".to_owned(), 1),
        ("{ chat { ... on TokenDelta { nothing } } }".to_owned(), 1),
    ];
    for (selection, answers) in cases {
        let request = || Request::new(format!("subscription {selection}")).data(source.clone());
        let (said, tokens) = block_on(round(&schema, request()));
        assert_eq!((said.len(), tokens), (answers, 0), "{selection}");
        assert_eq!(said, block_on(through(&schema, request())));
    }
}

#[test]
fn an_event_is_pulled_only_on_demand() {
    let taken = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&taken);
    let source = Source::of(move || {
        let count = Arc::clone(&count);
        let bodies = [started(1), token(2), token(3), started(4), token(5)];
        let events = stream::iter(bodies).map(move |event| {
            count.fetch_add(1, Ordering::Relaxed);
            Ok(Arc::new(event))
        });
        unshown(events)
    });
    let request = Request::new("subscription { chat { sequence } }").data(source);
    let mut answers = SubscriptionResponses::of(&schema(), request);
    for asked in 1..=5 {
        let answer = answers.next().now_or_never().flatten();
        let is_token = matches!(answer, Some(SubscriptionResponse::TokenResponse(_)));
        assert_eq!(is_token, ![1, 4].contains(&asked));
        assert_eq!(taken.load(Ordering::Relaxed), asked);
    }
    assert!(answers.next().now_or_never().unwrap().is_none());
}

#[tokio::test]
async fn later_events_are_delivered_in_order() {
    let (sender, receiver) = tokio::sync::mpsc::unbounded_channel();
    let receiver = std::sync::Mutex::new(Some(receiver));
    let source = Source::of(move || {
        let receiver = receiver.lock().unwrap().take().unwrap();
        unshown(tokio_stream::wrappers::UnboundedReceiverStream::new(
            receiver,
        ))
    });
    let request = Request::new("subscription { chat { sequence } }").data(source);
    let mut answers = SubscriptionResponses::of(&schema(), request);
    for sequence in 1..=40 {
        // The stream is pending after a token and after an executed response.
        assert!(answers.next().now_or_never().is_none());
        let event = if sequence % 3 == 0 {
            started(sequence)
        } else {
            token(sequence)
        };
        let send = async {
            tokio::task::yield_now().await;
            sender.send(Ok(Arc::new(event))).unwrap();
        };
        let (answer, ()) = tokio::join!(answers.next(), send);
        let text = match answer.unwrap() {
            SubscriptionResponse::TokenResponse(token) => {
                let mut json = Vec::new();
                token.write(&mut json);
                String::from_utf8(json).unwrap()
            }
            SubscriptionResponse::Executed { response, .. } => {
                serde_json::to_string(&response).unwrap()
            }
        };
        let expected = format!("{{\"data\":{{\"chat\":{{\"sequence\":{sequence}}}}}}}");
        assert_eq!(text, expected);
    }
    drop(answers);
    assert!(sender.is_closed(), "the events end with their reader");
}
