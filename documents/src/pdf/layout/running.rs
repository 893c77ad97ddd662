//! Running heads and feet: lines at the edge of a page that are repeated on most pages.

use std::collections::HashMap;

use super::line::Line;

/// The number of lines at the top and at the bottom of a page that can be running heads.
const LINES_AT_EDGE: usize = 3;
/// The minimum number of pages, and the minimum fraction of all pages, on which a running head is.
const LEAST_PAGES: usize = 3;
const MOST_OF: usize = 2;
/// The fraction of the words of a document that running heads can be, as a divisor.
const SMALL_PART: usize = 25;
/// The unit of the places of lines in points, within which those of different pages may differ.
const SAME_PLACE: f32 = 4.0;

/// Where a line is, and its text without numbers.
type Key = (i32, i32, String);

/// Removes running heads. The first one of its kind stays, if it has words. Where they are more than a small part of the
/// text, they are not running heads, and stay.
pub(super) fn remove(pages: &mut [Vec<Line>]) {
    let repeated = repeated(pages);
    let is_running = |page: usize, line: &Line| {
        repeated
            .get(&key(line))
            .is_some_and(|first| *first != page || line.text.contains(|c: char| c.is_ascii_digit()))
    };
    let (mut running, mut all) = (0_usize, 0_usize);
    let mut places: Vec<Vec<usize>> = Vec::new();
    for (page, lines) in pages.iter().enumerate() {
        let mut at_edge = edges(lines);
        at_edge.retain(|at| lines.get(*at).is_some_and(|line| is_running(page, line)));
        all += lines.iter().map(words).sum::<usize>();
        running += at_edge
            .iter()
            .filter_map(|at| lines.get(*at))
            .map(words)
            .sum::<usize>();
        places.push(at_edge);
    }
    if running * SMALL_PART > all {
        return;
    }
    for (lines, at_edge) in pages.iter_mut().zip(places) {
        let mut at = 0_usize..;
        lines.retain(|_| at.next().is_none_or(|at| !at_edge.contains(&at)));
    }
}

/// The first page of each line that is at the edge of most pages.
fn repeated(pages: &[Vec<Line>]) -> HashMap<Key, usize> {
    let mut found: HashMap<Key, Vec<(usize, Option<i64>)>> = HashMap::new();
    for (page, lines) in pages.iter().enumerate() {
        for line in edges(lines).into_iter().filter_map(|at| lines.get(at)) {
            found
                .entry(key(line))
                .or_default()
                .push((page, number(&line.text)));
        }
    }
    let least = LEAST_PAGES.max(pages.len().div_ceil(MOST_OF));
    found.retain(|(_, _, text), found| {
        found.dedup_by_key(|(page, _)| *page);
        found.len() >= least && (text.contains(char::is_alphabetic) || are_page_numbers(found))
    });
    let first = |found: Vec<(usize, Option<i64>)>| found.first().map_or(0, |(page, _)| *page);
    found
        .into_iter()
        .map(|(key, found)| (key, first(found)))
        .collect()
}

fn words(line: &Line) -> usize {
    line.text.split_whitespace().count()
}

/// The indices of the lines that are highest and lowest on a page.
fn edges(lines: &[Line]) -> Vec<usize> {
    let mut by_height: Vec<usize> = (0..lines.len()).collect();
    by_height.sort_by(|one, other| {
        let height = |at: &usize| lines.get(*at).map_or(0.0, |line| line.y);
        height(other).total_cmp(&height(one))
    });
    let top = by_height.iter().take(LINES_AT_EDGE).copied();
    let bottom = by_height.iter().rev().take(LINES_AT_EDGE).copied();
    let mut edges: Vec<usize> = top.chain(bottom).collect();
    edges.sort_unstable();
    edges.dedup();
    edges
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "out of bounds, it saturates"
)]
fn key(line: &Line) -> Key {
    let digits = |c: char| c.is_ascii_digit();
    let text: Vec<&str> = line
        .text
        .split(digits)
        .filter(|part| !part.is_empty())
        .collect();
    let size = (line.size * 2.0).round() as i32;
    ((line.y / SAME_PLACE).round() as i32, size, text.join("#"))
}

/// The only number of a line.
fn number(text: &str) -> Option<i64> {
    text.trim_matches(|c: char| !c.is_ascii_digit())
        .parse()
        .ok()
}

/// Whether the numbers grow with the pages.
fn are_page_numbers(found: &[(usize, Option<i64>)]) -> bool {
    let pairs = found.iter().zip(found.iter().skip(1));
    let mut known = pairs.map(|((page, number), (next_page, next))| {
        let pages = i64::try_from(next_page - page).ok()?;
        Some((*next)? - (*number)? == pages)
    });
    known.all(|grows| grows == Some(true))
}
