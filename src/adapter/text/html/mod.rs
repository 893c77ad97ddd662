//! Web pages: headings, paragraphs, lists, tables and code, without what is not shown or only leads elsewhere.
//!
//! Only the tokenizer of browsers is used. Building the tree as they do takes time that grows with the square of a page's
//! depth, and a page may be a million elements deep.

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
use super::{Section, budget::Budget, problem::Problem};

/// So many bytes are read between two looks at the time: within a tag with thousands of attributes, each is compared with
/// all others.
const PART: usize = 4096;

/// Reads a page.
pub(super) fn read(text: &str, budget: &mut Budget) -> Result<Vec<Section>, Problem> {
    let tokenizer = Tokenizer::new(
        Sink(RefCell::new(Page::default())),
        TokenizerOpts::default(),
    );
    let input = BufferQueue::default();
    let mut rest = text;
    while !rest.is_empty() {
        let (part, later) = rest.split_at(rest.floor_char_boundary(PART));
        input.push_back(StrTendril::from_slice(part));
        // scripts are not run: whatever it stops for, it goes on
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

/// Elements whose content is not markup.
fn raw_text(name: &str) -> Option<states::RawKind> {
    match name {
        "script" => Some(states::RawKind::ScriptData),
        "style" | "iframe" | "noembed" | "noframes" | "xmp" => Some(states::RawKind::Rawtext),
        "title" | "textarea" => Some(states::RawKind::Rcdata),
        _ => None,
    }
}
