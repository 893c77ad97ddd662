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
    /// The last heading or question above the sentence, and the names of the columns if it is a row of a table; empty
    /// without them.
    pub heading: String,
}

/// The sentences of a text in their order; each row of a table is one. Headings, questions and the first row of a table
/// state nothing; they tell what the sentences below them are about.
pub fn stated_sentences(text: &str) -> Vec<StatedSentence> {
    let mut sentences = Vec::new();
    let mut heading = String::new();
    let mut columns: Option<String> = None;
    let mut lines = lines_of(text)
        .into_iter()
        .filter(|line| line.contains(char::is_alphanumeric))
        .peekable();
    while let Some(line) = lines.next() {
        if is_row(&line) {
            match &columns {
                None if lines.peek().is_some_and(|next| is_row(next)) => columns = Some(line),
                // each piece of a long table repeats them
                Some(columns) if *columns == line => {}
                columns => {
                    let columns = columns.as_deref().unwrap_or_default();
                    sentences.push(StatedSentence {
                        heading: format!("{heading} {columns}").trim().to_owned(),
                        text: line,
                    });
                }
            }
            continue;
        }
        columns = None;
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
        let goes_on = line.starts_with(char::is_lowercase) && !is_row(line);
        match lines.last_mut() {
            Some(last) if goes_on && !last.is_empty() && !ends_sentence(last) && !is_row(last) => {
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

/// Whether a line is a row of a table, as the reader of documents writes them.
fn is_row(line: &str) -> bool {
    line.contains(" | ")
}

/// Whether a line is a heading: short and without an end, or a question. Items of lists are not.
fn is_heading(line: &str) -> bool {
    let is_item = line.starts_with(['-', '*', '|', '•', '`']);
    let is_short = line.split_whitespace().count() <= LONGEST_HEADING;
    line.ends_with('?') && line.matches(['.', '!']).count() == 0
        || !is_item && is_short && !ends_sentence(line)
}

#[cfg(test)]
mod tests {
    use super::stated_sentences;

    #[test]
    fn a_row_of_a_table_is_a_sentence_below_the_names_of_its_columns() {
        let text = "Prices\n\narticle | name | price\nA-1 | bell | 3. class, 12 EUR\na-2 | lamp | 40 EUR\n\
                    article | name | price\nA-3 | lock | 25 EUR\n\nAll prices include taxes.";
        let sentences = stated_sentences(text);
        let found: Vec<(&str, &str)> = sentences
            .iter()
            .map(|sentence| (sentence.text.as_str(), sentence.heading.as_str()))
            .collect();
        let above = "Prices article | name | price";
        assert_eq!(
            found,
            [
                ("A-1 | bell | 3. class, 12 EUR", above),
                ("a-2 | lamp | 40 EUR", above),
                ("A-3 | lock | 25 EUR", above),
                ("All prices include taxes.", "Prices"),
            ]
        );
    }
}
