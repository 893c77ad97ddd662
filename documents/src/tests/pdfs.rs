//! PDF files: valid, protected, damaged, and decompression bombs.

use lopdf::{Document, SaveOptions};

use super::{LIMITS, read, read_within, refused};
use crate::{MediaType::Pdf, Section};

const TEXT: &[u8] = include_bytes!("samples/text.pdf");
const DAMAGED: &str = "could not be read: it is damaged or incomplete";

fn is_the_sample(content: &[u8]) {
    let sections = read(content, Pdf);
    let chapter = sections.iter().find(|section| {
        section
            .headings
            .last()
            .is_some_and(|heading| heading == "Chapter 2")
    });
    let chapter = chapter.expect("a heading in larger type");
    let blocks: Vec<&str> = chapter
        .blocks
        .iter()
        .map(|block| block.text.as_str())
        .collect();
    assert!(
        blocks[0].starts_with("A customer may return a toaster within thirty days. A customer")
    );
    assert!(
        blocks[0].ends_with("toaster within thirty days."),
        "{blocks:?}"
    );
    assert!(!blocks[0].contains('\n'), "{blocks:?}");
    let umlauts = "Umlauts: äöü ß é — “quotes” €; ligatures fi fl office.";
    assert!(blocks.contains(&umlauts), "{blocks:?}");
    assert!(
        blocks.iter().any(|block| block.contains("Basic 9 EUR")),
        "{blocks:?}"
    );
}

/// A file of these objects, the first of which is its catalog.
fn file(objects: &[Vec<u8>]) -> Vec<u8> {
    let mut file = b"%PDF-1.7\n".to_vec();
    let mut places = Vec::new();
    for (index, object) in objects.iter().enumerate() {
        places.push(file.len());
        file.extend(format!("{} 0 obj\n", index + 1).bytes());
        file.extend(object);
        file.extend(b"\nendobj\n");
    }
    let table = file.len();
    file.extend(format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).bytes());
    for place in places {
        file.extend(format!("{place:010} 00000 n \n").bytes());
    }
    let size = objects.len() + 1;
    file.extend(
        format!("trailer << /Size {size} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF").bytes(),
    );
    file
}

/// A file of one page with this content stream.
fn page(filter: &str, content: &[u8]) -> Vec<u8> {
    let resources = "/Font << /F1 5 0 R >> /XObject << /X 4 0 R >>";
    let mut stream = format!(
        "<< /Type /XObject /Subtype /Form /Length {} {filter} >>\nstream\n",
        content.len()
    )
    .into_bytes();
    stream.extend(content);
    stream.extend(b"\nendstream");
    file(&[
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_vec(),
        format!("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << {resources} >> >>").into_bytes(),
        stream,
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>".to_vec(),
    ])
}

fn text(sections: &[Section]) -> String {
    let blocks: Vec<_> = sections
        .iter()
        .flat_map(|section| &section.blocks)
        .map(|block| block.text.clone())
        .collect();
    blocks.join("\n\n")
}

#[test]
fn the_text_of_a_file_is_read_under_its_headings() {
    is_the_sample(TEXT);
}

#[test]
fn a_file_that_opens_without_a_password_is_read() {
    is_the_sample(include_bytes!("samples/open_aes256.pdf"));
    is_the_sample(include_bytes!("samples/open_aes128.pdf"));
}

#[test]
fn a_file_with_object_streams_is_read() {
    let mut document = Document::load_mem(TEXT).unwrap();
    let options = SaveOptions::builder()
        .use_object_streams(true)
        .use_xref_streams(true)
        .build();
    let mut content = Vec::new();
    document.save_with_options(&mut content, options).unwrap();
    assert!(content.windows(7).any(|part| part == b"/ObjStm"));
    is_the_sample(&content);
}

#[test]
fn an_embedded_font_is_read_by_its_unicode_map() {
    let sections = read(include_bytes!("samples/embedded_font.pdf"), Pdf);
    let text = text(&sections);
    assert!(
        text.starts_with("Zürich liegt am See.\n\nSecond paragraph"),
        "{text}"
    );
    assert!(text.ends_with("over several lines of the page, so that the lines are joined again."));
}

