//! Detects the kind of a text file, first by its content.

use crate::{MediaType, excerpt::excerpt};

/// The accepted kinds, named in every error.
const EXPECTED: &str = "expected text, Markdown, HTML or PDF";
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
    (0, b"{\\rtf", "an RTF document"),
    (0, b"%!PS", "a PostScript document"),
    (0, b"SQLite format 3\0", "an SQLite database"),
    (0, b"wOFF", "a font"),
    (0, b"wOF2", "a font"),
    (0, b"OTTO", "a font"),
];
/// Kinds of documents inside a ZIP archive, by a file name near its beginning.
const ZIPPED: &[(&[u8], &str)] = &[
    (b"word/", "a Word document"),
    (b"xl/", "an Excel workbook"),
    (b"ppt/", "a PowerPoint presentation"),
    (b"application/epub", "an EPUB book"),
    (b"application/vnd.oasis", "an OpenDocument file"),
    (b"META-INF/", "a Java archive"),
];
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
];

/// The kind of text. The error is the problem, in words for the caller.
pub fn detect(content: &[u8], told: Option<&str>, name: &str) -> Result<MediaType, String> {
    if content.len() <= LONGEST_BLANK && content.iter().all(u8::is_ascii_whitespace) {
        return Err("has no text".to_owned());
    }
    if let Some(other) = other_kind(content) {
        return Err(format!("is {other}, {EXPECTED}"));
    }
    let told = told
        .map(essence)
        .filter(|told| !told.is_empty() && !SAYS_NOTHING.contains(&told.as_str()));
    let by_name = by_name(name);
    let expected = told.as_deref().map(by_told).transpose()?;
    let is_pdf = is_pdf(content, expected.or(by_name) == Some(MediaType::Pdf));
    let named = match told {
        Some(told) => format!("said to be {}", excerpt(&told)),
        None => format!("named {}", excerpt(name)),
    };
    match (is_pdf, expected.or(by_name)) {
        (true, None | Some(MediaType::Pdf)) => Ok(MediaType::Pdf),
        (true, Some(_)) => Err(format!("is a PDF document, but {named}")),
        (false, Some(MediaType::Pdf)) => Err(format!("is no PDF document, but {named}")),
        // servers send text/plain for many kinds of files
        (false, Some(MediaType::Text)) => Ok(by_name.unwrap_or(MediaType::Text)),
        (false, Some(kind)) => Ok(kind),
        (false, None) if is_html(content) => Ok(MediaType::Html),
        (false, None) => Ok(MediaType::Text),
    }
}

fn essence(told: &str) -> String {
    let name = told.split(';').next().unwrap_or_default();
    name.trim().to_ascii_lowercase()
}

fn by_told(told: &str) -> Result<MediaType, String> {
    match MediaType::parse(told) {
        Some(kind) => Ok(kind),
        // CSV, source code and similar
        None if told.starts_with("text/") => Ok(MediaType::Text),
        None => Err(format!("is said to be {}, {EXPECTED}", excerpt(told))),
    }
}

fn by_name(name: &str) -> Option<MediaType> {
    let (_, ending) = name.rsplit_once('.')?;
    match ending.to_ascii_lowercase().as_str() {
        "pdf" => Some(MediaType::Pdf),
        "md" | "markdown" | "mdown" => Some(MediaType::Markdown),
        "html" | "htm" | "xhtml" => Some(MediaType::Html),
        "txt" | "text" => Some(MediaType::Text),
        _ => None,
    }
}

fn other_kind(content: &[u8]) -> Option<&'static str> {
    let head = content.get(..SAMPLE).unwrap_or(content);
    if head.starts_with(b"PK\x03\x04") {
        let inside = ZIPPED.iter().find(|(mark, _)| contains(head, mark));
        return Some(inside.map_or("a ZIP archive", |(_, kind)| kind));
    }
    OTHERS
        .iter()
        .find(|(at, mark, _)| head.get(*at..).is_some_and(|rest| rest.starts_with(mark)))
        // a text may begin with a signature of two or three letters, or contain one in its middle
        .filter(|(at, mark, _)| (*at == 0 && mark.len() > 3) || is_binary(head))
        .map(|(_, _, kind)| *kind)
        .or_else(|| (is_binary(head) && !contains(head, b"%PDF-")).then_some("no text"))
}

/// Whether the content has bytes that text does not contain. UTF-16 contains them, so it must begin with its mark.
fn is_binary(head: &[u8]) -> bool {
    let marked = [b"\xff\xfe".as_slice(), b"\xfe\xff"];
    if marked.iter().any(|mark| head.starts_with(mark)) {
        return false;
    }
    let controls = head
        .iter()
        .filter(|byte| **byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c | 0x1b))
        .count();
    controls * 20 > head.len()
}

fn is_pdf(content: &[u8], expected: bool) -> bool {
    let head = content.get(..PDF_HEADER).unwrap_or(content);
    // a text may mention `%PDF-`, so an unexpected PDF must begin with it
    head.trim_ascii_start().starts_with(b"%PDF-") || (expected && contains(head, b"%PDF-"))
}

fn is_html(content: &[u8]) -> bool {
    let head = content.get(..PDF_HEADER).unwrap_or(content);
    let head = crate::charset::decode(head)
        .trim_start()
        .to_ascii_lowercase();
    ["<!doctype html", "<html", "<head", "<body", "<!--"]
        .iter()
        .any(|mark| head.starts_with(mark))
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}
