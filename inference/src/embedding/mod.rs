//! Texts in, vectors out: one sentence model of the BERT family, one thread, two bounded lanes.
//!
//! Texts go through the model one by one: on a CPU a batch is no faster, and a question then waits for at most one
//! text. The engine uses no other thread, so that a chat model in the same process keeps the cores that it needs.

mod bert;
mod job;
mod lanes;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tiny;
mod tokenizer;

use std::path::Path;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

pub use job::{EmbeddingSink, Urgency};

use crate::engine::Ticket;
use crate::{LoadError, SubmitError};
use bert::{Bert, Settings};
use job::Job;
use lanes::{Lanes, Refused};
use tokenizer::Tokenizer;

/// The limits of an embedding engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EmbeddingOptions {
    /// The maximum number of tokens of a text that are read, including the two special tokens; at most the model's
    /// number of positions. Sentence models are trained for fewer tokens than they have positions.
    pub longest: usize,
    /// The maximum number of waiting questions; at least 1.
    pub questions: usize,
    /// The maximum number of waiting calls with passages; at least 1.
    pub passages: usize,
    /// The maximum bytes of waiting text in each lane; a call may exceed it when its lane is empty.
    pub waiting_bytes: usize,
}

impl Default for EmbeddingOptions {
    fn default() -> Self {
        Self {
            longest: 256,
            questions: 64,
            passages: 32,
            waiting_bytes: 16 << 20,
        }
    }
}

/// A loaded sentence model. Dropping it drops the waiting jobs, and joins its thread.
pub struct EmbeddingEngine {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

/// The state shared by callers and the engine's thread.
struct Shared {
    model: Bert,
    tokenizer: Tokenizer,
    lanes: Lanes,
    longest: usize,
}

impl EmbeddingEngine {
    /// Loads the model from the `config.json`, `tokenizer.json` and `model.safetensors` in `folder`, and starts the
    /// engine's thread. It blocks for a fraction of a second and reads whole files.
    pub fn start(folder: &Path, options: EmbeddingOptions) -> Result<Self, LoadError> {
        let settings = Settings::read(&folder.join("config.json"))?;
        let model = Bert::load(&folder.join("model.safetensors"), &settings)?;
        let tokenizer = Tokenizer::load(&folder.join("tokenizer.json"), model.vocabulary())?;
        let shared = Arc::new(Shared {
            longest: options.longest.min(model.places()).max(tokenizer.marks()),
            lanes: Lanes::new(&options),
            model,
            tokenizer,
        });
        let owned = Arc::clone(&shared);
        let thread = thread::Builder::new()
            .name("embedding".to_owned())
            .spawn(move || owned.work())
            .map_err(LoadError::Thread)?;
        Ok(Self {
            shared,
            thread: Some(thread),
        })
    }

    /// Queues texts. The sink is called once, on the engine's thread, with a vector of length 1 for each text, in
    /// order. It is dropped without a call when the ticket is cancelled, which takes effect between two texts, or when
    /// the engine ends. A text that is too long is cut at its end.
    pub fn submit(
        &self,
        texts: Vec<String>,
        urgency: Urgency,
        sink: EmbeddingSink,
    ) -> Result<Ticket, SubmitError> {
        let ticket = Ticket::new();
        let job = Job::new(texts, urgency, ticket.clone(), sink);
        let offered = self.shared.lanes.offer(job);
        offered.map(|()| ticket).map_err(|refused| match refused {
            Refused::Full { waiting } => SubmitError::Busy { waiting },
            Refused::Closed => SubmitError::Stopped,
        })
    }

    /// The number of tokens of a text, without the model's special tokens around it.
    pub fn count_tokens(&self, text: &str) -> Result<usize, SubmitError> {
        let count = self.shared.tokenizer.count(text);
        count.map_err(SubmitError::Tokenizer)
    }

    /// The maximum number of tokens of a text that are read, without the special tokens around it.
    pub fn longest_text(&self) -> usize {
        self.shared.longest - self.shared.tokenizer.marks()
    }

    /// The number of dimensions of a vector.
    pub fn dimensions(&self) -> usize {
        self.shared.model.width()
    }
}

impl Drop for EmbeddingEngine {
    fn drop(&mut self) {
        self.shared.lanes.close();
        // the sink may hold the last reference, so this may run on the engine's thread, which cannot join itself
        if let Some(thread) = self.thread.take()
            && thread.thread().id() != thread::current().id()
        {
            drop(thread.join());
        }
    }
}

impl Shared {
    /// Works until the lanes are closed.
    fn work(&self) {
        let _closing = Closing(&self.lanes);
        while let Some(mut job) = self.lanes.next() {
            match job.next_text() {
                Some(text) => {
                    let vector = self.embed(text);
                    job.take(vector);
                    // at the end of its lane, so that a long job does not delay a short one
                    self.lanes.give_back(job);
                }
                None => job.finish(),
            }
        }
    }

    fn embed(&self, text: &str) -> Result<Vec<f32>, String> {
        let tokens = self.tokenizer.encode(text, self.longest)?;
        self.model.embed(&tokens)
    }
}

/// Closes the lanes when the engine's thread ends for any reason, a panic included.
struct Closing<'a>(&'a Lanes);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        self.0.close();
    }
}
