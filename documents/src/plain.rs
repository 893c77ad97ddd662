//! Plain text: paragraphs separated by blank lines.

use crate::{DocumentText, budget::Budget, charset::one_line, outline::Outline, problem::Problem};

/// The minimum length in characters of a wrapped line, except the last one of its paragraph.
const SHORTEST_BROKEN_LINE: usize = 50;
/// The maximum length in characters of a wrapped line.
const LONGEST_BROKEN_LINE: usize = 100;

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
    Ok(outline.finish())
}

/// Joins the lines of a wrapped paragraph. Other line breaks are kept, because they may be significant.
fn join(lines: &[&str]) -> String {
    let text = lines.join("\n");
    if is_broken_at_a_margin(lines) {
        one_line(&text)
    } else {
        text
    }
}

fn is_broken_at_a_margin(lines: &[&str]) -> bool {
    let Some((_, full)) = lines.split_last() else {
        return false;
    };
    let broken = SHORTEST_BROKEN_LINE..=LONGEST_BROKEN_LINE;
    let is_prose = |line: &&str| line.starts_with(char::is_alphanumeric) && !line.contains('\t');
    full.iter()
        .all(|line| broken.contains(&line.chars().count()))
        && lines.iter().all(is_prose)
}
