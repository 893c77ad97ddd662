//! Markdown: blocks keep their source text, because models read Markdown well; headings become the outline.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use crate::{
    Block, DocumentText,
    budget::Budget,
    charset::one_line,
    html,
    outline::Outline,
    plain::{continues, is_open, is_wrapped_prose},
    problem::Problem,
};

/// The number of events between two checks of the time.
const EVENTS_PER_CHECK: usize = 1024;
/// The lines of a table that name its columns: the names, and the line below them.
const TABLE_HEADER: u8 = 2;

/// Reads `CommonMark` with tables. Of front matter, only the title is kept.
pub(crate) fn read(text: &str, budget: &mut Budget) -> Result<DocumentText, Problem> {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS
        | Options::ENABLE_PLUSES_DELIMITED_METADATA_BLOCKS;
    let mut blocks = MarkdownBlocks::default();
    for (index, (event, place)) in Parser::new_ext(text, options)
        .into_offset_iter()
        .enumerate()
    {
        if index % EVENTS_PER_CHECK == 0 {
            budget.check_time()?;
        }
        match event {
            Event::Start(tag) => blocks.start(&tag),
            Event::End(end) => {
                let source = text.get(place).unwrap_or_default();
                blocks.end(end, source, budget)?;
            }
            Event::Text(part) | Event::Code(part) => blocks.text(&part),
            Event::SoftBreak | Event::HardBreak => blocks.text(" "),
            _ => {}
        }
    }
    blocks.outline.finish(budget)
}

/// The top-level blocks of a text.
#[derive(Default)]
struct MarkdownBlocks {
    outline: Outline,
    depth: usize,
    /// The text of the open heading or front matter.
    heading: Option<String>,
}

impl MarkdownBlocks {
    fn start(&mut self, tag: &Tag<'_>) {
        if self.depth == 0 {
            let is_kept = matches!(tag, Tag::Heading { .. } | Tag::MetadataBlock(_));
            self.heading = is_kept.then(String::new);
        }
        self.depth += 1;
    }

    fn text(&mut self, text: &str) {
        if let Some(heading) = &mut self.heading {
            heading.push_str(text);
        }
    }

    fn end(&mut self, end: TagEnd, source: &str, budget: &mut Budget) -> Result<(), Problem> {
        self.depth = self.depth.saturating_sub(1);
        if self.depth > 0 {
            return Ok(());
        }
        let heading = self.heading.take().unwrap_or_default();
        match end {
            TagEnd::Heading(level) => self
                .outline
                .heading(level as u8, one_line(&heading), budget),
            TagEnd::MetadataBlock(_) => {
                if let Some(title) = front_matter_title(&heading) {
                    self.outline.title(title);
                }
                Ok(())
            }
            TagEnd::Paragraph => self.outline.block(paragraph(source), budget),
            TagEnd::HtmlBlock => html::read(source, budget)?
                .sections
                .into_iter()
                .flat_map(|section| {
                    let headings = section.headings.into_iter().map(Block::new);
                    headings.chain(section.blocks)
                })
                .try_for_each(|block| self.outline.add(block, budget)),
            TagEnd::Table => {
                let table = Block::table(source.trim_end(), TABLE_HEADER);
                self.outline.add(table, budget)
            }
            _ => self.outline.block(source.trim_end().to_owned(), budget),
        }
    }
}

/// The lines of a paragraph: hard breaks are kept, and other breaks where no sentence goes on, because they separate rows
/// and answers in many texts although Markdown means a space by them. In prose that was wrapped at a column, a line may also
/// begin with a name or a number.
fn paragraph(source: &str) -> String {
    let lines: Vec<&str> = source.lines().collect();
    let is_prose = is_wrapped_prose(&lines);
    let mut text = String::new();
    let mut before: Option<&str> = None;
    for line in lines {
        let is_broken =
            before.is_some_and(|before| before.ends_with("  ") || before.ends_with('\\'));
        let shown = one_line(line.trim_end().strip_suffix('\\').unwrap_or(line));
        if let Some(before) = before {
            let goes_on = continues(before, &shown) || (is_prose && is_open(before));
            text.push(if goes_on && !is_broken { ' ' } else { '\n' });
        }
        text.push_str(&shown);
        before = Some(line);
    }
    text
}

/// The value of `title` in front matter (YAML or TOML).
fn front_matter_title(matter: &str) -> Option<&str> {
    let title = matter.lines().find_map(|line| {
        let (name, value) = line.split_once([':', '='])?;
        (name.trim_end().eq_ignore_ascii_case("title")).then_some(value.trim())
    })?;
    let unquoted = [('"', '"'), ('\'', '\'')]
        .into_iter()
        .find_map(|(open, close)| title.strip_prefix(open)?.strip_suffix(close));
    Some(unquoted.unwrap_or(title))
        .filter(|title| !title.is_empty() && !matches!(*title, "|" | ">"))
}
