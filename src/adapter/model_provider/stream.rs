//! Converts the byte stream of an answer into model events.

use std::{collections::VecDeque, time::Duration};

use async_stream::try_stream;
use futures::StreamExt;
use reqwest::Response;
use tokio::time::{Instant, timeout_at};

use super::{
    answer::{AnswerEnd, AnswerParser, ChunkFailure},
    body::{BodyKind, kind_of},
    events::Events,
    failure::{self, KeyOwner},
    json::each_element,
};
use crate::{
    domain::FinishReason,
    error::{Error, Result},
    idle_timeout::IdleTimeout,
    outgoing::OutgoingFailure,
    port::{ModelEvent, ModelStream, ModelTimeouts},
};

/// The ratio that estimates token counts. It overestimates for most languages.
pub(super) const CHARACTERS_PER_TOKEN: usize = 3;
/// The maximum size in bytes of one event of the stream.
const LARGEST_EVENT: usize = 1 << 20;
/// The maximum size in bytes of an answer that is not streamed.
const LARGEST_BODY: usize = 8 << 20;
/// How long the usage is awaited after the finish reason.
const AFTER_THE_END: Duration = Duration::from_secs(5);
/// The maximum number of characters of a token, on average over an answer.
const MOST_CHARACTERS_PER_TOKEN: usize = 8;

/// What the reader of an answer needs to know.
pub(in crate::adapter) struct ReaderOptions {
    pub(in crate::adapter) timeouts: ModelTimeouts,
    /// The maximum number of tokens of the answer. A provider that ignores it is cut off.
    pub(in crate::adapter) max_output_tokens: usize,
    /// The name of the model in the log.
    pub(in crate::adapter) model: String,
    /// Texts that no log may contain.
    pub(in crate::adapter) secrets: Vec<String>,
    pub(in crate::adapter) key: KeyOwner,
}

/// Waits for the beginning of the answer, then streams it. A failure before the first text, reasoning or call is returned
/// as an error, so that the request can be retried. Dropping the result closes the connection.
pub(super) async fn begin<A: AnswerParser + 'static>(
    response: Response,
    options: ReaderOptions,
) -> Result<ModelStream, OutgoingFailure> {
    let mut reader = AnswerReader::<A>::new(response, options);
    let mut first = Vec::new();
    while let Some(event) = reader.next().await? {
        let is_usage = matches!(event, ModelEvent::Usage(_));
        first.push(event);
        if !is_usage {
            break;
        }
    }
    let events = try_stream! {
        for event in first {
            yield event;
        }
        while let Some(event) = reader.next().await.map_err(Error::from)? {
            yield event;
        }
    };
    Ok(events.boxed())
}

/// Reads an answer event by event.
struct AnswerReader<A> {
    response: Response,
    options: ReaderOptions,
    body: BodyKind,
    events: Events,
    answer: A,
    /// The events to be returned next.
    ready: VecDeque<ModelEvent>,
    /// The failure to be returned after them.
    failure: Option<OutgoingFailure>,
    /// The limit on silence: first long, then short.
    silence: Silence,
    /// The number of characters of the text so far.
    characters: usize,
    has_ended: bool,
    has_skipped: bool,
}

/// The limit on the provider's silence.
enum Silence {
    /// Before the first event.
    BeforeTheFirst(IdleTimeout),
    Between(IdleTimeout),
    /// The time at which the usage is awaited no longer, whatever arrives.
    AfterTheEnd(Instant),
}

impl<A: AnswerParser> AnswerReader<A> {
    fn new(response: Response, options: ReaderOptions) -> Self {
        Self {
            response,
            silence: Silence::BeforeTheFirst(IdleTimeout::of(options.timeouts.first_byte)),
            options,
            body: BodyKind::Unknown,
            events: Events::default(),
            answer: A::default(),
            ready: VecDeque::new(),
            failure: None,
            characters: 0,
            has_ended: false,
            has_skipped: false,
        }
    }

