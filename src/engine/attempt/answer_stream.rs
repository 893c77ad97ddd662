//! The stream of a model's answer, as readers may see it.

use std::sync::Arc;

use futures::{StreamExt, stream};

use super::Attempt;
use crate::{
    domain::{FinishReason, ScoredPassage, TextGuard},
    engine::{
        copied_call::CopiedCall,
        models::{NamedModel, capped},
        quoted_reply::QuotedReply,
    },
    error::Result,
    port::{ChatPrompt, ModelEvent, ModelStream},
};

/// What limits the text of a model call.
pub(super) struct StreamLimits {
    /// Checks the text.
    pub(super) guard: TextGuard,
    /// Whether a budget allows less than the answer's usual length.
    pub(super) is_cut: bool,
}

/// Opens the stream of a model's answer; with the passages that it quotes, if it quotes some. A model for demonstrations
/// would mix the passages with inventions, so a [`QuotedReply`] stands in for its answer, or a [`CopiedCall`] of a tool
/// for one that the documents do not have.
pub(super) async fn open_stream(
    attempt: &Attempt<'_>,
    model: &NamedModel,
    prompt: ChatPrompt,
    StreamLimits { guard, is_cut }: StreamLimits,
) -> Result<(ModelStream, Option<Vec<ScoredPassage>>)> {
    let (parts, turn) = (attempt.parts, attempt.turn);
    let chat = &model.entry.model;
    if chat.demo_quality() {
        let reply = QuotedReply::to(parts, turn, &attempt.journal).await?;
        if reply.is_refusal
            && prompt.may_call
            && let Some(called) = Box::pin(CopiedCall::of_question(parts, turn, model)).await?
        {
            return Ok((guarded(called.into_stream(), guard), None));
        }
        return Ok((guarded(word_by_word(&reply.text), guard), Some(reply.cited)));
    }
    let most = prompt.max_output_tokens;
    let answer = guarded(chat.stream(prompt).await?, guard);
    let answer = if is_cut {
        capped(answer, Arc::clone(chat), most)
    } else {
        answer
    };
    Ok((answer, None))
}

/// The stream with its text checked by the workflow's guard.
fn guarded(stream: ModelStream, guard: TextGuard) -> ModelStream {
    if matches!(guard, TextGuard::Open) {
        return stream;
    }
    let mut guard = guard;
    let mut has_calls = false;
    let checked = stream.flat_map(move |event| {
        let text = |text: String| (!text.is_empty()).then_some(Ok(ModelEvent::Text(text)));
        let events: Vec<_> = match event {
            Ok(ModelEvent::Text(piece)) => text(guard.push(&piece)).into_iter().collect(),
            Ok(call @ ModelEvent::Call(_)) => {
                has_calls = true;
                let held = text(guard.release());
                held.into_iter().chain([Ok(call)]).collect()
            }
            Ok(end @ ModelEvent::Finished { .. }) => {
                // an answer that goes on after its tool calls is not at its end
                let last = if has_calls {
                    guard.release()
                } else {
                    guard.finish()
                };
                text(last).into_iter().chain([Ok(end)]).collect()
            }
            other => vec![other],
        };
        stream::iter(events)
    });
    checked.boxed()
}

/// A text as a stream of words.
fn word_by_word(text: &str) -> ModelStream {
    let words: Vec<_> = text
        .split_inclusive(' ')
        .map(|word| Ok(ModelEvent::Text(word.to_owned())))
        .chain([Ok(ModelEvent::finished(FinishReason::Stop))])
        .collect();
    stream::iter(words).boxed()
}
