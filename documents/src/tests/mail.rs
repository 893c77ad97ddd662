//! Mail messages and saved web pages.

use super::{outline, read_text};
use crate::MediaType::{Mail, WebArchive};

const ALTERNATIVES: &str = "From: Ada <a@example.com>\r\nTo: b@example.com\r\nDate: Mon, 30 Nov 2026 10:00:00 +0100\r\n\
    Subject: =?utf-8?Q?R=C3=BCckgabe?=\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=\"x\"\r\n\r\n\
    --x\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n\
    RGllIFLDvGNrZ2FiZSBpc3QgZHJlacOfaWcgVGFnZSBsYW5nIG3DtmdsaWNoLiBCaXR0ZSBsZWdlbiBTaWUgZGllIFJlY2hudW5nIGJlaS4=\r\n\
    --x\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n\
    <p>Die R=C3=BCckgabe ist drei=C3=9Fig Tage lang m=C3=B6glich.</p>\r\n--x--\r\n";

#[test]
fn a_message_has_its_subject_as_title_and_one_of_its_alternatives() {
    let expected = [
        "[Rückgabe] From: Ada <a@example.com>\nTo: b@example.com\nDate: 2026-11-30T10:00:00+01:00",
        "[Rückgabe] Die Rückgabe ist dreißig Tage lang möglich. Bitte legen Sie die Rechnung bei.",
    ];
    assert_eq!(outline(ALTERNATIVES, Mail), expected);
}

#[test]
fn the_form_with_more_text_is_read() {
    let short = ALTERNATIVES.replace(
        "RGllIFLDvGNrZ2FiZSBpc3QgZHJlacOfaWcgVGFnZSBsYW5nIG3DtmdsaWNoLiBCaXR0ZSBsZWdlbiBTaWUgZGllIFJlY2hudW5nIGJlaS4=",
        "UGxlYXNlIGVuYWJsZSBIVE1MLg==",
    );
    assert_eq!(
        outline(&short, Mail)[1],
        "[Rückgabe] Die Rückgabe ist dreißig Tage lang möglich."
    );
}

#[test]
fn attachments_are_named_and_messages_inside_are_read() {
    let message = "From: a@example.com\r\nSubject: Contract\r\nMIME-Version: 1.0\r\n\
        Content-Type: multipart/mixed; boundary=\"m\"\r\n\r\n--m\r\nContent-Type: text/plain; charset=iso-8859-1\r\n\r\nGr\u{fc}\u{df}e\r\n\
        --m\r\nContent-Type: application/pdf; name=\"contract.pdf\"\r\nContent-Disposition: attachment; filename=\"contract.pdf\"\r\n\
        Content-Transfer-Encoding: base64\r\n\r\nJVBERi0=\r\n--m\r\nContent-Type: message/rfc822\r\n\r\nFrom: c@example.com\r\n\
        Subject: Offer\r\n\r\nThe price is nine euros.\r\n--m--\r\n";
    let latin: Vec<u8> = message
        .chars()
        .map(|c| u8::try_from(u32::from(c)).unwrap())
        .collect();
    let text = read_text(&latin, Mail);
    assert_eq!(
        text.warnings,
        ["the attachment contract.pdf was not read; ingest it by itself"]
    );
    let blocks: Vec<_> = text
        .sections
        .iter()
        .flat_map(|section| {
            section
                .blocks
                .iter()
                .map(|block| format!("{} {}", section.headings.join(">"), block.text))
        })
        .collect();
    assert_eq!(blocks[1], "Contract Grüße");
    assert_eq!(
        blocks.last().unwrap(),
        "Contract>Offer The price is nine euros."
    );
}

#[test]
fn a_web_archive_is_read_as_its_page() {
    let archive = "From: <Saved by Blink>\r\nSnapshot-Content-Location: https://example.com/\r\nSubject: Terms\r\nMIME-Version: 1.0\r\n\
        Content-Type: multipart/related; type=\"text/html\"; boundary=\"b\"\r\n\r\n--b\r\nContent-Type: text/html; charset=utf-8\r\n\
        Content-Transfer-Encoding: quoted-printable\r\nContent-Location: https://example.com/\r\n\r\n\
        <html><head><title>Terms</title></head><body><h1>Warranty</h1><p>Two years f=C3=BCr alle.</p></body></html>\r\n\
        --b\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\nContent-Location: https://example.com/a.png\r\n\r\niVBORw0KGgo=\r\n--b--\r\n";
    let blocks = outline(archive, WebArchive);
    assert_eq!(
        blocks.last().unwrap(),
        "[Terms > Warranty] Two years für alle."
    );
    assert_eq!(read_text(archive.as_bytes(), WebArchive).warnings, [""; 0]);
}
