//! Money and other exact decimals, as integers of the smallest unit, never floating point.

use crate::{
    domain::excerpt,
    error::{Problem, Result},
};

/// The largest amount, in the smallest unit of its currency.
const LARGEST_AMOUNT: i64 = 1_000_000_000_000;
/// Currencies without decimal places.
const UNDIVIDED: &[&str] = &[
    "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND",
    "VUV", "XAF", "XOF", "XPF",
];
/// Currencies with three decimal places.
const IN_THOUSANDTHS: &[&str] = &["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"];

/// A currency of ISO 4217.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Currency([u8; 3]);

impl Currency {
    /// Parses a code of three capital letters.
    pub fn parse(code: &str) -> Option<Self> {
        let code: [u8; 3] = code.as_bytes().try_into().ok()?;
        code.iter()
            .all(u8::is_ascii_uppercase)
            .then_some(Self(code))
    }

    /// The three-letter code.
    pub fn code(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The number of decimal places of an amount.
    pub fn places(self) -> u32 {
        if UNDIVIDED.contains(&self.code()) {
            0
        } else if IN_THOUSANDTHS.contains(&self.code()) {
            3
        } else {
            2
        }
    }

    /// Parses an amount such as `1499.00` into the smallest unit.
    pub fn amount(self, path: &str, text: &str) -> Result<i64, Problem> {
        let places = self.places();
        scaled(text, places)
            .filter(|minor| *minor <= LARGEST_AMOUNT)
            .ok_or_else(|| {
                let expected = format!(
                    "\"{}\" given, expected an amount of {} with at most {places} decimal places, such as {}",
                    excerpt(text),
                    self.code(),
                    self.show(149_900),
                );
                Problem::new(path, expected)
            })
    }

    /// Formats an amount of the smallest unit, e.g. as `1499.00`.
    pub fn show(self, minor: i64) -> String {
        unscaled(minor, self.places())
    }
}

/// A percentage, in thousandths of a percent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Percentage(pub i64);

impl Percentage {
    /// 100 percent.
    const WHOLE: i64 = 100_000;

    /// Parses a percentage such as `7.5`, at most 100.
    pub fn parse(path: &str, text: &str) -> Result<Self, Problem> {
        scaled(text, 3)
            .filter(|share| *share <= Self::WHOLE)
            .map(Self)
            .ok_or_else(|| {
                let given = excerpt(text);
                Problem::new(
                    path,
                    format!("\"{given}\" given, expected a percentage from 0 to 100 with at most 3 decimal places, such as 7.5"),
                )
            })
    }

    /// This percentage of an amount, rounded half up; none on overflow.
    pub fn of(self, amount: i64) -> Option<i64> {
        proportion(amount, self.0, Self::WHOLE)
    }

    /// The text that [`Self::parse`] accepts, without trailing zeros.
    pub fn show(self) -> String {
        trimmed(unscaled(self.0, 3))
    }
}

/// A quantity in thousandths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quantity(pub i64);

impl Quantity {
    /// The quantity 1.
    const WHOLE: i64 = 1_000;
    /// The largest quantity.
    const LARGEST: i64 = 1_000_000 * Self::WHOLE;

    /// Parses a quantity such as `2` or `0.75`: above 0, at most a million.
    pub fn parse(path: &str, text: &str) -> Result<Self, Problem> {
        scaled(text, 3)
            .filter(|quantity| (1..=Self::LARGEST).contains(quantity))
            .map(Self)
            .ok_or_else(|| {
                let given = excerpt(text);
                Problem::new(
                    path,
                    format!("\"{given}\" given, expected a quantity above 0 and up to 1000000 with at most 3 decimal places, such as 2 or 0.75"),
                )
            })
    }

    /// The price of this quantity, rounded half up; none on overflow.
    pub fn times(self, unit_price: i64) -> Option<i64> {
        proportion(unit_price, self.0, Self::WHOLE)
    }

