//! The output of an answer: text pieces, then one final piece with the outcome.

/// Receives the pieces of one answer on the engine's own thread.
///
/// It must return at once, because all conversations wait while it runs: it should send the piece to a channel that
/// does not block, and return [`Flow::Stop`] when the receiver is gone.
pub type Sink = Box<dyn FnMut(Piece) -> Flow + Send>;

/// One part of an answer: any number of `Text` pieces, then exactly one `Done` or `Failed`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// The next characters; never empty, never a part of a character, never a special token.
    Text(String),
    /// The answer has ended.
    Done {
        /// Why it ended.
        finish: Finish,
        /// The number of tokens of the rendered prompt.
        prompt_tokens: usize,
        /// The number of generated tokens, without the one that ends the answer.
        generated_tokens: usize,
    },
    /// The model failed; the text is the reason, for a log.
    Failed(String),
}

/// Why an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finish {
    /// The model generated its end token or one of the stop strings.
    Stop,
    /// The token limit or the end of the context was reached.
    Length,
    /// The ticket was cancelled, the sink returned [`Flow::Stop`], or the engine was dropped.
    Cancelled,
}

/// What a sink returns for a piece. The value for the last piece is ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// Continue the answer.
    Continue,
    /// Cancel the answer, because the receiver is gone.
    Stop,
}
