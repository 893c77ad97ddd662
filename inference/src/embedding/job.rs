//! The texts of one call on their way to vectors.

use crate::engine::Ticket;

/// Receives the vectors of one call on the engine's own thread, or what went wrong in words for a
/// log. It must return at once, and must not own the engine.
pub type EmbeddingSink = Box<dyn FnOnce(Result<Vec<Vec<f32>>, String>) + Send>;

/// Who waits for the vectors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Urgency {
    /// Somebody waits: comes before everything that is not urgent.
    Question,
    /// Nobody watches.
    Passage,
}

/// Texts of which some are vectors already.
pub(super) struct Job {
    texts: Vec<String>,
    bytes: usize,
    vectors: Vec<Vec<f32>>,
    pub(super) urgency: Urgency,
    ticket: Ticket,
    /// Gone once it was called.
    sink: Option<EmbeddingSink>,
}

impl Job {
    pub(super) fn new(
        texts: Vec<String>,
        urgency: Urgency,
        ticket: Ticket,
        sink: EmbeddingSink,
    ) -> Self {
        Self {
            bytes: texts.iter().map(String::len).sum(),
            vectors: Vec::with_capacity(texts.len()),
            texts,
            urgency,
            ticket,
            sink: Some(sink),
        }
    }

    /// The bytes of its texts.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Nobody wants the vectors any more, or there will be none.
    pub(super) fn is_over(&self) -> bool {
        self.ticket.is_cancelled() || self.sink.is_none()
    }

    /// The first text that has no vector yet.
    pub(super) fn next_text(&self) -> Option<&str> {
        self.texts.get(self.vectors.len()).map(String::as_str)
    }

    /// Takes the vector of the text that was next.
    pub(super) fn take(&mut self, vector: Result<Vec<f32>, String>) {
        match vector {
            Ok(vector) => self.vectors.push(vector),
            Err(reason) => {
                if let Some(sink) = self.sink.take() {
                    sink(Err(reason));
                }
            }
        }
    }

    /// Delivers the vectors.
    pub(super) fn finish(mut self) {
        if let Some(sink) = self.sink.take() {
            sink(Ok(self.vectors));
        }
    }
}
