//! A posting: that a term occurs in a passage, and how often.

/// The number of bits of the count.
const COUNT_BITS: u32 = 8;

/// A passage's number and a term's count in it, in four bytes: an agent with 100,000 passages has several million.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Posting(u32);

impl Posting {
    /// The maximum number of passages of an index; further ones are found by their meaning only.
    pub(super) const MOST_PASSAGES: usize = 1 << (u32::BITS - COUNT_BITS);
    /// The count from which it does not matter how much higher it is.
    const HIGHEST_COUNT: u32 = (1 << COUNT_BITS) - 1;

    /// The posting of the passage `position` after the passage number `first`; none when there are too many passages.
    pub(super) fn new(first: usize, position: u32, count: u32) -> Option<Self> {
        let passage = first.checked_add(usize::try_from(position).ok()?)?;
        Self(count.min(Self::HIGHEST_COUNT)).renumbered(passage)
    }

    /// The number of the passage.
    pub(super) fn passage(self) -> usize {
        usize::try_from(self.0 >> COUNT_BITS).unwrap_or(usize::MAX)
    }

    /// How often the term occurs; 255 for more.
    pub(super) fn count(self) -> u32 {
        self.0 & Self::HIGHEST_COUNT
    }

    /// The same count in another passage.
    pub(super) fn renumbered(self, passage: usize) -> Option<Self> {
        let passage = u32::try_from(passage)
            .ok()
            .filter(|_| passage < Self::MOST_PASSAGES)?;
        Some(Self(passage << COUNT_BITS | self.count()))
    }
}

#[cfg(test)]
mod tests {
    use super::Posting;

    #[test]
    fn a_posting_holds_any_passage_and_a_bounded_count() {
        let last = Posting::MOST_PASSAGES - 1;
        let posting = Posting::new(last - 1, 1, 300).unwrap();
        assert_eq!((posting.passage(), posting.count()), (last, 255));
        let posting = posting.renumbered(0).unwrap();
        assert_eq!((posting.passage(), posting.count()), (0, 255));
        assert_eq!(Posting::new(last, 1, 1), None);
    }
}
