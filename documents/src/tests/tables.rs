//! Tables: each piece names its columns.

use super::{outline, read_text};
use crate::{
    MediaType::{Csv, Html, Markdown, Tsv},
    SplitLimits, split,
};

fn words(text: &str) -> usize {
    text.split_whitespace().count()
}

fn pieces(content: &str, kind: crate::MediaType) -> Vec<String> {
    let text = read_text(content.as_bytes(), kind);
    let limits = SplitLimits {
        longest: 60,
        overlap: 10,
    };
    let pieces = split(&text.sections, limits, words);
    assert!(pieces.iter().all(|piece| piece.tokens <= 60), "{pieces:#?}");
    pieces.into_iter().map(|piece| piece.text).collect()
}

fn stock(rows: usize) -> String {
    let rows =
        (0..rows).map(|row| format!("SKU-{row:04};Widget, type {row};{row}.50;Hall {row}\n"));
    format!(
        "sku;product;price_eur;warehouse\n{}",
        rows.collect::<String>()
    )
}

#[test]
fn each_piece_of_a_table_repeats_the_header() {
    let rows: String = (0..100)
        .map(|row| format!("<tr><td>SKU-{row:04}<td>Widget<td>{row}.50</tr>"))
        .collect();
    let page = format!(
        "<p>Our list:</p><table><caption>Prices of 2026</caption><thead><tr><th>sku<th>product<th>price_eur</thead>{rows}</table>"
    );
    let markdown: String = (0..100)
        .map(|row| format!("| SKU-{row:04} | Widget | {row}.50 |\n"))
        .collect();
    let markdown = format!("| sku | product | price_eur |\n|---|---|---|\n{markdown}");
    let tabs = stock(100).replace(';', "\t");
    for (content, kind, header) in [
        (stock(100), Csv, "sku | product | price_eur | warehouse\n"),
        (tabs, Tsv, "sku | product | price_eur | warehouse\n"),
        (page, Html, "Prices of 2026\nsku | product | price_eur\n"),
        (
            markdown,
            Markdown,
            "| sku | product | price_eur |\n|---|---|---|\n",
        ),
    ] {
        let pieces = pieces(&content, kind);
        let tables: Vec<_> = pieces
            .iter()
            .filter(|piece| piece.contains("SKU-"))
            .collect();
        assert!(tables.len() > 5, "{pieces:#?}");
        assert!(
            tables.iter().all(|piece| piece.starts_with(header)),
            "{tables:#?}"
        );
        for row in 0..100 {
            let row = format!("SKU-{row:04}");
            assert_eq!(
                tables.iter().filter(|piece| piece.contains(&row)).count(),
                1,
                "{row}"
            );
        }
    }
}

#[test]
fn records_are_read_as_spreadsheets_write_them() {
    let table = "name,note\n\"Smith, John\",\"said \"\"yes\"\"\nand left\"\nAda,\"a\"\n\n";
    assert_eq!(
        outline(table, Csv),
        ["[] name | note\nSmith, John | said \"yes\" and left\nAda | a"]
    );
    let told = "sep=|\na|b\n1|2\n";
    assert_eq!(outline(told, Csv), ["[] a | b\n1 | 2"]);
    let ragged = "a,b\n1\n\"open,2\n";
    assert_eq!(outline(ragged, Csv), ["[] a,b\n1\n\"open,2"]);
    let people = "1000,Ada Lovelace,ada@example.com,Berlin,2024-01-10,active customer\n1001,Grace Hopper,grace@example.com,Hamburg,2024-01-11,active customer\n1002,Alan Turing,alan@example.com,Munich,2024-01-12,active customer\n";
    let text = read_text(people.as_bytes(), Csv);
    let block = &text.sections[0].blocks[0];
    // rows without names of columns repeat nothing
    assert_eq!((block.text.lines().count(), block.header_lines), (3, 0));
}

#[test]
fn a_header_may_name_years_and_have_a_title_above_it() {
    let table = "Revenue;;\nregion;2025;2026\nnorth;1;2\nsouth;3;4\n";
    let text = read_text(table.as_bytes(), Csv);
    assert_eq!(text.sections[0].blocks[0].header_lines, 2);
    let list = "Berlin;\nHamburg;\nVienna;\nRome;\n";
    assert_eq!(
        read_text(list.as_bytes(), Csv).sections[0].blocks[0].header_lines,
        0
    );
}

#[test]
fn a_question_stays_with_its_answer() {
    let answer = "It can be changed until the parcel has left our warehouse in Hamburg, as a rule on the day of the order.";
    let blocks: String = (0..12)
        .map(|at| format!("Can I change number {at} after I have ordered?\n\n{answer}\n\n"))
        .collect();
    let lines: String = (0..12)
        .map(|at| {
            format!("Question: Can I change number {at} after I have ordered?\nAnswer: {answer}\n")
        })
        .collect();
    for content in [blocks, lines] {
        for piece in pieces(&content, crate::MediaType::Text) {
            let last = piece.lines().last().unwrap();
            assert!(!last.ends_with('?'), "{piece}");
        }
    }
}
