//! The sentences of a text that state something, with the headings above them.

use unicode_segmentation::UnicodeSegmentation;

/// The minimum number of words of a statement.
const FEWEST_WORDS: usize = 3;
/// The maximum number of words of a line without a full stop that counts as a heading.
const LONGEST_HEADING: usize = 14;

/// A sentence that states something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatedSentence {
    /// The sentence as it stands in the text, its lines joined with spaces.
    pub text: String,
    /// The last heading or question above the sentence; empty without one.
    pub heading: String,
}

/// The sentences of a text in their order. Headings and questions state nothing; they tell what the sentences below them
/// are about.
pub fn stated_sentences(text: &str) -> Vec<StatedSentence> {
    let mut sentences = Vec::new();
    let mut heading = String::new();
    let lines = lines_of(text).into_iter();
    for line in lines.filter(|line| !line.is_empty()) {
        if is_heading(&line) {
            heading = line;
            continue;
        }
        let stated = line
            .split_sentence_bounds()
            .map(str::trim)
            .filter(|sentence| sentence.split_whitespace().count() >= FEWEST_WORDS)
            .filter(|sentence| !sentence.ends_with('?'));
        sentences.extend(stated.map(|sentence| StatedSentence {
            text: sentence.to_owned(),
            heading: heading.clone(),
        }));
    }
    sentences
}

/// The lines of a text; one that goes on in lower case is joined with the next one, as a page of a PDF breaks them.
fn lines_of(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines().map(str::trim) {
        let goes_on = line.starts_with(char::is_lowercase);
        match lines.last_mut() {
            Some(last) if goes_on && !last.is_empty() && !ends_sentence(last) => {
                last.push(' ');
                last.push_str(line);
            }
            _ => lines.push(line.to_owned()),
        }
    }
    lines
}

fn ends_sentence(line: &str) -> bool {
    line.ends_with(['.', '!', '?', ':', ';', ',', '"', ')'])
}

/// Whether a line is a heading: short and without an end, or a question. Items of lists and rows of tables are not.
fn is_heading(line: &str) -> bool {
    let is_item = line.starts_with(['-', '*', '|', '•', '`']) || line.contains(" | ");
    let is_short = line.split_whitespace().count() <= LONGEST_HEADING;
    line.ends_with('?') && line.matches(['.', '!']).count() == 0
        || !is_item && is_short && !ends_sentence(line)
}
