//! Detection of media types.

use crate::{MediaType, detect};

fn kind(content: &[u8], told: Option<&str>, name: &str) -> Result<MediaType, String> {
    detect(content, told, name).map_err(|problem| format!("file: {problem}"))
}

#[test]
fn the_media_type_is_detected_from_the_content() {
    let pdf = b"%PDF-1.7\n...";
    let page = b"\xef\xbb\xbf <!DOCTYPE html><p>hello";
    assert_eq!(kind(pdf, None, ""), Ok(MediaType::Pdf));
    assert_eq!(
        kind(pdf, Some("application/octet-stream"), "x"),
        Ok(MediaType::Pdf)
    );
    assert_eq!(
        kind(b"\n\n%PDF-1.4", Some("application/pdf"), ""),
        Ok(MediaType::Pdf)
    );
    assert_eq!(kind(b"junk\n%PDF-1.4", None, "a.PDF"), Ok(MediaType::Pdf));
    assert_eq!(kind(page, None, "index"), Ok(MediaType::Html));
    assert_eq!(kind(b"# Hello", None, "README.md"), Ok(MediaType::Markdown));
    assert_eq!(kind(b"hello", None, "notes"), Ok(MediaType::Text));
    assert_eq!(
        kind(b"hello about %PDF-1.7", None, "notes"),
        Ok(MediaType::Text)
    );
    assert_eq!(kind(b"\xff\xfeh\0i\0", None, "a.txt"), Ok(MediaType::Text));
    assert_eq!(
        kind(b"MZ is not a program here", None, ""),
        Ok(MediaType::Text)
    );
}

#[test]
fn a_declared_type_is_used_where_the_content_permits_it() {
    let told = |told| kind(b"# Hello", Some(told), "a.md");
    assert_eq!(told("text/plain; charset=utf-8"), Ok(MediaType::Markdown));
    assert_eq!(told("text/html"), Ok(MediaType::Html));
    assert_eq!(told("TEXT/MARKDOWN"), Ok(MediaType::Markdown));
    assert_eq!(kind(b"a,b", Some("text/csv"), ""), Ok(MediaType::Text));
    let wrong = "file: is said to be application/json, expected text, Markdown, HTML or PDF";
    assert_eq!(told("application/json"), Err(wrong.to_owned()));
}

#[test]
fn a_declared_type_that_contradicts_the_content_is_refused() {
    let no_pdf = kind(b"hello", Some("application/pdf"), "").unwrap_err();
    assert_eq!(
        no_pdf,
        "file: is no PDF document, but said to be application/pdf"
    );
    let no_pdf = kind(b"hello", None, "a.pdf").unwrap_err();
    assert_eq!(no_pdf, "file: is no PDF document, but named a.pdf");
    let pdf = kind(b"%PDF-1.7", Some("text/html"), "a.html").unwrap_err();
    assert_eq!(pdf, "file: is a PDF document, but said to be text/html");
}

#[test]
fn a_binary_file_is_refused_naming_its_type() {
    let program = [
        b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff".as_slice(),
        &[0; 100],
    ]
    .concat();
    let linux = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0";
    let word = b"PK\x03\x04\x14\0\x06\0\x08\0\0\0!\0word/document.xml";
    let video = b"\0\0\0 ftypisom\0\0\x02\0isomiso2avc1mp41";
    let noise: Vec<u8> = (0..=255).cycle().take(4000).collect();
    for (content, what) in [
        (program.as_slice(), "a Windows program"),
        (linux, "a Linux program"),
        (word, "a Word document"),
        (b"PK\x03\x04\x14\0\0\0", "a ZIP archive"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "a PNG image"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "a JPEG image"),
        (b"{\\rtf1\\ansi hello}", "an RTF document"),
        (video, "a video"),
        (&noise, "no text"),
    ] {
        for (told, name) in [
            (Some("application/pdf"), "a.pdf"),
            (None, "a.pdf"),
            (None, ""),
        ] {
            let expected = format!("file: is {what}, expected text, Markdown, HTML or PDF");
            assert_eq!(kind(content, told, name), Err(expected));
        }
    }
    assert_eq!(kind(b" \n", None, ""), Err("file: has no text".to_owned()));
}