    /// The next event; `None` after the last one.
    async fn next(&mut self) -> Result<Option<ModelEvent>, OutgoingFailure> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Ok(Some(event));
            }
            if self.has_ended {
                return Ok(None);
            }
            if let Some(failure) = self.failure.take() {
                return Err(failure);
            }
            let read = self.read_events();
            self.take_text();
            let outcome = match read {
                // the answer was cut at its limit
                _ if self.has_ended => Ok(()),
                Err(failure) => Err(self.failed(&failure)),
                Ok(true) => self.end(),
                Ok(false) if self.ready.is_empty() => self.read_more().await,
                Ok(false) => Ok(()),
            };
            // the text before a failure is returned first
            self.failure = outcome.err();
        }
    }

    /// Reads all complete events. Returns true after the last one.
    fn read_events(&mut self) -> Result<bool, ChunkFailure> {
        while let Some(event) = self.events.next() {
            let Some(data) = self.events.data(event) else {
                continue;
            };
            if data.trim_ascii() == b"[DONE]" {
                return Ok(true);
            }
            if let Silence::BeforeTheFirst(_) = self.silence {
                self.silence = Silence::Between(IdleTimeout::of(self.options.timeouts.idle));
            }
            let text = String::from_utf8_lossy(&data);
            let mut is_usable = self.answer.read(&text)?;
            if self.answer.parts().is_over {
                return Ok(true);
            }
            if !is_usable && text.contains('\n') {
                // events that are not separated by an empty line
                for line in text.lines() {
                    is_usable |= self.answer.read(line)?;
                }
            }
            if !is_usable && !text.trim().is_empty() && !self.has_skipped {
                self.has_skipped = true;
                tracing::warn!(model = %self.options.model, "the model's provider sent an event that cannot be read; it is skipped");
            }
        }
        Ok(false)
    }

    /// Makes the text and the usage that were read ready.
    fn take_text(&mut self) {
        let parts = self.answer.parts();
        let divided = (!parts.text.is_empty()).then(|| parts.tags.divide(parts.text.take()));
        let (reasoning, usage) = (parts.reasoning.take(), parts.usage.take());
        if let Some(divided) = divided {
            self.push_reasoning(divided.reasoning);
            self.push_text(divided.answer);
        }
        self.push_reasoning(reasoning);
        self.ready.extend(usage.map(ModelEvent::Usage));
    }

    fn push_reasoning(&mut self, reasoning: String) {
        if !reasoning.is_empty() {
            self.ready.push_back(ModelEvent::Reasoning(reasoning));
        }
    }

    /// Makes a text ready, up to the output limit if the provider ignores it.
    fn push_text(&mut self, mut text: String) {
        if text.is_empty() {
            return;
        }
        // some providers send a finish reason with every piece
        if let Silence::AfterTheEnd(_) = self.silence {
            self.silence = Silence::Between(IdleTimeout::of(self.options.timeouts.idle));
        }
        let most = self.options.max_output_tokens;
        self.characters += text.chars().count();
        let tokens = self.characters.div_ceil(CHARACTERS_PER_TOKEN);
        let is_over = self.answer.parts().text_events > most && tokens > most;
        let longest = most.saturating_mul(MOST_CHARACTERS_PER_TOKEN);
        if is_over || self.characters > longest {
            let surplus = self.characters.saturating_sub(longest);
            let kept = text.chars().count().saturating_sub(surplus);
            text = text.chars().take(kept).collect();
            self.answer.parts().end = Some(AnswerEnd::Finished(FinishReason::Length));
            self.has_ended = true;
        }
        if !text.is_empty() {
            self.ready.push_back(ModelEvent::Text(text));
        }
        if self.has_ended {
            let end = ModelEvent::finished(FinishReason::Length);
            self.ready.push_back(end);
        }
    }

    /// Makes the end of the answer ready.
    fn end(&mut self) -> Result<(), OutgoingFailure> {
        let parts = self.answer.parts();
        let reason = match parts.end.take() {
            Some(AnswerEnd::Finished(reason)) => reason,
            Some(AnswerEnd::Unfinished(word)) => {
                let excerpt: String = word.chars().take(60).collect();
                return Err(failure::cut_off(format!("finish reason \"{excerpt}\"")));
            }
            None => return Err(failure::cut_off("the answer has no finish reason")),
        };
        self.has_ended = true;
        let mut last = parts.tags.divide(parts.text.finish());
        let held = parts.tags.finish();
        last.answer.push_str(&held.answer);
        last.reasoning.push_str(&held.reasoning);
        last.reasoning.push_str(&parts.reasoning.finish());
        self.push_reasoning(last.reasoning);
        if !last.answer.is_empty() {
            self.ready.push_back(ModelEvent::Text(last.answer));
        }
        let (calls, extra) = self.answer.finish();
        self.ready.extend(calls.into_iter().map(ModelEvent::Call));
        self.ready.push_back(ModelEvent::Finished {
            reason,
            extra,
            answered_by: self.answer.parts().answered_by.take(),
        });
        Ok(())
    }

    /// Reads more bytes of the body. At its end, the last event may lack its empty line.
    async fn read_more(&mut self) -> Result<(), OutgoingFailure> {
        let is_finished = self.answer.parts().is_finished();
        if is_finished && !matches!(self.silence, Silence::AfterTheEnd(_)) {
            self.silence = Silence::AfterTheEnd(Instant::now() + AFTER_THE_END);
        }
        let chunk = self.response.chunk();
        let read = match &mut self.silence {
            Silence::BeforeTheFirst(timeout) | Silence::Between(timeout) => {
                timeout.with(chunk).await
            }
            Silence::AfterTheEnd(end) => timeout_at(*end, chunk).await.ok(),
        };
        let bytes = match read {
            Some(Ok(Some(bytes))) => bytes,
            Some(Ok(None)) => return self.end_of_body(),
            // nothing that comes after the end can undo it
            Some(Err(_)) | None if is_finished => return self.end(),
            Some(Err(error)) => return Err(failure::cut_off(error.without_url())),
            None => return Err(failure::silent()),
        };
        if let BodyKind::Unknown = self.body {
            self.body = match kind_of(&bytes) {
                None => return Ok(()),
                Some(kind) => kind?,
            };
        }
        // every complete event was read before
        let (pending, most) = match &self.body {
            BodyKind::Json(body) => (body.len(), LARGEST_BODY),
            BodyKind::Unknown | BodyKind::EventStream => (self.events.pending(), LARGEST_EVENT),
        };
        if pending > most {
            return Err(failure::malformed(
                "the model's provider sent an event without end",
            ));
        }
        match &mut self.body {
            BodyKind::Json(body) => body.extend_from_slice(&bytes),
            BodyKind::Unknown | BodyKind::EventStream => self.events.feed(&bytes),
        }
        Ok(())
    }

    fn end_of_body(&mut self) -> Result<(), OutgoingFailure> {
        let body = match std::mem::replace(&mut self.body, BodyKind::EventStream) {
            BodyKind::Json(body) => body,
            BodyKind::Unknown | BodyKind::EventStream => {
                self.events.feed(b"\n\n");
                Vec::new()
            }
        };
        let text = String::from_utf8_lossy(&body);
        let read = self.read_json(&text).and_then(|()| self.read_events());
        self.take_text();
        match read {
            _ if self.has_ended => Ok(()),
            Err(failure) => Err(self.failed(&failure)),
            Ok(_) if self.answer.is_empty() && self.ready.is_empty() => Err(failure::malformed(
                "the model's provider answered something that is no answer of a chat model; the operator has to check its base URL",
            )),
            Ok(_) => self.end(),
        }
    }

    /// Reads an answer that is not streamed, or events without the form of a stream, one in each line.
    fn read_json(&mut self, text: &str) -> Result<(), ChunkFailure> {
        if self.answer.read(text)? {
            return Ok(());
        }
        let mut read = Ok(true);
        each_element(text, |element| {
            if read.is_ok() {
                read = self.answer.read(element.get());
            }
        });
        for line in text.lines() {
            self.answer.read(line)?;
        }
        read.map(drop)
    }

    fn failed(&self, reason: &ChunkFailure) -> OutgoingFailure {
        let secrets: Vec<&str> = self.options.secrets.iter().map(String::as_str).collect();
        match reason {
            ChunkFailure::Reported(words) => failure::reported(words, &secrets, self.options.key),
            ChunkFailure::TooManyCalls => OutgoingFailure::permanent(Error::unavailable(
                "the model asked for more tool calls than can be made; try again later",
            )),
        }
    }
}
