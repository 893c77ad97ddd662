//! Reads the events of an answer: takes what is needed, each part in any spelling that means the same, and skips everything else.
//!
//! Source: the OpenAI API reference, "Chat completion chunk object". The other spellings are those of providers that call
//! themselves compatible with it; each has a test or a file in `tests/upstreams/chat`.

use serde_json::{Map, Value, value::RawValue};

use super::{calls::Calls, extra::ExtraMembers, plain::plain_content};
use crate::{
    adapter::model_provider::{
        AnswerEnd, AnswerParser, AnswerParts, ChunkFailure, count, each_element, each_member,
        first_byte, is_nothing, is_null, word,
    },
    domain::{FinishReason, ModelCall},
    port::TokenCounts,
};

/// The maximum depth of blocks within blocks.
const DEEPEST: usize = 4;

/// An answer, as far as it was read.
#[derive(Default)]
pub(in crate::adapter) struct AnswerState {
    parts: AnswerParts,
    calls: Calls,
    /// Members of the message that are unknown here, to be returned to the provider.
    extra: ExtraMembers,
    /// The member that has the reasoning; another one with the same text is not read as reasoning.
    reasoning_member: Option<String>,
    is_refusal: bool,
    /// Whether an event had choices, so that the body is a chat completion.
    has_choices: bool,
    /// Whether the calls come as `function_call`.
    is_legacy: bool,
}

impl AnswerParser for AnswerState {
    fn read(&mut self, json: &str) -> Result<bool, ChunkFailure> {
        if let Some(content) = plain_content(json) {
            self.has_choices = true;
            self.read_content(content, 0);
            return Ok(true);
        }
        let (mut choices, mut error) = (None, None);
        let (mut is_error, mut has_message) = (false, false);
        let mut usage = None;
        let is_usable = each_member(json, |name, value| match name {
            "choices" => choices = Some(value),
            "usage" => usage = Some(value),
            "model" if self.parts.answered_by.is_none() => self.parts.answered_by = word(value),
            "error" if !is_nothing(value) => error = Some(value),
            "detail" | "errors" if !is_nothing(value) => is_error = true,
            // an error without a member of its own
            "message" | "msg" if first_byte(value) == b'"' && !is_nothing(value) => {
                has_message = true;
            }
            "object" | "type" => is_error |= value.get() == "\"error\"",
            _ => {}
        });
        if !is_usable {
            return Ok(false);
        }
        is_error |= has_message && choices.is_none();
        self.has_choices |= choices.is_some();
        if let Some(usage) = usage {
            self.read_usage(usage);
        }
        let mut first = None;
        match choices {
            Some(choices) if first_byte(choices) == b'[' => {
                // one answer is requested, so the others are ignored
                each_element(choices.get(), |choice| first = first.or(Some(choice)));
            }
            Some(choices) if first_byte(choices) == b'{' => first = Some(choices),
            _ => {}
        }
        if let Some(choice) = first {
            self.read_choice(choice)?;
        }
        match error {
            Some(error) => self.parts.report(error.get())?,
            None if is_error && first.is_none() => self.parts.report(json)?,
            None => {}
        }
        Ok(true)
    }

    fn parts(&mut self) -> &mut AnswerParts {
        &mut self.parts
    }

    fn is_empty(&self) -> bool {
        !self.has_choices
    }

    /// The reasoning goes back in the member in which it came.
    fn finish(&mut self) -> (Vec<ModelCall>, Map<String, Value>) {
        (self.calls.finish(), self.extra.take())
    }
}

impl AnswerState {
    fn read_usage(&mut self, usage: &RawValue) {
        let mut counts = self.parts.usage.unwrap_or_default();
        each_member(usage.get(), |name, value| match name {
            "prompt_tokens" | "input_tokens" => counts.input = positive(value).or(counts.input),
            "completion_tokens" | "output_tokens" => {
                counts.output = positive(value).or(counts.output);
            }
            "prompt_tokens_details" | "input_tokens_details" => {
                each_member(value.get(), |name, value| {
                    if name == "cached_tokens" {
                        counts.cached_input = count(value).or(counts.cached_input);
                    }
                });
            }
            // DeepSeek, Moonshot, and proxies in front of Anthropic
            "prompt_cache_hit_tokens" | "cached_tokens" | "cache_read_input_tokens" => {
                counts.cached_input = count(value).or(counts.cached_input);
            }
            "cache_creation_input_tokens" => {
                counts.cache_write = count(value).or(counts.cache_write);
            }
            _ => {}
        });
        if counts != TokenCounts::default() {
            self.parts.usage = Some(counts);
        }
    }

    fn read_choice(&mut self, choice: &RawValue) -> Result<(), ChunkFailure> {
        let (mut delta, mut message, mut reason) = (None, None, None);
        let (mut usage, mut error) = (None, None);
        each_member(choice.get(), |name, value| match name {
            "delta" if !is_null(value) => delta = Some(value),
            "message" if !is_null(value) => message = Some(value),
            "finish_reason" => reason = word(value),
            "error" if !is_nothing(value) => error = Some(value),
            "usage" => usage = Some(value),
            _ => {}
        });
        if let Some(usage) = usage {
            self.read_usage(usage);
        }
        // the last chunk of some providers repeats the whole message
        let message = message.filter(|_| self.parts.text_events == 0 && self.calls.is_empty());
        if let Some(delta) = delta.or(message) {
            self.read_delta(delta)?;
        }
        if let Some(error) = error {
            self.parts.report(error.get())?;
        }
        if let Some(reason) = reason {
            let end = self.end_of(&reason);
            let is_over = match &self.parts.end {
                Some(AnswerEnd::Finished(known)) => {
                    *known != FinishReason::Stop || matches!(end, AnswerEnd::Unfinished(_))
                }
                _ => false,
            };
            if !is_over {
                self.parts.end = Some(end);
            }
        }
        Ok(())
    }

