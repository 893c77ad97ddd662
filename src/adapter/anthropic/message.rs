//! Reads the events of an answer: takes what is needed, and skips unknown events, blocks and members.
//!
//! Source: Anthropic's API reference, "Streaming messages". An answer is `message_start`, blocks of
//! `content_block_start`, `content_block_delta` and `content_block_stop`, `message_delta` with the stop reason, and
//! `message_stop`; `ping` and `error` may come at any time.

use serde_json::{Map, Value, value::RawValue};

use super::{blocks::ContentBlocks, tool_use::ToolUses};
use crate::{
    adapter::model_provider::{
        AnswerEnd, AnswerParser, AnswerParts, ChunkFailure, count, each_element, each_member,
        first_byte, is_nothing, is_null, word,
    },
    domain::{FinishReason, ModelCall},
    port::TokenCounts,
};

/// An answer, as far as it was read.
#[derive(Default)]
pub(in crate::adapter) struct MessageState {
    parts: AnswerParts,
    calls: ToolUses,
    blocks: ContentBlocks,
    counts: InputCounts,
    /// Whether the body is a message.
    has_begun: bool,
}

/// The kinds of prompt tokens, which are reported apart.
#[derive(Default)]
struct InputCounts {
    fresh: Option<u64>,
    read_from_cache: Option<u64>,
    written_to_cache: Option<u64>,
}

/// The members of an event that are needed.
#[derive(Default)]
struct MessageEvent<'a> {
    kind: Option<String>,
    index: Option<u64>,
    message: Option<&'a RawValue>,
    block: Option<&'a RawValue>,
    delta: Option<&'a RawValue>,
    usage: Option<&'a RawValue>,
    error: Option<&'a RawValue>,
}

impl AnswerParser for MessageState {
    fn read(&mut self, json: &str) -> Result<bool, ChunkFailure> {
        let mut event = MessageEvent::default();
        let is_usable = each_member(json, |name, value| match name {
            "type" => event.kind = word(value),
            "index" => event.index = count(value),
            "message" if first_byte(value) == b'{' => event.message = Some(value),
            "content_block" => event.block = Some(value),
            "delta" => event.delta = Some(value),
            "usage" => event.usage = Some(value),
            "error" if !is_nothing(value) => event.error = Some(value),
            _ => {}
        });
        if !is_usable {
            return Ok(false);
        }
        let kind = event.kind.as_deref().unwrap_or_default();
        if kind == "error" || event.error.is_some() {
            let words = event.error.map_or(json, RawValue::get);
            self.parts.report(words)?;
            return Ok(true);
        }
        self.read_event(kind, &event, json)?;
        Ok(true)
    }

    fn parts(&mut self) -> &mut AnswerParts {
        &mut self.parts
    }

    fn is_empty(&self) -> bool {
        !self.has_begun
    }

    fn finish(&mut self) -> (Vec<ModelCall>, Map<String, Value>) {
        let calls = self.calls.finish();
        let extra = self.blocks.finish(&calls);
        (calls, extra)
    }
}

impl MessageState {
    fn read_event(
        &mut self,
        kind: &str,
        event: &MessageEvent<'_>,
        json: &str,
    ) -> Result<(), ChunkFailure> {
        match kind {
            "message_start" => {
                self.has_begun = true;
                event
                    .message
                    .map_or(Ok(()), |message| self.read_message(message.get()))?;
            }
            // an answer that was not streamed
            "message" => {
                self.has_begun = true;
                self.read_message(json)?;
            }
            "content_block_start" => {
                if let Some(block) = event.block {
                    self.begin_block(event.index, block)?;
                }
            }
            "content_block_delta" => {
                if let Some(delta) = event.delta {
                    self.read_delta(event.index, delta)?;
                }
            }
            "message_delta" => {
                if let Some(delta) = event.delta {
                    each_member(delta.get(), |name, value| {
                        if name == "stop_reason" {
                            self.read_end(value);
                        }
                    });
                }
            }
            "message_stop" => {
                self.parts.is_over = true;
                // the event itself means that the answer is whole, whatever the reason is called
                if !self.parts.is_finished() {
                    self.parts.end = Some(AnswerEnd::Finished(FinishReason::Stop));
                }
            }
            _ => {}
        }
        if kind != "message" {
            event
                .usage
                .into_iter()
                .for_each(|usage| self.read_usage(usage));
        }
        Ok(())
    }

