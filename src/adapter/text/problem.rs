//! Why a document was not read, in words for whoever gave it.

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
    /// Something in it inflates to more than is read.
    TooLarge,
    /// More text than a document may have.
    TooMuchText,
    /// The time was not enough.
    TooSlow,
}

impl Problem {
    /// What to tell, and what to do about it.
    pub(super) fn message(self) -> &'static str {
        match self {
            Self::NoText => "has no text",
            Self::OnlyImages => "has no text, only images; run it through text recognition first",
            Self::Protected => {
                "is protected by a password; remove the protection and ingest it again"
            }
            Self::Damaged => "could not be read: it is damaged or incomplete",
            Self::TooLarge => "could not be read: a part of it inflates to over 64 MiB",
            Self::TooMuchText => "has over 20 million characters of text; split it",
            Self::TooSlow => "could not be read in time; split it",
        }
    }
}