    fn read_delta(&mut self, delta: &RawValue) -> Result<(), ChunkFailure> {
        let mut calls = Ok(());
        each_member(delta.get(), |name, value| match name {
            // the usual member first
            "content" => self.read_content(value, 0),
            "role" | "name" | "index" | "audio" | "annotations" | "citations" => {}
            _ if is_null(value) => {}
            "tool_calls" if self.is_legacy => {}
            "tool_calls" => each_element(value.get(), |piece| {
                if calls.is_ok() {
                    calls = self.calls.push(piece);
                }
            }),
            // both spellings of one call
            "function_call" if self.calls.is_empty() || self.is_legacy => {
                self.is_legacy = true;
                calls = self.calls.push(value);
            }
            "function_call" => {}
            "refusal" => self.read_refusal(value),
            "reasoning_content" | "reasoning" | "thinking" if first_byte(value) == b'"' => {
                self.read_reasoning(name, value);
            }
            _ => self.extra.keep(name, value),
        });
        calls.map_err(|_| ChunkFailure::TooManyCalls)
    }

    fn read_content(&mut self, value: &RawValue, depth: usize) {
        match first_byte(value) {
            b'"' => {
                self.parts.text_events += usize::from(value.get().len() > 2);
                self.parts.text.push(value);
            }
            b'[' if depth < DEEPEST => {
                each_element(value.get(), |block| self.read_content(block, depth + 1));
            }
            b'{' => self.read_block(value, depth),
            _ => {}
        }
    }

    /// A block of a content: text, reasoning or a refusal.
    fn read_block(&mut self, block: &RawValue, depth: usize) {
        let (mut kind, mut text, mut thoughts, mut refusal) = (None, None, None, None);
        each_member(block.get(), |name, value| match name {
            "type" => kind = word(value),
            "text" | "content" => text = Some(value),
            "thinking" | "reasoning" | "summary" => thoughts = Some(value),
            "refusal" => refusal = Some(value),
            _ => {}
        });
        match kind.as_deref() {
            Some("thinking" | "reasoning" | "reasoning_content") => {
                if let Some(thoughts) = thoughts.or(text) {
                    self.add_reasoning(thoughts, depth + 1);
                }
            }
            Some("refusal") => {
                if let Some(refusal) = refusal.or(text) {
                    self.read_refusal(refusal);
                }
            }
            Some("text" | "output_text") | None => {
                if let Some(text) = text
                    && depth < DEEPEST
                {
                    self.read_content(text, depth + 1);
                }
            }
            Some(_) => {}
        }
    }

    fn read_refusal(&mut self, value: &RawValue) {
        if first_byte(value) == b'"' && value.get().len() > 2 {
            self.is_refusal = true;
            self.parts.text_events += 1;
            self.parts.text.push(value);
        }
    }

    fn read_reasoning(&mut self, name: &str, value: &RawValue) {
        let member = self.reasoning_member.get_or_insert_with(|| name.to_owned());
        if member == name {
            self.parts.reasoning.push(value);
        }
        self.extra.keep(name, value);
    }

    /// The texts of a block of reasoning.
    fn add_reasoning(&mut self, value: &RawValue, depth: usize) {
        match first_byte(value) {
            b'"' => self.parts.reasoning.push(value),
            b'[' if depth < DEEPEST => {
                each_element(value.get(), |one| self.add_reasoning(one, depth + 1));
            }
            b'{' if depth < DEEPEST => {
                each_member(value.get(), |name, text| {
                    if name == "text" {
                        self.add_reasoning(text, depth + 1);
                    }
                });
            }
            _ => {}
        }
    }

    /// How an answer with this finish reason ended.
    fn end_of(&self, reason: &str) -> AnswerEnd {
        let word = reason.to_ascii_lowercase().replace('-', "_");
        // Gemini adds a detail after a colon
        let word = word.split(':').next().unwrap_or_default().trim();
        let known = match word {
            "stop" | "eos" | "eos_token" | "end_turn" | "stop_sequence" | "tool_calls"
            | "tool_call" | "tool_use" | "function_call" | "complete" | "completed" | "end"
            | "done" | "finished" => FinishReason::Stop,
            "length"
            | "max_tokens"
            | "max_output_tokens"
            | "max_completion_tokens"
            | "model_length"
            | "token_limit"
            | "model_context_window_exceeded" => FinishReason::Length,
            "content_filter"
            | "content_filtered"
            | "filtered"
            | "safety"
            | "recitation"
            | "guardrail_intervened"
            | "blocklist"
            | "prohibited_content"
            | "spii"
            | "refusal"
            | "sensitive"
            | "blocked" => FinishReason::ContentFilter,
            _ => return AnswerEnd::Unfinished(reason.to_owned()),
        };
        AnswerEnd::Finished(if self.is_refusal {
            FinishReason::ContentFilter
        } else {
            known
        })
    }
}

/// A count that is not zero: zero stands for unknown in the first chunks of some providers.
fn positive(value: &RawValue) -> Option<u64> {
    count(value).filter(|count| *count > 0)
}
