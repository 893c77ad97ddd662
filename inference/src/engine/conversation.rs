//! One answer, from its prompt to its last piece.

use super::call_constraint::{Advance, CallConstraint};
use super::ticket::Ticket;
use crate::grammar::Matcher;
use crate::model::{Cache, Segment};
use crate::sampler::Sampler;
use crate::text::{TextStream, Tokenizer};
use crate::{Finish, Flow, Piece, Sampling, Sink};

/// An answer that is waiting, reading its prompt, or being written.
pub(super) struct Conversation {
    prompt: Vec<u32>,
    cache: Cache,
    sampler: Sampler,
    constraint: Constraint,
    text: TextStream,
    max_tokens: usize,
    generated: usize,
    /// Chosen, but not yet read by the model.
    next: Option<u32>,
    ticket: Ticket,
    /// `None` once the last piece is delivered.
    sink: Option<Sink>,
}

/// What an answer is held to.
pub(super) enum Constraint {
    /// Nothing.
    None,
    /// The whole answer is a text of a grammar.
    Whole(Matcher),
    /// Its calls of tools.
    Calls(CallConstraint),
}

/// The inputs of an answer.
pub(super) struct NewConversation {
    pub(super) prompt: Vec<u32>,
    pub(super) cache: Cache,
    pub(super) sampling: Sampling,
    pub(super) stop: Vec<String>,
    pub(super) constraint: Constraint,
    pub(super) max_tokens: usize,
    pub(super) ticket: Ticket,
    pub(super) sink: Sink,
}

impl Conversation {
    pub(super) fn new(new: NewConversation) -> Self {
        Self {
            prompt: new.prompt,
            cache: new.cache,
            sampler: Sampler::new(new.sampling),
            constraint: new.constraint,
            text: TextStream::new(new.stop),
            max_tokens: new.max_tokens,
            generated: 0,
            next: None,
            ticket: new.ticket,
            sink: Some(new.sink),
        }
    }

    /// Drops the sink without calling it.
    pub(super) fn discard(mut self) {
        self.sink = None;
    }

    pub(super) fn is_cancelled(&self) -> bool {
        self.ticket.is_cancelled()
    }

    pub(super) fn is_over(&self) -> bool {
        self.sink.is_none()
    }

    /// Whether a part of the prompt is unread.
    pub(super) fn is_reading(&self) -> bool {
        self.may_advance() && self.cache.tokens() < self.prompt.len()
    }

    /// Whether a chosen token is unread.
    pub(super) fn is_writing(&self) -> bool {
        self.may_advance() && self.next.is_some()
    }

    /// The next part of the prompt. All parts have about the same length, because a short last part would be read as
    /// slowly as written tokens are.
    pub(super) fn prompt_segment(&mut self, most: usize) -> Segment<'_> {
        let (_, unread) = self
            .prompt
            .split_at(self.cache.tokens().min(self.prompt.len()));
        let parts = unread.len().div_ceil(most).max(1);
        let (tokens, _) = unread.split_at(unread.len().div_ceil(parts));
        Segment {
            cache: &mut self.cache,
            tokens,
        }
    }

    /// The token that was chosen last.
    pub(super) fn written_segment(&mut self) -> Segment<'_> {
        Segment {
            cache: &mut self.cache,
            tokens: self.next.as_slice(),
        }
    }

    /// Chooses the next token by the model's scores and delivers its text.
    pub(super) fn write(&mut self, tokenizer: &Tokenizer, logits: &mut [f32]) {
        if !self.constraint.mask(tokenizer, logits) {
            return self.fail("no token of the model continues the grammar of its answer");
        }
        let Some(token) = self.sampler.choose(logits) else {
            return self.fail("the model gave no usable scores");
        };
        let Some(bytes) = tokenizer.bytes(token) else {
            return self.finish(Finish::Stop);
        };
        self.next = Some(token);
        self.generated += 1;
        let is_over = self.constraint.advance(bytes) == Advance::End;
        let (text, stopped) = self.text.push(bytes);
        if self.show(text) == Flow::Stop {
            self.finish(Finish::Cancelled);
        } else if stopped || is_over {
            self.finish(Finish::Stop);
        } else if self.generated >= self.max_tokens {
            self.finish(Finish::Length);
        }
    }

    /// Delivers the last piece.
    pub(super) fn finish(&mut self, finish: Finish) {
        let held = self.text.finish();
        let ended_by_itself = match finish {
            Finish::Stop | Finish::Length => true,
            Finish::Cancelled => false,
        };
        if ended_by_itself {
            self.show(held);
        }
        self.end(Piece::Done {
            finish,
            prompt_tokens: self.prompt.len(),
            generated_tokens: self.generated,
        });
    }

    /// Delivers the reason of a failure as the last piece.
    pub(super) fn fail(&mut self, reason: &str) {
        self.end(Piece::Failed(reason.to_owned()));
    }

    fn may_advance(&self) -> bool {
        !self.is_over() && !self.is_cancelled()
    }

    fn show(&mut self, text: String) -> Flow {
        // the sink is taken out while it runs: if it panics, it is not called again
        let Some(mut sink) = self.sink.take_if(|_| !text.is_empty()) else {
            return Flow::Continue;
        };
        let flow = sink(Piece::Text(text));
        self.sink = Some(sink);
        flow
    }

    fn end(&mut self, piece: Piece) {
        if let Some(mut sink) = self.sink.take() {
            sink(piece);
        }
    }
}

impl Constraint {
    /// Removes the tokens that cannot come next from the choice. Returns false if none is left.
    fn mask(&mut self, tokenizer: &Tokenizer, logits: &mut [f32]) -> bool {
        match self {
            Self::None => true,
            Self::Whole(matcher) => matcher.mask(tokenizer, logits),
            Self::Calls(calls) => calls.mask(tokenizer, logits),
        }
    }

    /// Goes on by the bytes of a token that the mask has left.
    fn advance(&mut self, bytes: &[u8]) -> Advance {
        match self {
            Self::None => Advance::Continue,
            Self::Whole(matcher) => {
                matcher.advance(bytes);
                if matcher.is_over() {
                    Advance::End
                } else {
                    Advance::Continue
                }
            }
            Self::Calls(calls) => calls.advance(bytes),
        }
    }
}

impl Drop for Conversation {
    /// A sink receives a last piece whatever happens to the engine.
    fn drop(&mut self) {
        self.fail("the engine stopped unexpectedly");
    }
}
