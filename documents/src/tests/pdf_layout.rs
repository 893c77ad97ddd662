//! The order in which the text of a PDF's pages is read.

use super::{
    pdf_file::PdfFile,
    pdf_fonts::{read, text},
};

const FONT: &str =
    "<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding /WinAnsiEncoding >>";
const PROSE: [&str; 4] = [
    "Kettles of the Aurora line have a",
    "warranty of two years that begins",
    "with the day of purchase and that",
    "covers every part but the filter.",
];
const OTHER: [&str; 4] = [
    "Pots of the Borealis line have no",
    "warranty at all because those are",
    "sold second hand. A pot goes back",
    "within ten days if it is not used",
];

/// A page of texts at places, in the order of drawing.
fn page(texts: &[(f32, f32, &str)]) -> Vec<u8> {
    turned("1 0 0 1 0 0", texts)
}

fn turned(matrix: &str, texts: &[(f32, f32, &str)]) -> Vec<u8> {
    let drawn: Vec<String> = texts
        .iter()
        .map(|(x, y, text)| format!("BT /F1 10 Tf {x} {y} Td ({text}) Tj ET"))
        .collect();
    let content = format!("q {matrix} cm {} Q", drawn.join("\n"));
    PdfFile::page(&[FONT], content.as_bytes())
}

#[test]
fn turned_pages_are_read_in_the_direction_of_their_text() {
    let mut words = Vec::new();
    for (line, y) in PROSE.iter().zip([500.0, 488.0, 476.0, 464.0]) {
        let mut x = 50.0;
        for word in line.split(' ') {
            words.push((x, y, word));
            x += 6.0 * (f32::from(u8::try_from(word.len()).unwrap()) + 1.0);
        }
    }
    for matrix in [
        "0 1 -1 0 560 0",
        "-1 0 0 -1 595 842",
        "0 -1 1 0 0 595",
        "0.966 0.259 -0.259 0.966 150 50",
    ] {
        assert_eq!(text(&turned(matrix, &words)), PROSE.join(" "), "{matrix}");
    }
}

#[test]
fn a_table_is_read_by_rows_however_it_is_drawn() {
    let columns = [
        (50.0, ["Plan", "Free", "Team", "Firm"]),
        (150.0, ["Monthly", "0", "12", "99"]),
        (250.0, ["Yearly", "0", "120", "990"]),
        (350.0, ["Seats", "1", "10", "200"]),
    ];
    let cells: Vec<_> = columns
        .iter()
        .flat_map(|(x, cells)| {
            cells
                .iter()
                .zip([700.0, 685.0, 670.0, 655.0])
                .map(|(cell, y)| (*x, y, *cell))
        })
        .collect();
    let read = read(&page(&cells)).unwrap();
    let table = &read.sections[0].blocks[0];
    assert_eq!(
        table.text,
        "Plan Monthly Yearly Seats\nFree 0 0 1\nTeam 12 120 10\nFirm 99 990 200"
    );
    assert_eq!(table.header_lines, 1);
}

#[test]
fn columns_of_prose_are_read_one_after_the_other_however_they_are_drawn() {
    let ys = [700.0, 688.0, 676.0, 664.0];
    let left = PROSE.iter().zip(ys).map(|(line, y)| (50.0, y, *line));
    let right = OTHER.iter().zip(ys).map(|(line, y)| (320.0, y, *line));
    let expected = format!("{}\n\n{}", PROSE.join(" "), OTHER.join(" "));
    let by_rows: Vec<_> = left
        .clone()
        .zip(right.clone())
        .flat_map(|(left, right)| [left, right])
        .collect();
    assert_eq!(text(&page(&by_rows)), expected);
    let by_columns: Vec<_> = left.chain(right).collect();
    assert_eq!(text(&page(&by_columns)), expected);
    // a title across both columns
    let titled = [
        &[(
            50.0,
            740.0,
            "A comparison of the pots and kettles of all lines that we sell here",
        )][..],
        &by_rows,
    ]
    .concat();
    assert!(
        text(&page(&titled)).ends_with(&expected),
        "{}",
        text(&page(&titled))
    );
}

#[test]
fn lines_are_joined_where_prose_was_wrapped() {
    let lines = [
        (50.0, 700.0, PROSE[0]),
        (50.0, 688.0, PROSE[1]),
        (50.0, 676.0, "inter-"),
        (50.0, 664.0, "national"),
        (50.0, 640.0, "Unter den Linden 77"),
        (50.0, 628.0, "10117 Berlin"),
        (50.0, 616.0, "Germany"),
    ];
    let expected = format!(
        "{} {} international\n\nUnter den Linden 77\n10117 Berlin\nGermany",
        PROSE[0], PROSE[1]
    );
    assert_eq!(text(&page(&lines)), expected);
}

