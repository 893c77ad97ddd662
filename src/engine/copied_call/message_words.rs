//! The parts of a person's message that can be arguments of a tool, as they stand in it.

use crate::knowledge::is_stop_word;

/// The maximum number of words of a message that are read; what a longer one asks is not clear enough for a call.
const MOST_WORDS: usize = 60;
/// The maximum number of words of a copied text.
const LONGEST_RUN: usize = 8;

/// Words that ask for something and are never a part of it.
#[rustfmt::skip]
const COMMANDS: [&str; 40] = [
    "add", "any", "anything", "available", "called", "check", "could", "count", "current", "display", "everything", "exist",
    "fetch", "find", "get", "give", "hello", "hi", "know", "list", "look", "many", "much", "named", "need", "please", "read",
    "say", "search", "see", "show", "tell", "thanks", "there", "us", "want", "would", "got", "i'd", "thank",
];
/// Words that turn the meaning of others round.
const NEGATIONS: [&str; 9] = [
    "not", "no", "never", "none", "without", "except", "neither", "nor", "besides",
];

/// Beginnings of questions for advice, which no stored row answers.
#[rustfmt::skip]
const ADVICE: [&str; 14] = [
    "how do", "how can", "how to", "how should", "how does", "how would", "how long", "why", "can i", "could i", "may i",
    "should i", "where do", "where can",
];
/// Words after which the words to search for stand.
#[rustfmt::skip]
const BEFORE_SUBJECT: [&str; 9] = [
    "about", "regarding", "concerning", "named", "called", "mentioning", "mention", "containing", "contain",
];

/// A person's message as words.
pub(super) struct MessageWords<'m> {
    message: &'m str,
    words: Vec<Word<'m>>,
}

/// A word without the punctuation around it.
struct Word<'m> {
    text: &'m str,
    lower: String,
    /// The bytes of the word in the message.
    start: usize,
    end: usize,
    /// Whether punctuation follows that a name does not continue after.
    ends_run: bool,
}

impl<'m> MessageWords<'m> {
    pub(super) fn new(message: &'m str) -> Self {
        let words = message.split_whitespace().filter_map(|token| {
            let is_inner = |character: char| character.is_alphanumeric();
            let text = token.trim_matches(|character| !is_inner(character));
            let text = text.strip_suffix("'s").unwrap_or(text);
            let text = text.strip_suffix("’s").unwrap_or(text);
            // both are parts of the message
            let start = text.as_ptr() as usize - message.as_ptr() as usize;
            let end = start + text.len();
            let after = message.get(end..)?.chars().next();
            (!text.is_empty()).then(|| Word {
                text,
                lower: text.to_lowercase(),
                start,
                end,
                ends_run: after.is_some_and(|character| !character.is_whitespace()),
            })
        });
        Self {
            message,
            words: words.take(MOST_WORDS).collect(),
        }
    }

    /// Whether the message may ask for stored data: it asks for no advice, nothing about the agent's own company, and has
    /// no word that turns the meaning of the others round.
    pub(super) fn may_ask_for_data(&self) -> bool {
        let is_negation = |word: &str| {
            NEGATIONS.contains(&word) || word.ends_with("n't") || word.ends_with("n’t")
        };
        let words = || self.words.iter().map(|word| word.lower.as_str());
        let text: String = words().flat_map(|word| [" ", word]).collect::<String>() + " ";
        let asks_for_advice = ADVICE
            .iter()
            .any(|begin| text.contains(&format!(" {begin} ")));
        !asks_for_advice && !words().any(|word| is_negation(word) || word == "your")
    }

    /// Whether the message has a noun of a tool's name: "ticket" of `get_ticket`.
    pub(super) fn name_the_tool(&self, tool: &str) -> bool {
        let words = words_of_name(tool);
        let is_noun = |word: &&String| !COMMANDS.contains(&word.as_str()) && !is_stop_word(word);
        words.iter().filter(is_noun).any(|noun| self.have(noun))
    }

    /// Whether the message asks for several of what a tool lists: "tickets" for `find_tickets`.
    pub(super) fn name_many(&self, tool: &str) -> bool {
        let nouns = words_of_name(tool);
        let mut words = self.words.iter().map(|word| word.lower.as_str());
        words.any(|word| {
            let stem = singular(word);
            stem != word && nouns.iter().any(|noun| singular(noun) == stem)
        })
    }

    /// Whether a word is there, in the singular or the plural.
    pub(super) fn have(&self, word: &str) -> bool {
        let wanted = singular(word);
        let mut words = self.words.iter();
        words.any(|word| singular(&word.lower) == wanted)
    }

    /// Whether all words of a value such as `IN_PROGRESS` are there.
    pub(super) fn have_all(&self, value: &str) -> bool {
        let words = words_of_name(value);
        !words.is_empty() && words.iter().all(|word| self.have(word))
    }

