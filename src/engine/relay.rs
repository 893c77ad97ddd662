//! Streams a model's text into the event log: text that arrives during an append is written with the next one.

use std::time::Instant;

use futures::StreamExt;
use serde_json::{Map, Value};
use tokio_util::sync::CancellationToken;

use super::{feed::PendingAppend, recorder::Recorder};
use crate::{
    domain::{EventBody, FinishReason, ModelCall},
    error::{Error, Result},
    port::{ModelEvent, ModelStream, TokenCounts},
};

/// The maximum number of bytes of text that wait for the log; beyond it the model's stream is not read.
const LARGEST_DELTA: usize = 64 * 1024;

/// The maximum number of bytes of reasoning that are stored.
const LONGEST_REASONING: usize = 256 * 1024;

/// A model's answer, as far as it was recorded.
#[derive(Debug, Default)]
pub(super) struct Relayed {
    /// The recorded text.
    pub(super) text: String,
    /// What the model thought, up to a limit.
    pub(super) reasoning: String,
    /// The tool calls that the model requests.
    pub(super) calls: Vec<ModelCall>,
    /// Members of the provider's message that go back to it.
    pub(super) extra: Map<String, Value>,
    /// The tokens that the model reported.
    pub(super) tokens: TokenCounts,
    /// The time at which the first text was written to the log.
    pub(super) first_text_at: Option<Instant>,
}

/// How the stream ended.
#[derive(Debug)]
pub(super) enum StreamEnd {
    /// The model finished.
    Complete(FinishReason),
    /// The attempt must stop; the model's connection is closed.
    Cancelled,
    /// The model failed.
    Failed(Error),
}

/// Records the stream until it ends or `stop` is cancelled. `before` is the text of this run so far; `separator` is
/// written between it and the first text of this stream. Returns an error only when the event log fails; a failure of
/// the model is a [`StreamEnd`].
pub(super) async fn relay(
    mut stream: ModelStream,
    before: &str,
    separator: &str,
    recorder: &mut Recorder,
    stop: &CancellationToken,
) -> Result<(Relayed, StreamEnd)> {
    let mut answer = Relayed::default();
    let mut offset = count(before);
    let mut lead = separator;
    let stopped = stop.cancelled();
    tokio::pin!(stopped);
    let (mut delta, mut end) = (String::new(), None);
    let mut pending: Option<PendingAppend> = None;
    let end = loop {
        if pending.is_none() {
            if !delta.is_empty() {
                let mut text = std::mem::take(&mut delta);
                text.insert_str(0, std::mem::take(&mut lead));
                answer.first_text_at.get_or_insert_with(Instant::now);
                answer.text.push_str(&text);
                let characters = count(&text);
                let delta = EventBody::TokenDelta { text, offset };
                pending = Some(recorder.begin(delta).await?);
                offset += characters;
            } else if let Some(end) = end.take() {
                break end;
            }
        }
        // does not wait for the log before there is more text: most tokens are durable long before the next one arrives
        let has_more = !delta.is_empty() || end.is_some();
        tokio::select! {
            biased;
            appended = appended(&mut pending), if has_more => {
                pending = None;
                appended?;
            }
            () = &mut stopped, if end.is_none() => end = Some(StreamEnd::Cancelled),
            event = stream.next(), if end.is_none() && delta.len() < LARGEST_DELTA => {
                end = apply(event, &mut delta, &mut answer);
            }
        }
    };
    Ok((answer, end))
}

async fn appended(pending: &mut Option<PendingAppend>) -> Result<()> {
    match pending {
        Some(pending) => pending.await,
        None => Ok(()),
    }
}

fn count(text: &str) -> i64 {
    i64::try_from(text.chars().count()).unwrap_or(i64::MAX)
}

/// Applies one event of the model; returns the end of the stream if this was its last.
fn apply(
    event: Option<Result<ModelEvent>>,
    delta: &mut String,
    answer: &mut Relayed,
) -> Option<StreamEnd> {
    match event {
        Some(Ok(ModelEvent::Text(text))) => {
            // PostgreSQL cannot store NUL, which has no meaning in a text
            delta.extend(text.split('\0'));
            None
        }
        Some(Ok(ModelEvent::Call(call))) => {
            answer.calls.push(call);
            None
        }
        Some(Ok(ModelEvent::Reasoning(text))) => {
            if answer.reasoning.len() + text.len() <= LONGEST_REASONING {
                answer.reasoning.extend(text.split('\0'));
            }
            None
        }
        Some(Ok(ModelEvent::Usage(tokens))) => {
            answer.tokens.update(tokens);
            None
        }
        Some(Ok(ModelEvent::Finished { reason, extra })) => {
            answer.extra = extra;
            Some(StreamEnd::Complete(reason))
        }
        Some(Err(error)) => Some(StreamEnd::Failed(error)),
        None => Some(StreamEnd::Failed(Error::unavailable(
            "the model's answer was cut off",
        ))),
    }
}
