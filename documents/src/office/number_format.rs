//! How a workbook shows its numbers: as dates, shares, or as they are.

/// The days from the first day of workbooks, which is 1900-01-00, to 1970-01-01; the leap day of 1900, which
/// there was none of, is counted.
const EPOCH: f64 = 25_569.0;
/// The days between the two systems of dates.
const SYSTEM_1904: f64 = 1_462.0;
const SECONDS_OF_DAY: f64 = 86_400.0;
/// The last date that workbooks have: 9999-12-31.
const LAST_DAY: f64 = 2_958_466.0;

/// A kind of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum NumberFormat {
    #[default]
    General,
    Date,
    Time,
    DateTime,
    Percent,
}

impl NumberFormat {
    /// A format that workbooks have without defining it (ECMA-376, part 1, 18.8.30).
    pub(super) fn built_in(id: u32) -> Self {
        match id {
            9 | 10 => Self::Percent,
            14..=17 | 27..=31 | 36 | 50..=54 | 57 | 58 => Self::Date,
            18..=21 | 32..=35 | 45..=47 | 55 | 56 => Self::Time,
            22 => Self::DateTime,
            _ => Self::General,
        }
    }

    /// A format by its code, such as `dd/mm/yyyy`.
    pub(super) fn parse(code: &str) -> Self {
        let mut plain = String::new();
        let mut characters = code.split(';').next().unwrap_or_default().chars();
        while let Some(c) = characters.next() {
            match c {
                // texts, colours and conditions
                '"' => while characters.next().is_some_and(|c| c != '"') {},
                '[' => {
                    let inside: String = characters.by_ref().take_while(|c| *c != ']').collect();
                    // hours that may be more than a day
                    if matches!(
                        inside.to_ascii_lowercase().as_str(),
                        "h" | "hh" | "m" | "mm" | "s" | "ss"
                    ) {
                        plain.push_str(&inside);
                    }
                }
                '\\' | '_' | '*' => {
                    characters.next();
                }
                c => plain.push(c.to_ascii_lowercase()),
            }
        }
        if plain.contains("general") {
            return Self::General;
        }
        let has_date = plain.contains(['y', 'd'])
            || plain.contains('m') && !plain.contains(['h', 's', '0', '#']);
        let has_time = plain.contains('h') || plain.contains("ss");
        match (has_date, has_time) {
            (true, true) => Self::DateTime,
            (true, false) => Self::Date,
            (false, true) => Self::Time,
            (false, false) if plain.contains('%') => Self::Percent,
            (false, false) => Self::General,
        }
    }

    /// A number as a reader sees it, approximately: dates as in ISO 8601, numbers with their significant digits.
    pub(super) fn show(self, number: f64, is_1904: bool) -> String {
        let days = if is_1904 {
            number + SYSTEM_1904
        } else {
            number
        };
        if self != Self::General && self != Self::Percent && !(0.0..LAST_DAY).contains(&days) {
            return shorten(number);
        }
        match self {
            Self::General => shorten(number),
            Self::Percent => format!("{}%", shorten(number * 100.0)),
            Self::Date => date(days),
            Self::Time => time(days),
            Self::DateTime if days.fract() == 0.0 => date(days),
            Self::DateTime => format!("{} {}", date(days), time(days)),
        }
    }
}

/// A number with 15 digits at most, as workbooks store and show it: 0.1 + 0.2 is 0.3.
fn shorten(number: f64) -> String {
    let digits = format!("{number:.14e}");
    digits
        .parse::<f64>()
        .map_or(digits, |short| short.to_string())
}

#[expect(clippy::cast_possible_truncation, reason = "bounded before")]
fn date(days: f64) -> String {
    let days = (days - EPOCH).floor() as i64;
    // days to a date, by Howard Hinnant's algorithm: <https://howardhinnant.github.io/date_algorithms.html>
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_index = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_index + 2) / 5 + 1;
    let month = if month_index < 10 {
        month_index + 3
    } else {
        month_index - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

#[expect(clippy::cast_possible_truncation, reason = "a part of a day")]
fn time(days: f64) -> String {
    let seconds = (days.fract() * SECONDS_OF_DAY).round() as i64;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if seconds == 0 {
        format!("{hours:02}:{minutes:02}")
    } else {
        format!("{hours:02}:{minutes:02}:{seconds:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_shown_as_their_formats_say() {
        for (code, number, expected) in [
            ("General", 0.1 + 0.2, "0.3"),
            ("0.00", 1_234.5, "1234.5"),
            ("#,##0.00 \"mm\"", 12.0, "12"),
            ("0%", 0.07, "7%"),
            ("yyyy-mm-dd", 46_356.0, "2026-11-30"),
            ("[$-407]d. mmmm yyyy", 46_356.0, "2026-11-30"),
            ("dd/mm/yyyy hh:mm", 46_356.75, "2026-11-30 18:00"),
            ("[h]:mm", 0.5, "12:00"),
            ("[Red]0", 5.0, "5"),
            ("yyyy", -1.0, "-1"),
        ] {
            assert_eq!(
                NumberFormat::parse(code).show(number, false),
                expected,
                "{code}"
            );
        }
        assert_eq!(
            NumberFormat::built_in(14).show(44_894.0, true),
            "2026-11-30"
        );
    }
}
