//! Detects the kind of a document, first by its content.

use crate::{
    Charset, ContentType, MediaType, charset, csv,
    excerpt::excerpt,
    markup,
    media_type::{charset_parameter, essence},
};

/// The accepted kinds, named in every error.
const EXPECTED: &str = "expected text, Markdown, HTML, CSV, PDF, a Word, PowerPoint, Excel, OpenDocument, RTF or EPUB file, or a mail message";
/// Signatures of other kinds of files: offset, bytes, name.
const OTHERS: &[(usize, &[u8], &str)] = &[
    (0, b"MZ", "a Windows program"),
    (0, b"\x7fELF", "a Linux program"),
    (0, b"\xcf\xfa\xed\xfe", "a macOS program"),
    (0, b"\xca\xfe\xba\xbe", "a Java class or a macOS program"),
    (0, b"\0asm", "a WebAssembly module"),
    (0, b"\x89PNG\r\n\x1a\n", "a PNG image"),
    (0, b"\xff\xd8\xff", "a JPEG image"),
    (0, b"GIF87a", "a GIF image"),
    (0, b"GIF89a", "a GIF image"),
    (8, b"WEBP", "a WebP image"),
    (0, b"II*\0", "a TIFF image"),
    (0, b"MM\0*", "a TIFF image"),
    (0, b"\0\0\x01\0", "an icon"),
    (8, b"WAVE", "a sound file"),
    (0, b"ID3", "a sound file"),
    (0, b"OggS", "a sound file"),
    (0, b"fLaC", "a sound file"),
    (4, b"ftyp", "a video"),
    (0, b"\x1a\x45\xdf\xa3", "a video"),
    (0, b"\x1f\x8b", "a gzip archive"),
    (0, b"BZh", "a bzip2 archive"),
    (0, b"\xfd7zXZ\0", "an xz archive"),
    (0, b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (0, b"Rar!\x1a\x07", "a RAR archive"),
    (257, b"ustar", "a tar archive"),
    (
        0,
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "an old Office document",
    ),
    (0, b"%!PS", "a PostScript document"),
    (0, b"SQLite format 3\0", "an SQLite database"),
    (0, b"wOFF", "a font"),
    (0, b"wOF2", "a font"),
    (0, b"OTTO", "a font"),
];
/// Kinds of documents inside a ZIP archive, by a text near its beginning or in its directory at the end.
const ZIPPED: &[(&[u8], MediaType)] = &[
    (b"mimetypeapplication/epub+zip", MediaType::Epub),
    (b"application/vnd.oasis.opendocument.text", MediaType::Odt),
    (
        b"application/vnd.oasis.opendocument.spreadsheet",
        MediaType::Ods,
    ),
    (
        b"application/vnd.oasis.opendocument.presentation",
        MediaType::Odp,
    ),
    (b"word/document", MediaType::Docx),
    (b"ppt/presentation", MediaType::Pptx),
    (b"xl/workbook", MediaType::Xlsx),
    (b"word/", MediaType::Docx),
    (b"ppt/", MediaType::Pptx),
    (b"xl/", MediaType::Xlsx),
    (b"META-INF/container.xml", MediaType::Epub),
];
/// The size in bytes of the end of a ZIP archive that is searched; its directory names the files there.
const ZIP_END: usize = 64 * 1024;
/// The number of bytes within which a PDF's header must begin; readers tolerate other data before it.
const PDF_HEADER: usize = 1024;
/// The number of bytes that are examined to distinguish text from binary data.
const SAMPLE: usize = 8192;
/// The maximum size in bytes of a file that is checked for being blank. The reader detects longer blank files.
const LONGEST_BLANK: usize = 1024 * 1024;
/// Media types that carry no information.
const SAYS_NOTHING: &[&str] = &[
    "application/octet-stream",
    "binary/octet-stream",
    "application/x-download",
    "application/download",
    "application/force-download",
    "application/zip",
    "application/x-zip-compressed",
    "application/unknown",
    "*/*",
];

/// What is known of a document besides its content.
#[derive(Debug, Clone, Copy, Default)]
pub struct DocumentLabel<'l> {
    /// The media type with its parameters.
    pub media_type: Option<&'l str>,
    /// The name of the file.
    pub name: &'l str,
    /// Whether a web server sent it: servers send wrong types, and the content decides over them. A person who declares a
    /// wrong type gets an error.
    pub is_served: bool,
}

