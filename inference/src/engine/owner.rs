//! The engine's thread: accepts conversations, reads prompts in chunks, and writes one token per conversation and step.

use std::sync::Arc;

use super::conversation::Conversation;
use super::{EngineOptions, Shared};
use crate::Finish;
use crate::model::{Segment, UnknownToken};

/// The active conversations, with the state that advances them.
pub(super) struct Owner {
    shared: Arc<Shared>,
    batch: usize,
    prompt_chunk: usize,
    active: Vec<Conversation>,
}

impl Owner {
    pub(super) fn new(shared: Arc<Shared>, options: EngineOptions) -> Self {
        Self {
            shared,
            batch: options.batch.max(1),
            prompt_chunk: options.prompt_chunk.max(1),
            active: Vec::new(),
        }
    }

    /// Runs until the queue is closed.
    pub(super) fn run(mut self) {
        let shared = Arc::clone(&self.shared);
        let _closing = Closing(&shared);
        loop {
            if self.active.is_empty() {
                shared.queue.wait();
            }
            if shared.queue.is_closed() {
                return self.cancel_all();
            }
            self.drop_cancelled();
            self.active
                .extend(shared.queue.take(self.batch - self.active.len()));
            self.read_chunk();
            self.write_tokens();
            self.active.retain(|conversation| !conversation.is_over());
        }
    }

    /// Ends the cancelled conversations, both active and waiting ones.
    fn drop_cancelled(&mut self) {
        let mut cancelled = self.shared.queue.take_if(Conversation::is_cancelled);
        cancelled.extend(
            self.active
                .extract_if(.., |conversation| conversation.is_cancelled()),
        );
        for mut conversation in cancelled {
            conversation.finish(Finish::Cancelled);
        }
    }

    fn cancel_all(mut self) {
        self.active.extend(self.shared.queue.take(usize::MAX));
        for conversation in &mut self.active {
            conversation.finish(Finish::Cancelled);
        }
    }

    /// Reads one chunk of the oldest unread prompt; only one, so that the conversations that write do not wait longer.
    fn read_chunk(&mut self) {
        let mut reading = self
            .active
            .iter_mut()
            .filter(|conversation| conversation.is_reading());
        let Some(conversation) = reading.next() else {
            return;
        };
        let model = &self.shared.model;
        let last = model.read(&mut [conversation.prompt_segment(self.prompt_chunk)]);
        if last.is_err() || !conversation.is_reading() {
            self.shared.deliver(&mut [conversation], last);
        }
    }

    /// Advances every writing conversation by one token, all in one pass.
    fn write_tokens(&mut self) {
        let writing = self
            .active
            .iter_mut()
            .filter(|conversation| conversation.is_writing());
        let mut writing: Vec<&mut Conversation> = writing.collect();
        if writing.is_empty() {
            return;
        }
        let model = &self.shared.model;
        let segments = writing
            .iter_mut()
            .map(|conversation| conversation.written_segment());
        let last = model.read(&mut segments.collect::<Vec<Segment<'_>>>());
        self.shared.deliver(&mut writing, last);
    }
}

impl Shared {
    /// Lets each conversation choose its next token, or fails it with the error.
    fn deliver(
        &self,
        conversations: &mut [&mut Conversation],
        last: Result<Vec<f32>, UnknownToken>,
    ) {
        match last {
            Ok(last) => {
                let logits = self.model.logits(&last);
                for (conversation, mut logits) in conversations.iter_mut().zip(logits) {
                    conversation.write(&self.tokenizer, &mut logits);
                }
            }
            Err(error) => {
                let reason = error.to_string();
                for conversation in conversations {
                    conversation.fail(&reason);
                }
            }
        }
    }
}

/// Closes the queue and ends the waiting prompts when the engine's thread ends for any reason, a panic included.
struct Closing<'a>(&'a Shared);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        self.0.queue.close();
        drop(self.0.queue.take(usize::MAX));
    }
}
