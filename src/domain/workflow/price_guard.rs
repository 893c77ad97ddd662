//! Replaces the amounts of a streamed answer that have no source. Only what may still become an amount is held back, a few
//! words at most.

use std::mem;

use super::{
    amounts::{Amount, AmountKind, amounts_in, may_be_amount, may_become_amount},
    prices::PriceSources,
};

/// The number of words after a number that tell what it is.
const WORDS_AFTER: usize = 3;
/// The maximum number of bytes that wait for the words after them.
const MOST_HELD: usize = 400;
/// The maximum number of bytes of a sentence that are remembered.
const LONGEST_SENTENCE: usize = 600;

/// Replaces prices and discounts that have no source.
#[derive(Debug, Clone)]
pub struct PriceGuard {
    sources: PriceSources,
    /// The text in place of a price.
    instead: String,
    /// The text of the sentence that has passed.
    sentence: String,
    held: String,
}

impl PriceGuard {
    /// A guard with the amounts that may be named, and the text in place of another one.
    pub fn new(sources: PriceSources, instead: &str) -> Self {
        Self {
            sources,
            instead: instead.to_owned(),
            sentence: String::new(),
            held: String::new(),
        }
    }

    pub(super) fn push(&mut self, text: &str) -> String {
        self.held.push_str(text);
        self.release(false)
    }

    /// Everything that is decided.
    pub(super) fn release(&mut self, is_end: bool) -> String {
        let mut passed = String::new();
        loop {
            let words = words(&self.held);
            let first = words
                .iter()
                .find(|word| may_be_amount(word.text))
                .map(|word| word.start);
            let Some(start) = first else {
                let end = if is_end {
                    self.held.len()
                } else {
                    complete(&self.held)
                };
                passed.push_str(&self.pass(end));
                return passed;
            };
            let group = group_end(&self.held, start, is_end);
            passed.push_str(&self.pass(start));
            let Some(end) = group else {
                return passed;
            };
            passed.push_str(&self.checked(end - start));
        }
    }

    /// Lets the first `end` bytes pass as they are.
    fn pass(&mut self, end: usize) -> String {
        let rest = self.held.split_off(end);
        let passed = mem::replace(&mut self.held, rest);
        self.remember(&passed);
        passed
    }

    /// Lets the first `end` bytes pass, without amounts that have no source.
    fn checked(&mut self, end: usize) -> String {
        let text = format!("{}{}", self.sentence, self.held);
        let offset = self.sentence.len();
        let is_here = |amount: &Amount| (offset..offset + end).contains(&amount.span.start);
        let amounts: Vec<Amount> = amounts_in(&text, false)
            .into_iter()
            .filter(is_here)
            .collect();
        let until = amounts.iter().map(|amount| amount.span.end - offset).max();
        let end = end.max(until.unwrap_or_default()).min(self.held.len());
        let original = self.held.get(..end).unwrap_or_default().to_owned();
        let mut passed = original.clone();
        for amount in amounts.iter().rev() {
            if !self.sources.allow(amount, &text) {
                let span = amount.span.start - offset..amount.span.end - offset;
                let instead = match amount.kind {
                    AmountKind::Money => self.instead.as_str(),
                    AmountKind::Discount => "…",
                };
                passed.replace_range(span, instead);
            }
        }
        self.held.drain(..end);
        self.remember(&passed);
        passed
    }

    fn remember(&mut self, passed: &str) {
        self.sentence.push_str(passed);
        let end = |(at, c): (usize, char)| (c == '\n').then_some(at + 1);
        let by_line = self.sentence.char_indices().filter_map(end).next_back();
        let by_point = [". ", "! ", "? "]
            .iter()
            .filter_map(|mark| self.sentence.rfind(mark));
        let start = by_point.map(|at| at + 2).chain(by_line).max();
        self.sentence.drain(..start.unwrap_or_default());
        if self.sentence.len() > LONGEST_SENTENCE {
            self.sentence.clear();
        }
    }
}

/// A word of a text.
struct Word<'a> {
    text: &'a str,
    start: usize,
    end: usize,
}

fn words(text: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut start = None;
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        match (c.is_whitespace(), start) {
            (true, Some(begin)) => {
                words.push(Word {
                    text: text.get(begin..at).unwrap_or_default(),
                    start: begin,
                    end: at,
                });
                start = None;
            }
            (false, None) => start = Some(at),
            _ => {}
        }
    }
    words
}

/// The end of what cannot become a part of an amount: everything but the beginning of a last word that may.
fn complete(text: &str) -> usize {
    match words(text).last() {
        Some(last) if last.end == text.len() && may_become_amount(last.text) => last.start,
        _ => text.len(),
    }
}

/// The end of the words from `start` on that belong to one amount; none when more words must come.
fn group_end(text: &str, start: usize, is_end: bool) -> Option<usize> {
    let words: Vec<_> = words(text)
        .into_iter()
        .filter(|word| word.start >= start)
        .collect();
    let mut end = start;
    let mut after = 0;
    for (index, word) in words.iter().enumerate() {
        let gap = text.get(end..word.start).unwrap_or_default();
        if index > 0 && gap.contains('\n') {
            return Some(end);
        }
        let is_whole = word.end < text.len() || is_end;
        if may_be_amount(word.text) {
            (end, after) = (word.end, 0);
        } else if is_whole {
            after += 1;
        }
        if after >= WORDS_AFTER {
            return Some(end);
        }
    }
    let ends_line = text.get(end..).is_some_and(|tail| tail.contains('\n'));
    (is_end || ends_line || text.len() - start > MOST_HELD).then_some(end)
}
