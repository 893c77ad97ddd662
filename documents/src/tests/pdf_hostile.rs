//! PDF files that are damaged, or made to cost more than they are worth.

use std::{
    fmt::Write,
    time::{Duration, Instant},
};

use super::{
    pdf_file::PdfFile,
    pdf_fonts::{read, text},
};
use crate::Problem;

const FONT: &str =
    "<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding /WinAnsiEncoding >>";
/// More than any of these files may take, in a build without optimisation on a busy machine.
const LONGEST: Duration = Duration::from_secs(50);

#[test]
fn a_file_that_refers_to_itself_is_read_or_refused() {
    let mut file = PdfFile::default();
    // the page tree, a font, a layer and a field are their own parents
    let tree = file.add("<< /Type /Pages /Kids [1 0 R 2 0 R] /Count 2 /Parent 1 0 R >>");
    file.add("<< /Type /Page /Parent 1 0 R /Contents 3 0 R /Resources << /Font << /F1 4 0 R >> >> /Annots [5 0 R] >>");
    file.stream("", b"BT /F1 10 Tf 50 700 Td (text) Tj ET");
    file.add("<< /Type /Font /Subtype /Type0 /DescendantFonts [4 0 R] /ToUnicode 4 0 R /Encoding 4 0 R >>");
    file.add(
        "<< /Type /Annot /Subtype /Widget /Parent 5 0 R /Rect [0 0 9 9] /AP << /N 5 0 R >> >>",
    );
    let catalog = file.add(&format!("<< /Type /Catalog /Pages {tree} 0 R /OCProperties << /OCGs [6 0 R] /D << /OFF 6 0 R >> >> >>"));
    let read = read(&file.finish(catalog));
    assert!(
        matches!(
            read,
            Err(Problem::Damaged | Problem::OnlyImages | Problem::UnreadableFonts)
        ),
        "{read:?}"
    );
}

#[test]
fn a_page_with_a_damaged_part_is_read_with_a_warning() {
    let mut file = PdfFile::default();
    let font = file.add(FONT);
    let whole = file.stream("", b"BT /F1 10 Tf 50 700 Td (kept) Tj ET");
    let broken = file.stream("/Filter /Unknown", b"in a form that no reader knows");
    let resources = format!("/Resources << /Font << /F1 {font} 0 R >> >>");
    let pages = [
        format!("/Contents {whole} 0 R {resources}"),
        format!("/Contents [{whole} 0 R 99 0 R] {resources}"),
        format!("/Contents [{whole} 0 R {broken} 0 R] {resources}"),
    ];
    let read = read(&file.pages(&pages)).unwrap();
    assert_eq!(
        read.warnings,
        ["pages 2–3 could not be read completely: parts are damaged"]
    );
}

#[test]
fn a_page_is_read_around_its_syntax_errors() {
    let content = b"BT /F1 10 Tf 50 700 Td (one) Tj ] >> } 1.2.3 0 Td /Undefined foo (two) Tj ET) BT /F1 10 Tf 50 650 Td (three) Tj ET";
    assert_eq!(text(&PdfFile::page(&[FONT], content)), "one two\n\nthree");
}

#[test]
fn a_page_of_many_characters_ends() {
    let start = Instant::now();
    // scattered characters, so that each is a word, many rows have gaps, and many characters share a place
    let mut scattered = String::new();
    for n in 0_u64..60_000 {
        let (x, y) = (n * 7919 % 590, n * 104_729 % 840);
        writeln!(scattered, "1 0 0 1 {x} {y} Tm (a) Tj").unwrap();
    }
    let mut rows = String::new();
    for n in 0..2_900 {
        let (x, y) = (n % 90, 0.29 * f64::from(n));
        writeln!(rows, "1 0 0 1 {x} {y} Tm (a) Tj 1 0 0 1 300 {y} Tm (b) Tj").unwrap();
    }
    for drawn in [scattered, rows] {
        let content = format!("BT /F1 1 Tf {drawn} ET");
        let read = read(&PdfFile::page(&[FONT], content.as_bytes()));
        assert!(read.is_ok_and(|read| !read.sections.is_empty()));
    }
    assert!(start.elapsed() < LONGEST);
}

#[test]
fn maps_and_programs_of_fonts_that_are_bombs_end() {
    let map = b"beginbfrange <00000000> <ffffffff> <D800> endbfrange".repeat(1_000);
    let program = b"\0\x01\0\0\0\xff\x01\0\0\x04\0\x10cmap".repeat(10_000);
    let mut file = PdfFile::default();
    let map = file.stream("", &map);
    let program = file.stream("", &program);
    let font = file.add(&format!(
        "<< /Type /Font /Subtype /TrueType /BaseFont /Any /FirstChar 97 /Widths [500 500] /ToUnicode {map} 0 R \
        /FontDescriptor << /Flags 4 /FontFile2 {program} 0 R >> >>"
    ));
    let page = format!("/Resources << /Font << /F1 {font} 0 R >> >>");
    // the standard encoding is the last resort
    assert_eq!(
        text(&file.one_page(&page, b"BT /F1 10 Tf 50 700 Td (abba) Tj ET")),
        "abba"
    );
}
