//! No text is lost, no piece is too long, and the structure is preserved.

use std::cell::Cell;

use proptest::prelude::*;

use super::{Piece, SplitLimits, split};
use crate::{Block, Section};

fn section(headings: &[&str], blocks: &[&str]) -> Section {
    Section {
        headings: headings.iter().map(|&text| text.to_owned()).collect(),
        blocks: blocks.iter().map(|&text| Block::new(text)).collect(),
    }
}

fn words(text: &str) -> usize {
    text.split_whitespace().count()
}

fn texts(pieces: &[Piece]) -> Vec<&str> {
    pieces.iter().map(|piece| piece.text.as_str()).collect()
}

fn block_texts(section: &Section) -> Vec<&str> {
    let blocks = section.blocks.iter();
    blocks.map(|block| block.text.as_str()).collect()
}

fn limits(longest: usize, overlap: usize) -> SplitLimits {
    SplitLimits { longest, overlap }
}

#[test]
fn blocks_that_fit_are_not_split() {
    let one = section(
        &["A"],
        &["One two three.", "Four five six.", "Seven eight."],
    );
    let pieces = split(&[one], limits(8, 0), words);
    assert_eq!(
        texts(&pieces),
        ["One two three.\n\nFour five six.", "Seven eight."]
    );
    assert_eq!(pieces[0].headings, ["A"]);
    assert_eq!(pieces[0].tokens, 6);
}

#[test]
fn a_long_block_is_split_between_sentences_and_repeats_the_last_ones() {
    let one = section(
        &[],
        &["One two. Three four. Five six. Seven eight. Nine ten."],
    );
    let pieces = split(&[one], limits(9, 3), words);
    assert_eq!(
        texts(&pieces),
        [
            "One two. Three four. Five six.",
            "Five six. Seven eight. Nine ten."
        ]
    );
}

#[test]
fn a_table_is_split_between_rows_and_code_keeps_its_indentation() {
    let table = "| a | b |\n| c | d |\n| e | f |";
    let pieces = split(&[section(&[], &[table])], limits(6, 0), words);
    assert_eq!(texts(&pieces), ["| a | b |", "| c | d |", "| e | f |"]);
    let code = "fn a() {\n    b();\n}";
    let pieces = split(&[section(&[], &[code])], limits(100, 0), words);
    assert_eq!(texts(&pieces), [code]);
}

#[test]
fn a_word_that_is_too_long_is_split_between_characters() {
    let count = |text: &str| text.chars().count();
    let pieces = split(&[section(&[], &["äöüäöüäöüä"])], limits(4, 2), count);
    assert!(pieces.iter().all(|piece| piece.tokens <= 4));
    assert_eq!(texts(&pieces).concat(), "äöüäöüäöüä");
}

#[test]
fn tiny_sections_of_one_parent_share_a_passage_and_keep_their_headings() {
    let questions = [
        section(&["FAQ", "Price?"], &["Nine euros."]),
        section(&["FAQ", "Refund?"], &["Thirty days."]),
        section(&["Other", "Address"], &["Berlin."]),
    ];
    let pieces = split(&questions, limits(40, 8), words);
    assert_eq!(
        texts(&pieces),
        [
            "Price?\n\nNine euros.\n\nRefund?\n\nThirty days.",
            "Berlin."
        ]
    );
    assert_eq!(pieces[0].headings, ["FAQ"]);
    assert_eq!(pieces[1].headings, ["Other", "Address"]);
}

#[test]
fn a_section_that_is_not_tiny_is_a_passage_of_its_own() {
    let text = "word ".repeat(30);
    let sections = [section(&["A"], &[&text]), section(&["B"], &[&text])];
    let pieces = split(&sections, limits(100, 20), words);
    assert_eq!(pieces.len(), 2);
    assert_eq!(pieces[1].headings, ["B"]);
}

#[test]
fn the_work_is_linear_in_the_text() {
    let lines = [
        "word ".repeat(1_000_000),
        "x".repeat(5_000_000),
        "a. ".repeat(400_000),
        "1. 2.".repeat(200_000),
        "A.".repeat(500_000),
        "e.)\" ".repeat(200_000),
    ];
    for line in lines {
        let counted = Cell::new(0);
        let count = |text: &str| {
            counted.set(counted.get() + text.len());
            text.len().div_ceil(4)
        };
        let pieces = split(&[section(&[], &[&line])], limits(400, 50), count);
        assert!(pieces.len() > 500, "{} pieces", pieces.len());
        let times = counted.get() / line.len();
        assert!(times < 12, "{} was counted {times} times", &line[..8]);
    }
}

/// Whether the pieces contain exactly the text, ignoring white space, after removing from each what it repeats of the
/// previous one. False if a piece contains other text, or nothing of its own.
fn said(pieces: &[Piece], text: &str) -> bool {
    let dense = |text: &str| text.split_whitespace().collect::<String>();
    let wanted = dense(text);
    let mut rest = wanted.as_str();
    let mut before = String::new();
    for piece in pieces {
        let own = dense(&piece.text);
        let repeats = own
            .char_indices()
            .map(|(at, _)| at)
            .find(|at| before.ends_with(&own[..*at]) && rest.starts_with(&own[*at..]));
        let Some(at) = repeats else { return false };
        rest = &rest[own.len() - at..];
        before = own;
    }
    rest.is_empty()
}

fn document() -> impl Strategy<Value = Vec<Section>> {
    let word = prop_oneof![
        8 => "[a-zäß]{1,9}",
        1 => "[A-Z][a-z]{1,5}[.!?]",
        1 => "[0-9]{1,30}",
        1 => "[\u{4e00}-\u{4e20}。]{1,20}",
        1 => "[\u{1f600}-\u{1f610}\u{301}\u{200d}]{1,4}",
    ];
    let separator = prop_oneof![8 => Just(" "), 1 => Just("\n"), 1 => Just("\n    ")];
    let block = prop::collection::vec((word, separator), 1..60).prop_map(|words| {
        words
            .into_iter()
            .flat_map(|(word, gap)| [word, gap.to_owned()])
            .collect()
    });
    let blocks = prop::collection::vec(block.prop_map(|text: String| Block::new(text)), 1..5);
    prop::collection::vec(blocks, 1..4).prop_map(|sections| {
        let headed = |(index, blocks)| Section {
            // each heading has its own parent, so that nothing is joined
            headings: vec![format!("h{index}"), "own".to_owned()],
            blocks,
        };
        sections.into_iter().enumerate().map(headed).collect()
    })
}

proptest! {
    #[test]
    fn no_text_is_lost_and_no_passage_is_too_long(
        sections in document(), longest in 1_usize..80, overlap in 0_usize..40, kind in 0..3,
    ) {
        let count = move |text: &str| match kind {
            0 => words(text),
            1 => text.chars().count(),
            _ => text.len().div_ceil(3) + 2,
        };
        let bounds = limits(longest, overlap);
        let pieces = split(&sections, bounds, count);
        prop_assert_eq!(&pieces, &split(&sections, bounds, count));
        for piece in &pieces {
            prop_assert_eq!(piece.tokens, count(&piece.text));
            let single = piece.text.chars().count() == 1;
            prop_assert!(piece.tokens <= longest || single, "{:?} for {longest}", piece);
            prop_assert!(!piece.text.trim().is_empty());
        }
        for section in &sections {
            let own: Vec<_> = pieces.iter().filter(|piece| piece.headings == section.headings).cloned().collect();
            prop_assert!(said(&own, &block_texts(section).join("\n")), "{:#?}", own);
        }
    }
}
