//! What the scripted model says: a text that follows from the question, so that a reader can check each code point.

use std::time::Duration;

/// Pieces as models make them: words with their space, parts of words, and what takes more than one byte, more than
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

/// The pieces of the answer to question `seed`.
pub(crate) fn answer(seed: u64, length: usize) -> Vec<&'static str> {
    let mut random = Random::new(seed);
    let pieces = (0..length).map(|_| PIECES[random.below(PIECES.len())]);
    // a text begins and ends with something visible, as any answer does
    std::iter::once("So")
        .chain(pieces)
        .chain(std::iter::once(" end."))
        .collect()
}

/// The question that is answered so.
pub(crate) fn question(seed: u64, length: usize) -> String {
    format!("Tell me {length} things about #{seed}.")
}

/// Seed and length of a question.
pub(crate) fn read_question(text: &str) -> Option<(u64, usize)> {
    let (length, seed) = text
        .strip_prefix("Tell me ")?
        .split_once(" things about #")?;
    Some((seed.strip_suffix('.')?.parse().ok()?, length.parse().ok()?))
}

/// Random numbers that are the same for the same seed: `SplitMix64`.
pub(crate) struct Random(u64);

impl Random {
    /// From a seed.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5bf0_3635)
    }

    /// The next number.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A time up to `most`.
    pub(crate) fn time(&mut self, most: Duration) -> Duration {
        let most = u64::try_from(most.as_micros()).unwrap();
        Duration::from_micros(self.next() % (most + 1))
    }

    /// One of the first `bound` numbers.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound).unwrap();
        usize::try_from(self.next() % bound).unwrap()
    }
}
