//! E-mail addresses and phone numbers.

use std::ops::Range;

use super::{
    RedactionKind,
    pattern::{Found, Pattern},
};

/// Words before a phone number of any shape.
const LABEL: &str = r"(?:tele(?:fon|phone)(?:nummer|nr)?|tel|t[ée]l[ée]phone|tél|phone(?: number)?|mobile?(?: number)?|mobil(?:nummer|telefon)|handy(?:nummer)?|cell(?: ?phone)?|fax(?:nummer)?|whatsapp|rufnummer|call me (?:at|on)|ruf(?:en sie|t)? mich an(?: unter)?)";
/// The fewest digits of a phone number with its area code.
const FEWEST_DIGITS: usize = 9;
/// The most digits of a phone number, with the code of its country.
const MOST_DIGITS: usize = 15;

/// The patterns of addresses and phone numbers.
pub(super) fn patterns() -> Vec<Pattern> {
    let of = |kind, regex: &str, accept| Pattern {
        kind,
        regex: regex.to_owned(),
        accept,
    };
    let phone = |regex: &str, accept| of(RedactionKind::Phone, regex, accept);
    vec![
        of(
            RedactionKind::Email,
            r"[\p{L}\d._%+-]+@[\p{L}\d-]+(?:\.[\p{L}\d-]+)+",
            address,
        ),
        // +49 30 1234567, +1 (555) 123-4567
        phone(r"\+\d(?:[ \x{a0}./()-]{0,3}\d){7,14}", on_its_own),
        // 030 1234567, 0171-1234567, 030/123456-12, 01 23 45 67 89, 0049 30 1234567
        phone(
            r"0\d{1,5}[ \x{a0}]?[/ \x{a0}-][ \x{a0}]?\d{2,}(?:[ \x{a0}]\d{2,}){0,4}(?:-\d{1,4})?",
            national,
        ),
        // (030) 1234567
        phone(
            r"\(0\d{1,5}\)[ \x{a0}/-]{0,2}\d{2,}(?:[ \x{a0}-]\d{2,}){0,4}",
            national,
        ),
        // (555) 123-4567, 555-123-4567
        phone(
            r"(?:\(\d{3}\)[ \x{a0}-]?|\d{3}[-.])\d{3}[-.]\d{4}",
            on_its_own,
        ),
        // a German mobile number without a blank
        phone(r"01[567]\d{8,9}", on_its_own),
        // 01.23.45.67.89
        phone(r"0\d(?:\.\d{2}){4}", on_its_own),
        phone(
            &format!(
                r"(?i)\b{LABEL}\b\.?(?:[ \t]+(?:is|ist|lautet|unter|at|on|no|nr|number|est)\b)?[.:]{{0,2}}[ \t]*(?P<found>\+?\(?\d(?:[ \x{{a0}}./()-]{{0,2}}\d){{4,14}})"
            ),
            labelled,
        ),
    ]
}

/// The address, if its host is one: `react@18.2.0` is a version, and `logo@2x.png` a file.
fn address(found: &Found<'_>) -> Option<Range<usize>> {
    let (_, host) = found.part().split_once('@')?;
    let labels: Vec<&str> = host.split('.').collect();
    let is_number = |label: &&str| label.chars().all(|c| c.is_ascii_digit());
    let is_version = labels.iter().take(2).all(is_number);
    let is_scale = matches!(labels.first(), Some(&("2x" | "3x")));
    let top = labels.last()?;
    let is_top = top.chars().count() >= 2 && top.chars().all(char::is_alphabetic);
    (is_top && !is_version && !is_scale).then(|| found.range.clone())
}

/// The number, if it is no part of a longer one.
fn on_its_own(found: &Found<'_>) -> Option<Range<usize>> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let mut before = found.before().chars().rev();
    let is_begun = match before.next() {
        Some(c) if is_part(c) || "#@".contains(c) => true,
        Some('.') => before.next().is_some_and(char::is_numeric),
        Some(c) if "-/+".contains(c) => before.next().is_some_and(is_part),
        _ => false,
    };
    let mut after = found.after().chars();
    let goes_on = match after.next() {
        Some(c) if is_part(c) => true,
        Some(c) if "-./:".contains(c) => after.next().is_some_and(is_part),
        _ => false,
    };
    (!is_begun && !goes_on).then(|| found.range.clone())
}

/// The number, if it is as long as one with its area code, and no date.
fn national(found: &Found<'_>) -> Option<Range<usize>> {
    let digits = found.part().chars().filter(char::is_ascii_digit).count();
    let is_long = (FEWEST_DIGITS..=MOST_DIGITS).contains(&digits);
    on_its_own(found).filter(|_| is_long && !is_date(found.part()))
}

/// The number after a word for phones, if it is no date.
fn labelled(found: &Found<'_>) -> Option<Range<usize>> {
    let goes_on = found.after().starts_with(|c: char| c.is_alphanumeric());
    (!goes_on && !is_date(found.part())).then(|| found.range.clone())
}

/// Whether a text begins with a date: a day, a month and a year in one of the two orders.
fn is_date(text: &str) -> bool {
    let groups: Vec<&str> = text
        .split(|c: char| !c.is_ascii_digit())
        .filter(|group| !group.is_empty())
        .take(3)
        .collect();
    let is_year =
        |group: &str| group.len() == 4 && (group.starts_with("19") || group.starts_with("20"));
    match groups.as_slice() {
        [first, second, third] => {
            second.len() <= 2
                && (first.len() <= 2 && is_year(third) || is_year(first) && third.len() <= 2)
        }
        _ => false,
    }
}
