//! The scripted model's text, which is a function of the question, so that a reader can check each code point.

use std::time::Duration;

/// Tokens as models make them: words with their space, parts of words, and characters of more than one byte, more than
/// one UTF-16 unit, or more than one code point.
const PIECES: [&str; 24] = [
    " the",
    " answer",
    " to",
    " every",
    "thing",
    ",",
    " and",
    " more",
    ".",
    " Größe",
    " naïve",
    " čas",
    " данные",
    " 東京",
    "都",
    " مرحبا",
    " שלום",
    " 🎉",
    " 👩\u{200d}🚀",
    " e\u{301}",
    " 🇪🇺",
    "\n",
    " x²",
    " 👍🏽",
];

/// The tokens of the answer to question `seed`.
fn answer(seed: u64, length: usize) -> Vec<&'static str> {
    let mut random = Random::new(seed);
    let pieces = (0..length).map(|_| PIECES[random.below(PIECES.len())]);
    // A text starts and ends with something visible, as any answer does.
    std::iter::once("So")
        .chain(pieces)
        .chain(std::iter::once(" end."))
        .collect()
}

/// A question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct JobRequest {
    /// The number of the question.
    pub(crate) seed: u64,
    /// The number of tokens of its answer.
    pub(crate) length: usize,
    /// Whether the model is to make a tool call in the middle of its answer.
    pub(crate) writes: bool,
}

/// The words that make the model call its tool.
const WRITES: &str = ", and write it down";

impl JobRequest {
    /// A question without a tool call.
    pub(crate) fn plain(seed: u64, length: usize) -> Self {
        Self {
            seed,
            length,
            writes: false,
        }
    }

    /// The text of the question.
    pub(crate) fn question(self) -> String {
        let Self { seed, length, .. } = self;
        let writes = if self.writes { WRITES } else { "" };
        format!("Tell me {length} things about #{seed}{writes}.")
    }

    /// Parses the text of a question.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let (length, seed) = text
            .strip_prefix("Tell me ")?
            .strip_suffix('.')?
            .split_once(" things about #")?;
        let (seed, writes) = match seed.strip_suffix(WRITES) {
            Some(seed) => (seed, true),
            None => (seed, false),
        };
        Some(Self {
            seed: seed.parse().ok()?,
            length: length.parse().ok()?,
            writes,
        })
    }

    /// The tokens before and after the tool call; all of them before when there is none.
    pub(crate) fn halves(self) -> (Vec<&'static str>, Vec<&'static str>) {
        let mut said = answer(self.seed, self.length);
        let after = said.split_off(if self.writes {
            said.len() / 2
        } else {
            said.len()
        });
        (said, after)
    }

    /// The complete answer as it is shown: the text after a tool call is a paragraph of its own.
    pub(crate) fn answer(self) -> String {
        let (before, after) = self.halves();
        if after.is_empty() {
            return before.concat();
        }
        format!("{}\n\n{}", before.concat(), after.concat())
    }
}

/// Deterministic pseudo-random numbers: `SplitMix64`.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5bf0_3635)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A duration up to `most`.
    pub(crate) fn time(&mut self, most: Duration) -> Duration {
        let most = u64::try_from(most.as_micros()).unwrap();
        Duration::from_micros(self.next() % (most + 1))
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound).unwrap();
        usize::try_from(self.next() % bound).unwrap()
    }
}
