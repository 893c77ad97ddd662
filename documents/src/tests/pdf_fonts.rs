//! Which characters the codes of a PDF's fonts mean.

use super::pdf_file::PdfFile;
use crate::{Budget, DocumentText, MediaType, Problem};

const HELVETICA: &str =
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>";

pub(super) fn read(content: &[u8]) -> Result<DocumentText, Problem> {
    crate::read(content, MediaType::Pdf, Budget::new(super::LIMITS.time))
}

/// The blocks of a file, separated by blank lines.
pub(super) fn text(content: &[u8]) -> String {
    let text = read(content).unwrap();
    let blocks = text.sections.into_iter().flat_map(|section| section.blocks);
    blocks
        .map(|block| block.text)
        .collect::<Vec<_>>()
        .join("\n\n")
}

/// The text of a string in a font. `$` in the font stands for a stream with this content.
fn shown(stream: &[u8], font: &str, string: &str) -> String {
    let mut file = PdfFile::default();
    file.stream("", stream);
    let font = file.add(font);
    let page = format!("/Resources << /Font << /F1 {font} 0 R >> >>");
    text(&file.one_page(
        &page,
        format!("BT /F1 12 Tf 50 700 Td {string} Tj ET").as_bytes(),
    ))
}

#[test]
fn a_map_that_covers_nothing_does_not_hide_the_encoding() {
    let map = b"begincmap 1 begincodespacerange <00> <ff> endcodespacerange 1 beginbfchar <00> <0000> endbfchar endcmap";
    let font = "<< /Type /Font /Subtype /TrueType /BaseFont /Any /Encoding /WinAnsiEncoding /ToUnicode $ >>";
    assert_eq!(
        shown(map, font, "(Please call 617-387-7625 \\(\\344\\))"),
        "Please call 617-387-7625 (ä)"
    );
}

#[test]
fn names_of_glyphs_are_read_by_the_rules_of_the_glyph_list() {
    let font = "<< /Type /Font /Subtype /Type1 /BaseFont /Any /Encoding << /Differences [1 /A.swash /uni00DF /u1F600 /f_f_i \
        /fl /afii10017 65 /zcaron] >> >>";
    assert_eq!(shown(b"", font, "<0102030405064142>"), "Aß😀ffiflАžB");
}

#[test]
fn codes_of_several_lengths_are_read() {
    let map = b"2 begincodespacerange <00> <80> <8140> <9FFC> endcodespacerange\n3 beginbfchar <41> <0058> <8141> <00590059>\n\
        <81> <005A> endbfchar";
    let mut file = PdfFile::default();
    let map = file.stream("/Type /CMap", map);
    let codes = file.stream(
        "/Type /CMap",
        b"2 begincodespacerange <00> <80> <8140> <9FFC> endcodespacerange 2 begincidrange <00> <80> 0 <8140> <817E> 633 endcidrange",
    );
    file.add("<< /Type /Font /Subtype /CIDFontType0 /BaseFont /Any /CIDSystemInfo << /Registry (Any) /Ordering (One) /Supplement 0 >> >>");
    let font = file.add(&format!(
        "<< /Type /Font /Subtype /Type0 /BaseFont /Any /Encoding {codes} 0 R /DescendantFonts [$] /ToUnicode {map} 0 R >>"
    ));
    let page = format!("/Resources << /Font << /F1 {font} 0 R >> >>");
    assert_eq!(
        text(&file.one_page(&page, b"BT /F1 12 Tf 50 700 Td <41814141> Tj ET")),
        "XYYX"
    );
}

#[test]
fn east_asian_fonts_that_are_not_embedded_are_read() {
    for (ordering, encoding, string, expected) in [
        (
            "Japan1",
            "90ms-RKSJ-H",
            "<95D4956982C982C282A282C4>",
            "返品について",
        ),
        (
            "Japan1",
            "UniJIS-UCS2-H",
            "<8FD454C1306B306430443066>",
            "返品について",
        ),
        (
            "Japan1",
            "UniJIS-UTF16-H",
            "<8FD454C1D842DFB7>",
            "返品\u{20bb7}",
        ),
        ("GB1", "GBK-EUC-H", "<CDCBBBF5D5FEB2DF>", "退货政策"),
        ("CNS1", "ETen-B5-H", "<B068B366AC46B5A6>", "退貨政策"),
        ("Korea1", "KSCms-UHC-H", "<B9DDC7B0>", "반품"),
    ] {
        let mut file = PdfFile::default();
        file.add(&format!(
            "<< /Type /Font /Subtype /CIDFontType0 /BaseFont /Any /CIDSystemInfo << /Registry (Adobe) /Ordering ({ordering}) \
            /Supplement 2 >> >>"
        ));
        let font = file.add(&format!(
            "<< /Type /Font /Subtype /Type0 /BaseFont /Any /Encoding /{encoding} /DescendantFonts [$] >>"
        ));
        let page = format!("/Resources << /Font << /F1 {font} 0 R >> >>");
        let content = format!("BT /F1 12 Tf 50 700 Td {string} Tj ET");
        assert_eq!(
            text(&file.one_page(&page, content.as_bytes())),
            expected,
            "{encoding}"
        );
    }
}

