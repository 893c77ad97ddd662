//! How well the words of a sentence support the words of a question.

use std::collections::HashMap;

use super::sentence::Sentence;
use crate::knowledge::question_words::{is_stop_word, words_of};

/// The maximum that support adds to the score of a sentence.
pub(super) const MOST_SUPPORT: f32 = 0.45;
/// The support of a question without any specific word.
const SUPPORT_OF_NOTHING: f32 = 0.7;
/// The minimum weight of a word that nearly every sentence has.
const LEAST_WEIGHT: f32 = 0.1;

/// English words that say little about what a question is about. Sorted.
#[rustfmt::skip]
const GENERAL_WORDS: [&str; 351] = [
    "accept", "accepted", "actually", "add", "advice", "ago", "allow", "allowed", "almost", "along", "already",
    "alright", "also", "always", "amount", "another", "answer", "anybody", "anyone", "anything", "apply", "around",
    "ask", "available", "average", "back", "bad", "become", "begin", "best", "better", "big", "biggest", "bit",
    "bring", "call", "came", "care", "case", "certain", "change", "check", "choose", "come", "comes", "common",
    "consider", "could", "currently", "d", "day", "days", "decide", "describe", "detail", "details", "different",
    "difficult", "done", "easy", "either", "else", "end", "enough", "entire", "especially", "even", "ever", "every",
    "everybody", "everyone", "everything", "exactly", "example", "expect", "explain", "fact", "far", "feel", "find",
    "first", "fit", "follow", "form", "found", "full", "gave", "general", "generally", "get", "gets", "getting",
    "give", "given", "gives", "go", "goes", "going", "gone", "good", "great", "half", "hand", "happen", "happened",
    "happens", "hard", "hear", "heard", "help", "high", "higher", "highest", "hold", "idea", "important", "include",
    "included", "including", "info", "information", "instead", "issue", "keep", "kind", "knew", "know", "known",
    "large", "largest", "last", "later", "least", "leave", "left", "less", "let", "level", "like", "likely", "list",
    "little", "ll", "long", "longer", "look", "looks", "lot", "love", "low", "lower", "m", "made", "main", "mainly",
    "major", "make", "makes", "many", "matter", "max", "maximum", "may", "maybe", "mean", "means", "might", "min",
    "mind", "mine", "minimum", "moment", "mostly", "move", "much", "must", "name", "near", "necessary", "need",
    "needed", "needs", "never", "new", "next", "nice", "normal", "normally", "nothing", "number", "obtain", "offer",
    "offered", "offers", "often", "ok", "okay", "old", "older", "oldest", "one", "opinion", "option", "options",
    "ordinary", "others", "otherwise", "part", "particular", "people", "per", "perhaps", "person", "place", "plan",
    "please", "point", "policy", "possible", "possibly", "probably", "problem", "provide", "provided", "purpose",
    "put", "question", "questions", "quickly", "quite", "rather", "re", "read", "reads", "real", "really", "reason",
    "receive", "recommend", "regarding", "regular", "require", "required", "result", "right", "role", "room", "run",
    "said", "say", "says", "see", "seem", "seen", "several", "shall", "short", "show", "shows", "since", "single",
    "size", "small", "smaller", "smallest", "somebody", "someone", "something", "sometimes", "soon", "sort",
    "special", "specific", "start", "started", "starts", "stay", "step", "steps", "still", "stop", "stuff", "suggest",
    "sure", "take", "taken", "takes", "taking", "talk", "tell", "thank", "thanks", "thing", "things", "think",
    "though", "thought", "time", "times", "tip", "tips", "today", "together", "told", "took", "top", "toward",
    "towards", "true", "try", "trying", "turn", "type", "understand", "unless", "upon", "us", "use", "used", "useful",
    "user", "uses", "using", "usual", "usually", "ve", "via", "view", "want", "wanted", "wants", "way", "ways",
    "well", "went", "whatever", "whether", "whole", "whose", "wish", "within", "without", "work", "worked", "working",
    "works", "worst", "would", "wrong", "yes", "yet",
];

