//! Office files and books, as programs write them.

use std::io::{Cursor, Write};

use zip::{ZipWriter, write::SimpleFileOptions};

use super::{outline_of, read_text};
use crate::{
    DocumentLabel, MediaType,
    MediaType::{Docx, Epub, Odp, Ods, Odt, Pptx, Rtf, Xlsx},
    Problem, detect,
};

/// A ZIP archive of these parts.
pub(super) fn package(parts: &[(&str, &str)]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        archive
            .start_file(*name, SimpleFileOptions::default())
            .unwrap();
        archive.write_all(content.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn paragraph(style: &str, text: &str) -> String {
    format!("<w:p><w:pPr><w:pStyle w:val=\"{style}\"/></w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>")
}

fn row(properties: &str, cells: &[&str]) -> String {
    let cells: String = cells
        .iter()
        .map(|cell| format!("<w:tc>{}</w:tc>", paragraph("", cell)))
        .collect();
    format!("<w:tr><w:trPr>{properties}</w:trPr>{cells}</w:tr>")
}

fn word() -> Vec<u8> {
    let styles = "<w:styles><w:style w:styleId=\"a3\"><w:name w:val=\"Title\"/></w:style><w:style w:styleId=\"1\"><w:name w:val=\"heading 1\"/></w:style>\
        <w:style w:styleId=\"own\"><w:name w:val=\"Own\"/><w:basedOn w:val=\"2\"/></w:style><w:style w:styleId=\"2\"><w:name w:val=\"heading 2\"/></w:style>\
        <w:style w:styleId=\"cap\"><w:name w:val=\"caption\"/></w:style><w:style w:styleId=\"toc\"><w:name w:val=\"toc 1\"/></w:style></w:styles>";
    let body = [
        paragraph("a3", "Terms"),
        paragraph("toc", "Warranty 3"),
        paragraph("1", "Warranty"),
        "<w:p><w:r><w:t xml:space=\"preserve\">Two </w:t></w:r><w:ins><w:r><w:t>years</w:t></w:r></w:ins><w:del><w:r><w:delText>months</w:delText></w:r></w:del>\
         <w:r><w:t>&amp; more</w:t><w:footnoteReference w:id=\"2\"/><w:br/><w:t>from today.</w:t></w:r></w:p>".to_owned(),
        "<w:p><w:pPr><w:numPr><w:ilvl w:val=\"0\"/><w:numId w:val=\"1\"/></w:numPr></w:pPr><w:r><w:t>one</w:t></w:r></w:p>".to_owned(),
        "<w:p><w:pPr><w:numPr><w:ilvl w:val=\"1\"/><w:numId w:val=\"1\"/></w:numPr></w:pPr><w:r><w:t>two</w:t></w:r></w:p>".to_owned(),
        paragraph("own", "Prices"),
        paragraph("cap", "Table 1: all prices"),
        format!("<w:tbl>{}{}</w:tbl>", row("<w:tblHeader/>", &["Plan", "Price"]), row("", &["Team", "12"])),
        "<w:p><w:r><mc:AlternateContent><mc:Choice><w:txbxContent><w:p><w:r><w:t>In a box</w:t></w:r></w:p></w:txbxContent></mc:Choice>\
         <mc:Fallback><w:p><w:r><w:t>In a box</w:t></w:r></w:p></mc:Fallback></mc:AlternateContent></w:r></w:p>".to_owned(),
    ]
    .concat();
    let relationships = ["styles", "footnotes", "header1"]
        .iter()
        .map(|name| {
            let kind = name.trim_end_matches('1');
            format!("<Relationship Id=\"{name}\" Type=\"http://x/{kind}\" Target=\"{name}.xml\"/>")
        })
        .collect::<String>();
    package(&[
        ("[Content_Types].xml", "<Types/>"),
        (
            "_rels/.rels",
            "<Relationships><Relationship Id=\"r\" Type=\"http://x/officeDocument\" Target=\"word/document.xml\"/></Relationships>",
        ),
        (
            "word/document.xml",
            &format!("<?xml version=\"1.0\"?><w:document><w:body>{body}</w:body></w:document>"),
        ),
        (
            "word/_rels/document.xml.rels",
            &format!("<Relationships>{relationships}</Relationships>"),
        ),
        ("word/styles.xml", styles),
        (
            "word/footnotes.xml",
            "<w:footnotes><w:footnote w:type=\"separator\" w:id=\"0\"><w:p/></w:footnote><w:footnote w:id=\"2\"><w:p><w:r><w:t>Not for pumps.</w:t></w:r></w:p></w:footnote></w:footnotes>",
        ),
        (
            "word/header1.xml",
            "<w:hdr><w:p><w:r><w:t>Aurora Ltd, Berlin</w:t></w:r></w:p></w:hdr>",
        ),
    ])
}

#[test]
fn a_word_document_keeps_headings_lists_tables_notes_and_boxes() {
    assert_eq!(
        outline_of(&word(), Docx),
        [
            "[Terms > Warranty] Two years& more[2]\nfrom today.",
            "[Terms > Warranty] [2] Not for pumps.",
            "[Terms > Warranty] - one\n  - two",
            "[Terms > Warranty > Prices] Table 1: all prices\nPlan | Price\nTeam | 12",
            "[Terms > Warranty > Prices] In a box",
            "[Terms] Aurora Ltd, Berlin",
        ]
    );
    let text = read_text(&word(), Docx);
    let table = text
        .sections
        .iter()
        .flat_map(|section| &section.blocks)
        .find(|block| block.text.contains("Team"))
        .unwrap();
    assert_eq!(table.header_lines, 2);
}

fn slides() -> Vec<u8> {
    let shape = |kind: &str, paragraphs: &str| {
        format!(
            "<p:sp><p:nvSpPr><p:nvPr><p:ph {kind}/></p:nvPr></p:nvSpPr><p:txBody>{paragraphs}</p:txBody></p:sp>"
        )
    };
    let text = |level: u8, text: &str| {
        format!("<a:p><a:pPr lvl=\"{level}\"/><a:r><a:t>{text}</a:t></a:r></a:p>")
    };
    let first = format!(
        "<p:sld>{}{}{}<p:graphicFrame><a:tbl><a:tr><a:tc><a:txBody><a:p><a:r><a:t>Plan</a:t></a:r></a:p></a:txBody></a:tc><a:tc><a:txBody><a:p><a:r><a:t>Price</a:t></a:r></a:p></a:txBody></a:tc></a:tr>\
         <a:tr><a:tc><a:txBody><a:p><a:r><a:t>Team</a:t></a:r></a:p></a:txBody></a:tc><a:tc><a:txBody><a:p><a:r><a:t>12</a:t></a:r></a:p></a:txBody></a:tc></a:tr></a:tbl></p:graphicFrame></p:sld>",
        shape("type=\"title\"", &text(0, "Roadmap")),
        shape("idx=\"1\"", &(text(0, "North") + &text(1, "Oslo"))),
        shape("type=\"sldNum\"", &text(0, "1")),
    );
    let second = format!(
        "<p:sld>{}</p:sld>",
        shape("idx=\"1\"", &text(0, "No title here"))
    );
    let notes = format!(
        "<p:notes>{}{}</p:notes>",
        shape("type=\"body\" idx=\"1\"", &text(0, "Say hello.")),
        shape("type=\"sldNum\"", &text(0, "1"))
    );
    package(&[
        ("[Content_Types].xml", "<Types/>"),
        (
            "ppt/presentation.xml",
            "<p:presentation><p:sldIdLst><p:sldId id=\"256\" r:id=\"rId2\"/><p:sldId id=\"257\" r:id=\"rId1\"/></p:sldIdLst></p:presentation>",
        ),
        (
            "ppt/_rels/presentation.xml.rels",
            "<Relationships><Relationship Id=\"rId1\" Type=\"x/slide\" Target=\"slides/slide1.xml\"/><Relationship Id=\"rId2\" Type=\"x/slide\" Target=\"/ppt/slides/slide2.xml\"/></Relationships>",
        ),
        ("ppt/slides/slide2.xml", &first),
        ("ppt/slides/slide1.xml", &second),
        (
            "ppt/slides/_rels/slide2.xml.rels",
            "<Relationships><Relationship Id=\"rId1\" Type=\"x/notesSlide\" Target=\"../notesSlides/n1.xml\"/><Relationship Id=\"rId2\" Type=\"x/chart\" Target=\"../charts/c.xml\"/></Relationships>",
        ),
        ("ppt/notesSlides/n1.xml", &notes),
    ])
}

#[test]
fn a_presentation_keeps_the_order_titles_and_notes_of_its_slides() {
    assert_eq!(
        outline_of(&slides(), Pptx),
        [
            "[Roadmap] - North\n  - Oslo",
            "[Roadmap] Plan | Price\nTeam | 12",
            "[Roadmap] Notes: Say hello.",
            "[Slide 2] No title here",
        ]
    );
    assert_eq!(
        read_text(&slides(), Pptx).warnings,
        ["the values of 1 charts were not read"]
    );
}

fn workbook() -> Vec<u8> {
    package(&[
        ("[Content_Types].xml", "<Types/>"),
        (
            "xl/workbook.xml",
            "<workbook><sheets><sheet name=\"Prices &amp; more\" r:id=\"rId1\"/><sheet name=\"Data\" state=\"veryHidden\" r:id=\"rId2\"/></sheets></workbook>",
        ),
        (
            "xl/_rels/workbook.xml.rels",
            "<Relationships><Relationship Id=\"rId1\" Type=\"x/worksheet\" Target=\"worksheets/sheet1.xml\"/><Relationship Id=\"rId2\" Type=\"x/worksheet\" Target=\"worksheets/sheet2.xml\"/>\
            <Relationship Id=\"rId3\" Type=\"x/sharedStrings\" Target=\"sharedStrings.xml\"/><Relationship Id=\"rId4\" Type=\"x/styles\" Target=\"styles.xml\"/></Relationships>",
        ),
        (
            "xl/sharedStrings.xml",
            "<sst><si><t>Product</t></si><si><r><t>Since</t></r><rPh><t>sinsu</t></rPh></si><si><t>Kettle</t></si></sst>",
        ),
        (
            "xl/styles.xml",
            "<styleSheet><numFmts><numFmt numFmtId=\"164\" formatCode=\"dd/mm/yyyy\"/></numFmts><cellStyleXfs><xf numFmtId=\"9\"/></cellStyleXfs><cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"164\"/><xf numFmtId=\"9\"/></cellXfs></styleSheet>",
        ),
        (
            "xl/worksheets/sheet1.xml",
            "<worksheet><sheetData><row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c><c r=\"B1\" t=\"s\"><v>1</v></c><c r=\"D1\" t=\"inlineStr\"><is><t>Share</t></is></c></row>\
            <row r=\"2\"><c r=\"A2\" t=\"s\"><v>2</v></c><c r=\"B2\" s=\"1\"><v>46356</v></c><c r=\"C2\"><f>1+1</f></c><c r=\"D2\" s=\"2\"><v>0.25</v></c></row>\
            <row r=\"5\"><c r=\"A5\" t=\"str\"><v>Opening hours</v></c></row><row r=\"6\"><c r=\"A6\"><v>0.30000000000000004</v></c><c r=\"B6\" t=\"b\"><v>1</v></c></row></sheetData></worksheet>",
        ),
        (
            "xl/worksheets/sheet2.xml",
            "<worksheet><sheetData><row><c t=\"str\"><v>secret</v></c></row></sheetData></worksheet>",
        ),
    ])
}

#[test]
fn a_workbook_keeps_its_sheets_headers_dates_and_shares() {
    assert_eq!(
        outline_of(&workbook(), Xlsx),
        [
            "[Prices & more] Product | Since |  | Share\nKettle | 2026-11-30 |  | 25%",
            "[Prices & more] Opening hours\n0.3 | TRUE",
        ]
    );
    let text = read_text(&workbook(), Xlsx);
    assert_eq!(text.sections[0].blocks[0].header_lines, 1);
    assert_eq!(
        text.warnings,
        ["1 formulas have no stored result; open the workbook, save it and ingest it again"]
    );
}

fn open_document(kind: &str, body: &str) -> Vec<u8> {
    let content = format!(
        "<?xml version=\"1.0\"?><office:document-content><office:automatic-styles><style:style style:name=\"P1\" style:parent-style-name=\"Title\"/></office:automatic-styles><office:body>{body}</office:body></office:document-content>"
    );
    package(&[
        (
            "mimetype",
            &format!("application/vnd.oasis.opendocument.{kind}"),
        ),
        ("content.xml", &content),
    ])
}

#[test]
fn open_documents_are_read() {
    let text = open_document(
        "text",
        "<office:text><text:tracked-changes><text:p>deleted</text:p></text:tracked-changes><text:p text:style-name=\"P1\">Terms</text:p>\
        <text:h text:outline-level=\"1\">Warranty</text:h><text:p>Two<text:s text:c=\"2\"/>years<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>Not for pumps.</text:p></text:note-body></text:note><text:line-break/>\
        from <text:span>today</text:span>.</text:p><text:list><text:list-item><text:p>one</text:p><text:list><text:list-item><text:p>two</text:p></text:list-item></text:list></text:list-item></text:list>\
        <table:table table:style-name=\"Table1\"><table:table-header-rows><table:table-row><table:table-cell><text:p>Plan</text:p></table:table-cell><table:table-cell><text:p>Price</text:p></table:table-cell></table:table-row></table:table-header-rows>\
        <table:table-row><table:table-cell><text:p>Team</text:p></table:table-cell><table:table-cell><text:p>12</text:p></table:table-cell></table:table-row></table:table></office:text>",
    );
    assert_eq!(
        outline_of(&text, Odt),
        [
            "[Terms > Warranty] Two years[1]\nfrom today.",
            "[Terms > Warranty] [1] Not for pumps.",
            "[Terms > Warranty] - one\n  - two",
            "[Terms > Warranty] Plan | Price\nTeam | 12",
        ]
    );
    let sheet = open_document(
        "spreadsheet",
        "<office:spreadsheet><table:table table:name=\"Prices\" table:style-name=\"ta1\"><table:table-row><table:table-cell><text:p>Plan</text:p></table:table-cell><table:table-cell><text:p>Price</text:p></table:table-cell>\
        <table:table-cell table:number-columns-repeated=\"16382\"/></table:table-row><table:table-row table:number-rows-repeated=\"1048575\"><table:table-cell><text:p>Team</text:p></table:table-cell><table:table-cell><text:p>12,50</text:p></table:table-cell></table:table-row></table:table></office:spreadsheet>",
    );
    assert_eq!(
        outline_of(&sheet, Ods),
        ["[Prices] Plan | Price\nTeam | 12,50"]
    );
    let slides = open_document(
        "presentation",
        "<office:presentation><draw:page draw:name=\"page1\"><draw:frame><draw:text-box><text:p>Hello</text:p></draw:text-box></draw:frame><presentation:notes><draw:frame><draw:text-box><text:p>Wave.</text:p></draw:text-box></draw:frame></presentation:notes></draw:page></office:presentation>",
    );
    assert_eq!(
        outline_of(&slides, Odp),
        ["[Slide 1] Hello", "[Slide 1] Notes: Wave."]
    );
}

fn book() -> Vec<u8> {
    let chapter = "<?xml version=\"1.0\"?><html xmlns=\"http://www.w3.org/1999/xhtml\"><head><title/><script/></head><body><a id=\"x\"/><h1>One</h1><p>It began.</p></body></html>";
    package(&[
        ("mimetype", "application/epub+zip"),
        (
            "META-INF/container.xml",
            "<container><rootfiles><rootfile full-path=\"OEBPS/content.opf\"/></rootfiles></container>",
        ),
        (
            "OEBPS/content.opf",
            "<package><metadata><dc:title>The Book</dc:title></metadata><manifest><item id=\"b\" href=\"two%20.xhtml\" media-type=\"application/xhtml+xml\"/><item id=\"a\" href=\"one.xhtml\" media-type=\"application/xhtml+xml\"/>\
            <item id=\"n\" href=\"nav.xhtml\" properties=\"nav\" media-type=\"application/xhtml+xml\"/></manifest><spine><itemref idref=\"n\"/><itemref idref=\"a\"/><itemref idref=\"b\"/><itemref idref=\"gone\"/></spine></package>",
        ),
        ("OEBPS/nav.xhtml", "<html><body>Contents</body></html>"),
        ("OEBPS/one.xhtml", chapter),
        (
            "OEBPS/two .xhtml",
            &chapter.replace("One", "Two").replace("began", "ended"),
        ),
    ])
}

#[test]
fn a_book_is_read_in_its_order() {
    assert_eq!(
        outline_of(&book(), Epub),
        ["[The Book > One] It began.", "[The Book > Two] It ended."]
    );
    let locked = package(&[
        (
            "META-INF/encryption.xml",
            "<encryption><EncryptedData><EncryptionMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#aes128-cbc\"/></EncryptedData></encryption>",
        ),
        ("META-INF/container.xml", "<container/>"),
    ]);
    assert_eq!(
        super::read_within(super::LIMITS, &locked, Epub),
        Err(Problem::Protected)
    );
}

const RICH: &[u8] = b"{\\rtf1\\ansi\\ansicpg1252\\uc1{\\fonttbl{\\f0\\fcharset0 Arial;}{\\f1\\fcharset204 Arial Cyr;}}{\\stylesheet{\\s0 Normal;}{\\s1\\outlinelevel0 Kop;}{\\s2 heading 2;}}\
    {\\info{\\title Terms}{\\author Nobody}}{\\header Page}\\pard\\s1 Warranty\\par\\pard\\plain Two \\b years\\b0  f\\'fcr \\u8364?5 {\\*\\bkmkstart x}\\ldblquote ok\\rdblquote{\\footnote Not for pumps.}\\line from today.\\par\
    \\pard\\s2 Prices\\par\\pard{\\listtext\\bullet\\tab}\\ls1\\ilvl0 one\\par{\\f1 \\'cf\\'f0\\'e8\\'e2\\'e5\\'f2}\\par\\pard\\trowd\\intbl Plan\\cell Price\\cell\\row\\trowd\\intbl Team\\cell 12\\cell\\row\\pard After{\\upr{?}{\\*\\ud{\\u8364 ?}}}.\\par{\\pict\\bin4 {{{{}}";

#[test]
fn rich_text_keeps_headings_lists_tables_notes_and_charsets() {
    assert_eq!(
        outline_of(RICH, Rtf),
        [
            "[Terms > Warranty] Two years für €5 “ok”[1]\nfrom today.",
            "[Terms > Warranty] [1] Not for pumps.",
            "[Terms > Warranty > Prices] - one\n- Привет",
            "[Terms > Warranty > Prices] Plan | Price\nTeam | 12",
            "[Terms > Warranty > Prices] After€.",
        ]
    );
}

/// One file of each kind, for changed bytes.
pub(super) fn samples() -> Vec<(Vec<u8>, MediaType)> {
    vec![
        (word(), Docx),
        (slides(), Pptx),
        (workbook(), Xlsx),
        (
            open_document("text", "<office:text><text:p>Text</text:p></office:text>"),
            Odt,
        ),
        (book(), Epub),
        (RICH.to_vec(), Rtf),
    ]
}

#[test]
fn office_files_are_recognised_by_their_bytes() {
    for (content, expected) in samples() {
        for told in [
            None,
            Some("application/octet-stream"),
            Some("application/zip"),
            Some(expected.name()),
        ] {
            let label = DocumentLabel {
                media_type: told,
                name: "x",
                is_served: false,
            };
            assert_eq!(detect(&content, label).unwrap().media_type, expected);
        }
    }
    let label = DocumentLabel {
        media_type: Some("application/pdf"),
        ..DocumentLabel::default()
    };
    assert_eq!(
        detect(&word(), label).unwrap_err(),
        "is a Word document, but said to be application/pdf"
    );
    let label = DocumentLabel {
        name: "a.docx",
        ..DocumentLabel::default()
    };
    assert_eq!(
        detect(b"hello", label).unwrap_err(),
        "is no Word document, but named a.docx"
    );
}
