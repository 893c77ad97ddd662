//! Models on the CPU of this process: no key, no network. A chat model with fewer than 0.4 billion
//! weights is for demonstrations only.

mod call_reader;
mod embedder;
mod fetch;
mod loading;
mod manifest;
mod translation;

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use futures::{StreamExt, stream};
use inference::{Engine, Finish, Flow, Piece, SubmitError};
use tokio::sync::mpsc;
use tokio_util::task::TaskTracker;

pub use inference::EngineOptions;

pub use embedder::EmbeddedEmbedder;
pub use fetch::fetch;
pub use manifest::{CHAT_MODEL, EMBEDDING_MODEL, Model, ModelFile};

use call_reader::CallReader;
use loading::LazyEngine;
use translation::Translation;

use crate::{
    domain::FinishReason,
    error::{Error, Result},
    port::{ChatModel, ChatPrompt, ModelEvent, ModelStream, Readiness, TokenCounts},
};

/// The ratio that estimates token counts until the model is loaded.
const CHARACTERS_PER_TOKEN: usize = 3;
/// The number of weights from which a model is prompted like any other: those of the class of 0.5 billion have more,
/// and the answers of smaller ones are inventions.
const FEWEST_PARAMETERS: usize = 400_000_000;
/// The instruction to the operator when files are missing.
const FETCH: &str = "run `troupe models fetch`";

/// A chat model on the CPU. The process starts without waiting for it.
pub struct EmbeddedModel {
    engine: LazyEngine<Engine>,
    context_tokens: usize,
}

impl EmbeddedModel {
    /// Starts loading the model from `file`, in the background.
    pub fn load(file: PathBuf, limits: EngineOptions, tracker: &TaskTracker) -> Self {
        let context_tokens = limits.context;
        let engine = LazyEngine::begin("the embedded model", tracker, move || start(&file, limits));
        Self {
            engine,
            context_tokens,
        }
    }
}

fn start(file: &Path, limits: EngineOptions) -> std::result::Result<Engine, Readiness> {
    if !file.is_file() {
        tracing::warn!(file = %file.display(), "the embedded model's file is missing: {FETCH}");
        return Err(Readiness::Missing(format!(
            "the embedded model's file is missing: {FETCH}, then restart"
        )));
    }
    Engine::start(file, limits).map_err(|error| {
        tracing::error!(file = %file.display(), cause = %error, "loading the embedded model failed");
        Readiness::Missing(format!("the embedded model's file cannot be loaded: {FETCH}, then restart"))
    })
}

#[async_trait]
impl ChatModel for EmbeddedModel {
    async fn stream(&self, prompt: ChatPrompt) -> Result<ModelStream> {
        let engine = self.engine.ready().await?;
        // capacity for every token and the final events, so that the engine's thread never waits
        let (sender, receiver) = mpsc::channel(2 * prompt.max_output_tokens + 4);
        // rendering, tokenising and compiling grammars take some milliseconds of CPU
        let submitted = tokio::task::spawn_blocking(move || {
            let Translation { prompt, calls } = Translation::of(prompt, engine.call_format());
            let mut reader = calls.map(CallReader::new);
            let sink = Box::new(move |piece| deliver(&sender, reader.as_mut(), piece));
            engine.submit(prompt, sink)
        })
        .await;
        let ticket = submitted
            .map_err(|error| {
                Error::internal("submitting a prompt to the embedded model").with_source(error)
            })?
            .map_err(refused)?;
        let answer = AnswerStream { receiver, ticket };
        Ok(stream::unfold(answer, |mut answer| async {
            answer.receiver.recv().await.map(|event| (event, answer))
        })
        .boxed())
    }

    fn count_tokens(&self, text: &str) -> usize {
        let counted = self
            .engine
            .get()
            .and_then(|engine| engine.count_tokens(text).ok());
        counted.unwrap_or_else(|| text.chars().count().div_ceil(CHARACTERS_PER_TOKEN))
    }

    fn context_tokens(&self) -> usize {
        self.engine
            .get()
            .map_or(self.context_tokens, |engine| engine.context())
    }

    fn readiness(&self) -> Readiness {
        self.engine.readiness()
    }

    fn calls_tools(&self) -> bool {
        let engine = self.engine.get();
        !self.demo_quality() && engine.is_some_and(|engine| engine.call_format().is_some())
    }

    fn demo_quality(&self) -> bool {
        // until the model is loaded, it counts as small: quotes are true in any case
        let engine = self.engine.get();
        engine.is_none_or(|engine| engine.parameters() < FEWEST_PARAMETERS)
    }
}

/// An answer in progress. Dropping it stops the model at the next token.
struct AnswerStream {
    receiver: mpsc::Receiver<Result<ModelEvent>>,
    ticket: inference::Ticket,
}

impl Drop for AnswerStream {
    fn drop(&mut self) {
        self.ticket.cancel();
    }
}

/// Passes a piece of an answer on, with the calls that the reader finds in its text.
fn deliver(
    sender: &mpsc::Sender<Result<ModelEvent>>,
    reader: Option<&mut CallReader>,
    piece: Piece,
) -> Flow {
    let events = match piece {
        Piece::Text(text) => match reader {
            Some(reader) => reader.push(&text).into_iter().map(Ok).collect(),
            None => vec![Ok(ModelEvent::Text(text))],
        },
        Piece::Done {
            finish,
            prompt_tokens,
            generated_tokens,
        } => {
            let usage = ModelEvent::Usage(TokenCounts {
                input: Some(prompt_tokens as u64),
                output: Some(generated_tokens as u64),
                ..TokenCounts::default()
            });
            let finished = match finish {
                Finish::Stop => Ok(ModelEvent::finished(FinishReason::Stop)),
                Finish::Length => Ok(ModelEvent::finished(FinishReason::Length)),
                // the caller has dropped the stream; any other reader must not take a partial answer for a complete one
                Finish::Cancelled => Err(Error::unavailable("the embedded model was stopped")),
            };
            let held = reader.map_or_else(Vec::new, CallReader::finish);
            held.into_iter()
                .map(Ok)
                .chain([Ok(usage), finished])
                .collect()
        }
        Piece::Failed(cause) => vec![Err(Error::unavailable(
            "the embedded model failed; try again",
        )
        .with_source(cause))],
    };
    let delivered = events
        .into_iter()
        .all(|event| sender.try_send(event).is_ok());
    if delivered {
        Flow::Continue
    } else {
        Flow::Stop
    }
}

fn refused(error: SubmitError) -> Error {
    match error {
        SubmitError::Busy { waiting } => Error::unavailable(format!(
            "the embedded model is busy: {waiting} others are waiting; try again later"
        )),
        SubmitError::PromptTooLong { tokens, limit } => Error::bad_input(
            "input.message",
            format!(
                "{tokens} tokens with the conversation, and the embedded model takes {limit}; shorten it"
            ),
        ),
        other => Error::internal("submitting a prompt to the embedded model")
            .with_source(other.to_string()),
    }
}
