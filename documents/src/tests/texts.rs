//! Plain text, its character sets, and what all media types have in common.

use std::time::Duration;

use super::{outline, read, refused, refused_within};
use crate::MediaType::{Html, Markdown, Pdf, Text};

#[test]
fn blank_lines_separate_paragraphs() {
    let text = "One\r\ntwo\r\n \r\n\r\nThree\u{c}Four";
    assert_eq!(outline(text, Text), ["[] One\ntwo", "[] Three", "[] Four"]);
}

#[test]
fn lines_broken_at_a_margin_are_joined() {
    let prose = "This paragraph was broken by a program at seventy characters, so that\n\
        its lines mean nothing, and it is better read and split as sentences\nthan as lines.";
    let joined = format!("[] {}", prose.replace('\n', " "));
    assert_eq!(outline(prose, Text), [joined]);
}

#[test]
fn rows_records_and_answers_stay_lines() {
    for text in [
        "Question: Can I change my delivery address after I have ordered?\nAnswer: Yes, until the parcel has left our warehouse in Hamburg.\nQuestion: Do you ship to Norway, Iceland or the Faroe Islands?\nAnswer: We ship to Norway on Mondays, and to Iceland never ever.",
        "Berlin office: Unter den Linden 77, third floor, room 301, Germany\nHamburg office: Jungfernstieg 12, ground floor, next to the station\nVienna office: Stephansplatz 3, second floor, ring twice, Austria",
        "ada lovelace,ada@example.com,berlin,2024-01-10,active customer,yes\ngrace hopper,grace@example.com,hamburg,2024-01-11,active customer,no",
        "the first item of a list that was written in lower case letters.\nthe second item of a list that was written in lower case letters.",
    ] {
        assert_eq!(outline(text, Text), [format!("[] {text}")]);
    }
}

#[test]
fn invisible_characters_are_removed_and_alone_are_no_text() {
    let text = "The pass\u{200b}word of the cof\u{200b}fee machine is blue\u{2060}bird.";
    assert_eq!(
        outline(text, Text),
        ["[] The password of the coffee machine is bluebird."]
    );
    assert_eq!(
        refused("\u{200b}\u{feff}\u{2060}\n\u{ad}".as_bytes(), Text),
        "has no text"
    );
    assert_eq!(
        outline("# O\u{fb03}ce\n\nＡＢＣ１２", Markdown),
        ["[Office] ABC12"]
    );
}

#[test]
fn character_sets_are_detected() {
    let zurich = "Zürich – “ok”";
    let utf16 = |little: bool| {
        let unit = move |unit: u16| {
            if little {
                unit.to_le_bytes()
            } else {
                unit.to_be_bytes()
            }
        };
        let text: Vec<u8> = format!("\u{feff}{zurich}")
            .encode_utf16()
            .flat_map(unit)
            .collect();
        text
    };
    let windows = b"Z\xfcrich \x96 \x93ok\x94".to_vec();
    let marked = format!("\u{feff}{zurich}").into_bytes();
    for content in [zurich.into(), marked, utf16(true), utf16(false), windows] {
        assert_eq!(read(&content, Text)[0].blocks[0].text, zurich);
    }
    let page = b"<meta charset='windows-1251'><p>\xcf\xf0\xe8\xe2\xe5\xf2";
    assert_eq!(read(page, Html)[0].blocks[0].text, "Привет");
    let page =
        b"<meta http-equiv=content-type content=\"text/html; charset=iso-8859-2\"><p>\xb3\xf3d\xbc";
    assert_eq!(read(page, Html)[0].blocks[0].text, "łódź");
}

#[test]
fn control_characters_are_dropped() {
    let text = "a\0b\u{7}c\u{1b}[1m d\u{202e}e\tf \u{ad}g";
    assert_eq!(outline(text, Text), ["[] abc[1m de\tf g"]);
    let page = "<p>a&#1;b\0c&shy;d</p>";
    assert_eq!(outline(page, Html), ["[] a\nbcd"]);
}

#[test]
fn an_empty_text_is_refused() {
    for (content, kind) in [
        ("", Text),
        (" \n\t\u{7}", Text),
        ("<!-- a --><script>b()</script>", Html),
        ("---\ntitle: a\n---\n", Markdown),
    ] {
        assert_eq!(refused(content.as_bytes(), kind), "has no text");
    }
}

#[test]
fn a_too_long_text_is_refused() {
    let paragraph = "one two three ".repeat(15);
    let text = format!("{paragraph}\n\n").repeat(100_000);
    let message = "has over 20 million characters of text; split it";
    assert_eq!(refused(text.as_bytes(), Text), message);
    let text = "a\n\n".repeat(500_001);
    let message = "is too much to read: it has over 500,000 paragraphs and headings; split it";
    assert_eq!(refused(text.as_bytes(), Text), message);
}

#[test]
fn headings_count_each_time_they_are_repeated() {
    let long = "heading ".repeat(110);
    let page = format!("<h1>{long}</h1>{}", "<h2>a</h2>".repeat(40_000));
    let message = "has over 20 million characters of text; split it";
    assert_eq!(refused(page.as_bytes(), Html), message);
    let longer = long.repeat(10);
    let page = format!("<h1>{longer}</h1><p>text");
    let sections = read(page.as_bytes(), Html);
    assert_eq!(sections[0].headings, [] as [&str; 0]);
    let texts: Vec<_> = sections[0]
        .blocks
        .iter()
        .map(|block| block.text.as_str())
        .collect();
    assert_eq!(texts, [longer.trim(), "text"]);
}

#[test]
fn the_extraction_time_is_bounded() {
    // The parser compares each attribute with all earlier ones.
    let attributes: Vec<String> = (0..200_000).map(|index| format!("a{index}")).collect();
    let page = format!("<p {}>late", attributes.join(" "));
    for (content, kind) in [
        (page.as_bytes(), Html),
        (include_bytes!("samples/text.pdf"), Pdf),
    ] {
        let time = if kind == Pdf {
            Duration::ZERO
        } else {
            Duration::from_millis(100)
        };
        let message = format!(
            "takes longer than {} s to read; split it",
            time.as_secs_f32()
        );
        assert_eq!(refused_within(time, content, kind), message);
    }
}
