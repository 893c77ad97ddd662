//! Amounts of money and discounts in texts.

use std::{ops::Range, sync::LazyLock};

use regex::Regex;

/// A number with its separators.
const NUMBER: &str = r"\d(?:[\d.,'’\u{a0}\u{202f}]*\d)?(?: \d{3}\b)*";
/// Signs and codes of currencies.
const CURRENCY: &str = r"(?:[€$£¥₹₽₩₺]|(?i:\b(?:eur|usd|gbp|chf|jpy|cny|inr|cad|aud|sek|nok|dkk|pln|czk|brl)\b|\b(?:euros?|dollars?|bucks|pounds?|francs?|franken|yen|zł|kč|cents?)\b)|元|円|원)";
/// What a price is per.
const UNIT: &str = r"(?i:(?:per|an?|each|every|pro|je|im|par|al|por|/)\s?(?:calendar\s)?(?:month|year|seat|user|licen[cs]e|head|person|unit|week|day|hour|monat|jahr|nutzer|platz|lizenz|woche|tag|stunde|kopf|mois|an|utilisateur|poste|semaine|jour|mes|año|usuario)\b)";
/// Number words of the languages that the templates' examples are written in.
const WORDS: &str = r"(?:(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|million|zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|elf|zwölf|\p{L}*[zß]ig|\p{L}*hundert|\p{L}*tausend|\p{L}*zehn|deux|trois|quatre|cinq|sept|huit|neuf|dix|onze|douze|quinze|vingt|trente|quarante|cinquante|soixante|cent|mille)(?:[ -]|\b))+";

/// An amount with a currency before or after it, or with what it is per.
static MONEY: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(&format!(
        r"(?P<left>{CURRENCY}\s?(?P<after>{NUMBER})(?P<k1>\s?(?i:k|mio|million)\b)?)|(?P<right>(?P<before>{NUMBER})(?P<k2>\s?(?i:k|mio|million)\b)?(?:[.,][-–—])?(?:\s?{CURRENCY})?)\s?{UNIT}|(?P<right2>(?P<before2>{NUMBER})(?P<k3>\s?(?i:k|mio|million)\b)?(?:[.,][-–—])?\s?{CURRENCY})|(?P<words>(?i:\b{WORDS})\s?{CURRENCY})"
    ))
    .ok()
});
/// A percentage.
static PERCENT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let number = format!(r"(?P<number>{NUMBER})\s?(?:%|(?i:percent|per cent|prozent|pour cent)\b)");
    Regex::new(&number).ok()
});
/// A number alone.
static ALONE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(NUMBER).ok());
/// What a percentage of a price is called.
static DISCOUNT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i:discount|rebate|reduc|reduz|\boff\b|cheaper|lower price|rabatt|nachlass|günstiger|billiger|skonto|remise|réduction|rabais|moins cher|descuento|sconto)").ok()
});

/// An amount in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Amount {
    /// The bytes of the text that name the amount, with its currency or percent sign.
    pub(super) span: Range<usize>,
    /// The amount in hundredths; none for one in words.
    pub(super) value: Option<i64>,
    /// Whether it is a price or a discount.
    pub(super) kind: AmountKind,
}

/// The kind of an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AmountKind {
    /// An amount of money.
    Money,
    /// A percentage.
    Discount,
}

/// The amounts of money in a text, and its discounts; with `all_percentages` also percentages that are not called
/// discounts.
pub(super) fn amounts_in(text: &str, all_percentages: bool) -> Vec<Amount> {
    let mut amounts = Vec::new();
    for found in MONEY.iter().flat_map(|money| money.captures_iter(text)) {
        let one_of = |names: [&str; 3]| names.into_iter().find_map(|name| found.name(name));
        let thousands = one_of(["k1", "k2", "k3"]).map(|sign| sign.as_str().trim());
        let factor = match thousands {
            None => 1,
            Some(sign) if sign.eq_ignore_ascii_case("k") => 1_000,
            Some(_) => 1_000_000,
        };
        let number = one_of(["after", "before", "before2"]);
        let whole = one_of(["left", "right", "right2"]).or_else(|| found.name("words"));
        let Some(span) = whole.map(|whole| whole.range()) else {
            continue;
        };
        let value = number.and_then(|number| hundredths(number.as_str()));
        let value = value.map(|value| value.saturating_mul(factor));
        amounts.push(Amount {
            span,
            value,
            kind: AmountKind::Money,
        });
    }
    let is_discount = |at: usize| {
        let start = text
            .get(..at)
            .and_then(|before| before.rfind(['.', '!', '?', '\n']));
        let sentence = text.get(start.map_or(0, |at| at + 1)..).unwrap_or_default();
        DISCOUNT
            .as_ref()
            .is_some_and(|word| word.is_match(sentence))
    };
    for found in PERCENT
        .iter()
        .flat_map(|percent| percent.captures_iter(text))
    {
        let Some(number) = found.name("number") else {
            continue;
        };
        if all_percentages || is_discount(number.start()) {
            amounts.push(Amount {
                span: found
                    .get(0)
                    .map_or_else(|| number.range(), |whole| whole.range()),
                value: hundredths(number.as_str()),
                kind: AmountKind::Discount,
            });
        }
    }
    amounts.sort_by_key(|amount| amount.span.start);
    amounts
}

