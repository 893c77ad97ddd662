//! Files made to do harm: each is read or refused within its budget.

use std::time::Duration;

use super::{LIMITS, office::package, read_within, refused};
use crate::{
    MediaType::{self, Csv, Docx, Epub, Html, Mail, Odt, Rtf, Text, Xlsx},
    Problem, ReadingLimits,
};

const LARGE: usize = 70 * 1024 * 1024;

#[test]
fn an_archive_that_unpacks_to_too_much_is_refused() {
    let bomb = format!("<w:document>{}", " ".repeat(LARGE));
    let message = "is too much to read: a part of it inflates to over 64 MiB";
    assert_eq!(
        refused(&package(&[("word/document.xml", &bomb)]), Docx),
        message
    );
    // many parts of 40 MiB
    let sheet = format!("<worksheet>{}</worksheet>", " ".repeat(40 * 1024 * 1024));
    let sheets: String = (0..10)
        .map(|at| format!("<sheet name=\"s{at}\" r:id=\"r{at}\"/>"))
        .collect();
    let parts: String = (0..10)
        .map(|at| format!("<Relationship Id=\"r{at}\" Type=\"x/worksheet\" Target=\"sheet.xml\"/>"))
        .collect();
    let book = package(&[
        (
            "xl/workbook.xml",
            &format!("<workbook><sheets>{sheets}</sheets></workbook>"),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            &format!("<Relationships>{parts}</Relationships>"),
        ),
        ("xl/sheet.xml", &sheet),
    ]);
    assert_eq!(
        refused(&book, Xlsx),
        "is too much to read: it inflates to over 256 MiB"
    );
}

#[test]
fn entities_do_not_grow() {
    let bomb = "<?xml version=\"1.0\"?><!DOCTYPE d [<!ENTITY a \"xxxxxxxxxx\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;\">\
        <!ENTITY e SYSTEM \"file:///etc/hostname\">]>\
        <w:document><w:body><w:p><w:r><w:t>Kept &b; &e;&amp; &#228;</w:t></w:r></w:p></w:body></w:document>";
    let text = read_within(LIMITS, &package(&[("word/document.xml", bomb)]), Docx).unwrap();
    assert_eq!(text[0].blocks[0].text, "Kept & ä");
}

#[test]
fn a_structure_of_any_depth_is_read_or_refused() {
    let depth = 200_000;
    let cells = "<w:tbl><w:tr><w:tc>".repeat(depth);
    let files: Vec<(Vec<u8>, MediaType)> = vec![
        (
            package(&[(
                "word/document.xml",
                &format!("<w:document>{cells}<w:p><w:r><w:t>deep"),
            )]),
            Docx,
        ),
        (
            package(&[(
                "content.xml",
                &format!(
                    "<o>{}<text:p>deep",
                    "<text:list><text:list-item>".repeat(depth)
                ),
            )]),
            Odt,
        ),
        (
            "{\\rtf1 "
                .bytes()
                .chain("{\\b ".repeat(depth).bytes())
                .collect(),
            Rtf,
        ),
        (
            format!("{}deep", "<table><tr><td>".repeat(depth)).into_bytes(),
            Html,
        ),
        (
            format!("{}deep", "<details><summary>".repeat(depth)).into_bytes(),
            Html,
        ),
        (
            format!("{}deep", "<nav><dl><dt><button>".repeat(depth)).into_bytes(),
            Html,
        ),
        (nested_mail(2_000), Mail),
    ];
    for (content, kind) in files {
        // a panic or an overflow of the stack would end the process of the test
        let _ = read_within(LIMITS, &content, kind);
    }
}

fn nested_mail(depth: usize) -> Vec<u8> {
    let mut mail = String::new();
    for at in 0..depth {
        mail.push_str(&format!("From: a@example.com\r\nSubject: {at}\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"b{at}\"\r\n\r\n--b{at}\r\nContent-Type: message/rfc822\r\n\r\n"));
    }
    mail.into_bytes()
}

#[test]
fn a_sheet_of_a_million_cells_is_read_within_its_limits() {
    let cells: String = (0..1_000).map(|_| "<c><v>1</v></c>").collect();
    let rows: String = format!("<row>{cells}</row>").repeat(1_000);
    let edge = "<row r=\"1048576\"><c r=\"XFD1048576\"><v>7</v></c></row>";
    let book = package(&[
        (
            "xl/workbook.xml",
            "<workbook><sheets><sheet name=\"s\" r:id=\"r1\"/></sheets></workbook>",
        ),
        (
            "xl/_rels/workbook.xml.rels",
            "<Relationships><Relationship Id=\"r1\" Type=\"x/worksheet\" Target=\"s.xml\"/></Relationships>",
        ),
        (
            "xl/s.xml",
            &format!("<worksheet><sheetData>{rows}{edge}</sheetData></worksheet>"),
        ),
    ]);
    let text = read_within(LIMITS, &book, Xlsx).unwrap();
    let blocks: Vec<_> = text.iter().flat_map(|section| &section.blocks).collect();
    assert_eq!(blocks[0].text.lines().count(), 1_000);
    assert_eq!(blocks.last().unwrap().text, "7");
}

#[test]
fn every_reader_stops_when_its_time_is_up() {
    let limits = ReadingLimits {
        time: Duration::ZERO,
        ..LIMITS
    };
    let word = package(&[("word/document.xml", "<w:document/>")]);
    for (content, kind) in [
        (word.as_slice(), Docx),
        (b"{\\rtf1 a\\par b}".as_slice(), Rtf),
        (b"a;b\n1;2\n", Csv),
        (b"one\n\ntwo", Text),
        (b"<p>one", Html),
        (b"Subject: a\nMIME-Version: 1.0\n\nText", Mail),
    ] {
        assert_eq!(
            read_within(limits, content, kind),
            Err(Problem::TooSlow),
            "{kind:?}"
        );
    }
}

#[test]
fn changed_and_cut_files_are_read_or_refused() {
    let samples: Vec<(Vec<u8>, MediaType)> = super::office::samples();
    let mut seed = 7_u64;
    for (sample, kind) in samples {
        for round in 0..200 {
            let mut content = sample.clone();
            for _ in 0..6 {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let place = usize::try_from(seed >> 33).unwrap() % content.len();
                content[place] = seed.to_le_bytes()[3];
            }
            if round % 4 == 0 {
                content.truncate(content.len() * (round + 1) / 220);
            }
            // a panic is no refusal
            let content = content.clone();
            let reading = std::thread::spawn(move || {
                crate::read(&content, kind, crate::Budget::new(LIMITS.time)).is_ok()
            });
            assert!(reading.join().is_ok(), "{kind:?}");
        }
    }
    assert_eq!(
        read_within(LIMITS, b"PK\x03\x04", Epub),
        Err(Problem::Damaged)
    );
}
