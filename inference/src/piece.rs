//! What a sink receives: text as it is written, then one word on how it ended.

/// Receives the pieces of one answer on the engine's own thread.
///
/// It must return at once: every conversation waits while it runs. Hand the piece to a channel that
/// does not block, and answer [`Flow::Stop`] when nobody listens any more.
pub type Sink = Box<dyn FnMut(Piece) -> Flow + Send>;

/// One part of an answer. Any number of `Text`, then exactly one `Done` or `Failed`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// The next characters; never empty, never half a character, never a special token.
    Text(String),
    /// The answer is over.
    Done {
        /// Why it is over.
        finish: Finish,
        /// How many tokens the rendered prompt has.
        prompt_tokens: usize,
        /// How many tokens were written, without the one that marks the end.
        generated_tokens: usize,
    },
    /// The model could not go on; the text says why and is meant for a log.
    Failed(String),
}

/// Why an answer is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finish {
    /// The model came to its end, or wrote one of the stop strings.
    Stop,
    /// The token limit or the end of the context was reached.
    Length,
    /// The ticket was cancelled, the sink said stop, or the engine was dropped.
    Cancelled,
}

/// What a sink answers to a piece. The answer to the last piece is ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// Go on.
    Continue,
    /// Nobody listens: cancel.
    Stop,
}
