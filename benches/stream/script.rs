//! The instructions to the scripted model, in a chat's message.

use std::{
    fmt,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// A token without a timestamp.
pub(crate) const PLAIN: &str = " token";
/// The length of a token with a timestamp: 19 digits of nanoseconds and a space.
pub(crate) const STAMP: usize = 20;

/// The instructions of one answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Script {
    /// The number of tokens.
    pub(crate) tokens: u64,
    /// Tokens per second, each with the time at which it is sent; `None` for all at once.
    pub(crate) pace: Option<u32>,
    /// The delay before the first token, in milliseconds.
    pub(crate) delay: u64,
}

impl Script {
    /// An answer with all tokens at once.
    pub(crate) fn flat(tokens: u64) -> Self {
        Self {
            tokens,
            pace: None,
            delay: 0,
        }
    }

    /// An answer at the speed of a model.
    pub(crate) fn paced(tokens: u64, pace: u32) -> Self {
        Self {
            tokens,
            pace: Some(pace),
            delay: 0,
        }
    }

    /// The same answer after a delay.
    pub(crate) fn after(mut self, delay: Duration) -> Self {
        self.delay = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
        self
    }

    /// The number of characters of the whole answer.
    pub(crate) fn characters(self) -> u64 {
        let width = if self.pace.is_some() {
            STAMP
        } else {
            PLAIN.len()
        };
        self.tokens * width as u64
    }

    /// Parses the format that [`fmt::Display`] writes.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut numbers = text
            .split(' ')
            .map(|word| word.split_once('=').and_then(|(_, n)| n.parse().ok()));
        let mut next = || numbers.next().flatten();
        let (tokens, pace, delay): (u64, u64, u64) = (next()?, next()?, next()?);
        Some(Self {
            tokens,
            pace: u32::try_from(pace).ok().filter(|pace| *pace > 0),
            delay,
        })
    }
}

impl fmt::Display for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "tokens={} pace={} delay={}",
            self.tokens,
            self.pace.unwrap_or(0),
            self.delay
        )
    }
}

/// Nanoseconds since the Unix epoch, on the clock that all processes of a machine share.
pub(crate) fn now() -> u64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}
