//! What is replaced, and what looks like it and stays.

mod credentials;
mod numbers;

use super::{RedactionCounts, Redactor, pattern::Patterns};

fn redacted(text: &str) -> String {
    Redactor::default().redact(text, &mut RedactionCounts::default())
}

#[track_caller]
fn stays(texts: &[&str]) {
    for text in texts {
        assert_eq!(redacted(text), *text);
    }
}

#[track_caller]
fn becomes(pairs: &[(&str, &str)]) {
    for (text, expected) in pairs {
        assert_eq!(redacted(text), *expected, "{text}");
    }
}

#[test]
fn every_pattern_is_valid() {
    assert_eq!(Patterns::get().invalid, 0);
}

#[test]
fn the_names_of_the_person_are_replaced_as_words() {
    let redactor = Redactor::of_person("customer-4711", Some("Ada King Lovelace"));
    let mut counts = RedactionCounts::default();
    let mut redact = |text: &str| redactor.redact(text, &mut counts);
    assert_eq!(
        redact("Hello Ada, I am ADA KING LOVELACE (Customer-4711)."),
        "Hello [REDACTED:name], I am [REDACTED:name] ([REDACTED:name])."
    );
    assert_eq!(redact("Lovelace's order"), "[REDACTED:name]'s order");
    for text in [
        "Adam and the king of Canada",
        "customer-47110",
        "customer 4711",
    ] {
        assert_eq!(redact(text), text);
    }
    let counted: Vec<_> = counts
        .iter()
        .map(|(kind, count)| (kind.name(), count))
        .collect();
    assert_eq!(counted, [("name", 4)]);
}

#[test]
fn a_short_id_is_no_name() {
    let redactor = Redactor::of_person("7", Some("Bo"));
    let mut counts = RedactionCounts::default();
    assert_eq!(redactor.redact("Bo has 7", &mut counts), "Bo has 7");
    assert_eq!(counts.total(), 0);
}

#[test]
fn signs_of_expressions_in_a_name_are_plain_text() {
    let redactor = Redactor::of_person("a.b*(c", Some("(Ada) [x] Lovelace"));
    let mut counts = RedactionCounts::default();
    assert_eq!(
        redactor.redact("a.b*(c, aXb, Ada", &mut counts),
        "a.b*(c, aXb, [REDACTED:name]".replacen("a.b*(c", "[REDACTED:name]", 1)
    );
}

#[test]
fn parts_that_overlap_become_one() {
    let redactor = Redactor::of_person("ada@example.com", Some("Ada"));
    let mut counts = RedactionCounts::default();
    assert_eq!(
        redactor.redact("password: ada@example.com, ada@example.com", &mut counts),
        "password: [REDACTED:password], [REDACTED:email]"
    );
    assert_eq!(counts.total(), 2);
}

#[test]
fn a_long_hostile_text_is_read_in_linear_time() {
    // each of these made a backtracking matcher slow
    let texts = [
        "password ".repeat(20_000),
        "0171 ".repeat(40_000),
        "a.".repeat(100_000),
        "-----BEGIN A-----".repeat(10_000),
        "4111 1111 ".repeat(20_000),
        "https://a:".repeat(20_000),
        "DE89 ".repeat(40_000),
    ];
    for text in texts {
        let mut counts = RedactionCounts::default();
        let redacted = Redactor::of_person("ada", None).redact(&text, &mut counts);
        assert!(redacted.len() <= text.len(), "{}", counts.total());
    }
}
