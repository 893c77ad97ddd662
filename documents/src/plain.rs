//! Plain text: paragraphs separated by blank lines.

use crate::{DocumentText, budget::Budget, charset::one_line, outline::Outline, problem::Problem};

/// The minimum length in characters of a line of prose that was wrapped.
const SHORTEST_BROKEN_LINE: usize = 45;
/// The maximum length in characters of a line that was wrapped.
const LONGEST_BROKEN_LINE: usize = 120;

/// The columns at which Markdown is wrapped.
const SHORTEST_COLUMN: usize = 60;
const LONGEST_COLUMN: usize = 200;

/// Reads a text without other structure.
pub(crate) fn read(text: &str, budget: &mut Budget) -> Result<DocumentText, Problem> {
    let mut outline = Outline::default();
    let mut paragraph: Vec<&str> = Vec::new();
    for line in text.lines().chain([""]) {
        if !line.trim().is_empty() {
            paragraph.push(line.trim_end());
        } else if !paragraph.is_empty() {
            budget.check_time()?;
            outline.block(join(&paragraph), budget)?;
            paragraph.clear();
        }
    }
    outline.finish(budget)
}

/// Joins the lines of wrapped prose. Other line breaks are kept, because rows, lists, addresses, questions and answers
/// have no other separator.
fn join(lines: &[&str]) -> String {
    let mut text = String::new();
    let mut before: Option<&str> = None;
    for line in lines {
        match before {
            Some(before) if is_wrapped(before) && continues(before, line) => {
                text.push(' ');
                text.push_str(&one_line(line));
            }
            Some(_) => {
                text.push('\n');
                text.push_str(line);
            }
            None => text.push_str(line),
        }
        before = Some(line);
    }
    text
}

fn is_wrapped(line: &str) -> bool {
    let length = line.chars().count();
    (SHORTEST_BROKEN_LINE..=LONGEST_BROKEN_LINE).contains(&length) && !line.contains('\t')
}

/// Whether a line goes on in the next one: it ends without punctuation, except a comma within a sentence, and the next
/// one begins in lower case.
pub(crate) fn continues(line: &str, next: &str) -> bool {
    is_open(line) && next.starts_with(char::is_lowercase) && !is_record(line) && !is_record(next)
}

/// Whether a line ends within a sentence, as far as its last character shows.
pub(crate) fn is_open(line: &str) -> bool {
    let end = line.trim_end().chars().next_back();
    end.is_some_and(|end| end == ',' || end.is_alphanumeric() || ")]\"'”’»*_`".contains(end))
}

/// Whether lines have the shape of prose that was wrapped at a column: no line would have had room for the first word of the
/// next one.
pub(crate) fn is_wrapped_prose(lines: &[&str]) -> bool {
    let length = |text: &str| text.trim_end().chars().count();
    let width = lines.iter().map(|line| length(line)).max().unwrap_or(0);
    let has_no_room = |(line, next): (&&str, &&str)| {
        let word = next.split_whitespace().next().unwrap_or_default();
        length(line) + 1 + length(word) > width
    };
    (SHORTEST_COLUMN..=LONGEST_COLUMN).contains(&width)
        && !lines.iter().any(|line| is_record(line))
        && lines.iter().zip(lines.iter().skip(1)).all(has_no_room)
}

/// Whether a line looks like a row of values, or like a name and its value.
fn is_record(line: &str) -> bool {
    let is_named = line.split_once([':', '=']).is_some_and(|(name, value)| {
        name.split_whitespace().count() <= 3 && !value.starts_with("//")
    });
    let cells = line.matches([';', '|']).count() >= 2
        || line.split(',').count() >= 4 && !line.contains(", ");
    is_named || cells
}