#[test]
fn columns_are_read_one_after_the_other() {
    let text = text(&read(include_bytes!("samples/columns.pdf"), Pdf));
    let left = text.find("left column line 29").unwrap();
    assert!(left < text.find("right column line 0").unwrap());
}

#[test]
fn fragments_of_a_line_are_joined() {
    let drawn = b"BT /F1 10 Tf 50 700 Td [(Ref) -20 (und) -400 (pol)] TJ (icy) Tj 0 -12 TD (of inter-) Tj (national) ' \
        1 0 0 1 50 500 Tm (Next) Tj ET";
    assert_eq!(
        text(&read(&page("", drawn), Pdf)),
        "Refund policy of international\n\nNext"
    );
}

#[test]
fn a_protected_file_is_refused() {
    let message = "is protected by a password; remove the protection and ingest it again";
    for content in [
        include_bytes!("samples/protected_aes256.pdf").as_slice(),
        include_bytes!("samples/protected_rc4.pdf"),
    ] {
        assert_eq!(refused(content, Pdf), message);
    }
}

#[test]
fn a_file_without_text_is_refused() {
    let message = "has no text, only images; run it through text recognition first";
    assert_eq!(
        refused(&page("", b"q 100 0 0 100 0 0 cm /Im1 Do Q"), Pdf),
        message
    );
}

#[test]
fn a_damaged_file_is_refused() {
    let half = TEXT.get(..TEXT.len() / 2).unwrap();
    let start = TEXT.get(..300).unwrap();
    let no_page = file(&[b"<< /Type /Catalog >>".to_vec()]);
    let gone = page("", b"")
        .windows(1)
        .flatten()
        .copied()
        .collect::<Vec<u8>>();
    let gone = String::from_utf8(gone)
        .unwrap()
        .replace("/Contents 4 0 R", "/Contents 9 0 R");
    for content in [
        b"%PDF-1.7\ngarbage".as_slice(),
        start,
        half,
        &no_page,
        gone.as_bytes(),
    ] {
        assert_eq!(refused(content, Pdf), DAMAGED);
    }
}

#[test]
fn a_file_with_wrong_bytes_is_read_or_refused() {
    let mut seed = 1_u64;
    for _ in 0..300 {
        let mut content = TEXT.to_vec();
        for _ in 0..8 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let place = usize::try_from(seed >> 33).unwrap() % content.len();
            content[place] = seed.to_le_bytes()[3];
        }
        // A panic would also be reported as a problem of the document.
        let _ = read_within(LIMITS, &content, Pdf);
    }
}

#[test]
fn a_decompression_bomb_is_refused() {
    let message = "is too much to read: a part of it inflates to over 64 MiB";
    // 3 GB of spaces, deflated twice.
    assert_eq!(refused(include_bytes!("samples/bomb.pdf"), Pdf), message);
    // Two bytes expand to 128.
    let runs = [129, b' '].repeat(600_000);
    assert_eq!(
        refused(&page("/Filter /RunLengthDecode", &runs), Pdf),
        message
    );
}

#[test]
fn a_self_referencing_form_terminates() {
    let drawn = b"BT /F1 10 Tf 50 700 Td (again) Tj ET /X Do /X Do";
    let text = text(&read(&page("", drawn), Pdf));
    // it is drawn 511 times at the same place
    assert_eq!(text, "again");
}

#[test]
fn a_structure_of_any_depth_is_refused_or_read() {
    let deep = format!("<< /Type /Catalog /Pages {} >>", "[".repeat(200_000));
    assert_eq!(refused(&file(&[deep.into_bytes()]), Pdf), DAMAGED);
    let drawn = format!("{}(text) Tj", "[".repeat(200_000));
    let content = page("", drawn.as_bytes());
    assert_eq!(
        refused(&content, Pdf),
        "is too much to read: a drawing operation has over 1,000 operands or 1 MiB"
    );
}
