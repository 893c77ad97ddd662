//! The texts of one call, and the vectors computed so far.

use crate::engine::Ticket;

/// Receives the vectors of one call, or an error text for a log, on the engine's own thread. It must return at once,
/// and must not own the engine.
pub type EmbeddingSink = Box<dyn FnOnce(Result<Vec<Vec<f32>>, String>) + Send>;

/// The priority of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Urgency {
    /// A caller waits for the result: processed before all passages.
    Question,
    /// Background work.
    Passage,
}

pub(super) struct Job {
    texts: Vec<String>,
    bytes: usize,
    vectors: Vec<Vec<f32>>,
    pub(super) urgency: Urgency,
    ticket: Ticket,
    /// `None` once it was called.
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

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether the job was cancelled or has failed.
    pub(super) fn is_over(&self) -> bool {
        self.ticket.is_cancelled() || self.sink.is_none()
    }

    /// The next text to embed; `None` when all have vectors.
    pub(super) fn next_text(&self) -> Option<&str> {
        self.texts.get(self.vectors.len()).map(String::as_str)
    }

    /// Stores the vector of the next text, or reports its error to the sink.
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

    /// Reports the vectors to the sink.
    pub(super) fn finish(mut self) {
        if let Some(sink) = self.sink.take() {
            sink(Ok(self.vectors));
        }
    }
}