#[test]
fn text_that_is_drawn_twice_is_read_once() {
    let title = "Overprinted heading, aabb";
    let drawn = [
        (50.0, 700.0, title),
        (50.3, 700.0, title),
        (50.3, 700.3, title),
    ];
    assert_eq!(text(&page(&drawn)), title);
}

#[test]
fn raised_text_stays_in_its_line() {
    let content =
        b"BT /F1 10 Tf 50 700 Td (10) Tj 4 Ts /F1 6 Tf (3) Tj 0 Ts /F1 10 Tf ( meters) Tj ET";
    assert_eq!(text(&PdfFile::page(&[FONT], content)), "103 meters");
}

#[test]
fn running_heads_are_read_once_and_page_numbers_not_at_all() {
    let mut file = PdfFile::default();
    let font = file.add(FONT);
    let pages: Vec<String> = (1..=4)
        .map(|page| {
            let content = format!(
                "BT /F1 10 Tf 50 800 Td (Handbook of kettles) Tj ET BT /F1 10 Tf 290 30 Td ({page}) Tj ET\n\
                BT /F1 10 Tf 400 30 Td (Page {page} of 4) Tj ET 12 TL BT /F1 10 Tf 50 {} Td {} Tj ET",
                600 - 20 * page,
                PROSE.map(|line| format!("({line}) ' ")).concat().repeat(8),
            );
            let content = file.stream("", content.as_bytes());
            format!("/Contents {content} 0 R /Resources << /Font << /F1 {font} 0 R >> >>")
        })
        .collect();
    let text = text(&file.pages(&pages));
    assert!(
        text.starts_with("Handbook of kettles\n\nKettles of the Aurora line"),
        "{text}"
    );
    assert_eq!(text.matches("Handbook").count(), 1);
    assert!(!text.contains(|c: char| c.is_ascii_digit()), "{text}");
    assert_eq!(
        text.matches("covers every part but the filter.").count(),
        32
    );
}

#[test]
fn values_of_forms_and_annotations_are_text_of_the_page() {
    let mut file = PdfFile::default();
    let font = file.add(FONT);
    let resources = format!("/Resources << /Font << /F1 {font} 0 R >> >>");
    let shown = file.stream(
        &format!("/Type /XObject /Subtype /Form /BBox [0 0 200 20] {resources}"),
        b"/Tx BMC BT /F1 10 Tf 2 5 Td (Wilhelmina Featherstone) Tj ET EMC",
    );
    let entries = format!(
        "{resources} /Annots [\
        << /Type /Annot /Subtype /Widget /Rect [200 695 400 715] /AP << /N {shown} 0 R >> >>\
        << /Type /Annot /Subtype /Widget /FT /Tx /V (Berlin) /Rect [200 655 400 675] >>\
        << /Type /Annot /Subtype /FreeText /Contents (A note on the page) /Rect [50 600 300 620] >>\
        << /Type /Annot /Subtype /Widget /FT /Tx /V (hidden) /F 2 /Rect [50 500 300 520] >>\
        << /Type /Annot /Subtype /Text /Contents (a comment) /Rect [50 400 300 420] >>]"
    );
    let content = b"BT /F1 10 Tf 50 700 Td (Name of applicant:) Tj 0 -40 Td (Town:) Tj ET";
    assert_eq!(
        text(&file.one_page(&entries, content)),
        "Name of applicant: Wilhelmina Featherstone\nTown: Berlin\n\nA note on the page"
    );
}

#[test]
fn hidden_layers_are_left_out_and_replacements_are_read() {
    let mut file = PdfFile::default();
    let font = file.add(FONT);
    let layer = file.add("<< /Type /OCG /Name (Draft) >>");
    let content = "BT /F1 10 Tf 50 700 Td (shown) Tj ET /OC /L BDC BT /F1 10 Tf 50 650 Td (hidden) Tj ET EMC\n\
        /Span << /ActualText (replaced) >> BDC BT /F1 10 Tf 50 600 Td (xyz) Tj ET EMC";
    let content = file.stream("", content.as_bytes());
    let page = file.add(&format!(
        "<< /Type /Page /Parent {} 0 R /Contents {content} 0 R /Resources << /Font << /F1 {font} 0 R >> /Properties << /L {layer} 0 R >> >> >>",
        content + 2
    ));
    file.add(&format!("<< /Type /Pages /Kids [{page} 0 R] /Count 1 >>"));
    let catalog = file.add(&format!("<< /Type /Catalog /Pages $ /OCProperties << /OCGs [{layer} 0 R] /D << /OFF [{layer} 0 R] >> >> >>"));
    assert_eq!(text(&file.finish(catalog)), "shown\n\nreplaced");
}