#[test]
fn symbols_are_read_by_the_encodings_of_their_fonts() {
    let symbol = "<< /Type /Font /Subtype /Type1 /BaseFont /Symbol >>";
    assert_eq!(shown(b"", symbol, "(abg \\245)"), "αβγ ∞");
    let dingbats = "<< /Type /Font /Subtype /Type1 /BaseFont /ZapfDingbats >>";
    assert_eq!(shown(b"", dingbats, "(4l)"), "✔●");
}

#[test]
fn text_from_right_to_left_is_read_in_its_order() {
    // the forms of the letters from left to right, as they are drawn
    let forms: String = "مرحبا 2025 سنة"
        .split(' ')
        .rev()
        .map(|word| {
            let reversed: String = if word.contains('2') {
                word.to_owned()
            } else {
                word.chars().rev().collect()
            };
            reversed + " "
        })
        .collect();
    let units: Vec<String> = forms
        .trim_end()
        .encode_utf16()
        .map(|unit| format!("{unit:04X}"))
        .collect();
    let map = b"1 begincodespacerange <0000> <FFFF> endcodespacerange 1 beginbfrange <0000> <FFFF> <0000> endbfrange";
    let mut file = PdfFile::default();
    let map = file.stream("", map);
    file.add("<< /Type /Font /Subtype /CIDFontType2 /BaseFont /Any /DW 500 /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> >>");
    let font = file.add(&format!("<< /Type /Font /Subtype /Type0 /BaseFont /Any /Encoding /Identity-H /DescendantFonts [$] /ToUnicode {map} 0 R >>"));
    let page = format!("/Resources << /Font << /F1 {font} 0 R >> >>");
    let content = format!("BT /F1 12 Tf 50 700 Td <{}> Tj ET", units.concat());
    assert_eq!(
        text(&file.one_page(&page, content.as_bytes())),
        "مرحبا 2025 سنة"
    );
}

#[test]
fn ligatures_and_accents_are_characters_of_words() {
    let map =
        "beginbfrange <01> <02> <FB01> endbfrange beginbfchar <03> <00A8> <04> <FB00> endbfchar"
            .as_bytes();
    let font = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding /ToUnicode $ >>";
    assert_eq!(
        shown(
            map,
            font,
            "(The o\\004ice \\001les the \\001nal \\002at rate)"
        ),
        "The office files the final flat rate"
    );
    let accents = b"BT /F1 10 Tf 50 700 Td [(f) <03> 500 (ur) ] TJ ET";
    let mut file = PdfFile::default();
    file.stream("", map);
    let font = file.add("<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding /WinAnsiEncoding /ToUnicode $ >>");
    let page = format!("/Resources << /Font << /F1 {font} 0 R >> >>");
    assert_eq!(text(&file.one_page(&page, accents)), "für");
}

#[test]
fn a_font_that_tells_no_characters_is_named_or_refused() {
    let mut file = PdfFile::default();
    let known = file.add(HELVETICA);
    file.add("<< /Type /Font /Subtype /CIDFontType2 /BaseFont /Any /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> >>");
    let unknown = file.add("<< /Type /Font /Subtype /Type0 /BaseFont /Any /Encoding /Identity-H /DescendantFonts [$] >>");
    let page = format!("/Resources << /Font << /F1 {known} 0 R /F2 {unknown} 0 R >> >>");
    let content = b"BT /F1 12 Tf 50 700 Td (Twelve of these characters and more) Tj 0 -40 Td /F2 12 Tf <0001000200030004> Tj ET";
    let warnings = read(&file.one_page(&page, content)).unwrap().warnings;
    assert_eq!(
        warnings,
        [
            "11.8 % of the characters could not be read, on page 1: their fonts do not say which characters they are"
        ]
    );
    let mut file = PdfFile::default();
    file.add("<< /Type /Font /Subtype /CIDFontType2 /BaseFont /Any /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> >>");
    let unknown = file.add("<< /Type /Font /Subtype /Type0 /BaseFont /Any /Encoding /Identity-H /DescendantFonts [$] >>");
    let page = format!("/Resources << /Font << /F1 {unknown} 0 R >> >>");
    let content = file.one_page(&page, b"BT /F1 12 Tf 50 700 Td <0001000200030004> Tj ET");
    assert_eq!(read(&content), Err(Problem::UnreadableFonts));
}

