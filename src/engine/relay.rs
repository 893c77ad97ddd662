//! Streams a model's text into the event log: text that arrives during an append is written with the next one.

use std::{collections::VecDeque, time::Instant};

use futures::StreamExt;
use serde_json::{Map, Value};
use tokio_util::sync::CancellationToken;

use super::{feed::PendingAppend, recorder::Recorder, step_journal::PARAGRAPH};
use crate::{
    domain::{EventBody, FinishReason, MessageDraft, ModelCall},
    error::{Error, Result},
    port::{ModelEvent, ModelStream, TokenCounts},
};

/// The maximum number of bytes of text that wait for the log; beyond it the model's stream is not read.
const LARGEST_DELTA: usize = 64 * 1024;

/// The maximum number of bytes of reasoning of one model call; further reasoning is neither shown nor stored.
const LONGEST_REASONING: usize = 256 * 1024;

/// A model's answer, as far as it was recorded.
#[derive(Debug, Default)]
pub(super) struct Relayed {
    /// The recorded text.
    pub(super) text: String,
    /// What the model thought, as far as it was recorded.
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

/// Records the stream until it ends or `stop` is cancelled. A blank line is written between the answer so far and the
/// first text of this stream. Returns an error only when the event log fails; a failure of the model is a [`StreamEnd`].
pub(super) async fn relay(
    mut stream: ModelStream,
    recorder: &mut Recorder,
    stop: &CancellationToken,
) -> Result<(Relayed, StreamEnd)> {
    let mut answer = Relayed::default();
    let mut leads = Leads::after(recorder.draft());
    let stopped = stop.cancelled();
    tokio::pin!(stopped);
    let (mut unwritten, mut end) = (Unwritten::default(), None);
    let mut pending: Option<PendingAppend> = None;
    let end = loop {
        if pending.is_none() {
            if let Some(piece) = unwritten.pop() {
                let piece = leads.before(piece);
                let event = answer.add(piece, recorder.draft());
                pending = Some(recorder.begin(event).await?);
            } else if let Some(end) = end.take() {
                break end;
            }
        }
        // does not wait for the log before there is more text: most tokens are durable long before the next one arrives
        let has_more = !unwritten.is_empty() || end.is_some();
        tokio::select! {
            biased;
            appended = appended(&mut pending), if has_more => {
                pending = None;
                appended?;
            }
            () = &mut stopped, if end.is_none() => end = Some(StreamEnd::Cancelled),
            event = stream.next(), if end.is_none() && unwritten.bytes < LARGEST_DELTA => {
                end = apply(event, &mut unwritten, &mut answer);
            }
        }
    };
    Ok((answer, end))
}

/// A piece of what a model sends.
enum StreamPiece {
    /// Text of the answer.
    Text(String),
    /// Reasoning.
    Reasoning(String),
}

/// What arrived from the model and waits for the log, in order; neighbouring pieces of one kind are joined.
#[derive(Default)]
struct Unwritten {
    pieces: VecDeque<StreamPiece>,
    bytes: usize,
    /// The bytes of reasoning that arrived.
    reasoning: usize,
}

impl Unwritten {
    fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// Adds a piece without NUL, which PostgreSQL cannot store and which has no meaning in a text.
    fn push(&mut self, mut piece: StreamPiece) {
        let (StreamPiece::Text(text) | StreamPiece::Reasoning(text)) = &mut piece;
        text.retain(|character| character != '\0');
        if text.is_empty() {
            return;
        }
        self.bytes += text.len();
        match (self.pieces.back_mut(), piece) {
            (Some(StreamPiece::Text(waiting)), StreamPiece::Text(more))
            | (Some(StreamPiece::Reasoning(waiting)), StreamPiece::Reasoning(more)) => {
                waiting.push_str(&more);
            }
            (_, piece) => self.pieces.push_back(piece),
        }
    }

    /// Adds reasoning, up to [`LONGEST_REASONING`].
    fn push_reasoning(&mut self, text: String) {
        self.reasoning = self.reasoning.saturating_add(text.len());
        if self.reasoning <= LONGEST_REASONING {
            self.push(StreamPiece::Reasoning(text));
        }
    }

    fn pop(&mut self) -> Option<StreamPiece> {
        let piece = self.pieces.pop_front()?;
        let (StreamPiece::Text(text) | StreamPiece::Reasoning(text)) = &piece;
        self.bytes -= text.len();
        Some(piece)
    }
}

/// What is written before the first text and before the first reasoning of a stream.
struct Leads {
    text: &'static str,
    reasoning: &'static str,
}

impl Leads {
    /// A blank line where something stands before it.
    fn after(draft: &MessageDraft) -> Self {
        let paragraph = |is_needed| if is_needed { PARAGRAPH } else { "" };
        Self {
            text: paragraph(!draft.is_empty()),
            reasoning: paragraph(draft.ends_in_reasoning()),
        }
    }

    fn before(&mut self, mut piece: StreamPiece) -> StreamPiece {
        match &mut piece {
            StreamPiece::Text(text) => text.insert_str(0, std::mem::take(&mut self.text)),
            StreamPiece::Reasoning(text) => text.insert_str(0, std::mem::take(&mut self.reasoning)),
        }
        piece
    }
}

impl Relayed {
    /// Adds a piece, and returns the event that reports it after this draft.
    fn add(&mut self, piece: StreamPiece, draft: &MessageDraft) -> EventBody {
        match piece {
            StreamPiece::Text(text) => {
                self.first_text_at.get_or_insert_with(Instant::now);
                self.text.push_str(&text);
                draft.token_delta(text)
            }
            StreamPiece::Reasoning(text) => {
                self.reasoning.push_str(&text);
                EventBody::ReasoningDelta { text }
            }
        }
    }
}

async fn appended(pending: &mut Option<PendingAppend>) -> Result<()> {
    match pending {
        Some(pending) => pending.await,
        None => Ok(()),
    }
}

/// Applies one event of the model; returns the end of the stream if this was its last.
fn apply(
    event: Option<Result<ModelEvent>>,
    unwritten: &mut Unwritten,
    answer: &mut Relayed,
) -> Option<StreamEnd> {
    match event {
        Some(Ok(ModelEvent::Text(text))) => {
            unwritten.push(StreamPiece::Text(text));
            None
        }
        Some(Ok(ModelEvent::Call(call))) => {
            answer.calls.push(call);
            None
        }
        Some(Ok(ModelEvent::Reasoning(text))) => {
            unwritten.push_reasoning(text);
            None
        }
        Some(Ok(ModelEvent::Usage(tokens))) => {
            answer.tokens.update(tokens);
            None
        }
        Some(Ok(ModelEvent::Finished { reason, extra, .. })) => {
            answer.extra = extra;
            Some(StreamEnd::Complete(reason))
        }
        Some(Err(error)) => Some(StreamEnd::Failed(error)),
        None => Some(StreamEnd::Failed(Error::unavailable(
            "the model's answer was cut off",
        ))),
    }
}
