//! The supported media types, and how a sender declares them.

use crate::Charset;

/// The supported media types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MediaType {
    /// `text/plain`
    Text,
    /// `text/markdown`
    Markdown,
    /// `text/html`; XHTML and other XML as well
    Html,
    /// `text/csv`
    Csv,
    /// `text/tab-separated-values`
    Tsv,
    /// `application/pdf`
    Pdf,
    /// A Word document.
    Docx,
    /// A PowerPoint presentation.
    Pptx,
    /// An Excel workbook.
    Xlsx,
    /// An OpenDocument text.
    Odt,
    /// An OpenDocument spreadsheet.
    Ods,
    /// An OpenDocument presentation.
    Odp,
    /// `application/epub+zip`
    Epub,
    /// `application/rtf`
    Rtf,
    /// A mail message: `message/rfc822`
    Mail,
    /// A saved web page: `multipart/related`
    WebArchive,
}

/// The media types that have several names, or names besides the one of IANA.
const OTHER_NAMES: &[(&str, MediaType)] = &[
    ("text/x-markdown", MediaType::Markdown),
    ("application/xhtml+xml", MediaType::Html),
    ("application/xml", MediaType::Html),
    ("text/xml", MediaType::Html),
    ("application/csv", MediaType::Csv),
    ("text/x-csv", MediaType::Csv),
    ("text/tsv", MediaType::Tsv),
    ("application/x-pdf", MediaType::Pdf),
    (
        "application/vnd.ms-word.document.macroenabled.12",
        MediaType::Docx,
    ),
    (
        "application/vnd.openxmlformats-officedocument.wordprocessingml.template",
        MediaType::Docx,
    ),
    (
        "application/vnd.ms-powerpoint.presentation.macroenabled.12",
        MediaType::Pptx,
    ),
    (
        "application/vnd.openxmlformats-officedocument.presentationml.slideshow",
        MediaType::Pptx,
    ),
    (
        "application/vnd.openxmlformats-officedocument.presentationml.template",
        MediaType::Pptx,
    ),
    (
        "application/vnd.ms-excel.sheet.macroenabled.12",
        MediaType::Xlsx,
    ),
    (
        "application/vnd.openxmlformats-officedocument.spreadsheetml.template",
        MediaType::Xlsx,
    ),
    (
        "application/vnd.oasis.opendocument.text-template",
        MediaType::Odt,
    ),
    ("text/rtf", MediaType::Rtf),
    ("application/x-rtf", MediaType::Rtf),
    ("text/richtext", MediaType::Rtf),
    ("application/x-mimearchive", MediaType::WebArchive),
];

impl MediaType {
    /// Every media type.
    pub const ALL: [Self; 16] = [
        Self::Text,
        Self::Markdown,
        Self::Html,
        Self::Csv,
        Self::Tsv,
        Self::Pdf,
        Self::Docx,
        Self::Pptx,
        Self::Xlsx,
        Self::Odt,
        Self::Ods,
        Self::Odp,
        Self::Epub,
        Self::Rtf,
        Self::Mail,
        Self::WebArchive,
    ];