    /// A whole message, or its beginning.
    fn read_message(&mut self, message: &str) -> Result<(), ChunkFailure> {
        let (mut content, mut reason) = (None, None);
        each_member(message, |name, value| match name {
            "content" => content = Some(value),
            "stop_reason" => reason = Some(value),
            "usage" => self.read_usage(value),
            "model" => self.parts.answered_by = word(value),
            _ => {}
        });
        let mut read = Ok(());
        match content {
            Some(content) if first_byte(content) == b'"' => self.add_text(content),
            Some(content) => each_element(content.get(), |block| {
                if read.is_ok() {
                    read = self.begin_block(None, block);
                }
            }),
            None => {}
        }
        if let Some(reason) = reason {
            self.read_end(reason);
        }
        read
    }

    /// The start of a block, or a whole one.
    fn begin_block(&mut self, index: Option<u64>, block: &RawValue) -> Result<(), ChunkFailure> {
        let (mut kind, mut text, mut thinking) = (None, None, None);
        each_member(block.get(), |name, value| match name {
            "type" => kind = word(value),
            "text" => text = Some(value),
            "thinking" => thinking = Some(value),
            _ => {}
        });
        match kind.as_deref() {
            Some("text") | None => text.into_iter().for_each(|text| self.add_text(text)),
            Some("thinking") => {
                self.blocks.begin_thinking(index, block);
                if let Some(thinking) = thinking {
                    self.parts.reasoning.push(thinking);
                }
            }
            Some("redacted_thinking") => self.blocks.add_redacted(index, block),
            Some("tool_use") => {
                let place = self.calls.begin(index, block)?;
                self.blocks.add_call(index, place);
            }
            Some(_) => {}
        }
        Ok(())
    }

    fn read_delta(&mut self, index: Option<u64>, delta: &RawValue) -> Result<(), ChunkFailure> {
        let mut read = Ok(());
        // each kind of delta has a member of its own
        each_member(delta.get(), |name, value| match name {
            _ if is_null(value) => {}
            "text" => self.add_text(value),
            "thinking" => {
                self.parts.reasoning.push(value);
                self.blocks.continue_thinking(index, value);
            }
            "signature" => self.blocks.sign(index, value),
            "partial_json" => read = self.calls.add(index, value),
            _ => {}
        });
        read
    }

    fn add_text(&mut self, text: &RawValue) {
        if first_byte(text) == b'"' && text.get().len() > 2 {
            self.parts.text_events += 1;
            self.parts.text.push(text);
            self.blocks.add_text(text);
        }
    }

    fn read_usage(&mut self, usage: &RawValue) {
        let counts = &mut self.counts;
        let mut output = None;
        let known = |value: &RawValue, before: Option<u64>| count(value).or(before);
        each_member(usage.get(), |name, value| match name {
            // some servers report zero before they have counted
            "input_tokens" => {
                counts.fresh = known(value, None)
                    .filter(|count| *count > 0)
                    .or(counts.fresh);
            }
            "cache_read_input_tokens" => {
                counts.read_from_cache = known(value, counts.read_from_cache);
            }
            "cache_creation_input_tokens" => {
                counts.written_to_cache = known(value, counts.written_to_cache);
            }
            "output_tokens" => output = count(value).filter(|count| *count > 0),
            _ => {}
        });
        let input = [
            counts.fresh,
            counts.read_from_cache,
            counts.written_to_cache,
        ];
        let input: u64 = input.into_iter().flatten().sum();
        let input = (input > 0).then_some(input);
        if input.is_some() || output.is_some() {
            self.parts.usage = Some(TokenCounts {
                input,
                cached_input: counts.read_from_cache,
                cache_write: counts.written_to_cache,
                output,
            });
        }
    }

    fn read_end(&mut self, reason: &RawValue) {
        let Some(reason) = word(reason) else {
            return;
        };
        if self.parts.is_finished() {
            return;
        }
        self.parts.end = Some(match reason.as_str() {
            "end_turn" | "stop_sequence" | "tool_use" => AnswerEnd::Finished(FinishReason::Stop),
            // a pause is of a tool of the provider's, which no request asks for: the text so far is what there is
            "max_tokens" | "model_context_window_exceeded" | "pause_turn" => {
                AnswerEnd::Finished(FinishReason::Length)
            }
            "refusal" => AnswerEnd::Finished(FinishReason::ContentFilter),
            _ => AnswerEnd::Unfinished(reason),
        });
    }
}