    /// The text that [`Self::parse`] accepts, without trailing zeros.
    pub fn show(self) -> String {
        trimmed(unscaled(self.0, 3))
    }
}

/// `amount` × `part` ÷ `whole` for non-negative numbers, rounded half up.
fn proportion(amount: i64, part: i64, whole: i64) -> Option<i64> {
    let exact = i128::from(amount) * i128::from(part);
    let whole = i128::from(whole);
    i64::try_from((exact + whole / 2) / whole).ok()
}

/// Parses a decimal with at most `places` digits after the point into an integer of the last place.
fn scaled(text: &str, places: u32) -> Option<i64> {
    let (whole, fraction) = match text.split_once('.') {
        Some((whole, fraction)) if !fraction.is_empty() => (whole, fraction),
        Some(_) => return None,
        None => (text, ""),
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let missing = places.checked_sub(u32::try_from(fraction.len()).ok()?)?;
    if whole.is_empty() || !digits(whole) || !digits(fraction) {
        return None;
    }
    let number: i64 = format!("{whole}{fraction}").parse().ok()?;
    number.checked_mul(10_i64.checked_pow(missing)?)
}

fn unscaled(number: i64, places: u32) -> String {
    let Some(width) = usize::try_from(places).ok().filter(|places| *places > 0) else {
        return number.to_string();
    };
    let sign = if number < 0 { "-" } else { "" };
    let digits = format!("{:0>fill$}", number.unsigned_abs(), fill = width + 1);
    let (whole, fraction) = digits.split_at(digits.len() - width);
    format!("{sign}{whole}.{fraction}")
}

fn trimmed(decimal: String) -> String {
    if decimal.contains('.') {
        decimal
            .trim_end_matches('0')
            .trim_end_matches('.')
            .to_owned()
    } else {
        decimal
    }
}

#[cfg(test)]
mod tests {
    use super::{Currency, Percentage, Quantity};

    fn euro() -> Currency {
        Currency::parse("EUR").unwrap()
    }

    #[test]
    fn an_amount_has_the_decimal_places_of_its_currency() {
        let read = |code: &str, text: &str| Currency::parse(code).unwrap().amount("price", text);
        for (code, text, minor, shown) in [
            ("EUR", "1499", 149_900, "1499.00"),
            ("EUR", "0.05", 5, "0.05"),
            ("EUR", "1.5", 150, "1.50"),
            ("JPY", "1499", 1499, "1499"),
            ("KWD", "1.25", 1250, "1.250"),
        ] {
            assert_eq!(read(code, text).unwrap(), minor, "{text} {code}");
            assert_eq!(Currency::parse(code).unwrap().show(minor), shown);
        }
        for (code, text) in [
            ("EUR", "1.999"),
            ("JPY", "1.5"),
            ("EUR", "-1"),
            ("EUR", "1,50"),
            ("EUR", "1."),
            ("EUR", ".5"),
            ("EUR", ""),
            ("EUR", "1e3"),
            ("EUR", "99999999999999999999"),
            ("EUR", "10000000000.01"),
        ] {
            let problem = read(code, text).unwrap_err();
            assert!(problem.message.contains("expected an amount"), "{text}");
        }
        assert_eq!(euro().show(-5), "-0.05");
    }

    #[test]
    fn shares_and_quantities_round_half_up() {
        let share = |text| Percentage::parse("tax", text).unwrap();
        assert_eq!(share("19").of(105), Some(20)); // 19.95
        assert_eq!(share("50").of(1), Some(1)); // 0.5
        assert_eq!(share("8.875").of(1000), Some(89)); // 88.75
        assert_eq!(share("8.875").show(), "8.875");
        assert_eq!(share("20").show(), "20");
        assert!(Percentage::parse("tax", "100.001").is_err());
        let quantity = |text| Quantity::parse("quantity", text).unwrap();
        assert_eq!(quantity("0.333").times(100), Some(33)); // 33.3
        assert_eq!(quantity("2.5").times(999), Some(2498)); // 2497.5
        assert_eq!(quantity("10").show(), "10");
        assert!(Quantity::parse("quantity", "0").is_err());
        assert!(Quantity::parse("quantity", "1000000.001").is_err());
        assert_eq!(quantity("1000000").times(i64::MAX), None);
    }
}
