//! Citations: where an answer refers to the numbered sources that its model was given.

use std::ops::Range;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use serde::{Deserialize, Serialize};

/// The maximum length of a reference with its brackets, in bytes.
const LONGEST_REFERENCE: usize = 80;
/// The maximum number of citations of an answer; further ones are not kept.
const MOST_CITATIONS: usize = 1_000;

/// A place in an answer that refers to a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Citation {
    /// The number of the source.
    pub number: i32,
    /// The start of the reference with its brackets, in Unicode code points of the text.
    pub start: usize,
    /// The end of the reference.
    pub end: usize,
}

impl Citation {
    /// The references of an answer to sources that exist, in the order of the text: `[1]`, `[2, 3]`. A reference with
    /// several numbers is one citation for each of them, with the same place. Brackets in code, in links and before
    /// `from`, in code points, are no references.
    pub fn all_in(text: &str, from: usize, exists: impl Fn(i32) -> bool) -> Vec<Self> {
        if !text.contains('[') {
            return Vec::new();
        }
        let other = code_and_links(text);
        let mut other = other.into_iter().peekable();
        let mut citations = Vec::new();
        let (mut counted, mut characters) = (0, 0);
        for (start, _) in text.match_indices('[') {
            while other.next_if(|range| range.end <= start).is_some() {}
            if other.peek().is_some_and(|range| range.contains(&start)) {
                continue;
            }
            let Some((numbers, length)) = text.get(start..).and_then(reference) else {
                continue;
            };
            let before = text.get(counted..start).unwrap_or_default();
            characters += before.chars().count();
            counted = start;
            if characters < from {
                continue;
            }
            // a reference is ASCII
            let end = characters + length;
            citations.extend(
                numbers
                    .into_iter()
                    .filter(|number| exists(*number))
                    .map(|number| Self {
                        number,
                        start: characters,
                        end,
                    }),
            );
            if citations.len() >= MOST_CITATIONS {
                citations.truncate(MOST_CITATIONS);
                break;
            }
        }
        citations
    }
}

/// The numbers of the reference that a text begins with, each once, and the length of the reference.
fn reference(text: &str) -> Option<(Vec<i32>, usize)> {
    let end = text
        .bytes()
        .take(LONGEST_REFERENCE)
        .position(|byte| byte == b']')?;
    let inner = text.get(1..end)?;
    let mut numbers = Vec::new();
    for part in inner.split([',', ';']) {
        let digits = part.trim_matches(' ');
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let number = digits.parse().ok()?;
        if !numbers.contains(&number) {
            numbers.push(number);
        }
    }
    Some((numbers, end + 1))
}

/// The byte ranges of code and of links, in order and without overlap.
fn code_and_links(text: &str) -> Vec<Range<usize>> {
    let mut ranges: Vec<Range<usize>> = Vec::new();
    let mut depth = 0_usize;
    for (event, range) in Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter() {
        match event {
            Event::Start(Tag::CodeBlock(_) | Tag::Link { .. } | Tag::Image { .. }) => {
                if depth == 0 {
                    ranges.push(range);
                }
                depth += 1;
            }
            Event::End(TagEnd::CodeBlock | TagEnd::Link | TagEnd::Image) => {
                depth = depth.saturating_sub(1);
            }
            Event::Code(_) | Event::Html(_) | Event::InlineHtml(_) if depth == 0 => {
                ranges.push(range);
            }
            _ => {}
        }
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cited(text: &str) -> Vec<(i32, usize, usize)> {
        let citations = Citation::all_in(text, 0, |number| (1..=3).contains(&number));
        let places = citations.iter();
        places
            .map(|citation| (citation.number, citation.start, citation.end))
            .collect()
    }

    #[test]
    fn references_have_their_places_in_code_points() {
        assert_eq!(cited("It grew [1]."), [(1, 8, 11)]);
        assert_eq!(
            cited("é🦀[2, 3]x[1;2]"),
            [(2, 2, 8), (3, 2, 8), (1, 9, 14), (2, 9, 14)]
        );
        assert_eq!(cited("[1][2][1]"), [(1, 0, 3), (2, 3, 6), (1, 6, 9)]);
        assert_eq!(
            cited("| a [1] | b |\n|---|---|\n| c [2] | d |"),
            [(1, 4, 7), (2, 28, 31)]
        );
        assert_eq!(cited("[1, 1, 01]"), [(1, 0, 10)]);
        assert_eq!(cited("**bold [3]**\n- item [2]"), [(3, 7, 10), (2, 20, 23)]);
    }

    #[test]
    fn what_is_no_reference_is_left_alone() {
        let texts = [
            "",
            "[",
            "]",
            "[]",
            "[ ]",
            "[0] [4] [99999999999999999999] [-1] [+1] [1.5] [a] [1 2] [1,] [^1] [x] [１]",
            "`list[1]` and ``a ` [2]``",
            "```\nlist[1]\n```",
            "~~~py\nlist[1]\n~~~",
            "    list[1]",
            "> ```\n> [1]\n> ```",
            "```\nnever closed [1]",
            "[1](https://example.com) ![2](x.png)",
            "<a title=\"[1]\">",
            &format!("[{}1]", "1,".repeat(60)),
        ];
        for text in texts {
            assert_eq!(cited(text), [], "{text:?}");
        }
    }

    #[test]
    fn a_reference_after_code_counts() {
        let text = "`[1]` é [2]\n\n```\n[3]\n```\n\n[3] `open [1]";
        assert_eq!(cited(text), [(2, 8, 11), (3, 26, 29), (1, 36, 39)]);
    }

    #[test]
    fn a_text_that_another_agent_wrote_is_not_read() {
        let text = "First [1]. Then [1].";
        let citations = Citation::all_in(text, 10, |_| true);
        assert_eq!(citations.len(), 1);
        assert_eq!(citations[0].start, 16);
    }

    #[test]
    fn a_hostile_text_is_read_in_linear_time() {
        for text in [
            "[".repeat(200_000),
            "[1]".repeat(100_000),
            "`[1]\n\n> ".repeat(20_000),
        ] {
            let citations = Citation::all_in(&text, 0, |_| true);
            assert!(citations.len() <= MOST_CITATIONS);
        }
    }
}