#[test]
fn pages_of_images_are_named() {
    let mut file = PdfFile::default();
    let font = file.add(FONT);
    let image = file.stream("/Type /XObject /Subtype /Image /Width 1 /Height 1 /BitsPerComponent 8 /ColorSpace /DeviceGray", b"x");
    let text = file.stream("", b"BT /F1 10 Tf 50 700 Td (text) Tj ET");
    let scan = file.stream("", b"q 500 0 0 800 0 0 cm /I Do Q");
    let resources =
        format!("/Resources << /Font << /F1 {font} 0 R >> /XObject << /I {image} 0 R >> >>");
    let pages = [text, scan, scan].map(|content| format!("/Contents {content} 0 R {resources}"));
    let warnings = read(&file.pages(&pages)).unwrap().warnings;
    assert_eq!(
        warnings,
        ["pages 2–3 are only an image without text; run it through text recognition"]
    );
}

#[test]
fn spaced_letters_and_mirrored_text_are_words() {
    let spaced = b"BT /F1 10 Tf 3 Tc 50 700 Td (Spaced letters) Tj ET";
    assert_eq!(text(&PdfFile::page(&[FONT], spaced)), "Spaced letters");
    let kerned = b"BT /F1 10 Tf 50 700 Td [(S) -150 (p) -150 (a) -150 (c) -150 (e) -150 (d) -900 (o) -150 (u) -150 (t)] TJ ET";
    assert_eq!(text(&PdfFile::page(&[FONT], kerned)), "Spaced out");
    let justified =
        b"BT /F1 10 Tf 3 Tc 50 700 Td [(t) 300 (w) 300 (ow) 300 (o) 300 (r) 300 (d) 300 (s)] TJ ET";
    assert_eq!(text(&PdfFile::page(&[FONT], justified)), "two words");
    let far = b"BT /F1 10 Tf 4 Tc 50 700 Td (abc) Tj ET";
    assert_eq!(text(&PdfFile::page(&[FONT], far)), "a b c");
    let mirrored = b"BT /F1 -10 Tf -1 0 0 -1 50 700 Tm (A line of text) Tj ET";
    assert_eq!(text(&PdfFile::page(&[FONT], mirrored)), "A line of text");
}

#[test]
fn columns_need_not_be_level() {
    let left = PROSE
        .iter()
        .zip([700.0, 688.0, 676.0, 664.0])
        .map(|(line, y)| (50.0, y, *line));
    let right = OTHER
        .iter()
        .zip([694.0, 682.0, 670.0, 658.0])
        .map(|(line, y)| (320.0, y, *line));
    let by_rows: Vec<_> = left
        .zip(right)
        .flat_map(|(left, right)| [left, right])
        .collect();
    assert_eq!(
        text(&page(&by_rows)),
        format!("{}\n\n{}", PROSE.join(" "), OTHER.join(" "))
    );
}

#[test]
fn leaders_and_digits_are_not_spaced_letters() {
    let entry = |title: &str, page: u8| {
        let dots = "-190 (.) ".repeat(12);
        format!("[(1.{page}) -500 {title} {dots} -190 ({page})] TJ 0 -12 Td")
    };
    let content = format!(
        "BT /F1 10 Tf 50 700 Td {} {} 0 -40 Td [(2) -150 (5) -150 (6) -150 (3) -150 (6)] TJ ET",
        entry("(Research) -250 (question)", 1),
        entry("(Block) -250 (ciphers)", 2),
    );
    let dots = ". ".repeat(12);
    let expected = format!("1.1 Research question {dots}1\n1.2 Block ciphers {dots}2\n\n2 5 6 3 6");
    assert_eq!(text(&PdfFile::page(&[FONT], content.as_bytes())), expected);
}

#[test]
fn small_lines_beside_a_large_one_stay_apart() {
    let content = b"BT /F1 20 Tf 50 722 Td (A large title) Tj ET BT /F1 10 Tf 450 726 Td (some text with) Tj \
        0 -9 Td (a smaller font) Tj 0 -9 Td (on its lines) Tj ET";
    let text = text(&PdfFile::page(&[FONT], content));
    for part in [
        "large title",
        "some text with",
        "a smaller font",
        "on its lines",
    ] {
        assert!(text.contains(part), "{text}");
    }
}

#[test]
fn abbreviated_filters_are_applied() {
    let mut file = PdfFile::default();
    let font = file.add(FONT);
    let hex: String = b"BT /F1 10 Tf 50 700 Td (abbreviated) Tj ET"
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let content = file.stream("/Filter /AHx", format!("{hex}>").as_bytes());
    let page = format!("/Contents {content} 0 R /Resources << /Font << /F1 {font} 0 R >> >>");
    assert_eq!(text(&file.pages(&[page])), "abbreviated");
}
