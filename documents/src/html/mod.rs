//! HTML: the text that a reader can see or unfold, with its headings, lists and tables. The tokenizer of browsers is
//! used without building a tree: the time to build one grows with the square of its depth, and pages may be a million
//! elements deep.

mod blocks;
mod elements;
mod open_table;
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

use self::page::{Dialect, Page};
use crate::{DocumentText, budget::Budget, outline::Outline, problem::Problem};

/// The number of bytes between two checks of the time. Within a tag, each attribute is compared with all earlier ones,
/// so a tag with thousands of attributes is slow.
const PART: usize = 4096;

/// Reads a web page, or another XML file.
pub(crate) fn read(text: &str, budget: &mut Budget) -> Result<DocumentText, Problem> {
    let mut outline = Outline::default();
    read_into(text, &mut outline, budget)?;
    outline.finish(budget)
}

/// Adds the text of a page to a document.
pub(crate) fn read_into(
    text: &str,
    outline: &mut Outline,
    budget: &mut Budget,
) -> Result<(), Problem> {
    let sink = Sink(RefCell::new(Page::new(Dialect::of(text))));
    let tokenizer = Tokenizer::new(sink, TokenizerOpts::default());
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
        tokenizer.sink.0.borrow_mut().hand_over(outline, budget)?;
    }
    tokenizer.end();
    let Sink(page) = tokenizer.sink;
    page.into_inner().finish(outline, budget)
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

    fn adjusted_current_node_present_but_not_in_html_namespace(&self) -> bool {
        // only there, `<![CDATA[` is not a comment
        self.0.borrow().is_xml()
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
