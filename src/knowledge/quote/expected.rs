//! What a question expects a sentence to have: an amount of money, a time, or a number.

/// The kind of fact that a question asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expected {
    /// "How much is …", "the price of …".
    Price,
    /// "When does …", "how long …".
    Time,
    /// "How many …", "how heavy …", "the share of …".
    Number,
}

/// Words after "how" with the fact that they ask for.
const AFTER_HOW: [(Expected, &[&str]); 3] = [
    (Expected::Price, &["much", "expensive"]),
    (Expected::Time, &["long", "soon", "quickly"]),
    (
        Expected::Number,
        &[
            "many", "old", "far", "fast", "heavy", "large", "big", "high", "tall", "hard",
        ],
    ),
];
/// Words after "when" that make it a question.
const AFTER_WHEN: [&str; 12] = [
    "was", "were", "did", "will", "is", "are", "does", "do", "can", "would", "should", "may",
];
const UNITS_OF_TIME: [&str; 6] = ["minute", "hour", "day", "week", "month", "year"];
#[rustfmt::skip]
const TIMES: [&str; 34] = [
    "o'clock", "january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
    "november", "december", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "spring",
    "summer", "autumn", "winter", "once", "only", "never", "always", "until", "today", "tomorrow", "yesterday", "noon",
    "midnight",
];
#[rustfmt::skip]
const NUMBERS: [&str; 22] = [
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen",
    "fourteen", "fifteen", "twenty", "thirty", "half", "twice", "hundred", "thousand", "million",
];
const MONEY: [&str; 8] = [
    "euro", "dollar", "pound", "franc", "cent", "percent", "free", "price",
];

impl Expected {
    /// The fact that a question asks for, if its words tell.
    pub(super) fn by(question: &str) -> Option<Self> {
        let words = tokens(question);
        let pairs = || words.iter().zip(words.iter().skip(1));
        let after_how = |kind: Self| {
            let listed = AFTER_HOW.iter().find(|(listed, _)| *listed == kind);
            let listed = listed.map_or(&[][..], |(_, listed)| *listed);
            pairs().any(|(first, second)| first == "how" && listed.contains(&second.as_str()))
        };
        let counts_time = || {
            let mut triples = pairs().zip(words.iter().skip(2));
            triples.any(|((first, second), third)| {
                first == "how" && second == "many" && is_plural_of(third, &UNITS_OF_TIME)
            })
        };
        let is_when = |(first, second): (&String, &String)| {
            first == "when" && AFTER_WHEN.contains(&second.as_str())
                || first == "what" && second == "time"
                || first == "which" && second == "year"
        };
        let has = |listed: &[&str]| words.iter().any(|word| listed.contains(&word.as_str()));
        if after_how(Self::Time) || counts_time() || pairs().any(is_when) {
            Some(Self::Time)
        } else if after_how(Self::Number) || has(&["percent", "percentage", "share"]) {
            Some(Self::Number)
        } else if after_how(Self::Price) || has(&["price", "prices", "cost", "costs"]) {
            Some(Self::Price)
        } else {
            None
        }
    }

    /// Whether a sentence has such a fact.
    pub(super) fn is_in(self, sentence: &str) -> bool {
        let words = tokens(sentence);
        let has_digit = sentence.chars().any(|character| character.is_ascii_digit());
        let has = |listed: &[&str]| words.iter().any(|word| is_plural_of(word, listed));
        match self {
            Self::Price => has_digit || has(&MONEY) || sentence.contains(['€', '$', '£']),
            Self::Time => {
                let is_year = |word: &String| {
                    word.len() == 4 && (word.starts_with("19") || word.starts_with("20"))
                };
                has(&TIMES) || has(&UNITS_OF_TIME) || words.iter().any(is_year)
            }
            Self::Number => has_digit || has(&NUMBERS) || has(&["no", "none", "first", "second"]),
        }
    }
}

fn tokens(text: &str) -> Vec<String> {
    text.to_lowercase()
        .split(|character: char| !character.is_alphanumeric() && character != '\'')
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

fn is_plural_of(word: &str, listed: &[&str]) -> bool {
    listed.contains(&word)
        || word
            .strip_suffix('s')
            .is_some_and(|one| listed.contains(&one))
}

#[cfg(test)]
mod tests {
    use super::Expected;

    #[test]
    fn a_question_expects_a_price_a_time_or_a_number() {
        for (question, expected) in [
            ("How much is the Heron?", Some(Expected::Price)),
            ("price of a lock", Some(Expected::Price)),
            ("When are you open?", Some(Expected::Time)),
            ("how many weeks does it take", Some(Expected::Time)),
            ("How heavy is it?", Some(Expected::Number)),
            ("What should I do when it rains?", None),
        ] {
            assert_eq!(Expected::by(question), expected, "{question}");
        }
        assert!(Expected::Price.is_in("A test ride is free."));
        assert!(Expected::Time.is_in("I founded it in 2013."));
        assert!(!Expected::Time.is_in("It has a share of 24 percent."));
        assert!(!Expected::Number.is_in("The bench has room for children."));
    }
}
