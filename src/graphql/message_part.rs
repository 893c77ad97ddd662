//! The parts of a message in the API.

use std::collections::VecDeque;

use async_graphql::{Context, SimpleObject, Union};
use futures::future::try_join_all;

use super::{
    context::ContextExt, document::Passage, error::Result, source::sources_of, tool_call::ToolCall,
};
use crate::domain::{self, ToolCallId};

/// A part of a message.
#[derive(Union)]
pub(super) enum MessagePart {
    /// A part of the text.
    Text(TextPart),
    /// What the model thought.
    Reasoning(ReasoningPart),
    /// A tool call.
    ToolCall(ToolCallPart),
    /// A passage that the model was given.
    Source(SourcePart),
}

/// A part of a message's text. The text parts joined are the text.
#[derive(SimpleObject)]
pub(super) struct TextPart {
    /// The text, as Markdown.
    text: String,
    /// The position of the part in the message's text, in Unicode code points.
    offset: i64,
    /// The position of the part in the message's text, in UTF-16 code units, as JavaScript counts.
    utf16_offset: i64,
}

/// What the model thought. It is not part of the message's text.
#[derive(SimpleObject)]
pub(super) struct ReasoningPart {
    /// The text, as the provider sends it.
    text: String,
}

/// A tool call that the model requested.
#[derive(SimpleObject)]
pub(super) struct ToolCallPart {
    /// The tool call.
    tool_call: ToolCall,
    /// The position in the message's text at which the call was requested, in Unicode code points.
    offset: i64,
    /// The same position in UTF-16 code units, as JavaScript counts.
    utf16_offset: i64,
}

/// A passage that the model was given.
#[derive(SimpleObject)]
pub(super) struct SourcePart {
    /// The passage.
    passage: Passage,
    /// The number by which the text refers to the passage, from 1.
    number: i32,
    /// The position in the message's text at which the model was given the passage, in Unicode code points.
    offset: i64,
    /// The same position in UTF-16 code units, as JavaScript counts.
    utf16_offset: i64,
}

/// A position in a message's text.
#[derive(Clone, Copy, Default)]
struct TextPosition {
    /// In Unicode code points.
    offset: i64,
    /// In UTF-16 code units.
    utf16: i64,
}

impl TextPosition {
    fn after(self, text: &str) -> Self {
        text.chars().fold(self, |position, character| Self {
            offset: position.offset + 1,
            utf16: position.utf16 + if character.len_utf16() == 2 { 2 } else { 1 },
        })
    }
}

impl MessagePart {
    /// The parts of a message in the order in which they came. Tool calls and sources that no longer exist are omitted.
    pub(super) async fn all(ctx: &Context<'_>, message: &domain::Message) -> Result<Vec<Self>> {
        let stored = message.parts.as_slice();
        let sources = async {
            if has_sources(message) {
                return sources_of(ctx, message.id).await;
            }
            Ok(Vec::new())
        };
        let (mut calls, sources) = futures::try_join!(tool_calls(ctx, stored), sources)?;
        let mut parts = Vec::new();
        let (mut at, mut remaining) = (TextPosition::default(), message.text.as_str());
        for part in stored {
            match part {
                domain::MessagePart::Text { characters } => {
                    let end = remaining.char_indices().nth(*characters);
                    let end = end.map_or(remaining.len(), |(at, _)| at);
                    let (text, after) = remaining.split_at(end);
                    parts.push(Self::text(text, at));
                    (at, remaining) = (at.after(text), after);
                }
                domain::MessagePart::Reasoning { text } => {
                    let text = text.clone();
                    parts.push(Self::Reasoning(ReasoningPart { text }));
                }
                domain::MessagePart::ToolCall { .. } => {
                    parts.extend(calls.pop_front().flatten().map(|call| {
                        Self::ToolCall(ToolCallPart {
                            tool_call: ToolCall(call),
                            offset: at.offset,
                            utf16_offset: at.utf16,
                        })
                    }));
                }
                domain::MessagePart::Sources => {
                    parts.extend(sources.iter().map(|(number, passage)| {
                        Self::Source(SourcePart {
                            passage: passage.clone(),
                            number: *number,
                            offset: at.offset,
                            utf16_offset: at.utf16,
                        })
                    }));
                }
            }
        }
        // a message that is nothing but text has no stored parts
        if !remaining.is_empty() {
            parts.push(Self::text(remaining, at));
        }
        Ok(parts)
    }

    fn text(text: &str, at: TextPosition) -> Self {
        Self::Text(TextPart {
            text: text.to_owned(),
            offset: at.offset,
            utf16_offset: at.utf16,
        })
    }
}

fn has_sources(message: &domain::Message) -> bool {
    message.parts.contains(&domain::MessagePart::Sources)
}

/// The tool calls among the parts, in order; none for a call that no longer exists.
async fn tool_calls(
    ctx: &Context<'_>,
    parts: &[domain::MessagePart],
) -> Result<VecDeque<Option<domain::ToolCall>>> {
    let loaders = ctx.loaders()?;
    let ids = parts.iter().filter_map(|part| match part {
        domain::MessagePart::ToolCall { call } => Some(*call),
        domain::MessagePart::Text { .. }
        | domain::MessagePart::Reasoning { .. }
        | domain::MessagePart::Sources => None,
    });
    // concurrent, so that the calls are loaded with one query
    let calls = try_join_all(ids.map(|id: ToolCallId| loaders.load(id))).await?;
    Ok(calls.into())
}
