//! The supported media types.

/// The supported media types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MediaType {
    /// `text/plain`
    Text,
    /// `text/markdown`
    Markdown,
    /// `text/html`
    Html,
    /// `application/pdf`
    Pdf,
}

impl MediaType {
    /// Every media type.
    pub const ALL: [Self; 4] = [Self::Text, Self::Markdown, Self::Html, Self::Pdf];

    /// The media type's name as of RFC 6838.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text/plain",
            Self::Markdown => "text/markdown",
            Self::Html => "text/html",
            Self::Pdf => "application/pdf",
        }
    }

    /// Parses a media type's name; parameters such as a charset are ignored.
    pub fn parse(name: &str) -> Option<Self> {
        let name = name.split(';').next().unwrap_or_default().trim();
        match name.to_ascii_lowercase().as_str() {
            "text/x-markdown" => Some(Self::Markdown),
            "application/xhtml+xml" => Some(Self::Html),
            "application/x-pdf" => Some(Self::Pdf),
            name => Self::ALL.into_iter().find(|known| known.name() == name),
        }
    }
}
