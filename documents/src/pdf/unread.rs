//! Counts what cannot be read, for the warnings about a document and for its refusal.

use super::layout::PageText;
use crate::problem::Problem;

/// The fraction of unreadable characters from which a page is named.
const NOTABLE: f32 = 0.02;
/// The fraction of readable characters or pages below which a document is refused.
const LEAST_READABLE: f32 = 0.5;
/// The maximum number of ranges of pages in a warning.
const MOST_RANGES: usize = 20;

/// What cannot be read of a document's pages.
#[derive(Default)]
pub(super) struct Unread {
    /// The number of pages that the file declares.
    expected: usize,
    pages: usize,
    characters: usize,
    unreadable: usize,
    /// Pages with characters of unreadable fonts, pages that have only images, and pages with damaged parts.
    in_fonts: Vec<usize>,
    in_images: Vec<usize>,
    damaged: Vec<usize>,
    /// The number of damaged pages without any text.
    lost: usize,
}

impl Unread {
    pub(super) fn new(expected: usize, pages: usize) -> Self {
        Self {
            expected,
            pages,
            ..Self::default()
        }
    }

    /// Counts a page; the first one has the number 1.
    pub(super) fn add(&mut self, number: usize, page: &PageText) {
        self.characters += page.characters;
        self.unreadable += page.unreadable;
        if share(page.unreadable, page.characters) >= NOTABLE {
            self.in_fonts.push(number);
        }
        if page.draws_image && page.characters == 0 {
            self.in_images.push(number);
        }
        if page.is_incomplete {
            self.damaged.push(number);
            self.lost += usize::from(page.characters == 0);
        }
    }

    /// An error when most of the document cannot be read.
    pub(super) fn check(&self, is_blank: bool) -> Result<(), Problem> {
        let missing = self.lost + self.expected.saturating_sub(self.pages);
        let pages = self.pages.max(self.expected);
        if missing > 0 && (is_blank || share(pages - missing, pages) < LEAST_READABLE) {
            return Err(Problem::Damaged);
        }
        if self.unreadable > 0
            && share(self.characters - self.unreadable, self.characters) < LEAST_READABLE
        {
            return Err(Problem::UnreadableFonts);
        }
        if is_blank {
            return Err(Problem::OnlyImages);
        }
        Ok(())
    }

    /// Sentences that name the pages and the share of what cannot be read.
    pub(super) fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        let lost = self.expected.saturating_sub(self.pages);
        if lost > 0 {
            warnings.push(format!(
                "{lost} of {} pages are missing: the file is damaged",
                self.expected
            ));
        }
        if !self.damaged.is_empty() {
            warnings.push(format!(
                "{} could not be read completely: parts are damaged",
                pages(&self.damaged)
            ));
        }
        if self.unreadable > 0 && !self.in_fonts.is_empty() {
            let percent = share(self.unreadable, self.characters) * 100.0;
            warnings.push(format!(
                "{percent:.1} % of the characters could not be read, on {}: their fonts do not say which characters they are",
                pages(&self.in_fonts)
            ));
        }
        if !self.in_images.is_empty() {
            warnings.push(format!(
                "{} only an image without text; run it through text recognition",
                have(&self.in_images)
            ));
        }
        warnings
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a share needs no more than seven digits"
)]
fn share(part: usize, whole: usize) -> f32 {
    if whole == 0 {
        0.0
    } else {
        part as f32 / whole as f32
    }
}

fn have(numbers: &[usize]) -> String {
    let verb = if numbers.len() == 1 { "is" } else { "are" };
    format!("{} {verb}", pages(numbers))
}

/// The pages as ranges: `page 3`, `pages 1–4, 7`.
fn pages(numbers: &[usize]) -> String {
    let mut ranges: Vec<(usize, usize)> = Vec::new();
    for number in numbers {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == *number => *last = *number,
            _ => ranges.push((*number, *number)),
        }
    }
    let more = ranges.len().saturating_sub(MOST_RANGES);
    let listed: Vec<String> = ranges
        .iter()
        .take(MOST_RANGES)
        .map(|(first, last)| {
            if first == last {
                first.to_string()
            } else {
                format!("{first}–{last}")
            }
        })
        .collect();
    let plural = if numbers.len() == 1 { "" } else { "s" };
    let rest = if more > 0 { " and others" } else { "" };
    format!("page{plural} {}{rest}", listed.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_named_as_ranges() {
        assert_eq!(pages(&[3]), "page 3");
        assert_eq!(pages(&[1, 2, 3, 7, 9, 10]), "pages 1–3, 7, 9–10");
        let odd: Vec<usize> = (1..100).step_by(2).collect();
        assert!(
            pages(&odd).ends_with("37, 39 and others"),
            "{}",
            pages(&odd)
        );
    }

    #[test]
    fn what_is_unreadable_is_named_or_refused() {
        let page = |characters, unreadable| {
            let mut page = PageText::new(None);
            (page.characters, page.unreadable) = (characters, unreadable);
            page.draws_image = true;
            page
        };
        let mut unread = Unread::new(0, 3);
        unread.add(1, &page(100, 0));
        unread.add(2, &page(100, 50));
        unread.add(3, &page(0, 0));
        assert_eq!(unread.check(false), Ok(()));
        assert_eq!(
            unread.warnings(),
            [
                "25.0 % of the characters could not be read, on page 2: their fonts do not say which characters they are",
                "page 3 is only an image without text; run it through text recognition",
            ]
        );
        unread.add(4, &page(1000, 900));
        assert_eq!(unread.check(false), Err(Problem::UnreadableFonts));
    }

    #[test]
    fn missing_pages_are_named_or_refused() {
        let mut unread = Unread::new(4, 3);
        unread.add(1, &PageText::new(None));
        unread.add(2, &PageText::unreadable());
        assert_eq!(unread.check(false), Ok(()));
        assert_eq!(
            unread.warnings(),
            [
                "1 of 4 pages are missing: the file is damaged",
                "page 2 could not be read completely: parts are damaged",
            ]
        );
        assert_eq!(unread.check(true), Err(Problem::Damaged));
        assert_eq!(Unread::new(7, 3).check(false), Err(Problem::Damaged));
    }
}
