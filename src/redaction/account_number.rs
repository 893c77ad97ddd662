//! Numbers of bank accounts and payment cards, which have check digits: a number that does not pass them stays.

use std::sync::LazyLock;

use regex::Regex;

use super::{RedactionKind, SensitiveSpan};

/// The countries that have IBANs, each with the length of its IBANs, from the registry of SWIFT.
const IBAN_LENGTHS: &str = "\
    AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 \
    DK18 DO28 EE20 EG29 ES24 FI18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 \
    IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 \
    MD24 ME22 MK19 MR27 MT31 MU30 NL18 NO15 PK24 PL28 PS29 PT25 QA29 RO24 RS22 SA24 \
    SC31 SE24 SI19 SK24 SM27 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20";
/// The beginning of an IBAN: the country and the check digits.
static IBAN: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i)\b{start-half}[a-z]{2}[0-9]{2}").ok());
/// The first digit of a number that no letter or digit goes before.
static FIRST_DIGIT: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\b{start-half}[0-9]").ok());
/// The most digits of a card's number.
const MOST_DIGITS: usize = 19;

/// Adds the IBANs and the card numbers of a text.
pub(super) fn find(text: &str, spans: &mut Vec<SensitiveSpan>) {
    for start in IBAN.iter().flat_map(|iban| iban.find_iter(text)) {
        let iban = text.get(start.start()..).and_then(iban_length);
        spans.extend(iban.map(|length| SensitiveSpan {
            range: start.start()..start.start() + length,
            kind: RedactionKind::Iban,
        }));
    }
    for first in FIRST_DIGIT.iter().flat_map(|digit| digit.find_iter(text)) {
        let card = text.get(first.start()..).and_then(card_length);
        spans.extend(card.map(|length| SensitiveSpan {
            range: first.start()..first.start() + length,
            kind: RedactionKind::Card,
        }));
    }
}

/// The length in bytes of the IBAN that a text begins with.
fn iban_length(text: &str) -> Option<usize> {
    let country = text.get(..2)?.to_ascii_uppercase();
    let mut known = IBAN_LENGTHS.split_whitespace();
    let length = known.find_map(|entry| entry.strip_prefix(country.as_str()))?;
    let length: usize = length.parse().ok()?;
    let mut characters = Vec::with_capacity(length);
    let mut may_be_separated = false;
    for (at, c) in text.char_indices() {
        if c.is_ascii_alphanumeric() {
            characters.push(c.to_ascii_uppercase());
            may_be_separated = true;
            let end = at + c.len_utf8();
            if characters.len() == length {
                let goes_on = text.get(end..)?.starts_with(char::is_alphanumeric);
                return (!goes_on && has_check_digits(&characters)).then_some(end);
            }
        } else if may_be_separated && matches!(c, ' ' | '-' | '\u{a0}') {
            may_be_separated = false;
        } else {
            return None;
        }
    }
    None
}

/// Whether the check digits of an IBAN are right: with its first four characters at its end, and letters as numbers from 10
/// on, it leaves 1 when it is divided by 97 (ISO 7064).
fn has_check_digits(characters: &[char]) -> bool {
    let (head, account) = characters.split_at(4.min(characters.len()));
    let digits = account.iter().chain(head);
    let remainder = digits.filter_map(|c| c.to_digit(36)).fold(0, |sum, digit| {
        let shift = if digit < 10 { 10 } else { 100 };
        (sum * shift + digit) % 97
    });
    remainder == 1
}

/// The length in bytes of the card's number that a text begins with. Its digits may be in groups.
fn card_length(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut digits: Vec<u32> = Vec::with_capacity(MOST_DIGITS);
    let mut longest = None;
    let mut at = 0;
    while let Some(digit) = bytes.get(at).filter(|byte| byte.is_ascii_digit()) {
        if digits.len() == MOST_DIGITS {
            break;
        }
        digits.push(u32::from(digit - b'0'));
        at += 1;
        let goes_on = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        let next = bytes.get(at);
        if !next.is_some_and(goes_on) && is_card(&digits) {
            longest = Some(at);
        }
        if matches!(next, Some(b' ' | b'-')) {
            at += 1;
        }
    }
    longest
}

/// Whether digits are a number of a card: of a brand, as long as the brand's numbers, and with a valid sum.
fn is_card(digits: &[u32]) -> bool {
    let prefix = |length: usize| {
        digits
            .iter()
            .take(length)
            .fold(0, |sum, digit| sum * 10 + digit)
    };
    let is_brand = match (prefix(1), prefix(2), prefix(3), prefix(4)) {
        (4, ..) => matches!(digits.len(), 16 | 19),
        (_, 51..=55, ..) | (.., 2_221..=2_720) => digits.len() == 16,
        (_, 34 | 37, ..) => digits.len() == 15,
        (_, 36 | 38 | 39, ..) | (_, _, 300..=305, _) => digits.len() == 14,
        (.., 3_528..=3_589) | (6, ..) | (_, 50 | 56..=58, ..) => (16..=19).contains(&digits.len()),
        _ => false,
    };
    is_brand && has_valid_sum(digits)
}

/// Whether the sum of the digits is a multiple of ten, every second one from the right doubled (Luhn, ISO/IEC 7812).
fn has_valid_sum(digits: &[u32]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| match (place % 2, digit * 2) {
            (0, _) => *digit,
            (_, double) if double > 9 => double - 9,
            (_, double) => double,
        })
        .sum();
    sum.is_multiple_of(10)
}
