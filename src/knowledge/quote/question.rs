//! What a question asks: its specific words, the names in it, its subject, and the kind of fact that it expects.

use std::collections::HashMap;

use super::{
    expected::Expected,
    sentence::{Sentence, phrase_of},
    support::{Vocabulary, content_words, is_specific},
};
use crate::knowledge::question_words::is_stop_word;

/// The loss of score of a sentence that has none of the question's names.
const WITHOUT_NAMES: f32 = 0.3;
/// The loss of a sentence that has some of them, and nothing like another one.
const WITHOUT_ONE_NAME: f32 = 0.15;
/// The support from which a name counts as present.
const SAME_NAME: f32 = 0.9;
/// The support from which a name counts as alike: "Amsterdam" and "Netherlands".
const SIMILAR_NAME: f32 = 0.68;
/// The support that the subject of a question needs.
const SAME_SUBJECT: f32 = 0.7;
/// The loss for each point of support that the subject lacks.
const WITHOUT_SUBJECT: f32 = 0.5;
/// The loss of a sentence without the amount, time or number that the question asks for.
const WITHOUT_FACT: f32 = 0.3;
/// The number of digits from which a word that begins with a letter is a code: `E42`, not `B2B`.
const DIGITS_OF_CODE: usize = 2;
/// The number of digits from which a number is a code, and no amount or year.
const DIGITS_OF_NUMBER: usize = 5;
/// The maximum number of words of a subject.
const LONGEST_SUBJECT: usize = 4;

/// Words after which the subject of a question stands.
const BEFORE_SUBJECT: [&str; 4] = ["which", "what", "who", "when"];
/// Words after "how" after which the subject stands.
const AFTER_HOW: [&str; 8] = [
    "many", "much", "large", "big", "high", "tall", "heavy", "old",
];
/// Verbs of questions such as "do you sell …" and "is there …", after which the subject stands.
const OFFERING: [&str; 5] = ["sell", "offer", "have", "there", "recommend"];
/// First words of such questions.
const AUXILIARIES: [&str; 6] = ["do", "does", "is", "are", "can", "could"];
#[rustfmt::skip]
const SKIPPED: [&str; 26] = [
    "is", "are", "was", "were", "do", "does", "did", "will", "would", "can", "could", "should", "has", "have", "a", "an",
    "the", "your", "any", "some", "it", "kind", "type", "sort", "of", "there",
];
#[rustfmt::skip]
const AFTER_SUBJECT: [&str; 16] = [
    "cost", "costs", "weigh", "weighs", "sell", "sold", "buy", "need", "get", "mean", "means", "work", "works", "per",
    "like", "we",
];

/// A question, taken apart.
pub(super) struct Question {
    /// The words that say what it is about.
    specific: Vec<String>,
    /// The names in it.
    names: Vec<String>,
    /// The nouns that it asks about.
    subjects: Vec<String>,
    /// The codes in it, as phrases: `trx 07341` for `TRX-07341`.
    codes: Vec<String>,
    expected: Option<Expected>,
}

impl Question {
    pub(super) fn new(text: &str) -> Self {
        let mut specific = content_words(text);
        specific.retain(|word| is_specific(word));
        Self {
            specific,
            names: names_in(text),
            subjects: subjects_of(text),
            codes: codes_in(text),
            expected: Expected::by(text),
        }
    }

    /// Keeps the sentences that have a code of the question, whose meaning no vector knows, and returns whether there are
    /// some. If there are none, those about other codes go: no row of a table may stand for another.
    pub(super) fn keep_its_codes(&self, sentences: &mut Vec<Sentence>) -> bool {
        if self.codes.is_empty() {
            return false;
        }
        let has_code = |sentence: &Sentence| {
            let mut codes = self.codes.iter();
            codes.any(|code| sentence.has_phrase(code))
        };
        if sentences.iter().any(has_code) {
            sentences.retain(has_code);
            return true;
        }
        sentences.retain(|sentence| codes_in(&sentence.text).is_empty());
        false
    }

    /// All words of the question whose support is wanted.
    pub(super) fn words(&self) -> Vec<&str> {
        let all = [&self.specific, &self.names, &self.subjects];
        let mut words: Vec<&str> = all.into_iter().flatten().map(String::as_str).collect();
        words.sort_unstable();
        words.dedup();
        words
    }

    /// What the support of the words adds to the score of a sentence, minus the losses for what it lacks.
    pub(super) fn support(
        &self,
        supported: &HashMap<&str, f32>,
        vocabulary: &Vocabulary,
        sentence: &str,
    ) -> f32 {
        let support_of = |word: &str| supported.get(word).copied().unwrap_or_default();
        let names = self.names.iter().map(|name| support_of(name));
        let most = names.clone().fold(0.0, f32::max);
        let least = names.fold(1.0, f32::min);
        let names = if self.names.is_empty() {
            0.0
        } else if most < SAME_NAME {
            WITHOUT_NAMES
        } else if least < SIMILAR_NAME {
            WITHOUT_ONE_NAME
        } else {
            0.0
        };
        let subjects = self.subjects.iter().map(|subject| support_of(subject));
        let lacking = SAME_SUBJECT - subjects.fold(SAME_SUBJECT, f32::min);
        let lacks_fact = self.expected.is_some_and(|fact| !fact.is_in(sentence));
        let fact = if lacks_fact { WITHOUT_FACT } else { 0.0 };
        vocabulary.support(&self.specific, support_of) - names - WITHOUT_SUBJECT * lacking - fact
    }
}

