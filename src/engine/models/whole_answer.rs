//! A model's answer that is read as a whole: of a summary or an extraction, which no reader follows.

use futures::StreamExt;

use super::NamedModel;
use crate::{
    domain::{ModelCall, Usage},
    error::{Error, Result},
    port::{ChatPrompt, ModelEvent, TokenCounts},
};

/// The maximum length of an answer, in bytes; a longer one is cut.
const LONGEST: usize = 256 * 1024;

/// A complete answer.
#[derive(Debug, Default)]
pub(in crate::engine) struct WholeAnswer {
    pub(in crate::engine) text: String,
    pub(in crate::engine) calls: Vec<ModelCall>,
    pub(in crate::engine) usage: Usage,
}

impl WholeAnswer {
    /// Asks a model, and reads its answer to the end.
    pub(in crate::engine) async fn of(model: &NamedModel, mut prompt: ChatPrompt) -> Result<Self> {
        let chat = &model.entry.model;
        let read = prompt.count_tokens(chat.as_ref());
        let hold = model.reserve(&mut prompt, read).await?;
        let answered = Self::read(model, prompt, read).await;
        let usage = answered.as_ref().map(|answer| answer.usage);
        model.settle(hold, usage.unwrap_or_default()).await;
        answered
    }

    async fn read(model: &NamedModel, prompt: ChatPrompt, read: usize) -> Result<Self> {
        let mut stream = model.entry.model.stream(prompt).await?;
        let mut answer = Self::default();
        let mut tokens = TokenCounts::default();
        while let Some(event) = stream.next().await {
            match event? {
                // PostgreSQL cannot store NUL, which has no meaning in a text
                ModelEvent::Text(text) if answer.text.len() < LONGEST => {
                    answer.text.extend(text.split('\0'));
                }
                ModelEvent::Call(call) => answer.calls.push(call),
                ModelEvent::Usage(reported) => tokens.update(reported),
                ModelEvent::Finished { .. } => {
                    answer.usage = model.usage_of(tokens, read, &answer.text);
                    return Ok(answer);
                }
                ModelEvent::Text(_) | ModelEvent::Reasoning(_) => {}
            }
        }
        Err(Error::unavailable("the model's answer was cut off"))
    }
}