#[test]
fn an_embedded_program_tells_what_a_map_does_not() {
    let sample = include_bytes!("samples/embedded_font.pdf");
    let mut document = lopdf::Document::load_mem(sample).unwrap();
    for object in document.objects.values_mut() {
        if let Ok(font) = object.as_dict_mut() {
            font.remove(b"ToUnicode");
        }
    }
    let mut content = Vec::new();
    document.save_to(&mut content).unwrap();
    assert!(
        text(&content).starts_with("Zürich liegt am See.\n\nSecond paragraph"),
        "{}",
        text(&content)
    );
}

#[test]
fn drawn_glyphs_without_names_are_read_by_the_encoding_that_is_said() {
    let font = "<< /Type /Font /Subtype /Type3 /FontMatrix [1 0 0 -1 0 0] /FontBBox [0 0 1 -1] /FirstChar 97 /LastChar 99 \
        /Widths [0.5 0.5 0.5] /CharProcs << >> /Encoding << /BaseEncoding /WinAnsiEncoding /Differences [97 /B9 /CP /g99] >> >>";
    assert_eq!(shown(b"", font, "(cab)"), "cab");
}

#[test]
fn codes_are_those_of_unicode_where_the_map_is_one_to_identifiers() {
    let descendant = "<< /Type /Font /Subtype /CIDFontType2 /BaseFont /Any /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) \
        /Supplement 0 >> >>";
    let ranges = b"1 begincodespacerange <0000> <ffff> endcodespacerange 1 begincidrange <0000> <ffff> 0 endcidrange";
    for map in ["/Identity-H", "$"] {
        let mut file = PdfFile::default();
        let descendant = file.add(descendant);
        file.stream("", ranges);
        let font = file.add(&format!(
            "<< /Type /Font /Subtype /Type0 /BaseFont /Any /Encoding /Identity-H /DescendantFonts [{descendant} 0 R] /ToUnicode {map} >>"
        ));
        let page = format!("/Resources << /Font << /F1 {font} 0 R >> >>");
        let content = b"BT /F1 12 Tf 50 700 Td <010d00610073> Tj ET";
        assert_eq!(text(&file.one_page(&page, content)), "čas", "{map}");
    }
}

#[test]
fn text_that_is_drawn_backwards_keeps_its_words() {
    // from the right to the left: a negative space that is more than the width of each letter
    let map = b"3 beginbfchar <61> <0644> <62> <0639> <63> <0645> endbfchar";
    let font = "<< /Type /Font /Subtype /TrueType /BaseFont /Any /Encoding /WinAnsiEncoding /FirstChar 97 /Widths [200 500 300] \
        /ToUnicode $ >>";
    let mut file = PdfFile::default();
    file.stream("", map);
    let font = file.add(font);
    let page = format!("/Resources << /Font << /F1 {font} 0 R >> >>");
    let content = b"BT /F1 10 Tf -8 Tc 90 700 Td [(a) -100 (b) (c)] TJ ET";
    assert_eq!(text(&file.one_page(&page, content)), "لعم");
}

#[test]
fn numbers_for_names_are_codes_in_fonts_of_drawings() {
    let font = "<< /Type /Font /Subtype /Type3 /FontMatrix [0.001 0 0 0.001 0 0] /FontBBox [0 0 1 1] /Encoding << /Differences \
        [12 /a12 105 /a105 110 /a110 115 /a115 174 /a174] >> /FirstChar 12 /Widths [500] >>";
    assert_eq!(shown(b"", font, "(\\014nis\\256)"), "finiső");
    let dingbats = "<< /Type /Font /Subtype /Type1 /BaseFont /ZapfDingbats /Encoding << /Differences [65 /a20] >> >>";
    assert_eq!(shown(b"", dingbats, "(A)"), "✔");
}

#[test]
fn a_glyph_without_text_and_width_shows_nothing() {
    let map = b"2 beginbfchar <0001> <0000> <0002> <0061> endbfchar";
    for (widths, expected) in [
        ("[0 500]", "aa"),
        ("[0 0]", "a\u{fffd}a"),
        ("[300 500]", "a\u{fffd}a"),
    ] {
        let mut file = PdfFile::default();
        let descendant = file.add(&format!(
            "<< /Type /Font /Subtype /CIDFontType2 /BaseFont /Any /W [1 {widths}] >>"
        ));
        file.stream("", map);
        let font = file.add(&format!(
            "<< /Type /Font /Subtype /Type0 /BaseFont /Any /Encoding /Identity-H /DescendantFonts [{descendant} 0 R] /ToUnicode $ >>"
        ));
        let page = format!("/Resources << /Font << /F1 {font} 0 R >> >>");
        // the letters of a font without widths are apart
        let content = b"BT /F1 12 Tf 50 700 Td [<0002> -300 <0001> -300 <0002>] TJ ET";
        let read = text(&file.one_page(&page, content)).replace(' ', "");
        assert_eq!(read, expected, "{widths}");
    }
}