/// The kind of a document. The error is the problem, in words for the caller.
pub fn detect(content: &[u8], label: DocumentLabel<'_>) -> Result<ContentType, String> {
    if content.len() <= LONGEST_BLANK && content.iter().all(u8::is_ascii_whitespace) {
        return Err("has no text".to_owned());
    }
    let charset = declared_charset(label)?;
    let media_type = match by_content(content, charset) {
        Ok(Some(found)) => checked(found, label)?,
        Ok(None) => of_text(content, charset, label)?,
        Err(other) => return Err(format!("is {other}, {EXPECTED}")),
    };
    let charset = charset.filter(|_| !media_type.is_compressed());
    Ok(ContentType {
        media_type,
        charset,
    })
}

/// The charset that the label names; an unknown one of a server is left out.
fn declared_charset(label: DocumentLabel<'_>) -> Result<Option<Charset>, String> {
    let Some(named) = label.media_type.and_then(charset_parameter) else {
        return Ok(None);
    };
    let charset = Charset::for_label(&named);
    if charset.is_none() && !label.is_served {
        return Err(format!(
            "is said to have the charset {}, which is not known; save it as UTF-8",
            excerpt(&named)
        ));
    }
    Ok(charset)
}

/// The kind of a document with a signature; none for text. The error names another kind of file.
fn by_content(content: &[u8], charset: Option<Charset>) -> Result<Option<MediaType>, &'static str> {
    let head = content.get(..SAMPLE).unwrap_or(content);
    if head.starts_with(b"PK\x03\x04") {
        return zipped(content).map(Some);
    }
    if is_pdf(content) {
        return Ok(Some(MediaType::Pdf));
    }
    if head.trim_ascii_start().starts_with(b"{\\rtf") {
        return Ok(Some(MediaType::Rtf));
    }
    let is_binary = is_binary(head, charset);
    let other = OTHERS
        .iter()
        .find(|(at, mark, _)| head.get(*at..).is_some_and(|rest| rest.starts_with(mark)))
        // a text may begin with a signature of two or three letters, or contain one in its middle
        .filter(|(at, mark, _)| (*at == 0 && mark.len() > 3) || is_binary);
    match other {
        Some((_, _, kind)) => Err(kind),
        None if is_binary => Err("no text"),
        None => Ok(None),
    }
}

/// The content has the signature `found`; a person's declaration of another kind is an error.
fn checked(found: MediaType, label: DocumentLabel<'_>) -> Result<MediaType, String> {
    let Some(told) = label
        .media_type
        .map(essence)
        .filter(|told| says_something(told))
    else {
        return Ok(found);
    };
    // servers and browsers know macro files, templates and the like by names of their own
    let is_same = MediaType::parse(&told).is_none_or(|told| told == found);
    if is_same || label.is_served {
        return Ok(found);
    }
    Err(format!(
        "is {}, but said to be {}",
        found.title(),
        excerpt(&told)
    ))
}

/// The kind of a document without a signature.
fn of_text(
    content: &[u8],
    charset: Option<Charset>,
    label: DocumentLabel<'_>,
) -> Result<MediaType, String> {
    let by_name = MediaType::by_file_name(label.name);
    let told = label
        .media_type
        .map(essence)
        .filter(|told| says_something(told));
    let expected = match &told {
        None => None,
        Some(told) => match MediaType::parse(told) {
            Some(kind) => Some(kind),
            // source code and similar
            None if told.starts_with("text/") => Some(MediaType::Text),
            None if label.is_served => None,
            None => return Err(format!("is said to be {}, {EXPECTED}", excerpt(told))),
        },
    };
    let kind = expected.or(by_name);
    if let Some(kind) = kind.filter(|kind| kind.has_signature()) {
        if label.is_served {
            return Ok(by_text(content, charset));
        }
        let named = match &told {
            Some(told) => format!("said to be {}", excerpt(told)),
            None => format!("named {}", excerpt(label.name)),
        };
        let kind = kind.title();
        let kind = kind.trim_start_matches("an ").trim_start_matches("a ");
        return Err(format!("is no {kind}, but {named}"));
    }
    match kind {
        // servers send text/plain for many kinds of files
        Some(MediaType::Text) if by_name.is_some_and(|name| !name.has_signature()) => {
            Ok(by_name.unwrap_or(MediaType::Text))
        }
        Some(MediaType::Text)
            if label.is_served && markup::is_page(&charset::peek(content, charset)) =>
        {
            Ok(MediaType::Html)
        }
        Some(kind) => Ok(kind),
        None => Ok(by_text(content, charset)),
    }
}