    /// The texts in quotation marks.
    pub(super) fn quoted(&self) -> Vec<String> {
        let mut texts = Vec::new();
        for (open, close) in [('"', '"'), ('“', '”'), ('„', '“'), ('«', '»')] {
            let mut rest = self.message;
            while let Some((_, after)) = rest.split_once(open)
                && let Some((text, after)) = after.split_once(close)
            {
                texts.push(text.to_owned());
                rest = after;
            }
        }
        texts
    }

    /// The words with a digit.
    pub(super) fn with_digits(&self) -> Vec<String> {
        let has_digit = |word: &&Word<'_>| word.text.contains(|c: char| c.is_ascii_digit());
        let words = self.words.iter().filter(has_digit);
        words.map(|word| word.text.to_owned()).collect()
    }

    /// The words of a format of JSON Schema that can be recognised by its characters.
    pub(super) fn of_format(&self, format: &str) -> Vec<String> {
        let is_of_format = |text: &str| match format {
            "email" => text.contains('@') && text.contains('.'),
            "date" | "date-time" | "time" => {
                text.starts_with(|c: char| c.is_ascii_digit()) && text.contains(['-', ':'])
            }
            "uri" | "url" => text.contains("://"),
            "uuid" => text.len() == 36,
            _ => false,
        };
        let words = self.words.iter().filter(|word| is_of_format(word.text));
        words.map(|word| word.text.to_owned()).collect()
    }

    /// The words that are a plain decimal number, as they stand there.
    pub(super) fn numbers(&self) -> Vec<serde_json::Number> {
        let numbers = self.words.iter().filter_map(|word| {
            let before = self.message.get(..word.start)?.chars().next_back();
            let is_number = word.text.chars().all(|c| c.is_ascii_digit() || c == '.');
            // "-3" lost its sign, "#3" is a name
            let is_bare = before.is_none_or(char::is_whitespace);
            (is_number && is_bare).then(|| word.text.parse().ok())?
        });
        numbers.collect()
    }

    /// The names: runs of words that begin with a capital letter.
    pub(super) fn names(&self, about: &[String]) -> Vec<String> {
        self.runs(|word| word.text.starts_with(char::is_uppercase) && is_telling(word, about))
    }

    /// The runs of words after a word such as "about", without those of the tool itself.
    pub(super) fn subjects(&self, about: &[String]) -> Vec<String> {
        let mut words = self.words.iter();
        let searches = self.have("search") || self.have("look");
        let before = words.find(|word| {
            BEFORE_SUBJECT.contains(&word.lower.as_str()) || (searches && word.lower == "for")
        });
        let Some(before) = before else {
            return Vec::new();
        };
        self.runs(|word| word.start > before.start && is_telling(word, about))
    }

    /// The longest runs of words that fulfil a condition, as they stand in the message.
    fn runs(&self, is_wanted: impl Fn(&Word<'_>) -> bool) -> Vec<String> {
        let mut runs: Vec<String> = Vec::new();
        let mut open: Vec<&Word<'_>> = Vec::new();
        let mut close = |open: &mut Vec<&Word<'_>>| {
            let ends = open.first().zip(open.last());
            let text = ends.and_then(|(first, last)| self.message.get(first.start..last.end));
            if let Some(text) = text.filter(|_| open.len() <= LONGEST_RUN) {
                runs.push(text.to_owned());
            }
            open.clear();
        };
        for word in &self.words {
            if is_wanted(word) {
                open.push(word);
                if word.ends_run {
                    close(&mut open);
                }
            } else {
                close(&mut open);
            }
        }
        close(&mut open);
        runs
    }
}

/// Whether a word is about something beside what the tool itself is about.
fn is_telling(word: &Word<'_>, about: &[String]) -> bool {
    let is_about = |known: &String| singular(known) == singular(&word.lower);
    !is_stop_word(&word.lower)
        && !COMMANDS.contains(&word.lower.as_str())
        && !about.iter().any(is_about)
}

/// The words of a name such as `find_tickets` or `priceListId`, in lower case.
pub(super) fn words_of_name(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for character in name.chars() {
        let starts = character.is_uppercase() && was_lower;
        if !character.is_alphanumeric() || starts {
            words.push(String::new());
        }
        if character.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(character.to_lowercase());
        }
        was_lower = character.is_lowercase() || character.is_numeric();
    }
    words.retain(|word| !word.is_empty());
    words
}

/// A word without the ending of the plural.
fn singular(word: &str) -> &str {
    match word.strip_suffix('s') {
        Some(stem) if stem.len() > 2 && !stem.ends_with('s') => stem,
        _ => word,
    }
}