/// How often words occur in the sentences that may answer a question.
pub(super) struct Vocabulary {
    sentences: f32,
    /// The number of sentences that have a word, by its stem.
    occurrences: HashMap<String, f32>,
}

impl Vocabulary {
    pub(super) fn new(sentences: &[Sentence]) -> Self {
        let mut occurrences: HashMap<String, f32> = HashMap::new();
        for stem in sentences.iter().flat_map(Sentence::stems) {
            *occurrences.entry(stem.clone()).or_default() += 1.0;
        }
        #[expect(
            clippy::cast_precision_loss,
            reason = "a few dozen sentences are compared"
        )]
        let sentences = sentences.len() as f32;
        Self {
            sentences,
            occurrences,
        }
    }

    /// The support of all words together, 0 to [`MOST_SUPPORT`]: the mean, in which a word counts the more, the fewer
    /// sentences have it.
    pub(super) fn support(&self, words: &[String], support_of: impl Fn(&str) -> f32) -> f32 {
        let (mut sum, mut weights) = (0.0, 0.0);
        for word in words {
            let weight = self.weight(word);
            sum += weight * support_of(word);
            weights += weight;
        }
        let mean = if words.is_empty() {
            SUPPORT_OF_NOTHING
        } else {
            sum / weights
        };
        MOST_SUPPORT * mean
    }

    /// The inverse document frequency of a word.
    fn weight(&self, word: &str) -> f32 {
        let found = self.occurrences.get(&stem(word)).copied();
        let rarity = (self.sentences + 1.0) / (found.unwrap_or_default() + 0.5);
        rarity.ln().max(LEAST_WEIGHT)
    }
}

/// The words of a text in lower case, each once, without stop words.
pub(super) fn content_words(text: &str) -> Vec<String> {
    let mut words = words_of(text);
    words.retain(|word| !is_stop_word(word));
    words
}

/// Whether a word in lower case says what a question is about.
pub(super) fn is_specific(word: &str) -> bool {
    !is_stop_word(word) && GENERAL_WORDS.binary_search(&word).is_err()
}

/// The word without its English ending, for comparisons: "deliveries" and "delivery" have one stem.
pub(super) fn stem(word: &str) -> String {
    const ENDINGS: [&str; 10] = [
        "ings", "ing", "edly", "ed", "ies", "es", "s", "ly", "er", "or",
    ];
    let cut = ENDINGS.iter().find_map(|ending| {
        let rest = word.strip_suffix(ending)?;
        (rest.chars().count() >= 3).then_some((rest, *ending))
    });
    let stem = match cut {
        Some((rest, "ies")) => format!("{rest}y"),
        Some((rest, _)) => rest.to_owned(),
        None => word.to_owned(),
    };
    stem.trim_end_matches('e').to_owned()
}

#[cfg(test)]
mod tests {
    use super::{GENERAL_WORDS, Vocabulary, is_specific, stem};
    use crate::knowledge::quote::sentence::tests::sentences;

    #[test]
    fn forms_of_a_word_have_one_stem() {
        for (one, other) in [
            ("deliveries", "delivery"),
            ("leasing", "lease"),
            ("ordered", "orders"),
            ("bikes", "bike"),
        ] {
            assert_eq!(stem(one), stem(other), "{one}");
        }
        assert_eq!(stem("bus"), "bus");
    }

    #[test]
    fn the_general_words_are_sorted_and_say_little() {
        assert!(GENERAL_WORDS.is_sorted());
        assert!(!is_specific("what") && !is_specific("possible") && is_specific("warranty"));
    }

    #[test]
    fn a_rare_word_counts_more_than_a_frequent_one() {
        let vocabulary = Vocabulary::new(&sentences(&[
            "The bike has a bell. The bike has a belt. The bike is blue.",
        ]));
        let words = ["bike".to_owned(), "bell".to_owned()];
        let of_bell = vocabulary.support(&words, |word| f32::from(word == "bell"));
        let of_bike = vocabulary.support(&words, |word| f32::from(word == "bike"));
        assert!(of_bell > 2.0 * of_bike, "{of_bell} {of_bike}");
    }
}
