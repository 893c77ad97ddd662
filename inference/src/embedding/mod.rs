//! Texts in, vectors out: one sentence model of the BERT family, one thread, two bounded lanes.
//!
//! Texts go through the model one by one: on a CPU a batch is no faster, and one by one a question
//! never waits for more than the text that is being read. Nothing else runs on another thread, so
//! that a chat model beside it keeps the cores it needs.

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

/// How much an embedding engine takes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EmbeddingOptions {
    /// The most tokens of a text that are read, with the two marks around it; never more than the
    /// model has places for. Sentence models are trained for fewer than their places.
    pub longest: usize,
    /// How many questions may wait; at least 1.
    pub questions: usize,
    /// How many calls with passages may wait; at least 1.
    pub passages: usize,
    /// How many bytes of text may wait in each lane; a call that comes to an empty lane may have
    /// more.
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

/// A loaded sentence model. Dropping it drops what waits and waits for its thread.
pub struct EmbeddingEngine {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

/// What callers and the owner thread both use.
struct Shared {
    model: Bert,
    tokenizer: Tokenizer,
    lanes: Lanes,
    longest: usize,
}

impl EmbeddingEngine {
    /// Loads the model from the `config.json`, `tokenizer.json` and `model.safetensors` in
    /// `folder`, and starts the engine's thread. Takes a fraction of a second and reads whole
    /// files: call it where blocking is allowed.
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

    /// Queues texts. The sink is called once, on the engine's thread, with a vector of length 1 for
    /// each text in their order. It is dropped uncalled when the ticket is cancelled, which takes
    /// effect between two texts, or when the engine ends. Of a text that is too long, the
    /// beginning counts.
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

    /// How many tokens a text has, without the marks that the model wants around it.
    pub fn count_tokens(&self, text: &str) -> Result<usize, SubmitError> {
        let count = self.shared.tokenizer.count(text);
        count.map_err(SubmitError::Tokenizer)
    }

    /// The most tokens of a text that are read, without the marks around it.
    pub fn longest_text(&self) -> usize {
        self.shared.longest - self.shared.tokenizer.marks()
    }

    /// How many numbers a vector has.
    pub fn dimensions(&self) -> usize {
        self.shared.model.width()
    }
}

impl Drop for EmbeddingEngine {
    fn drop(&mut self) {
        self.shared.lanes.close();
        // a sink may hold the last reference; a thread cannot wait for itself
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
                    // behind the others of its lane, so that a long job does not stop a short one
                    self.lanes.give_back(job);
                }
                None => job.finish(),
            }
        }
    }

    fn embed(&self, text: &str) -> Result<Vec<f32>, String> {
        let tokens = self.tokenizer.encode(text, self.longest)?;
        let vector = self.model.embed(&tokens);
        vector.ok_or_else(|| "the model gave no usable vector".to_owned())
    }
}

/// Refuses new texts, and drops those that wait, once the owner is gone for whatever reason.
struct Closing<'a>(&'a Lanes);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        self.0.close();
    }
}
