//! Detection of media types.

use crate::{DocumentLabel, MediaType, detect};

const EXPECTED: &str = "expected text, Markdown, HTML, CSV, PDF, a Word, PowerPoint, Excel, OpenDocument, RTF or EPUB file, or a mail message";

fn kind(content: &[u8], told: Option<&str>, name: &str) -> Result<MediaType, String> {
    labelled(content, told, name, false)
}

fn served(content: &[u8], told: &str, name: &str) -> MediaType {
    labelled(content, Some(told), name, true).unwrap()
}

fn labelled(
    content: &[u8],
    media_type: Option<&str>,
    name: &str,
    is_served: bool,
) -> Result<MediaType, String> {
    let label = DocumentLabel {
        media_type,
        name,
        is_served,
    };
    let found = detect(content, label).map_err(|problem| format!("file: {problem}"))?;
    Ok(found.media_type)
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
    assert_eq!(kind(b"a,b", Some("text/csv"), ""), Ok(MediaType::Csv));
    assert_eq!(kind(b"a,b", None, "Prices.CSV"), Ok(MediaType::Csv));
    assert_eq!(kind(b"a,b", Some("text/x-rust"), ""), Ok(MediaType::Text));
    let wrong = format!("file: is said to be application/json, {EXPECTED}");
    assert_eq!(told("application/json"), Err(wrong));
    let charset = "file: is said to have the charset klingon, which is not known; save it as UTF-8";
    assert_eq!(told("text/plain; charset=klingon"), Err(charset.to_owned()));
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
    let video = b"\0\0\0 ftypisom\0\0\x02\0isomiso2avc1mp41";
    let noise: Vec<u8> = (0..=255).cycle().take(4000).collect();
    for (content, what) in [
        (program.as_slice(), "a Windows program"),
        (linux, "a Linux program"),
        (b"PK\x03\x04\x14\0\0\0", "a ZIP archive"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "a PNG image"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "a JPEG image"),
        (video, "a video"),
        (&noise, "no text"),
    ] {
        for (told, name) in [
            (Some("application/pdf"), "a.pdf"),
            (None, "a.pdf"),
            (None, ""),
        ] {
            let expected = format!("file: is {what}, {EXPECTED}");
            assert_eq!(kind(content, told, name), Err(expected));
        }
    }
    assert_eq!(kind(b" \n", None, ""), Err("file: has no text".to_owned()));
}

#[test]
fn markup_without_a_label_is_recognised_whatever_it_begins_with() {
    for content in [
        "<div class=\"x\"><h2>Opening hours</h2><p>Monday to Friday, 9 to 17.</p></div>",
        "<?xml version=\"1.0\" encoding=\"iso-8859-1\"?>\n<!DOCTYPE html PUBLIC \"x\" \"y\">\n<html><body>a</body></html>",
        "\u{feff}\n<!-- made by a program -->\n<section><p>a</p></section>",
        "<table><tr><td>1</td></tr></table>",
        "<my-page><p>Hello</p></my-page>",
        "Hello, <b>reader</b>.<br>This is <i>markup</i>, and not text.<br>",
        "<?xml version=\"1.0\"?><note><to>You</to></note>",
    ] {
        assert_eq!(
            kind(content.as_bytes(), None, ""),
            Ok(MediaType::Html),
            "{content}"
        );
    }
    for content in [
        "<div align=\"center\">\n\n# Name\n\n</div>\n\n```sh\nls\n```",
        "a < b and c > d, if x<y",
        "<your name here>, welcome",
        "Use <b> for bold.",
    ] {
        let found = kind(content.as_bytes(), None, "").unwrap();
        assert_ne!(found, MediaType::Html, "{content}");
    }
    let matter = b"---\ntitle: Warranty\n---\n# Terms";
    assert_eq!(kind(matter, None, ""), Ok(MediaType::Markdown));
}

#[test]
fn tables_and_mail_without_a_label_are_recognised() {
    let table = b"sku;name;price\nA1;Kettle;3.50\nA2;Pot;4.50\n";
    assert_eq!(kind(table, None, ""), Ok(MediaType::Csv));
    let tabs = b"word\tmeaning\na\tb\nc\td\n";
    assert_eq!(kind(tabs, None, ""), Ok(MediaType::Tsv));
    let prose = b"One, two, and three.\nFour, five, and six.\nSeven, eight, and nine.\n";
    assert_eq!(kind(prose, None, ""), Ok(MediaType::Text));
    let mail = b"From: a@example.com\nTo: b@example.com\nSubject: x\nMIME-Version: 1.0\n\nHello";
    assert_eq!(kind(mail, None, ""), Ok(MediaType::Mail));
    let archive = b"From: <Saved by Blink>\nSnapshot-Content-Location: https://example.com/\nSubject: x\nMIME-Version: 1.0\nContent-Type: multipart/related;\n\tboundary=\"b\"\n\n--b--";
    assert_eq!(kind(archive, None, ""), Ok(MediaType::WebArchive));
    let notes = b"Note: buy milk\nTo: do\nDate: today\n";
    assert_eq!(kind(notes, None, ""), Ok(MediaType::Text));
}

#[test]
fn the_content_decides_over_the_label_of_a_server() {
    let pdf = b"%PDF-1.7\n...";
    for told in [
        "application/force-download",
        "text/html",
        "application/json",
        "text/plain",
    ] {
        assert_eq!(served(pdf, told, "terms.pdf"), MediaType::Pdf, "{told}");
    }
    let page = b"<!DOCTYPE html><title>Sign in</title><p>Hello";
    assert_eq!(
        served(page, "application/pdf", "terms.pdf"),
        MediaType::Html
    );
    assert_eq!(served(page, "text/plain", ""), MediaType::Html);
    assert_eq!(
        served(b"# Returns\n\nA", "text/plain", "rules.md"),
        MediaType::Markdown
    );
    assert_eq!(
        served(b"hello", "text/plain; charset=klingon", ""),
        MediaType::Text
    );
    assert_eq!(
        served(b"{\"a\": 1}", "application/json", ""),
        MediaType::Text
    );
}

#[test]
fn a_pdf_with_other_bytes_before_its_header_is_recognised() {
    let junk = b"HTTP/1.1 200 OK\r\nX: y\r\n\r\n%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj";
    assert_eq!(kind(junk, None, ""), Ok(MediaType::Pdf));
    let within_a_line = b"\r\n\0junk%PDF-1.3\n1 0 obj\nstartxref\n1261\n%%EOF\n";
    assert_eq!(kind(within_a_line, None, ""), Ok(MediaType::Pdf));
    assert_eq!(
        kind(b"A file begins with `%PDF-1.7`.", None, ""),
        Ok(MediaType::Text)
    );
    assert_eq!(
        kind(b"It begins with %PDF-1.7 always.", None, ""),
        Ok(MediaType::Text)
    );
}