/// The words of a text that begin with a capital letter without beginning a sentence, in lower case.
fn names_in(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut goes_on = false;
    for token in text.split_whitespace() {
        let word = token.trim_matches(|character: char| !character.is_alphanumeric());
        let word = word.strip_suffix("'s").unwrap_or(word);
        let lower = word.to_lowercase();
        let is_name = word.starts_with(char::is_uppercase) && word.chars().count() > 1;
        if goes_on && is_name && is_specific(&lower) && !names.contains(&lower) {
            names.push(lower);
        }
        goes_on = token.ends_with(|character: char| {
            character.is_lowercase() || character.is_ascii_digit() || character == ','
        });
    }
    names
}

/// The words that are codes, as phrases: numbers of articles, orders, errors and models.
fn codes_in(text: &str) -> Vec<String> {
    let is_code = |word: &&str| {
        let digits = word.chars().filter(char::is_ascii_digit).count();
        word.starts_with(char::is_alphabetic) && digits >= DIGITS_OF_CODE
            || digits >= DIGITS_OF_NUMBER && digits == word.len()
    };
    text.split_whitespace()
        .map(|token| token.trim_matches(|character: char| !character.is_alphanumeric()))
        .filter(is_code)
        .map(phrase_of)
        .collect()
}

/// The nouns that a question asks about: "inflation" of "How high is the inflation?".
fn subjects_of(text: &str) -> Vec<String> {
    let text = text.to_lowercase().replace("'s ", " is ");
    let is_separator = |character: char| !character.is_alphanumeric() && character != '-';
    let words: Vec<&str> = text
        .split(is_separator)
        .filter(|word| !word.is_empty())
        .collect();
    let first_asks = words.first().is_some_and(|word| AUXILIARIES.contains(word));
    let mut subjects: Vec<String> = Vec::new();
    for (place, word) in words.iter().enumerate() {
        let before = place.checked_sub(1).and_then(|before| words.get(before));
        let begins = BEFORE_SUBJECT.contains(word)
            || AFTER_HOW.contains(word) && before == Some(&"how")
            || OFFERING.contains(word) && place < 4 && first_asks;
        if !begins {
            continue;
        }
        let after = words.iter().skip(place + 1);
        let noun = after
            .skip_while(|word| SKIPPED.contains(word))
            .take_while(|word| !is_stop_word(word) && !AFTER_SUBJECT.contains(word))
            .take(LONGEST_SUBJECT)
            .last();
        if let Some(noun) = noun.filter(|noun| is_specific(noun) && noun.chars().count() > 2) {
            subjects.push((*noun).to_owned());
        }
    }
    subjects
}

#[cfg(test)]
mod tests {
    use super::{Question, codes_in, names_in, subjects_of};
    use crate::knowledge::quote::sentence::tests::sentences;

    #[test]
    fn codes_are_no_amounts_and_no_years() {
        assert_eq!(
            codes_in("Where are TRX-07341, (E42) and order 4711023?"),
            ["trx 07341", "e42", "4711023"]
        );
        assert!(codes_in("Does B2B cost 1200 in 2026, from 10am, for 500g?").is_empty());
    }

    #[test]
    fn a_code_is_found_whole_and_no_other_code_answers() {
        let kept = |question: &str| -> (bool, Vec<String>) {
            let mut sentences = sentences(&[
                "INV-42 | lamp | 12 EUR\n\nDelivery takes 42 days. Refunds take a week.",
            ]);
            let has_code = Question::new(question).keep_its_codes(&mut sentences);
            let texts = sentences.into_iter().map(|sentence| sentence.text);
            (has_code, texts.collect())
        };
        let row = "INV-42 | lamp | 12 EUR".to_owned();
        let others = ["Delivery takes 42 days.", "Refunds take a week."].map(str::to_owned);
        assert_eq!(kept("What does inv-42 cost?"), (true, vec![row.clone()]));
        assert_eq!(
            kept("My order 4711023 is late, how long do refunds take?"),
            (false, others.to_vec())
        );
        assert_eq!(
            kept("How long do refunds take?"),
            (false, [vec![row], others.to_vec()].concat())
        );
    }

    #[test]
    fn names_begin_with_a_capital_inside_a_sentence() {
        assert_eq!(
            names_in("What's Vandenrijn's share in New York? Is Rome near, CEO?"),
            ["vandenrijn", "york", "rome", "ceo"]
        );
        assert!(names_in("Who am I? HELP ME NOW").is_empty());
    }

    #[test]
    fn a_question_has_a_subject() {
        for (question, subjects) in [
            ("How high is the inflation rate in Argentina?", vec!["rate"]),
            ("What's the revenue of Loopwagen?", vec!["revenue"]),
            ("Do you sell motorcycles?", vec!["motorcycles"]),
            ("How many electric scooters were sold?", vec!["scooters"]),
            ("Which brand is the motor?", vec!["brand"]),
            ("Can I return it?", vec![]),
        ] {
            assert_eq!(subjects_of(question), subjects, "{question}");
        }
    }
}
