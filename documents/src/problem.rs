//! Why a document could not be read, with a message for the caller.

use std::time::Duration;

/// Why a document could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// The document contains only white space.
    NoText,
    /// The document has pages, but no text on them.
    OnlyImages,
    /// The character set of the text is neither declared nor recognised.
    UnknownCharset,
    /// A password is needed to open the document.
    Protected,
    /// Most characters belong to fonts that do not say which characters they are.
    UnreadableFonts,
    /// Parts are missing or invalid.
    Damaged,
    /// A compressed part decompresses to more than the limit.
    PartTooLarge,
    /// All compressed parts together decompress to more than the limit.
    TooLarge,
    /// A drawing operation has more operands than the limit.
    TooManyOperands,
    /// The object streams contain more values than the limit.
    TooManyValues,
    /// The document has more paragraphs and headings than the limit.
    TooManyParts,
    /// The document has more text than the limit.
    TooMuchText,
    /// The memory was not sufficient.
    TooMuchMemory,
    /// The time was not sufficient.
    TooSlow,
}

/// The limits of reading one document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadingLimits {
    /// The memory in MiB.
    pub memory_mib: u32,
    /// The CPU time; the elapsed time may be a multiple of it.
    pub time: Duration,
}

impl Problem {
    /// All problems, in the order of [`Problem::code`].
    const ALL: [Self; 14] = [
        Self::NoText,
        Self::OnlyImages,
        Self::UnknownCharset,
        Self::Protected,
        Self::UnreadableFonts,
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

    /// The number that stands for the problem between processes of the same version of the program.
    pub fn code(self) -> u8 {
        let place = Self::ALL.iter().position(|problem| *problem == self);
        place
            .and_then(|place| u8::try_from(place).ok())
            .unwrap_or(u8::MAX)
    }

    /// The problem with this number.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code)).copied()
    }

    /// The message for the caller, including what to do.
    pub fn message(self, limits: ReadingLimits) -> String {
        let message = match self {
            Self::NoText => "has no text",
            Self::OnlyImages => "has no text, only images; run it through text recognition first",
            Self::UnknownCharset => {
                "has a character set that could not be recognised; save it as UTF-8, or name the charset in the media type"
            }
            Self::Protected => {
                "is protected by a password; remove the protection and ingest it again"
            }
            Self::UnreadableFonts => {
                "could not be read: its fonts do not say which characters they show; run it through text recognition first"
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
