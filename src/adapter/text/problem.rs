//! Why a document was not read, in words for whoever gave it.

use std::time::Duration;

/// Why a document was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Problem {
    /// Nothing but white space.
    NoText,
    /// Pages, and no text on them.
    OnlyImages,
    /// A password is needed to open it.
    Protected,
    /// Parts are missing, or make no sense.
    Damaged,
    /// One of its compressed parts inflates to more than is read.
    PartTooLarge,
    /// Its compressed parts inflate to more than is read, all together.
    TooLarge,
    /// A drawing operation of a page has more operands than are read.
    TooManyOperands,
    /// Its object streams hold more values than are read.
    TooManyValues,
    /// More paragraphs and headings than a document may have.
    TooManyParts,
    /// More text than a document may have.
    TooMuchText,
    /// The memory was not enough.
    TooMuchMemory,
    /// The time was not enough.
    TooSlow,
}

/// What reading one document may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ReadingLimits {
    /// MiB.
    pub(super) memory_mib: u32,
    /// By the clock, and of one processor.
    pub(super) time: Duration,
}

impl Problem {
    /// Every problem, in the order of [`Problem::code`].
    const ALL: [Self; 12] = [
        Self::NoText,
        Self::OnlyImages,
        Self::Protected,
        Self::Damaged,
        Self::PartTooLarge,
        Self::TooLarge,
        Self::TooManyOperands,
        Self::TooManyValues,
        Self::TooManyParts,
        Self::TooMuchText,
        Self::TooMuchMemory,
        Self::TooSlow,
    ];

    /// Its number between processes of the same program.
    pub(super) fn code(self) -> u8 {
        let place = Self::ALL.iter().position(|problem| *problem == self);
        place
            .and_then(|place| u8::try_from(place).ok())
            .unwrap_or(u8::MAX)
    }

    /// The problem of that number.
    pub(super) fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code)).copied()
    }

    /// What to tell, and what to do about it.
    pub(super) fn message(self, limits: ReadingLimits) -> String {
        let message = match self {
            Self::NoText => "has no text",
            Self::OnlyImages => "has no text, only images; run it through text recognition first",
            Self::Protected => {
                "is protected by a password; remove the protection and ingest it again"
            }
            Self::Damaged => "could not be read: it is damaged or incomplete",
            Self::PartTooLarge => "is too much to read: a part of it inflates to over 64 MiB",
            Self::TooLarge => "is too much to read: it inflates to over 256 MiB",
            Self::TooManyOperands => {
                "is too much to read: a drawing operation has over 1,000 operands or 1 MiB"
            }
            Self::TooManyValues => {
                "is too much to read: its object streams have over 3 million values or 64 MiB"
            }
            Self::TooManyParts => {
                "is too much to read: it has over 500,000 paragraphs and headings; split it"
            }
            Self::TooMuchText => "has over 20 million characters of text; split it",
            Self::TooMuchMemory => {
                return format!(
                    "takes more memory than {} MiB to read; split it",
                    limits.memory_mib
                );
            }
            Self::TooSlow => {
                return format!(
                    "takes longer than {} s to read; split it",
                    limits.time.as_secs_f32()
                );
            }
        };
        message.to_owned()
    }
}