/// The minimum length of the first part of a compound number, in bytes.
const SHORTEST_PART: usize = 4;
/// The maximum length of a number word, in bytes.
const LONGEST_WORD: usize = 40;
/// The words of amounts whose beginnings are held back until they end.
const AMOUNT_WORDS: [&str; 62] = [
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
    "twenty",
    "thirty",
    "forty",
    "fifty",
    "sixty",
    "seventy",
    "eighty",
    "ninety",
    "hundred",
    "thousand",
    "million",
    "zwei",
    "drei",
    "vier",
    "fünf",
    "sechs",
    "sieben",
    "acht",
    "neun",
    "zehn",
    "elf",
    "zwölf",
    "neunund",
    "deux",
    "trois",
    "quatre",
    "cinq",
    "sept",
    "huit",
    "neuf",
    "dix",
    "onze",
    "vingt",
    "trente",
    "quarante",
    "cinquante",
    "soixante",
    "mille",
    "euros",
    "dollars",
    "pounds",
    "francs",
    "eur",
];

/// Whether the beginning of a word may become a part of an amount.
pub(super) fn may_become_amount(beginning: &str) -> bool {
    if may_be_amount(beginning) {
        return true;
    }
    let word = beginning.to_lowercase();
    let word = word.trim_start_matches(|c: char| !c.is_alphanumeric());
    let (before, last) = word.rsplit_once('-').unwrap_or(("", word));
    let are_numbers = before
        .split('-')
        .all(|part| part.is_empty() || AMOUNT_WORDS.contains(&part));
    // German numbers are compounds: "neununddreißig"
    let may_be = |amount: &&str| {
        amount.starts_with(last) || (amount.len() >= SHORTEST_PART && last.starts_with(*amount))
    };
    are_numbers && last.len() <= LONGEST_WORD && AMOUNT_WORDS.iter().any(may_be)
}

/// Whether a word may be a part of an amount: the words after it decide.
pub(super) fn may_be_amount(word: &str) -> bool {
    static HOT: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(&format!(r"\d|{CURRENCY}|(?i:^\P{{L}}*{WORDS}\P{{L}}*$)")).ok()
    });
    HOT.as_ref().is_some_and(|hot| hot.is_match(word))
}

/// The numbers of a text, in hundredths.
pub(super) fn numbers(text: &str) -> impl Iterator<Item = i64> {
    ALONE
        .iter()
        .flat_map(|number| number.find_iter(text))
        .filter_map(|number| hundredths(number.as_str()))
}

/// A number in hundredths. A point or comma before three digits separates thousands, unless the number has another one
/// after it.
fn hundredths(number: &str) -> Option<i64> {
    let is_separator = |c: char| matches!(c, '.' | ',');
    let last = number.rfind(is_separator);
    let decimals = last.map(|at| number.get(at + 1..).unwrap_or_default());
    let digits = |text: &str| -> String { text.chars().filter(char::is_ascii_digit).collect() };
    let mixed = number.contains('.') && number.contains(',');
    let (whole, fraction) = match (last, decimals) {
        (Some(at), Some(decimals)) if decimals.len() != 3 || mixed => {
            (number.get(..at).unwrap_or_default(), decimals)
        }
        _ => (number, ""),
    };
    let whole: i64 = digits(whole).parse().ok()?;
    let fraction: String = digits(fraction)
        .chars()
        .chain("00".chars())
        .take(2)
        .collect();
    whole.checked_mul(100)?.checked_add(fraction.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(text: &str) -> Vec<i64> {
        let amounts = amounts_in(text, false).into_iter();
        amounts.filter_map(|amount| amount.value).collect()
    }

    #[test]
    fn amounts_are_found_in_many_ways_of_writing() {
        assert_eq!(named("It costs 49 EUR a month."), [4900]);
        assert_eq!(named("€1.299,00 or $1,299.50"), [129_900, 129_950]);
        assert_eq!(named("für 49,- € im Monat"), [4900]);
        assert_eq!(named("CHF 1'200"), [120_000]);
        assert_eq!(named("1 299 €"), [129_900]);
        assert_eq!(named("only 39 per seat"), [3900]);
        assert_eq!(named("about 2k USD"), [200_000]);
        assert_eq!(named("5 years, 20 seats, version 4.2"), Vec::<i64>::new());
        assert_eq!(named("a discount of 15 %"), [1500]);
        assert_eq!(named("We grew by 40 %."), Vec::<i64>::new());
        assert_eq!(named("15% off"), [1500]);
        assert_eq!(amounts_in("thirty-nine euros", false).len(), 1);
        assert_eq!(amounts_in("neunundvierzig Euro", false).len(), 1);
    }
}
