//! Streams a model's text into the log: what arrives while an append is under way goes out with the next one.

use std::time::Instant;

use futures::StreamExt;
use tokio_util::sync::CancellationToken;

use super::{feed::Keeping, recorder::Recorder};
use crate::{
    domain::EventBody,
    error::{Error, Result},
    port::{ModelCall, ModelEvent, ModelStream},
};

/// The model is not read on while this much text waits for the log.
const LARGEST_DELTA: usize = 64 * 1024;

/// What came of a model's stream.
#[derive(Debug, Default)]
pub(super) struct Answer {
    /// Everything that was recorded.
    pub(super) text: String,
    /// The tools that the model wants to be called.
    pub(super) calls: Vec<ModelCall>,
    /// Tokens that the model read, where it told.
    pub(super) input_tokens: Option<u64>,
    /// Tokens that the model wrote, where it told.
    pub(super) output_tokens: Option<u64>,
    /// When the first text came.
    pub(super) first_text_at: Option<Instant>,
}

/// How the stream ended.
#[derive(Debug)]
pub(super) enum End {
    /// The model said all it had to say.
    Whole,
    /// Someone asked that it stop; the model's connection is closed.
    Stopped,
    /// The model failed.
    Broken(Error),
}

/// Records the stream until it ends or `stop` is cancelled. `before` was said already in this run; when there is more, it
/// is set apart by `between`. Errors are the log's own.
pub(super) async fn relay(
    mut stream: ModelStream,
    (before, between): (&str, &str),
    recorder: &mut Recorder,
    stop: &CancellationToken,
) -> Result<(Answer, End)> {
    let mut answer = Answer::default();
    let mut offset = count(before);
    let mut lead = if before.is_empty() { "" } else { between };
    let stopped = stop.cancelled();
    tokio::pin!(stopped);
    let (mut delta, mut end) = (String::new(), None);
    let mut keeping: Option<Keeping> = None;
    let end = loop {
        if keeping.is_none() {
            if !delta.is_empty() {
                let mut text = std::mem::take(&mut delta);
                text.insert_str(0, std::mem::take(&mut lead));
                answer.first_text_at.get_or_insert_with(Instant::now);
                answer.text.push_str(&text);
                let characters = count(&text);
                let said = EventBody::TokenDelta { text, offset };
                keeping = Some(recorder.begin(said).await?);
                offset += characters;
            } else if let Some(end) = end.take() {
                break end;
            }
        }
        // nobody waits for the log before there is more to say: most tokens are kept long before the next one comes
        let goes_on = !delta.is_empty() || end.is_some();
        tokio::select! {
            biased;
            kept = kept(&mut keeping), if goes_on => {
                keeping = None;
                kept?;
            }
            () = &mut stopped, if end.is_none() => end = Some(End::Stopped),
            event = stream.next(), if end.is_none() && delta.len() < LARGEST_DELTA => {
                end = take(event, &mut delta, &mut answer);
            }
        }
    };
    Ok((answer, end))
}

async fn kept(keeping: &mut Option<Keeping>) -> Result<()> {
    match keeping {
        Some(keeping) => keeping.await,
        None => Ok(()),
    }
}

fn count(text: &str) -> i64 {
    i64::try_from(text.chars().count()).unwrap_or(i64::MAX)
}

/// Takes one event of the model's; says how the stream ended if it did.
fn take(event: Option<Result<ModelEvent>>, delta: &mut String, answer: &mut Answer) -> Option<End> {
    match event {
        Some(Ok(ModelEvent::Text(text))) => {
            // NUL says nothing to anyone, and PostgreSQL cannot keep it
            delta.extend(text.split('\0'));
            None
        }
        Some(Ok(ModelEvent::Call(call))) => {
            answer.calls.push(call);
            None
        }
        Some(Ok(ModelEvent::Usage { input, output })) => {
            answer.input_tokens = Some(input);
            answer.output_tokens = Some(output);
            None
        }
        Some(Ok(ModelEvent::Finished(_))) => Some(End::Whole),
        Some(Err(error)) => Some(End::Broken(error)),
        None => Some(End::Broken(Error::unavailable(
            "the model's answer was cut off",
        ))),
    }
}
