//! Web pages: headings, paragraphs, lists, tables and code, without hidden parts and navigation.
//!
//! Only the tokenizer of html5ever is used. The time to build a tree grows with the square of its depth, and a page may
//! be a million elements deep.

mod page;
mod skip;

use html5ever::{
    tendril::StrTendril,
    tokenizer::{
        BufferQueue, CharacterTokens, TagToken, Token, TokenSink, TokenSinkResult, Tokenizer,
        TokenizerOpts, states,
    },
};
use std::cell::RefCell;

use self::page::Page;
use crate::{DocumentText, budget::Budget, problem::Problem};

/// The number of bytes between two checks of the time. Within a tag, each attribute is compared with all earlier ones,
/// so a tag with thousands of attributes is slow.
const PART: usize = 4096;

/// Reads a web page.
pub(crate) fn read(text: &str, budget: &mut Budget) -> Result<DocumentText, Problem> {
    let tokenizer = Tokenizer::new(
        Sink(RefCell::new(Page::default())),
        TokenizerOpts::default(),
    );
    let input = BufferQueue::default();
    let mut rest = text;
    while !rest.is_empty() {
        let (part, later) = rest.split_at(rest.floor_char_boundary(PART));
        input.push_back(StrTendril::from_slice(part));
        // scripts are not run, so the tokenizer continues after each stop
        while !input.is_empty() {
            let _ = tokenizer.feed(&input);
        }
        rest = later;
        budget.check_time()?;
        tokenizer.sink.0.borrow_mut().hand_over(budget)?;
    }
    tokenizer.end();
    let Sink(page) = tokenizer.sink;
    page.into_inner().finish(budget)
}

struct Sink(RefCell<Page>);

impl TokenSink for Sink {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut page = self.0.borrow_mut();
        match token {
            CharacterTokens(text) => page.text(&text),
            TagToken(tag) => {
                let plain = page.tag(&tag);
                if let Some(kind) = plain.then(|| raw_text(&tag.name)).flatten() {
                    return TokenSinkResult::RawData(kind);
                }
            }
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

/// How to tokenise the content of elements whose content is not markup.
fn raw_text(name: &str) -> Option<states::RawKind> {
    match name {
        "script" => Some(states::RawKind::ScriptData),
        "style" | "iframe" | "noembed" | "noframes" | "xmp" => Some(states::RawKind::Rawtext),
        "title" | "textarea" => Some(states::RawKind::Rcdata),
        _ => None,
    }
}