    /// The media type's name as of RFC 6838.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text/plain",
            Self::Markdown => "text/markdown",
            Self::Html => "text/html",
            Self::Csv => "text/csv",
            Self::Tsv => "text/tab-separated-values",
            Self::Pdf => "application/pdf",
            Self::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Self::Pptx => {
                "application/vnd.openxmlformats-officedocument.presentationml.presentation"
            }
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Odt => "application/vnd.oasis.opendocument.text",
            Self::Ods => "application/vnd.oasis.opendocument.spreadsheet",
            Self::Odp => "application/vnd.oasis.opendocument.presentation",
            Self::Epub => "application/epub+zip",
            Self::Rtf => "application/rtf",
            Self::Mail => "message/rfc822",
            Self::WebArchive => "multipart/related",
        }
    }

    /// Parses a media type's name; parameters such as a charset are ignored.
    pub fn parse(name: &str) -> Option<Self> {
        let name = essence(name);
        let by_name = Self::ALL.into_iter().find(|known| known.name() == name);
        by_name.or_else(|| {
            let other = OTHER_NAMES.iter().find(|(other, _)| *other == name);
            other.map(|(_, known)| *known)
        })
    }

    /// The media type that the ending of a file's name says.
    pub fn by_file_name(name: &str) -> Option<Self> {
        let (_, ending) = name.trim_end().rsplit_once('.')?;
        match ending.to_ascii_lowercase().as_str() {
            "pdf" => Some(Self::Pdf),
            "md" | "markdown" | "mdown" | "mkd" => Some(Self::Markdown),
            "html" | "htm" | "xhtml" | "xht" | "xml" => Some(Self::Html),
            "txt" | "text" | "log" => Some(Self::Text),
            "csv" => Some(Self::Csv),
            "tsv" | "tab" => Some(Self::Tsv),
            "docx" | "docm" | "dotx" => Some(Self::Docx),
            "pptx" | "pptm" | "ppsx" | "potx" => Some(Self::Pptx),
            "xlsx" | "xlsm" | "xltx" => Some(Self::Xlsx),
            "odt" | "ott" => Some(Self::Odt),
            "ods" => Some(Self::Ods),
            "odp" => Some(Self::Odp),
            "epub" => Some(Self::Epub),
            "rtf" => Some(Self::Rtf),
            "eml" => Some(Self::Mail),
            "mht" | "mhtml" => Some(Self::WebArchive),
            _ => None,
        }
    }

    /// What a file of this type is called in messages.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::Markdown => "a Markdown text",
            Self::Html => "a web page",
            Self::Csv | Self::Tsv => "a table of text",
            Self::Pdf => "a PDF document",
            Self::Docx => "a Word document",
            Self::Pptx => "a PowerPoint presentation",
            Self::Xlsx => "an Excel workbook",
            Self::Odt => "an OpenDocument text",
            Self::Ods => "an OpenDocument spreadsheet",
            Self::Odp => "an OpenDocument presentation",
            Self::Epub => "an EPUB book",
            Self::Rtf => "an RTF document",
            Self::Mail => "a mail message",
            Self::WebArchive => "a web archive",
        }
    }

    /// Whether the content is recognised by its bytes, so that content without them is of another type.
    pub fn has_signature(self) -> bool {
        !matches!(
            self,
            Self::Text
                | Self::Markdown
                | Self::Html
                | Self::Csv
                | Self::Tsv
                | Self::Mail
                | Self::WebArchive
        )
    }

    /// Whether the size of a file says little about the memory that reading it takes.
    pub fn is_compressed(self) -> bool {
        self.has_signature() && self != Self::Rtf
    }
}

/// The media type of a document, with the charset of its text where one was declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContentType {
    /// The media type.
    pub media_type: MediaType,
    /// The declared charset.
    pub charset: Option<Charset>,
}

impl ContentType {
    /// Parses a name with parameters, as `Content-Type` has them; an unknown charset is left out.
    pub fn parse(name: &str) -> Option<Self> {
        Some(Self {
            media_type: MediaType::parse(name)?,
            charset: charset_parameter(name).and_then(|label| Charset::for_label(&label)),
        })
    }

    /// The name with its charset: `text/plain; charset=gbk`.
    pub fn name(self) -> String {
        let name = self.media_type.name();
        match self.charset {
            Some(charset) => format!("{name}; charset={}", charset.name().to_ascii_lowercase()),
            None => name.to_owned(),
        }
    }
}

impl From<MediaType> for ContentType {
    fn from(media_type: MediaType) -> Self {
        Self {
            media_type,
            charset: None,
        }
    }
}

/// The charset in the parameters of a media type, as it is written there.
pub fn charset_parameter(name: &str) -> Option<String> {
    name.split(';').skip(1).find_map(|parameter| {
        let (key, value) = parameter.split_once('=')?;
        let is_charset = key.trim().eq_ignore_ascii_case("charset");
        let label = value.trim().trim_matches(['"', '\'']).trim();
        (is_charset && !label.is_empty()).then(|| label.to_owned())
    })
}

pub(crate) fn essence(name: &str) -> String {
    let name = name.split(';').next().unwrap_or_default();
    name.trim().to_ascii_lowercase()
}