/// The kind of a text that nothing else is known of.
fn by_text(content: &[u8], charset: Option<Charset>) -> MediaType {
    let text = charset::peek(content, charset);
    // the last line may be cut
    let lines = text
        .rsplit_once('\n')
        .map_or(text.as_str(), |(lines, _)| lines);
    if let Some(mail) = markup::mail_kind(&text) {
        mail
    } else if markup::is_markup(&text) {
        MediaType::Html
    } else if markup::has_front_matter(&text) {
        MediaType::Markdown
    } else if csv::is_table(lines) {
        if lines.lines().take(3).all(|line| line.contains('\t')) {
            MediaType::Tsv
        } else {
            MediaType::Csv
        }
    } else {
        MediaType::Text
    }
}

fn says_something(told: &str) -> bool {
    !told.is_empty() && !SAYS_NOTHING.contains(&told)
}

fn zipped(content: &[u8]) -> Result<MediaType, &'static str> {
    let head = content.get(..SAMPLE).unwrap_or(content);
    let end = content
        .get(content.len().saturating_sub(ZIP_END)..)
        .unwrap_or_default();
    let by_part = |part: &[u8]| ZIPPED.iter().find(|(mark, _)| contains(part, mark));
    let found = by_part(head).or_else(|| by_part(end));
    match found {
        Some((_, kind)) => Ok(*kind),
        None if contains(head, b"META-INF/") => Err("a Java archive"),
        None => Err("a ZIP archive"),
    }
}

/// Whether the content has bytes that text does not contain. UTF-16 contains them, so it must begin with its mark, be
/// declared, or have zeros in every second place.
fn is_binary(head: &[u8], charset: Option<Charset>) -> bool {
    let marked = [b"\xff\xfe".as_slice(), b"\xfe\xff", b"\0\0\xfe\xff"];
    let is_wide = charset.is_some_and(|charset| charset.name().starts_with("UTF-16"));
    if is_wide || marked.iter().any(|mark| head.starts_with(mark)) {
        return false;
    }
    let controls = head
        .iter()
        .filter(|byte| **byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c | 0x1b))
        .count();
    controls * 20 > head.len() && charset::unmarked_utf16(head).is_none()
}

/// Whether a PDF's header is near the beginning. After other text it must have a version, because a text may mention
/// `%PDF-`, and stand at the beginning of a line or before the end of a file that closes as a PDF.
fn is_pdf(content: &[u8]) -> bool {
    let head = content.get(..PDF_HEADER + 8).unwrap_or(content);
    if head.trim_ascii_start().starts_with(b"%PDF-") {
        return true;
    }
    let is_closed = || {
        let from = content.len().saturating_sub(PDF_HEADER);
        let tail = content.get(from..).unwrap_or_default();
        contains(tail, b"startxref") && contains(tail, b"%%EOF")
    };
    head.windows(8).enumerate().any(|(at, window)| {
        let is_version = matches!(
            window,
            [b'%', b'P', b'D', b'F', b'-', b'1' | b'2', b'.', b'0'..=b'9']
        );
        let before = at.checked_sub(1).and_then(|before| head.get(before));
        let is_apart = before.is_none_or(|before| {
            !before.is_ascii_alphanumeric() && *before != b' ' && *before != b'`'
        });
        is_version && (is_apart || is_closed())
    })
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}
